"""The sessions on which the simulated market trades, and calendar arithmetic that does not depend on how many are known.

Everything planned ahead (splits, listings, announcements) is a calendar date drawn over the fixed horizon and mapped to
a session afterwards, so that a longer or shorter list of sessions never moves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rotation_pipeline.errors import BadConfig, BadInput

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Dates = NDArray[np.datetime64]

WEEK_OF_SLACK = np.timedelta64(7, "D")


@dataclass(frozen=True)
class Clock:
    """``sessions`` (datetime64[D], ascending) inside the horizon (``first_date``, ``last_date``], both fixed by the settings."""

    sessions: Dates
    first_date: np.datetime64
    last_date: np.datetime64

    @property
    def n(self) -> int:
        """Number of sessions."""
        return len(self.sessions)

    def at_or_after(self, dates: Dates) -> Ints:
        """Index of the first session on or after each date; ``n`` when there is none yet."""
        return np.searchsorted(self.sessions, dates, side="left").astype(np.int64)

    def after(self, dates: Dates) -> Ints:
        """Index of the first session after each date; ``n`` when there is none yet."""
        return np.searchsorted(self.sessions, dates, side="right").astype(np.int64)

    def at_or_before(self, dates: Dates) -> Ints:
        """Index of the last session on or before each date; -1 when there is none."""
        return self.after(dates) - 1

    def first_from(self, day: np.datetime64) -> int:
        """Index of the first session on or after ``day``; ``n`` when there is none yet."""
        return int(np.searchsorted(self.sessions, day, side="left"))

    def last_by(self, day: np.datetime64) -> int:
        """Index of the last session on or before ``day``; -1 when there is none."""
        return int(np.searchsorted(self.sessions, day, side="right")) - 1

    def within(self, share: Floats) -> Dates:
        """The calendar date at ``share`` (0..1) of the horizon."""
        days = (self.last_date - self.first_date).astype(np.int64)
        dates: Dates = self.first_date + np.floor(share * days).astype("timedelta64[D]")
        return dates

    def is_half_day(self) -> Flags:
        """True on the sessions that XNYS closes at 13:00 New York."""
        return np.isin(self.sessions, half_days(self.first_date, self.last_date))

    def quarterly_resets(self) -> Ints:
        """Indices of the last sessions on or before the third Friday of March, June, September and December."""
        months = np.arange(self.first_date.astype("datetime64[M]"), self.last_date.astype("datetime64[M]") + 1)
        fridays = nth_weekday(months[months.astype(np.int64) % 3 == 2], 3, "Fri")
        fridays = fridays[(fridays >= self.sessions[0]) & (fridays <= self.sessions[-1])]
        return np.unique(self.at_or_before(fridays))


def make_clock(sessions: Sequence[date], n_years: int, last_session: date) -> Clock:
    """The part of ``sessions`` that lies in the ``n_years`` up to ``last_session``.

    Raises BadInput when the list begins after the horizon does, or knows no session of it.
    """
    last = np.datetime64(last_session, "D")
    first = (last.astype("datetime64[M]") - 12 * n_years).astype("datetime64[D]") + (last - last.astype("datetime64[M]"))
    known = np.array(sessions, dtype="datetime64[D]")
    inside = known[(known > first) & (known <= last)]
    if not len(inside) or known[0] > first + WEEK_OF_SLACK:
        begins = f"begins on {known[0]}" if len(known) else "is empty"
        problem = f"the list {begins}; the simulated market begins after {first}"
        raise BadInput("sessions", problem, f"hand over the XNYS sessions from {first} on")
    return Clock(inside, first, last)


def check_horizon(n_years: int) -> None:
    """Raise BadConfig unless the horizon is between one and thirty years."""
    if not 1 <= n_years <= 30:
        raise BadConfig("n_years", f"{n_years} is no usable horizon", "choose 1 to 30 years")


def nth_weekday(months: Dates, nth: int, weekday: str) -> Dates:
    """The ``nth`` (1-based) ``weekday`` (Mon..Sun) of each month."""
    return np.busday_offset(months.astype("datetime64[D]"), nth - 1, roll="forward", weekmask=weekday)


def half_days(first: np.datetime64, last: np.datetime64) -> Dates:
    """XNYS half days by rule (NYSE holidays page): day after Thanksgiving; 3 July and 24 December from Monday to Thursday."""
    years = np.arange(first.astype("datetime64[Y]"), last.astype("datetime64[Y]") + 1)
    thanksgiving = nth_weekday(years.astype("datetime64[M]") + 10, 4, "Thu")
    eves = np.concatenate([
        (years.astype("datetime64[M]") + 6).astype("datetime64[D]") + 2,
        (years.astype("datetime64[M]") + 11).astype("datetime64[D]") + 23,
    ])  # fmt: skip
    eves = eves[np.is_busday(eves, weekmask="Mon Tue Wed Thu")]
    return np.sort(np.concatenate([thanksgiving + 1, eves]))


def next_weekday(dates: Dates) -> Dates:
    """Each date, or the Monday after it when it falls on a weekend."""
    return np.busday_offset(dates, 0, roll="forward")
