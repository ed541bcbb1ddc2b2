"""A desk to ask the loopback Yahoo for details or calendar days directly, without the plan of a whole fetch, landing each batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from rotation_pipeline.landing import Batch, Held, Landing, LedgerEntry
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline.sources.yahoo.calendar.announcement import NEW_YORK
from rotation_pipeline.sources.yahoo.calendar.days import calendar_batch
from rotation_pipeline.sources.yahoo.client import quiet
from rotation_pipeline.sources.yahoo.company.details import details_batch
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo

KINDS = frozenset({"summary", "statements", "shares", "dates"})


@dataclass
class Desk:
    """Each answer is landed, and the next question goes on from it."""

    yahoo: LoopbackYahoo
    landing: Landing
    folder: Path
    ledger: dict[tuple[str, str], LedgerEntry] = field(default_factory=dict)  # the latest entry by dataset and subject

    @classmethod
    def open(cls, yahoo: LoopbackYahoo, catalog: Catalog, folder: Path) -> Desk:
        return cls(yahoo, Landing(folder / "landing", catalog.models), folder)

    def details(self, through: date, wanted: Mapping[str, frozenset[str]], lookback_years: int = 10) -> Batch:
        """The details of the companies in the evening of ``through``."""
        request = self._request(through)
        with quiet():
            batch = details_batch(self._yahoo()._one_client(), request, wanted, self.yahoo.quotes, 2, lookback_years)
        return self._landed(batch, request)

    def calendar(self, through: date, days: Sequence[date]) -> Batch:
        """Days of the earnings calendar in the evening of ``through``."""
        request = self._request(through)
        with quiet():
            batch = calendar_batch(self._yahoo()._one_client(), request, days, request.now.astimezone(NEW_YORK).date())
        return self._landed(batch, request)

    def rows(self, table: str) -> pl.DataFrame:
        """Everything that was landed for a table, without its stamps."""
        paths = [file.path for load in self.landing.loads() for file in load.files if file.table == table]
        return pl.concat([pl.read_parquet(path) for path in paths]).drop("source", "load_id", "fetched_at")

    def _yahoo(self) -> Yahoo:
        return Yahoo(self.folder / "cache", self.yahoo.session(), lambda _seconds: None, 1000.0)

    def _request(self, through: date) -> FetchRequest:
        now = datetime(through.year, through.month, through.day, 23, 30, tzinfo=UTC)
        return FetchRequest(through, [], now, self.landing.cursor("yahoo"), held=Held(self.landing, "yahoo"))

    def _landed(self, batch: Batch, request: FetchRequest) -> Batch:
        self.landing.write("yahoo", batch, request.now)
        self.ledger |= {(entry.dataset, entry.subject): entry for entry in batch.ledger}
        return batch


def plain(value: Any) -> dict[str, Any]:
    """A number as {raw, fmt}, as most modules of quoteSummary serve it."""
    return {"raw": value, "fmt": str(value)}
