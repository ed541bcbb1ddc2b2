"""Fetch: what a market source has to say becomes landing files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from rotation_pipeline import reference
from rotation_pipeline.errors import BadConfig
from rotation_pipeline.landing import Held, Landing, LedgerEntry, Load, Outcome
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline.home import REFERENCE, make_source
from rotation_pipeline.pipeline.planted_truth import keep_truth
from rotation_pipeline.pipeline.reporting import FetchSummary, Quiet, Reporter
from rotation_pipeline.settings import Settings
from rotation_pipeline.sources.base import FetchPlan, FetchRequest, Source

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class _Landed:
    """What is kept of a batch once it has landed: not its rows."""

    load: Load
    ledger: tuple[LedgerEntry, ...]


def fetch(settings: Settings, reporter: Reporter, now: datetime | None = None, catalog: Catalog | None = None) -> FetchSummary:
    """Land what is new: the reference when it changed, then the market source, batch by batch. No database is touched."""
    now = now or datetime.now(UTC)
    reporter.stage("fetch")
    landing = Landing(settings.landing, (catalog or Catalog.load()).models)
    landing.sweep()
    source = make_source(settings, landing)
    _land_reference(landing, source, now)
    request = _request(settings, landing, source, now, reporter)
    landed = [_Landed(landing.write(source.name, batch, now), batch.ledger) for batch in source.fetch(request)]
    keep_truth(settings, source, request.sessions, is_new=bool(landed))
    return _summary(source, request.through, landed)


def plan(settings: Settings, now: datetime | None = None, catalog: Catalog | None = None) -> FetchPlan:
    """What ``fetch`` would ask for now. Nothing is asked; only the reference lists, which ship with the product, are landed."""
    now = now or datetime.now(UTC)
    landing = Landing(settings.landing, (catalog or Catalog.load()).models)
    landing.sweep()
    source = make_source(settings, landing)
    _land_reference(landing, source, now)
    return source.plan(_request(settings, landing, source, now, Quiet()))


def _request(settings: Settings, landing: Landing, source: Source, now: datetime, reporter: Reporter) -> FetchRequest:
    sessions, through = _sessions_through(landing, settings, now)
    return FetchRequest(
        through=through,
        sessions=sessions,
        now=now,
        cursor=landing.cursor(source.name),
        last_sessions=landing.last_sessions("raw.price_bar"),
        symbols=_vendor_symbols(landing, through) if source.name == "yahoo" else (),
        market=settings.yahoo_market,
        held=Held(landing, source.name),
        progress=reporter.advance,
    )


def _land_reference(landing: Landing, source: Source, now: datetime) -> None:
    batch = reference.batch(now, landing.cursor(REFERENCE))
    if batch is None:
        return
    if source.is_simulated:
        # A simulated market has its own members; the real lists would only be members without prices.
        real = ("raw.membership", "raw.symbol_change")
        frames = {table: frame for table, frame in batch.frames.items() if table not in real}
        batch = replace(batch, frames=frames, ledger=tuple(entry for entry in batch.ledger if entry.dataset not in real))
    landing.write(REFERENCE, batch, now)


def _sessions_through(landing: Landing, settings: Settings, now: datetime) -> tuple[list[date], date]:
    calendar = _reference_frame(landing, "raw.calendar_session").sort("session")
    sessions: list[date] = calendar["session"].to_list()
    last = reference.last_completed_session(sessions, calendar["close_at"].to_list(), now)
    if settings.through is None:
        return sessions, last
    if settings.through > last:
        raise BadConfig("--through / ROTATION_THROUGH", f"{settings.through} is not over yet", f"ask for {last} or earlier")
    return sessions, max(session for session in sessions if session <= settings.through)


def _reference_frame(landing: Landing, table: str) -> pl.DataFrame:
    import polars as pl

    paths = [file.path for load in landing.loads() if load.source == REFERENCE for file in load.files if file.table == table]
    return pl.read_parquet(paths[-1])


def _vendor_symbols(landing: Landing, on: date) -> tuple[str, ...]:
    return tuple(reference.symbols_for_vendor(_reference_frame(landing, "raw.membership"), on))


def _summary(source: Source, through: date, landed: Sequence[_Landed]) -> FetchSummary:
    entries = [entry for one in landed for entry in one.ledger]
    counts = {outcome: sum(entry.outcome == outcome for entry in entries) for outcome in ("landed", "excused")}
    return FetchSummary(
        source=source.name,
        description=source.description,
        is_simulated=source.is_simulated,
        through=through,
        n_loads=len(landed),
        n_rows=sum(file.n_rows for one in landed for file in one.load.files if file.table.startswith("raw.")),
        n_landed=counts["landed"],
        n_excused=counts["excused"],
        failed=_named(entries, "failed"),
        waiting=_named(entries, "waiting"),
    )


def _named(entries: Sequence[LedgerEntry], outcome: Outcome) -> tuple[tuple[str, str, str], ...]:
    return tuple((entry.dataset, entry.subject, entry.reason or "") for entry in entries if entry.outcome == outcome)
