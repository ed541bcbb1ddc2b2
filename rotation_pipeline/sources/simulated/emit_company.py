"""Company facts in a vendor's shape, each row on the day it became known: share counts, statements, earnings dates and results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated.calendar import TIMINGS
from rotation_pipeline.sources.simulated.clock import Dates, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.emit_market import Cut
from rotation_pipeline.sources.simulated.fundamentals import quote_eps, session_factor
from rotation_pipeline.sources.simulated.market import Market, shares_fwd
from rotation_pipeline.sources.simulated.returns import last_index

Quote = Callable[[Floats, Floats], Floats]
FIRST_SEEN_DAYS, MOVED_DAYS, CONFIRMED_DAYS, LATE_MOVE_DAYS = 60, 35, 14, 2  # before the announcement


def share_counts(market: Market, cut: Cut) -> pl.DataFrame:
    """Rows of raw.share_count: a count at the listing, then one a quarter on its filing date, as reported."""
    calendar, made, clock = market.calendar, market.fundamentals, market.clock
    shares = np.round(made.shares_fwd * session_factor(market.split_factor, calendar.period_end, clock))
    k, i = np.nonzero(made.exists & cut.holds(calendar.filed_on) & _trades(market, calendar.filed_on))
    quarterly = _shares(market, i, calendar.period_end[k, i], calendar.filed_on[k, i], shares[k, i])
    first = clock.at_or_after(market.universe.fates.listed_on)
    day = clock.sessions[np.minimum(first, clock.n - 1)]
    known_on = np.where(first == 0, clock.first_date, day)
    new = np.flatnonzero((first < clock.n) & cut.holds(known_on))
    at_listing = _shares(market, new, day[new] - 1, known_on[new], np.round(shares_fwd(market.universe, day[None, :])[0, new]))
    return pl.concat([at_listing, quarterly])


def statements(market: Market, cut: Cut) -> pl.DataFrame:
    """Rows of raw.statement: company-wide quarters, the same on each of a company's lines, on their filing date."""
    calendar, made = market.calendar, market.fundamentals
    k, i = np.nonzero(made.exists & cut.holds(calendar.filed_on) & _trades(market, calendar.filed_on))
    return pl.DataFrame({
        "symbol": _symbols(market, i),
        "fiscal_period": pl.repeat("Q", len(i), eager=True),
        "fiscal_period_end": calendar.period_end[k, i],
        "known_on": calendar.filed_on[k, i],
        "revenue": np.round(made.revenue[k, i], -3),
        "net_income": np.round(made.net_income[k, i], -3),
        "book_equity": np.round(made.book_equity[k, i], -3),
    })  # fmt: skip


@dataclass(frozen=True)
class _Vintage:
    """What the source says of every event at one time before it (or on its day); arrays (K, N)."""

    observed_on: Dates
    announced_on: Dates
    applies: Flags
    estimate_fwd: Floats
    is_confirmed: bool
    is_final: bool


def earnings_events(market: Market, cut: Cut, quote: Quote = quote_eps) -> pl.DataFrame:
    """Rows of raw.earnings_event: expected about 60 days ahead, moved, confirmed two weeks ahead, and the result on its day.

    ``quote`` brings EPS on the first basis (K, N) to a basis of a split factor, as the vendor prints them.
    """
    return pl.concat([_events(market, vintage, cut, quote) for vintage in _vintages(market)])


def _vintages(market: Market) -> tuple[_Vintage, ...]:
    calendar, made = market.calendar, market.fundamentals
    on, confirmed, jitter = calendar.announced_on, calendar.confirmed_on, calendar.lead_days
    early, late = made.early_estimate_fwd, made.estimate_fwd
    return (
        _Vintage(on - FIRST_SEEN_DAYS + jitter, calendar.first_expected_on, made.exists, early, False, False),
        _Vintage(on - MOVED_DAYS + jitter, confirmed, made.exists & (calendar.first_expected_on != confirmed), early, False, False),
        _Vintage(confirmed - CONFIRMED_DAYS + jitter, confirmed, made.exists, late, True, False),
        _Vintage(np.minimum(on, confirmed) - LATE_MOVE_DAYS, on, made.exists & (on != confirmed), late, True, False),
        _Vintage(on, on, made.exists, late, True, True),
    )


def _events(market: Market, vintage: _Vintage, cut: Cut, quote: Quote) -> pl.DataFrame:
    calendar, made = market.calendar, market.fundamentals
    k, i = np.nonzero(vintage.applies & cut.holds(vintage.observed_on) & _trades(market, vintage.observed_on))
    factor = session_factor(market.split_factor, vintage.observed_on, market.clock)[k, i]
    is_known = calendar.is_timing_known[k, i] & (vintage.is_confirmed | (calendar.lead_days[k, i] > 0))
    timing = np.where(is_known, np.array(TIMINGS)[calendar.timing[k, i]], "UNKNOWN")
    has_time = is_known & vintage.is_final
    actual = quote(made.street_eps_fwd[k, i], factor)
    return pl.DataFrame({
        "symbol": _symbols(market, i),
        "fiscal_period_end": calendar.period_end[k, i],
        "announced_on": vintage.announced_on[k, i],
        "announced_at": _utc(vintage.announced_on[k, i], calendar.minute[k, i], has_time),
        "announced_precision": pl.Series(np.where(has_time, "minute", "date"), dtype=pl.String),
        "timing": pl.Series(timing, dtype=pl.String),
        "eps_estimate": quote(vintage.estimate_fwd[k, i], factor),
        "eps_actual": pl.Series(actual if vintage.is_final else [None] * len(i), dtype=pl.Float64),
        "is_confirmed": pl.repeat(vintage.is_confirmed, len(i), dtype=pl.Boolean, eager=True),
        "observed_on": vintage.observed_on[k, i],
        "basis_date": vintage.observed_on[k, i],
    })  # fmt: skip


def _utc(days: Dates, minutes: Ints, known: Flags) -> pl.Series:
    """UTC instants (naive) of New York wall-clock minutes; null where not ``known``."""
    local = pl.Series(days.astype("datetime64[us]") + minutes.astype("timedelta64[m]"), dtype=pl.Datetime("us"))
    utc = local.dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return pl.DataFrame({"at": utc, "known": known}).select(pl.when("known").then("at"))["at"]


def _trades(market: Market, dates: Dates) -> Flags:
    """True where a line is listed on a date (K, N): from its first session to its last."""
    clock, fates = market.clock, market.universe.fates
    ended = clock.sessions[np.minimum(last_index(market.universe, clock), clock.n - 1)]
    trades: Flags = (dates >= fates.listed_on) & ((dates <= ended) | (last_index(market.universe, clock) == clock.n))
    return trades


def _shares(market: Market, i: Ints, as_of: Dates, known_on: Dates, shares: Floats) -> pl.DataFrame:
    return pl.DataFrame({
        "symbol": _symbols(market, i),
        "as_of": as_of,
        "known_on": known_on,
        "shares": shares,
        "kind": pl.repeat("reported", len(i), eager=True),
        "basis_date": as_of,
    })  # fmt: skip


def _symbols(market: Market, i: Ints) -> pl.Series:
    return pl.Series([c.symbol for c in market.universe.companies], dtype=pl.String).gather(i)
