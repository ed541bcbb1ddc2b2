"""The sessions of the New York Stock Exchange (XNYS), and which of them is over (methodology, calendar)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from rotation_pipeline.errors import BadInput

if TYPE_CHECKING:
    import polars as pl
    from exchange_calendars import ExchangeCalendar

FIRST_YEAR = 1990
FINAL_AFTER = timedelta(hours=4)  # closes and volumes of vendors settle late; method_param calendar.final_delay_hours says the same


def horizon_year(now: datetime) -> int:
    """The year up to whose 31 December the calendar reaches: the one after ``now``'s (UTC)."""
    return now.astimezone(UTC).year + 1


def exchange(last_year: int) -> ExchangeCalendar:
    """The XNYS calendar of exchange_calendars up to the end of a year; made once a process."""
    from exchange_calendars import get_calendar

    return get_calendar("XNYS", start=f"{FIRST_YEAR}-01-01", end=f"{last_year}-12-31")


def session_rows(now: datetime) -> pl.DataFrame:
    """XNYS sessions from 1990-01-02 to the horizon: session, open_at, close_at (UTC, naive), is_early_close; in date order.

    Source: exchange_calendars. ``now`` is an aware instant.
    """
    import polars as pl

    with warnings.catch_warnings():
        # exchange_calendars 4.13 calls what pandas 3.1 deprecates while it builds the schedule; the instants are right
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = exchange(horizon_year(now))
        schedule = calendar.schedule
        early = set(calendar.early_closes)
        opens, closes = schedule["open"].dt.tz_convert(None), schedule["close"].dt.tz_convert(None)
    return pl.DataFrame(
        {
            "session": [stamp.date() for stamp in schedule.index],
            "open_at": [stamp.to_pydatetime() for stamp in opens],
            "close_at": [stamp.to_pydatetime() for stamp in closes],
            "is_early_close": [stamp in early for stamp in schedule.index],
        },
        schema={"session": pl.Date(), "open_at": pl.Datetime("us"), "close_at": pl.Datetime("us"), "is_early_close": pl.Boolean()},
    )


def last_completed_session(sessions: Sequence[date], closes: Sequence[datetime], now: datetime) -> date:
    """The latest session that is final: its close, plus four hours, is not after ``now``.

    ``sessions`` and ``closes`` are parallel and in date order; a close without a time zone is UTC; ``now`` is aware. Raises
    BadInput when none is final, or when the calendar ends so early that a later session may be over too.
    """
    final = [_aware(close) + FINAL_AFTER <= now for close in closes]
    n_final = sum(final)
    if len(sessions) != len(closes) or final != [True] * n_final + [False] * (len(final) - n_final):
        raise BadInput("raw.calendar_session", "has sessions and closes that are not parallel or not in date order", "sort both by session")
    if n_final == 0:
        raise BadInput("raw.calendar_session", f"has no session that was final at {now:%Y-%m-%d %H:%M %Z}", "pass a later instant")
    if n_final == len(sessions):
        raise BadInput("raw.calendar_session", f"ends on {sessions[-1]}, before {now:%Y-%m-%d}", "land the reference again")
    return sessions[n_final - 1]


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
