"""Earnings dates, share counts and statements of one chunk of companies as a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import polars as pl

from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import plan
from rotation_pipeline.sources.yahoo.announcement import NEW_YORK, event_frame
from rotation_pipeline.sources.yahoo.client import Client, day_after
from rotation_pipeline.sources.yahoo.earnings import earnings_events
from rotation_pipeline.sources.yahoo.faults import VENDOR_FAULTS, Answer, judge
from rotation_pipeline.sources.yahoo.shares import shape_shares
from rotation_pipeline.sources.yahoo.statements import shape_statements

T = TypeVar("T")
EVENTS, SHARES, STATEMENTS = "raw.earnings_event", "raw.share_count", "raw.statement"
ALL_DATES, RECENT_DATES = 100, 25  # rows of earnings dates, for a new symbol and after that
SHARES_OVERLAP = timedelta(days=60)  # share counts are read again this far back


@dataclass(frozen=True)
class Detail:
    """Rows of one table for one company, with their ledger entry."""

    entry: LedgerEntry
    frame: pl.DataFrame | None = None


def read_details(
    client: Client, request: FetchRequest, symbol: str, currency: str | None, lookback_years: int
) -> tuple[Detail, Detail, Detail]:
    """The three kinds of detail of one company (four requests). ``currency`` is that of its statements."""
    last = request.cursor.get(plan.details_key(symbol))
    start = date.fromisoformat(last) - SHARES_OVERLAP if last else plan.lookback_start(request.through, lookback_years)
    end = day_after(request.now.date())
    observed_on = request.now.astimezone(NEW_YORK).date()

    def events(frame: Any) -> tuple[pl.DataFrame, str | None]:
        rows, n_left_out = event_frame(earnings_events(symbol, frame, observed_on, request.through))
        return rows, f"{n_left_out} second rows of a date left out" if n_left_out else None

    def shares(counts: Any) -> tuple[pl.DataFrame | None, str | None]:
        return (None, "Yahoo has no share count") if counts is None else (shape_shares(symbol, counts, request.through), None)

    def statements(both: Any) -> tuple[pl.DataFrame, str | None]:
        if currency is None and not all(statement.empty for statement in both):
            raise ValueError("the quote does not name the currency of its statements")
        income, balance = both
        return shape_statements(symbol, income, balance, currency or "USD"), None

    return (
        _detail(EVENTS, symbol, client.earnings_dates(symbol, RECENT_DATES if last else ALL_DATES), events, "announced_on"),
        _detail(SHARES, symbol, client.share_counts(symbol, start, end), shares, "as_of"),
        _detail(STATEMENTS, symbol, client.statements(symbol), statements, "fiscal_period_end"),
    )


def details_batch(
    client: Client,
    request: FetchRequest,
    symbols: Sequence[str],
    quotes: Mapping[str, Mapping[str, Any]],
    n_threads: int,
    lookback_years: int,
) -> Batch:
    """Details of the companies among ``symbols``, which Yahoo's quote tells from funds and indices; those have none.

    The cursor moves on for a symbol when none of its three kinds failed.
    """
    companies = [symbol for symbol in symbols if quotes.get(symbol, {}).get("quoteType") == "EQUITY"]

    def read(symbol: str) -> tuple[Detail, Detail, Detail]:
        return read_details(client, request, symbol, quotes[symbol].get("financialCurrency"), lookback_years)

    with ThreadPoolExecutor(n_threads) as pool:
        details = [detail for three in pool.map(read, companies) for detail in three]
    entries = tuple(detail.entry for detail in details)
    failed = {entry.subject for entry in entries if entry.outcome == "failed"}
    parts = {
        table: [d.frame for d in details if d.entry.dataset == table and d.frame is not None] for table in (EVENTS, SHARES, STATEMENTS)
    }
    cursor = {plan.details_key(symbol): request.through.isoformat() for symbol in symbols if symbol not in failed}
    return Batch({table: pl.concat(frames) for table, frames in parts.items() if frames}, entries, cursor)


def _detail(table: str, symbol: str, said: Answer[T], shape: Callable[[Any], tuple[pl.DataFrame | None, str | None]], clock: str) -> Detail:
    if said.outcome != "landed":
        return Detail(LedgerEntry(table, symbol, said.outcome, reason=said.reason, n_attempts=said.n_attempts))
    try:
        frame, reason = shape(said.value)
    except (*VENDOR_FAULTS, pl.exceptions.PolarsError) as error:
        return Detail(LedgerEntry(table, symbol, "failed", reason=judge(error)[1], n_attempts=said.n_attempts))
    if frame is None or frame.is_empty():
        return Detail(LedgerEntry(table, symbol, "excused", reason=reason or "Yahoo serves no row", n_attempts=said.n_attempts))
    days = frame[clock].sort().to_list()
    return Detail(LedgerEntry(table, symbol, "landed", frame.height, days[0], days[-1], reason, said.n_attempts), frame)
