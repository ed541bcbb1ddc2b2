"""What companies earn: paths of known trailing sums and growth, with one pair of cohorts at a known ratio of multiples.

Earnings grow in yearly steps on a seasonal pattern, so that every trailing sum stands exactly 1 + g above the one a year
before. They start from the market cap at the listing and never look at a later price; one scale for all companies outside the
seven sets the ratio of multiples on one session.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum

import numpy as np

from rotation_pipeline.sources.simulated.calendar import AMC, EarningsCalendar
from rotation_pipeline.sources.simulated.clock import Clock, Dates, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.fundamentals import Fundamentals
from rotation_pipeline.sources.simulated.labels import MEGA
from rotation_pipeline.sources.simulated.market import shares_fwd
from rotation_pipeline.sources.simulated.universe import Universe

SEASON = np.array([0.94, 0.98, 1.02, 1.06])
TECH_GROWTH, GROWTH, BOOK_GROWTH = 0.19, 0.14, 0.06  # a year
PE_RATIO = 0.5  # of the SP493 to the seven, on VALUED_ON
VALUED_ON = np.datetime64("2025-12-12", "D")


@dataclass(frozen=True)
class Known:
    """When a result came to be known, as indices into all XNYS sessions (K, N): at whose close it was known, which could react first."""

    known_at: Ints
    reacts_at: Ints


def plant_earnings(universe: Universe, calendar: EarningsCalendar) -> Fundamentals:
    """Earnings per share on exact paths; net income in whole thousands of USD, and the rest in proportion."""
    cap = universe.company_total(universe.start_cap[None, :])[0]
    shares = universe.company_total(np.round(shares_fwd(universe, calendar.period_end)))
    growth = np.where(universe.earnings_yield < 0, 0.0, np.where(universe.tier == MEGA, TECH_GROWTH, GROWTH))
    at_listing = np.round(cap / universe.start_price)
    eps = 0.25 * universe.earnings_yield * cap / at_listing * _path(calendar, growth)
    estimate = eps - calendar.surprise * np.abs(eps)
    return Fundamentals(
        exists=calendar.period_end >= universe.fates.listed_on,
        net_income=np.round(eps * shares, -3),
        revenue=np.round(0.25 * universe.sales_yield * cap * _path(calendar, growth), -3),
        book_equity=np.round(universe.book_yield * cap * _steps(calendar, np.full(universe.n, BOOK_GROWTH)), -3),
        street_eps_fwd=eps,
        estimate_fwd=estimate,
        early_estimate_fwd=estimate + calendar.early_error * np.abs(eps),
        shares_fwd=np.round(shares_fwd(universe, calendar.period_end)),
    )


def scaled(made: Fundamentals, scale: Floats) -> Fundamentals:
    """The same with every earnings figure of a line times its ``scale`` (N)."""
    return replace(
        made,
        net_income=np.round(made.net_income * scale, -3),
        street_eps_fwd=made.street_eps_fwd * scale,
        estimate_fwd=made.estimate_fwd * scale,
        early_estimate_fwd=made.early_estimate_fwd * scale,
    )


def knowledge(calendar: EarningsCalendar, sessions: Dates) -> Known:
    """Rules 0.3 and F.3 on all XNYS ``sessions``: before or in the session counts for it, later or unknown for the next."""
    dates = calendar.announced_on.ravel()
    shape = calendar.announced_on.shape
    same, following = (np.searchsorted(sessions, dates, side=side).reshape(shape) for side in ("left", "right"))
    after_close, is_known = calendar.timing == AMC, calendar.is_timing_known
    return Known(np.where(after_close | ~is_known, following, same), np.where(after_close & is_known, following, same))


def trailing_eps(made: Fundamentals, known: Flags) -> Floats:
    """Sum (N) of the last four quarters that are ``known`` (K, N), on the first basis; NaN with fewer than four."""
    total = np.full(known.shape[1], np.nan)
    for name in range(known.shape[1]):
        quarters = np.flatnonzero(known[:, name])[-4:]
        if len(quarters) == 4:
            total[name] = fsum(made.street_eps_fwd[quarters, name])
    return total


def cohort_scale(universe: Universe, price_fwd: Floats, cap: Floats, eps: Floats, is_member: Flags) -> float:
    """What the earnings of all companies outside the seven are to be multiplied by, so that PE(SP493) = PE_RATIO PE(the seven).

    Arrays (N) on one session: close on the first basis and cap of the lines (0 when not trading), trailing EPS (NaN when unknown).
    """
    company = universe.company_total(np.nan_to_num(cap)[None, :])[0]
    is_primary = universe.issuer == np.arange(universe.n)
    usable = is_primary & ~np.isnan(eps) & (company > 0)
    earnings = np.where(usable, company * np.nan_to_num(eps) / np.where(price_fwd > 0, price_fwd, 1.0), 0.0)

    def multiple(chosen: Flags) -> float:
        return fsum(company[chosen & usable]) / fsum(earnings[chosen & usable])

    tech = universe.tier == MEGA
    return multiple(is_member & ~tech) / (PE_RATIO * multiple(tech))


def valuation_session(clock: Clock) -> int:
    """Index of the session on which the ratio of multiples is planted."""
    return clock.last_by(VALUED_ON)


def _path(calendar: EarningsCalendar, growth: Floats) -> Floats:
    """Level (K, N) of each quarter: the season times yearly steps."""
    return np.take(SEASON, np.arange(len(calendar.period_end)) % 4)[:, None] * _steps(calendar, growth)


def _steps(calendar: EarningsCalendar, growth: Floats) -> Floats:
    """(1 + g) to the number of whole years (K, N), by repeated multiplication: powers differ between machines."""
    n_quarters = len(calendar.period_end)
    yearly = np.cumprod(np.vstack([np.ones(len(growth)), np.tile(1.0 + growth, (n_quarters // 4, 1))]), axis=0)
    steps: Floats = yearly[np.arange(n_quarters) // 4]
    return steps
