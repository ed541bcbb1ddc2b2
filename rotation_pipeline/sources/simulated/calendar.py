"""When companies report: fiscal quarters, announcement dates and times, how far off the street is, how the date moved before.

All of it is planned by calendar, before and independently of prices; arrays are (K quarters, N lines).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rotation_pipeline.sources.simulated.clock import Clock, Dates, Flags, Floats, Ints, half_days, next_weekday
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import Universe

BMO, AMC, DMH = 0, 1, 2
TIMINGS = ("BMO", "AMC", "DMH")
INFORMED_LAG = np.timedelta64(75, "D")  # earnings of a quarter are settled by prices this long before its end
HALF_DAY_PULL = np.timedelta64(3, "D")  # an announcement this near a half day is made on it
SURPRISE_MEAN, SURPRISE_SD = 0.03, 0.06  # of |EPS|
OUTLOOK_DAYS = 45  # quarters ending up to this long after the horizon already have expected dates


@dataclass(frozen=True)
class EarningsCalendar:
    """Arrays (K, N). ``minute`` is New York time in minutes after midnight; ``surprise`` is (actual - estimate) / |actual|."""

    period_end: Dates
    announced_on: Dates
    timing: Ints  # BMO, AMC, DMH
    is_timing_known: Flags
    minute: Ints
    surprise: Floats
    early_error: Floats  # what the first estimate misses beyond the last one, of |actual|
    first_expected_on: Dates  # date expected about 60 days before
    confirmed_on: Dates  # date confirmed about two weeks before
    lead_days: Ints  # jitter of the observation dates, -2..2
    filed_on: Dates  # date on which statements and share count become known


def plan_earnings(seed: int, universe: Universe, clock: Clock) -> EarningsCalendar:
    """Plan every quarter whose end lies in the horizon or up to OUTLOOK_DAYS after it."""
    period_end = _period_ends(universe, clock)
    shape = period_end.shape

    def uniform(name: str) -> Floats:
        return stream(seed, f"calendar.{name}").random(shape)[:, universe.issuer]

    def normal(name: str) -> Floats:
        return stream(seed, f"calendar.{name}").standard_normal(shape)[:, universe.issuer]

    announced_on = _announcement_dates(seed, universe, clock, period_end, uniform("jitter"))
    late = uniform("late")
    confirmed_shift = np.where(late < 0.02, -4, np.where(late > 0.99, 5, 0))  # confirmed earlier than it came (a delay), or later
    early_shift = np.where(uniform("move") < 0.3, np.floor(15 * uniform("shift")) - 7, 0)
    confirmed_on = next_weekday(_plus(announced_on, confirmed_shift))
    timing, minute = _times(seed, universe, clock, announced_on, uniform)
    return EarningsCalendar(
        period_end=period_end,
        announced_on=announced_on,
        timing=timing,
        is_timing_known=uniform("timing_known") > 0.06,
        minute=minute,
        surprise=SURPRISE_MEAN + SURPRISE_SD * normal("surprise"),
        early_error=0.04 * normal("early"),
        first_expected_on=next_weekday(_plus(announced_on, early_shift)),
        confirmed_on=confirmed_on,
        lead_days=np.floor(5 * uniform("lead")).astype(np.int64) - 2,
        filed_on=next_weekday(_plus(announced_on, 1 + np.floor(6 * uniform("filing")))),
    )


def reaction_index(calendar: EarningsCalendar, clock: Clock) -> Ints:
    """Index (K, N) of the session that reacts (methodology F.3); ``clock.n`` when it has not come yet."""
    same_day = clock.at_or_after(calendar.announced_on.ravel()).reshape(calendar.announced_on.shape)
    next_day = clock.after(calendar.announced_on.ravel()).reshape(calendar.announced_on.shape)
    return np.where(calendar.timing == AMC, next_day, same_day)


def _period_ends(universe: Universe, clock: Clock) -> Dates:
    """Ends of the fiscal quarters (K, N): the last days of months, calendar quarters moved by the company's shift."""
    start = clock.first_date.astype("datetime64[M]")
    first_quarter = start + (2 - start.astype(np.int64)) % 3
    n_quarters = int((clock.last_date + OUTLOOK_DAYS).astype("datetime64[M]") - first_quarter) // 3 + 1
    shift = np.array([c.fiscal_shift for c in universe.companies])[universe.issuer]
    months = first_quarter + (3 * np.arange(n_quarters)[:, None] + shift[None, :]).astype("timedelta64[M]")
    ends: Dates = (months + 1).astype("datetime64[D]") - 1
    return ends


def _announcement_dates(seed: int, universe: Universe, clock: Clock, period_end: Dates, jitter: Floats) -> Dates:
    """Weekdays two to seven weeks after the period end, each company near its habit; banks first, small companies last."""
    habit = stream(seed, "calendar.habit").random(universe.n)[universe.issuer]
    slow = np.choose(universe.tier, [27, 22, 32]) + np.choose(universe.tier, [6, 16, 16]) * habit
    lag = np.where(universe.has(industry="Banks - Diversified"), 13 + 2 * habit, slow)
    dates = next_weekday(_plus(period_end, np.floor(lag + 3 * jitter)))
    halves = half_days(clock.first_date, clock.last_date + 90)
    nearest = halves[np.clip(np.searchsorted(halves, dates - HALF_DAY_PULL), 0, len(halves) - 1)]
    return np.where(np.abs(nearest - dates) <= HALF_DAY_PULL, nearest, dates)


def _times(seed: int, universe: Universe, clock: Clock, dates: Dates, uniform: Callable[[str], Floats]) -> tuple[Ints, Ints]:
    """Timing and minute of the day: most companies keep to before the open or after the close; few report in between."""
    habit = stream(seed, "calendar.timing_habit").random(universe.n)[universe.issuer]
    prefers_close = habit < np.choose(universe.tier, [0.9, 0.45, 0.55])
    choice, spread = uniform("timing"), uniform("minute")
    timing = np.where(choice < 0.01, DMH, np.where((choice > 0.05) == prefers_close[None, :], AMC, BMO))
    is_half = np.isin(dates, half_days(clock.first_date, clock.last_date + 90))
    close = np.where(is_half, 13 * 60, 16 * 60)
    minute = np.choose(timing, [6 * 60 + 180 * spread, close + 1 + 45 * spread, 10 * 60 + 120 * spread])
    return timing.astype(np.int64), np.floor(minute).astype(np.int64)


def _plus(dates: Dates, days: Floats | Ints) -> Dates:
    moved: Dates = dates + np.asarray(days).astype("timedelta64[D]")
    return moved
