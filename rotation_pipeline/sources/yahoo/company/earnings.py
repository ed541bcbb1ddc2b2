"""The earnings dates of one symbol to events: the dated rows of its page, the next date of its summary, and the quarters they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from rotation_pipeline.sources.yahoo.calendar.announcement import NEW_YORK, Event, When, read_stamp
from rotation_pipeline.sources.yahoo.company.summary import Summary, day, instant, module, number

if TYPE_CHECKING:
    import pandas as pd

LATEST = timedelta(days=120)  # after the end of its quarter an announcement is another quarter's
CENT = 0.0051  # USD: the page rounds to the cent what the summary gives with more digits
SAME_QUARTER = timedelta(days=45)  # two expected dates this close are one announcement


@dataclass(frozen=True)
class Quarter:
    """One reported quarter of earningsHistory: its end and its street EPS."""

    end: date
    eps_actual: float


def earnings_events(symbol: str, frame: pd.DataFrame, observed_on: date, basis_date: date) -> Iterator[Event]:
    """Every dated row of Yahoo's table. Its page tells 0.00 from "-", and its times are good to the hour.

    Yahoo restates the whole EPS history after a split, so the figures are on the share basis of the fetch.
    """
    for stamp, estimate, actual in zip(frame.index, frame["EPS Estimate"], frame["Reported EPS"], strict=True):
        if stamp == stamp:  # NaT is not equal to itself
            yield Event(symbol, read_stamp(stamp.to_pydatetime()), _figure(estimate), _figure(actual), observed_on, basis_date)


def next_event(symbol: str, summary: Summary, observed_on: date, basis_date: date) -> Event | None:
    """The next announcement of calendarEvents; None when it names none or one that is past. The date of the call is not used.

    Two dates are the ends of a window and one that is called an estimate is a guess: both give a day without a time.
    """
    said = module(module(summary, "calendarEvents"), "earnings")
    stamps = [stamp for stamp in map(instant, said.get("earningsDate") or ()) if stamp is not None]
    if not stamps or stamps[0].astimezone(NEW_YORK).date() < observed_on:
        return None
    is_sure = len(stamps) == 1 and said.get("isEarningsDateEstimate") is False
    when = read_stamp(stamps[0])
    if not is_sure:
        when = When(when.announced_on, None, "date", "UNKNOWN")
    estimate = number(said.get("earningsAverage")) or None  # 0 stands for no estimate
    return Event(symbol, when, estimate, None, observed_on, basis_date, is_confirmed=is_sure)


def names_announcements(summary: Summary) -> bool:
    """Whether the summary knows of any announcement, reported or expected."""
    return bool(reported_quarters(summary)) or bool(module(module(summary, "calendarEvents"), "earnings").get("earningsDate"))


def joined(events: Sequence[Event], upcoming: Event | None) -> list[Event]:
    """The page's events and the summary's next one, which takes the place of the page's when it is confirmed, and gives way when not."""
    if upcoming is None:
        return list(events)
    near = [e for e in events if e.is_expected and abs(e.when.announced_on - upcoming.when.announced_on) <= SAME_QUARTER]
    if near and not upcoming.is_confirmed:
        return list(events)
    estimate = next((event.eps_estimate for event in near if event.eps_estimate is not None), None)
    kept = [event for event in events if event not in near]
    return [*kept, replace(upcoming, eps_estimate=upcoming.eps_estimate if estimate is None else estimate)]


def reported_quarters(summary: Summary) -> list[Quarter]:
    """The reported quarters of earningsHistory, oldest first. A 0 counts as reported only beside a surprise that says so."""
    found = []
    for row in module(summary, "earningsHistory").get("history") or ():
        end, actual, surprise = day(row.get("quarter")), number(row.get("epsActual")), number(row.get("surprisePercent"))
        if end is not None and actual is not None and (actual or surprise):
            found.append(Quarter(end, actual))
    return sorted(found, key=lambda quarter: quarter.end)


def with_periods(events: Sequence[Event], quarters: Sequence[Quarter]) -> list[Event]:
    """The events with the fiscal period of the quarter they reported.

    An event is a quarter's when it came within 120 days of its end and says the same EPS; one without EPS takes the quarter's if
    it is the only event of that time.
    """
    out = list(events)
    for quarter in quarters:
        at = _announcement_of(quarter, out)
        if at is not None:
            event = out[at]
            actual = quarter.eps_actual if event.eps_actual is None else event.eps_actual
            out[at] = replace(event, fiscal_period_end=quarter.end, eps_actual=actual)
    return out


def _announcement_of(quarter: Quarter, events: Sequence[Event]) -> int | None:
    until = quarter.end + LATEST
    candidates = [
        n
        for n, event in enumerate(events)
        if quarter.end < event.when.announced_on <= until
        and event.when.announced_on <= event.observed_on
        and event.fiscal_period_end is None
    ]
    for n in sorted(candidates, key=lambda n: events[n].when.announced_on):
        actual = events[n].eps_actual
        if actual is not None and abs(actual - quarter.eps_actual) <= CENT:
            return n
    return candidates[0] if len(candidates) == 1 and events[candidates[0]].eps_actual is None else None


def _figure(value: Any) -> float | None:
    figure = float(value)
    return figure if figure == figure else None
