"""A folder in which a test writes a rotation.toml and its files."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.files import Files

PRICES = """
[[prices]]
files = "prices.csv"
price_basis = "as_traded"
dividends = "none"
kind = "EQUITY"
"""


class Folder:
    """Files are written as text; ``fetch`` remembers the cursor as the pipeline would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cursor: dict[str, str] = {}
        self.write("prices.csv", "symbol,session,close\nA,2024-01-02,10\n")
        self.toml(PRICES)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def toml(self, text: str) -> None:
        self.write("rotation.toml", textwrap.dedent(text))

    def add(self, text: str) -> None:
        """A section beside the prices."""
        self.toml(PRICES + textwrap.dedent(text))

    def source(self) -> Files:
        return Files(self.root / "rotation.toml")

    def fetch(self, through: date = date(2024, 12, 31), last_sessions: Mapping[str, date] | None = None) -> list[Batch]:
        now = datetime(2024, 6, 15, 12, tzinfo=UTC)
        request = FetchRequest(through, [], now, dict(self.cursor), last_sessions or {})
        batches = list(self.source().fetch(request))
        for batch in batches:
            self.cursor.update(batch.cursor)
        return batches

    def rows(self, table: str, *columns: str) -> list[tuple[object, ...]]:
        """What a fetch from nothing hands over for ``table``."""
        self.cursor.clear()
        frames = [batch.frames[table] for batch in self.fetch() if table in batch.frames]
        return pl.concat(frames, how="diagonal").select(columns).rows() if frames else []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder with one price file of one bar."""
    return Folder(tmp_path)
