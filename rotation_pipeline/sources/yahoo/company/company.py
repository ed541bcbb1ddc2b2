"""The details of one company: each kind asked for once, shaped for its tables, with a ledger entry that says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeVar

import polars as pl

from rotation_pipeline.landing import LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.calendar.announcement import NEW_YORK, Event, event_frame
from rotation_pipeline.sources.yahoo.client import Client, day_after
from rotation_pipeline.sources.yahoo.company import statements
from rotation_pipeline.sources.yahoo.company.earnings import (
    earnings_events,
    joined,
    names_announcements,
    next_event,
    reported_quarters,
    with_periods,
)
from rotation_pipeline.sources.yahoo.company.estimates import eps_currency, shape_estimates
from rotation_pipeline.sources.yahoo.company.profile import labelled_listing
from rotation_pipeline.sources.yahoo.company.shares import shape_shares
from rotation_pipeline.sources.yahoo.company.summary import Summary
from rotation_pipeline.sources.yahoo.faults import VENDOR_FAULTS, Answer, judge
from rotation_pipeline.sources.yahoo.plan import lookback_start
from rotation_pipeline.sources.yahoo.standing import details_key, silent_key

T = TypeVar("T")
Frames = dict[str, pl.DataFrame]
ESTIMATES, EVENTS, LISTING, SHARES, STATEMENTS = "raw.estimate", "raw.earnings_event", "raw.listing", "raw.share_count", "raw.statement"
CLOCK = {ESTIMATES: "observed_on", EVENTS: "announced_on", SHARES: "as_of", STATEMENTS: "fiscal_period_end"}
ALL_DATES, RECENT_DATES = 100, 25  # rows of earnings dates, for a new symbol and after that
SHARES_OVERLAP = timedelta(days=200)  # share counts are read again this far back: a fetch of estimates alone does not read them
FIRST_PERIOD = date(2016, 12, 31)  # asked for from here on; Yahoo serves four years or five quarters at most


@dataclass(frozen=True)
class Detail:
    """Rows of one kind of detail of one company, by table, with their ledger entry."""

    kind: str  # summary, statements, shares or dates
    entry: LedgerEntry
    frames: Frames = field(default_factory=dict)
    is_silent: bool = False  # a summary that names no announcement


@dataclass(frozen=True)
class HeldRows:
    """The latest landed statements, and share counts of balance sheets, of some companies."""

    statements: pl.DataFrame
    reported_shares: pl.DataFrame

    @classmethod
    def read(cls, request: FetchRequest, symbols: Collection[str]) -> HeldRows:
        """Read them once for a chunk; empty where nothing is held."""
        if request.held is None or not symbols:
            return cls(statements.EMPTY, statements.NO_COUNTS)
        return cls(request.held.statements(symbols), request.held.share_counts(symbols).filter(pl.col("kind") == "reported"))


class Company:
    """Asks for one company. ``quote`` is Yahoo's quote of it, empty when unknown. Never raises for Yahoo's faults."""

    def __init__(
        self, client: Client, request: FetchRequest, symbol: str, quote: Mapping[str, Any], held: HeldRows, lookback_years: int
    ) -> None:
        self._client, self._symbol, self._quote, self._held = client, symbol, quote, held
        self._through = request.through
        self._observed_on = request.now.astimezone(NEW_YORK).date()
        self._until = day_after(request.now.date())
        self._last = request.cursor.get(details_key(symbol))
        self._is_silent = request.cursor.get(silent_key(symbol)) == self._through.isoformat()  # as a fetch before this one found
        self._lookback_years = lookback_years

    def read(self, kinds: Collection[str]) -> list[Detail]:
        """One Detail a kind, at one request each. The summary goes first: it says which quarters the dates belong to."""
        read: list[Detail] = []
        summary = self._client.summary(self._symbol) if "summary" in kinds else None
        if summary is not None and summary.value is not None:
            self._is_silent = not names_announcements(summary.value)
        dates = self._read_dates(summary.value if summary is not None else None) if "dates" in kinds else None
        if summary is not None:
            said = _detail("summary", ESTIMATES, self._symbol, summary, self._summary)
            # The dates have the summary's announcement among them.
            is_told = dates is not None and EVENTS in dates.frames
            frames = {name: frame for name, frame in said.frames.items() if not (is_told and name == EVENTS)}
            read.append(replace(said, frames=frames, is_silent=self._is_silent))
        if dates is not None:
            read.append(dates)
        if "shares" in kinds:
            first = lookback_start(self._through, self._lookback_years)
            start = max(first, date.fromisoformat(self._last) - SHARES_OVERLAP) if self._last else first
            read.append(_detail("shares", SHARES, self._symbol, self._client.share_counts(self._symbol, start, self._until), self._shares))
        if "statements" in kinds:
            series = self._client.fundamentals(self._symbol, statements.TYPES, FIRST_PERIOD, self._until)
            read.append(_detail("statements", STATEMENTS, self._symbol, series, self._statements))
        return read

    def _read_dates(self, summary: Summary | None) -> Detail:
        said = self._client.earnings_dates(self._symbol, RECENT_DATES if self._last else ALL_DATES)
        return _detail("dates", EVENTS, self._symbol, said, lambda page: self._dates(page, summary))

    def _summary(self, summary: Summary) -> tuple[Frames, str | None]:
        frames = {ESTIMATES: shape_estimates(self._symbol, summary, self._observed_on, self._through)}
        upcoming = next_event(self._symbol, summary, self._observed_on, self._through)
        if upcoming is not None:
            frames[EVENTS] = event_frame(_in_dollars([upcoming], eps_currency(summary)))[0]
        listing = labelled_listing(self._symbol, self._quote, summary)
        if listing is not None:
            frames[LISTING] = listing
        return frames, None if frames[ESTIMATES].height else "Yahoo has no estimate"

    def _dates(self, page: Any, summary: Summary | None) -> tuple[Frames, str | None]:
        if page is None:
            if not self._is_silent:
                raise ValueError("a page without a table of earnings dates")
            return {}, "neither its page nor its summary names an announcement"
        events = list(earnings_events(self._symbol, page, self._observed_on, self._through))
        currency = self._quote.get("financialCurrency")
        if summary is not None:
            currency = eps_currency(summary) or currency
            events = joined(events, next_event(self._symbol, summary, self._observed_on, self._through))
            events = with_periods(events, reported_quarters(summary))
        rows, n_left_out = event_frame(_in_dollars(events, currency))
        notes = [f"{n_left_out} second rows of a date left out"] if n_left_out else []
        notes += [f"EPS in {currency} left out"] if currency not in (None, "USD") else []
        return {EVENTS: rows}, "; ".join(notes) or None

    def _shares(self, counts: Any) -> tuple[Frames, str | None]:
        if counts is None:
            return {}, "Yahoo has no share count"
        return {SHARES: shape_shares(self._symbol, counts, self._through)}, None

    def _statements(self, series: Any) -> tuple[Frames, str | None]:
        periods = statements.read_periods(series)
        served = statements.shape_statements(self._symbol, periods, self._quote.get("financialCurrency"))
        new = statements.new_statements(served, self._held.statements, self._observed_on)
        counts = statements.shape_reported_shares(self._symbol, periods, self._through, self._observed_on)
        n_held = served.height - new.height
        frames = {STATEMENTS: new, SHARES: statements.new_shares(counts, self._held.reported_shares)}
        return frames, f"{n_held} periods are held already" if n_held else None


def _in_dollars(events: Sequence[Event], currency: str | None) -> list[Event]:
    """The events without their EPS when those are not in USD; that it was reported stays known."""
    if currency in (None, "USD"):
        return list(events)
    return [replace(e, eps_estimate=None, eps_actual=None, is_confirmed=e.is_confirmed or e.eps_actual is not None) for e in events]


def _detail(kind: str, table: str, symbol: str, said: Answer[T], shape: Callable[[T], tuple[Frames, str | None]]) -> Detail:
    if said.outcome != "landed":
        return Detail(kind, LedgerEntry(table, symbol, said.outcome, reason=said.reason, n_attempts=said.n_attempts))
    try:
        frames, reason = shape(said.value)  # type: ignore[arg-type]
    except (*VENDOR_FAULTS, pl.exceptions.PolarsError) as error:
        return Detail(kind, LedgerEntry(table, symbol, "failed", reason=judge(error)[1], n_attempts=said.n_attempts))
    filled = {name: frame for name, frame in frames.items() if frame.height}
    if table in filled:
        days = filled[table][CLOCK[table]].sort().to_list()
        return Detail(kind, LedgerEntry(table, symbol, "landed", len(days), days[0], days[-1], reason, said.n_attempts), filled)
    entry = LedgerEntry(table, symbol, "excused", reason=reason or "Yahoo serves no row", n_attempts=said.n_attempts)
    return Detail(kind, entry, filled)
