"""The simulated market handed over directly, less exactly the facts that Yahoo's answers cannot carry.

What is left out, and why:
- securities that had ended by the first fetch, and how any security ends: Yahoo forgets symbols with their history;
- issuer keys: a quote names no company behind its lines (the reference's issuer lines do, for both);
- fractions of a share in volumes: Yahoo counts whole shares on the basis of the fetch;
- which day a share count describes, and its filing: Yahoo dates the pick-up alone. Its share basis is not told either, but it is
  handed over here: ours has to be found by the detector;
- filing dates of statements; quarters before the last five, years before the last four. Fiscal years are on show beside quarters;
- the fiscal quarter of the first announcement of a company that has neither a statement nor a result on show;
- what was said of an announcement before the first fetch, and between two looks: Yahoo shows what holds now. When it was looked at
  is the plan's choice and taken over from the run;
- on a company's page: minutes, timing without a time, and all but cents; in the calendar: "during the day" and, on an early close,
  the minute of an announcement after it. The more exact row counts where both were read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl

from rotation_pipeline_tests.sources.yahoo.loopback.simulated_company import picked_up, served_quarters, served_years
from rotation_pipeline_tests.sources.yahoo.loopback.simulated_earnings import Told, latest_events
from rotation_pipeline_tests.sources.yahoo.loopback.simulated_wire import Evening, whole
from rotation_pipeline_tests.sources.yahoo.loopback.wire import NEW_YORK

Frames = Mapping[str, pl.DataFrame]
Row = dict[str, Any]
BEFORE, AFTER = 7, 14  # days of the earnings calendar around the fetch


@dataclass(frozen=True)
class Looks:
    """Companies whose details were asked for on one evening, by raw table."""

    asked: Mapping[str, Collection[str]]
    before: Mapping[tuple[str, str], Evening]  # by table and company the evening of the look before

    def each(self, table: str) -> Iterator[tuple[str, Evening | None]]:
        """The companies asked for, with the evening on which they were asked for before."""
        for symbol in self.asked.get(table, ()):
            yield symbol, self.before.get((table, symbol))


def told_bars(new: Frames, alive: Collection[str]) -> Frames:
    """Bars and actions of an evening that are new, of what still trades."""
    bars = new["raw.price_bar"].filter(pl.col("symbol").is_in(list(alive)))
    actions = new["raw.corporate_action"].filter(pl.col("symbol").is_in(list(alive))) if "raw.corporate_action" in new else None
    volumes = pl.Series("volume", [whole(volume) for volume in bars["volume"]], dtype=pl.Float64)
    frames = {"raw.price_bar": bars.with_columns(volumes)}
    return frames if actions is None else {**frames, "raw.corporate_action": actions}


def told_listings(market: Evening) -> pl.DataFrame:
    """Listings of what still trades, without the company behind the line."""
    return pl.DataFrame(list(market.listings.values()), infer_schema_length=None).drop(
        "issuer_key", "last_session", "delist_reason", "delist_return"
    )


def told_details(market: Evening, looks: Looks) -> Frames:
    """Share counts and statements that the evening's looks at companies show and earlier ones did not; what is expected next."""
    counts = [row for symbol, before in looks.each("raw.share_count") for row in _counts(market, before, symbol)]
    statements = [row for symbol, before in looks.each("raw.statement") for row in _statements(market, before, symbol)]
    estimates = [row for symbol, _ in looks.each("raw.estimate") for row in _estimates(market, symbol)]
    return {"raw.share_count": _frame(counts), "raw.statement": _frame(statements), "raw.estimate": _frame(estimates)}


def _counts(market: Evening, before: Evening | None, symbol: str) -> Iterator[Row]:
    rows = market.table("raw.share_count").get(symbol, [])
    days = picked_up(rows, market.splits.get(symbol, []), market.through) if rows else []
    for day, shares in days:
        if before is None or day > before.through:
            yield {"symbol": symbol, "as_of": day, "known_on": day, "shares": shares, "kind": "vendor", "basis_date": day}


