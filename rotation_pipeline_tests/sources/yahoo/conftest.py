"""A loopback Yahoo, a yfinance without memory of the test before, and a fetch that lands what it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pytest

from rotation_pipeline.landing import Batch, Held, Landing, LedgerEntry
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo, forget_everything


@pytest.fixture(autouse=True)
def _forgetful_yfinance() -> Iterator[None]:
    yield
    forget_everything()


@pytest.fixture
def yahoo() -> Iterator[LoopbackYahoo]:
    with LoopbackYahoo() as server:
        yield server


@dataclass
class Market:
    """Fetches from the loopback Yahoo and lands every batch; a second fetch goes on from the first."""

    yahoo: LoopbackYahoo
    landing: Landing
    cache: Path
    sessions: Sequence[date]
    waits: list[float] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    width: Literal["members", "us"] = "members"

    def fetch(self, through: date, symbols: Sequence[str], n_batches: int | None = None, **options: Any) -> list[Batch]:
        """The batches of one fetch in the evening of ``through``, landed; only the first ``n_batches``, as if it were killed."""
        now = datetime(through.year, through.month, through.day, 23, 30, tzinfo=UTC)
        request = FetchRequest(
            through=through,
            sessions=self.sessions,
            now=now,
            cursor=self.landing.cursor("yahoo"),
            last_sessions=self.landing.last_sessions("raw.price_bar"),
            symbols=symbols,
            market=self.width,
            held=Held(self.landing, "yahoo"),
        )
        source = Yahoo(self.cache, self.yahoo.session(), self.waits.append, 1000.0, **options)
        new = []
        for batch in islice(source.fetch(request), n_batches):
            self.landing.write("yahoo", batch, now)
            new.append(batch)
            self.batches.append(batch)
        return new

    def rows(self, table: str) -> pl.DataFrame:
        """Everything that was landed for a table, without its stamps."""
        paths = [file.path for load in self.landing.loads() for file in load.files if file.table == table]
        return pl.concat([pl.read_parquet(path) for path in paths]).drop("source", "load_id", "fetched_at")

    def ledger(self, dataset: str = "raw.price_bar") -> dict[str, LedgerEntry]:
        """The latest entry of each subject."""
        return {entry.subject: entry for batch in self.batches for entry in batch.ledger if entry.dataset == dataset}


@pytest.fixture
def market(yahoo: LoopbackYahoo, catalog: Catalog, tmp_path: Path, xnys: Sequence[date]) -> Market:
    return Market(yahoo, Landing(tmp_path / "landing", catalog.models), tmp_path / "cache", xnys)


@pytest.fixture
def recorded(shared_data: Path) -> Callable[[str], Any]:
    """Reads one recorded body by its name under yahoo_recorded; skips where it is absent."""
    import json

    def read(name: str) -> Any:
        path = shared_data / "yahoo_recorded" / name
        if not path.is_file():
            pytest.skip(f"no recorded body at {path}")
        return json.loads(path.read_text())

    return read
