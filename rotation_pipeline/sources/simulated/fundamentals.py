"""What companies earn and own: quarters anchored to the past year's market cap, so that multiples keep near their planted level.

A quarter looks at prices no later than 75 days before its end, so that even the first estimate (some 60 days before the
announcement) uses nothing that had not happened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rotation_pipeline.sources.simulated.calendar import INFORMED_LAG, EarningsCalendar
from rotation_pipeline.sources.simulated.clock import Clock, Dates, Flags, Floats
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import Universe

CAP_WINDOW = 125  # sessions of market cap that a quarter's earnings follow
EARNINGS_NOISE = np.array([0.05, 0.08, 0.15])  # sd of a quarter's earnings, of themselves, by tier
SEASONAL = 0.06  # amplitude over the four quarters
CHARGE_SHARE, CHARGE_SIZE = 0.03, 0.6  # quarters with a one-off charge that the street leaves out
STREET_MEAN, STREET_SD = 0.03, 0.015  # the street's earnings above net income, of themselves
LEAST_EPS = 0.01  # a vendor's 0.00 means "not reported"


@dataclass(frozen=True)
class Fundamentals:
    """Arrays (K, N), company-wide USD; EPS on the first share basis. ``exists`` where the company reports the quarter."""

    exists: Flags
    net_income: Floats
    revenue: Floats
    book_equity: Floats
    street_eps_fwd: Floats
    estimate_fwd: Floats  # last estimate before the release
    early_estimate_fwd: Floats  # first estimate, some 60 days before
    shares_fwd: Floats  # of the line at the period end


def draw_fundamentals(
    seed: int, universe: Universe, calendar: EarningsCalendar, cap: Floats, shares_fwd_at: Floats, clock: Clock
) -> Fundamentals:
    """Fundamentals from market caps of lines (T, N; NaN when not trading) and line share counts (K, N) on the first basis."""
    shape = calendar.period_end.shape

    def normal(name: str) -> Floats:
        return stream(seed, f"fundamentals.{name}").standard_normal(shape)[:, universe.issuer]

    anchor, exists = _anchor(universe, calendar, cap, clock)
    noise = 1.0 + EARNINGS_NOISE[universe.tier] * normal("earnings")
    core = 0.25 * universe.earnings_yield * anchor * _season(seed, universe, calendar) * noise
    is_charged = stream(seed, "fundamentals.charge").random(shape)[:, universe.issuer] < CHARGE_SHARE
    street = core + np.abs(core) * (STREET_MEAN + STREET_SD * normal("street"))
    per_share = street / universe.company_total(shares_fwd_at)
    estimate = per_share - calendar.surprise * np.abs(per_share)
    return Fundamentals(
        exists=exists,
        net_income=core - CHARGE_SIZE * is_charged * np.abs(core),
        revenue=0.25 * universe.sales_yield * anchor * (1.0 + 0.03 * normal("revenue")),
        book_equity=universe.book_yield * anchor * (1.0 + 0.02 * normal("book")),
        street_eps_fwd=per_share,
        estimate_fwd=estimate,
        early_estimate_fwd=estimate + calendar.early_error * np.abs(per_share),
        shares_fwd=shares_fwd_at,
    )


def quote_eps(eps_fwd: Floats, factor: Floats) -> Floats:
    """EPS as quoted on a date with split factor ``factor`` (both (K, N)): cents, never zero."""
    cents = np.round(eps_fwd / factor, 2)
    return np.where(np.abs(cents) < LEAST_EPS, np.copysign(LEAST_EPS, eps_fwd), cents)


def _anchor(universe: Universe, calendar: EarningsCalendar, cap: Floats, clock: Clock) -> tuple[Floats, Flags]:
    """Mean company market cap (K, N) over the CAP_WINDOW sessions up to INFORMED_LAG before the period end, and where there is one."""
    total = np.vstack([np.zeros(universe.n), np.cumsum(universe.company_total(np.nan_to_num(cap)), axis=0)])
    count = np.vstack([np.zeros(universe.n), np.cumsum(~np.isnan(cap), axis=0)])
    stop = clock.after((calendar.period_end - INFORMED_LAG).ravel()).reshape(calendar.period_end.shape)
    start = np.maximum(stop - CAP_WINDOW, 0)
    line = np.arange(universe.n)
    n_sessions = count[stop, line] - count[start, line]
    mean = (total[stop, line] - total[start, line]) / np.maximum(n_sessions, 1)
    return np.where(n_sessions > 0, mean, 1.0), (n_sessions > 0) & (calendar.period_end - INFORMED_LAG >= universe.fates.listed_on)


def _season(seed: int, universe: Universe, calendar: EarningsCalendar) -> Floats:
    """Seasonal factor (K, N) around 1, a company's own pattern over the quarters of a year, mean 1."""
    pattern = SEASONAL * stream(seed, "fundamentals.season").standard_normal((4, universe.n))[:, universe.issuer]
    pattern -= pattern.mean(axis=0)
    return np.take(1.0 + pattern, np.arange(len(calendar.period_end)) % 4, axis=0)


def session_factor(factor: Floats, dates: Dates, clock: Clock) -> Floats:
    """Split factor (K, N) of each line on the last session up to each date (K, N); 1 before the first session."""
    at = clock.at_or_before(dates.ravel()).reshape(dates.shape)
    return np.where(at >= 0, factor[np.maximum(at, 0), np.arange(dates.shape[1])], 1.0)