def _statements(market: Evening, before: Evening | None, symbol: str) -> Iterator[Row]:
    def served(evening: Evening) -> list[Row]:
        rows = evening.table("raw.statement").get(symbol, [])
        return [*served_quarters(rows, evening.through), *served_years(rows, evening.through)]

    known = {(row["fiscal_period"], row["fiscal_period_end"]) for row in served(before)} if before else set()
    for row in served(market):
        if (row["fiscal_period"], row["fiscal_period_end"]) not in known:
            yield {**row, "known_on": None}


def _estimates(market: Evening, symbol: str) -> Iterator[Row]:
    """What is expected of the next announcement."""
    events = latest_events(market.frames["raw.earnings_event"].filter(pl.col("symbol") == symbol), market.factor)
    for event in [event for event in events.get(symbol, []) if event.eps_actual is None][:1]:
        known = {"fiscal_period_end": event.fiscal_period_end, "eps_mean": event.eps_estimate, "n_eps": 1, "currency": "USD"}
        yield {"symbol": symbol, "horizon": "0q", **known, "observed_on": market.through, "basis_date": market.through}


def told_calendar(market: Evening) -> pl.DataFrame:
    """Announcements whose stamp lies in the days of the calendar that are read, as their rows there tell them."""
    first = datetime.combine(market.through - timedelta(days=BEFORE), time(0))
    until = datetime.combine(market.through + timedelta(days=AFTER), time(0)) + timedelta(days=1)
    rows = [_in_calendar(event, market.through) for event in _living_events(market) if first <= _stamp(event) < until]
    return _frame(rows)


def told_pages(market: Evening, looks: Looks) -> pl.DataFrame:
    """All announcements of the companies whose page was asked for; the next one where the summary alone was."""
    pages, summaries = (set(looks.asked.get(table, ())) for table in ("raw.earnings_event", "raw.estimate"))
    asked = [e for e in _living_events(market) if e.symbol in pages or (e.symbol in summaries and e.eps_actual is None)]
    return _frame([_on_page(event, market.through) for event in asked])


def _living_events(market: Evening) -> Iterator[Told]:
    statements = market.table("raw.statement")
    for symbol, events in latest_events(market.frames["raw.earnings_event"], market.factor).items():
        if symbol in market.listings:
            is_new = symbol not in statements and all(event.eps_actual is None for event in events)
            yield from (replace(event, fiscal_period_end=None) if is_new else event for event in events)


def _stamp(event: Told) -> datetime:
    midnight = datetime.combine(event.announced_on, time(0), NEW_YORK)
    return event.announced_at or midnight.astimezone(UTC).replace(tzinfo=None)


def _in_calendar(event: Told, through: date) -> Row:
    timing = event.timing if event.timing in ("BMO", "AMC") else "UNKNOWN"
    is_early_close = timing == "AMC" and event.announced_at is not None and _new_york(event.announced_at).time() < time(16)
    return _event(event, through, None if is_early_close else event.announced_at, timing, is_confirmed=event.eps_actual is not None)


def _on_page(event: Told, through: date) -> Row:
    local = _new_york(event.announced_at).replace(minute=0) if event.announced_at else None
    if local is None:
        return _event(event, through, None, "UNKNOWN", is_confirmed=event.eps_actual is not None or event.is_confirmed)
    timing = "BMO" if local.time() < time(9, 30) else "AMC" if local.time() >= time(16) else "UNKNOWN"
    return _event(event, through, local.astimezone(UTC).replace(tzinfo=None), timing, is_confirmed=True)


def _new_york(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(NEW_YORK)


def _event(event: Told, through: date, at: datetime | None, timing: str, is_confirmed: bool) -> Row:
    return {
        "symbol": event.symbol, "fiscal_period_end": event.fiscal_period_end, "announced_on": event.announced_on, "announced_at": at,
        "announced_precision": "date" if at is None else "hour", "timing": timing, "eps_estimate": event.eps_estimate,
        "eps_actual": event.eps_actual, "is_confirmed": is_confirmed, "observed_on": through, "basis_date": through,
    }  # fmt: skip


def _frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, infer_schema_length=None)
