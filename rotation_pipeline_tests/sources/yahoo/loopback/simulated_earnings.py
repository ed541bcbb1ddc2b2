"""Earnings dates and results of the simulated market as Yahoo tells them: by symbol on a page of text, by day in its calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl

from rotation_pipeline_tests.sources.yahoo.loopback.wire import NEW_YORK, calendar_row, earnings_page

LABELS = {"BMO": "BMO", "AMC": "AMC", "DMH": "TAS", "UNKNOWN": "TNS"}


@dataclass(frozen=True)
class Told:
    """One announcement as it stands on an evening; EPS in USD on that evening's share basis, in cents."""

    symbol: str
    fiscal_period_end: date | None  # None where nobody can know it
    announced_on: date
    announced_at: datetime | None  # UTC without zone
    timing: str
    eps_estimate: float
    eps_actual: float | None
    is_confirmed: bool

    @property
    def surprise(self) -> float:
        """Percent of the estimate; 0 where nothing was reported, as Yahoo has it."""
        if self.eps_actual is None or self.eps_estimate == 0:
            return 0.0
        return round(100 * (self.eps_actual - self.eps_estimate) / abs(self.eps_estimate), 2)


def latest_events(events: pl.DataFrame, factor: Callable[[str, date], float]) -> dict[str, list[Told]]:
    """By symbol what was last said of each announcement, oldest first. ``factor``: shares of the evening per share of a date."""
    last = events.sort("observed_on", maintain_order=True).unique(["symbol", "fiscal_period_end"], keep="last", maintain_order=True)
    found: dict[str, list[Told]] = {}
    for row in last.sort("symbol", "fiscal_period_end").iter_rows(named=True):
        shares = factor(row["symbol"], row["basis_date"])
        actual = None if row["eps_actual"] is None else round(row["eps_actual"] / shares, 2)
        at = None if row["announced_at"] is None else row["announced_at"]
        estimate = round(row["eps_estimate"] / shares, 2)
        told = Told(
            row["symbol"], row["fiscal_period_end"], row["announced_on"], at, row["timing"], estimate, actual, bool(row["is_confirmed"])
        )
        found.setdefault(told.symbol, []).append(told)
    return found


def new_york_midnight(day: date) -> int:
    """Epoch seconds at which a New York day begins: Yahoo's way to say that only the day is known."""
    return int(datetime.combine(day, time(0), NEW_YORK).timestamp())


def calendar_days(events: Iterable[Told]) -> dict[str, list[list[Any]]]:
    """Rows of the earnings calendar by UTC day, to the minute where the time is known, else at midnight in New York."""
    days: dict[str, list[list[Any]]] = {}
    for event in events:
        stamp = event.announced_at or datetime.fromtimestamp(new_york_midnight(event.announced_on), UTC).replace(tzinfo=None)
        text = f"{stamp.isoformat(timespec='seconds')}Z"
        row = calendar_row(event.symbol, text, LABELS[event.timing], event.eps_estimate, event.eps_actual, event.surprise)
        days.setdefault(str(stamp.date()), []).append(row)
    return days


def dates_page(symbol: str, events: Sequence[Told]) -> str:
    """The page of one symbol, newest first: dates in New York to the hour, midnight where no time is known; EPS in cents."""
    rows = [(page_date(e), _cents(e.eps_estimate), _cents(e.eps_actual), _percent(e)) for e in reversed(events)]
    return earnings_page(symbol, rows)


def page_date(event: Told) -> str:
    """Such as: October 29, 2026 at 4 PM EDT."""
    midnight = datetime.combine(event.announced_on, time(0), NEW_YORK)
    local = event.announced_at.replace(tzinfo=UTC).astimezone(NEW_YORK) if event.announced_at else midnight
    return f"{local:%B} {local.day}, {local.year} at {local.hour % 12 or 12} {local:%p} {local.tzname()}"


def _cents(eps: float | None) -> str:
    return "-" if eps is None else f"{eps:.2f}"


def _percent(event: Told) -> str:
    return "-" if event.eps_actual is None else f"{event.surprise:+.2f}"
