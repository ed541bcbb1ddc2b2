"""What was due and has not landed: what the last fetches failed to get or had no room for, and from when on it is asked for again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rotation_pipeline.landing import LEDGER, Landing, Load
from rotation_pipeline.models import load_question
from rotation_pipeline.pipeline.home import OPERATOR, REFERENCE, releases
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask

STILL_DUE = timedelta(hours=36)  # as in sql/queries/failed_fetches.sql: what is due is asked for every evening
QUESTION = "failed_fetches"
MOST = 100_000  # subjects


@dataclass(frozen=True)
class Pending:
    """One thing that was due and did not land, as its latest ledger entry tells."""

    outcome: str  # failed or waiting
    dataset: str
    subject: str
    reason: str
    fetched_at: datetime  # aware UTC instant of the fetch that says so


@dataclass(frozen=True)
class Backlog:
    """What did not land, and when the source was last asked (None: never)."""

    pending: tuple[Pending, ...]
    last_fetch: datetime | None

    def count(self, outcome: str) -> int:
        """How many failed, or are waiting."""
        return sum(one.outcome == outcome for one in self.pending)


def backlog(settings: Settings) -> Backlog:
    """The backlog of a home: what its release tells, brought up to date by the ledgers of loads that came after it.

    So it holds also where the last fetch could not be published. Raises DamagedLoad, and BadInput for a release that cannot be asked.
    """
    market = [load for load in Landing(settings.landing, {}).loads() if load.source not in (REFERENCE, OPERATOR)]
    if not market:
        return Backlog((), None)
    current = releases(settings).current()
    told = _published(settings) if current else []
    newer = market if current is None else [load for load in market if load.load_id > _last_taken_in(settings)]
    open_now = {(one.dataset, one.subject): one for one in told}
    for entry in _landed_since(newer):
        if entry.outcome in ("failed", "waiting"):
            open_now[entry.dataset, entry.subject] = entry
        else:
            open_now.pop((entry.dataset, entry.subject), None)
    last = max(load.fetched_at for load in market)
    still = [one for one in open_now.values() if one.fetched_at > last - STILL_DUE]
    still.sort(key=lambda one: (one.outcome, one.dataset, one.subject))
    return Backlog(tuple(still), last)


def _published(settings: Settings) -> list[Pending]:
    question = load_question(QUESTION)
    assert question is not None, QUESTION
    answer = ask(settings.published / "rotation.duckdb", question.sql, MOST)
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return [_pending(row) for row in rows]


def _last_taken_in(settings: Settings) -> str:
    (row,) = ask(settings.published / "rotation.duckdb", "select coalesce(max(load_id), '') from ops.load").rows
    return str(row[0])


def _landed_since(loads: Sequence[Load]) -> list[Pending]:
    """The entries of the ledgers of these loads, oldest first."""
    import polars as pl

    paths = [file.path for load in loads for file in load.files if file.table == LEDGER]
    if not paths:
        return []
    columns = ["outcome", "dataset", "subject", "reason", "fetched_at", "load_id"]
    return [_pending(row) for row in pl.scan_parquet(paths).select(columns).sort("load_id").collect().to_dicts()]


def _pending(row: dict[str, Any]) -> Pending:
    return Pending(row["outcome"], row["dataset"], row["subject"], row["reason"] or "", row["fetched_at"].replace(tzinfo=UTC))
