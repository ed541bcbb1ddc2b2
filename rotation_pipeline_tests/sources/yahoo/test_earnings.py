"""Which quarter an announcement reports, which next date counts, and which zero is a figure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from rotation_pipeline.sources.yahoo.calendar.announcement import Event, When, reported
from rotation_pipeline.sources.yahoo.company.earnings import Quarter, joined, next_event, reported_quarters, with_periods
from rotation_pipeline_tests.sources.yahoo.desk import plain

TODAY = date(2026, 11, 12)
MARCH, JUNE, SEPTEMBER = date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30)


def event(day: date, actual: float | None = None, **columns: Any) -> Event:
    return Event("KO", When(day, None, "date", "UNKNOWN"), columns.pop("estimate", None), actual, TODAY, TODAY, **columns)


def expected(*stamps: str, **said: Any) -> dict[str, Any]:
    seconds = [int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp()) for stamp in stamps]
    return {"calendarEvents": {"earnings": {"earningsDate": seconds, **said}}}


def periods(events: list[Event]) -> dict[str, tuple[str | None, float | None]]:
    return {str(e.when.announced_on): (str(e.fiscal_period_end) if e.fiscal_period_end else None, e.eps_actual) for e in events}


def test_an_announcement_reports_the_quarter_that_says_the_same_eps() -> None:
    events = [event(date(2026, 10, 21), 0.82), event(date(2026, 7, 21), 0.87), event(date(2026, 4, 28), 0.73)]
    found = with_periods(events, [Quarter(MARCH, 0.7349), Quarter(JUNE, 0.87), Quarter(SEPTEMBER, 0.82)])
    assert periods(found) == {
        "2026-10-21": ("2026-09-30", 0.82),
        "2026-07-21": ("2026-06-30", 0.87),
        "2026-04-28": ("2026-03-31", 0.73),
    }


def test_two_quarters_of_the_same_eps_go_to_their_own_announcements() -> None:
    events = [event(date(2026, 7, 21), 0.5), event(date(2026, 4, 28), 0.5)]
    found = with_periods(events, [Quarter(MARCH, 0.5), Quarter(JUNE, 0.5)])
    assert periods(found) == {"2026-07-21": ("2026-06-30", 0.5), "2026-04-28": ("2026-03-31", 0.5)}


def test_an_announcement_without_eps_takes_that_of_the_quarter_when_it_is_the_only_one() -> None:
    assert periods(with_periods([event(date(2026, 10, 21))], [Quarter(SEPTEMBER, 0.82)])) == {"2026-10-21": ("2026-09-30", 0.82)}
    two = [event(date(2026, 10, 21)), event(date(2026, 11, 2))]
    assert set(periods(with_periods(two, [Quarter(SEPTEMBER, 0.82)])).values()) == {(None, None)}


@pytest.mark.parametrize("day", [date(2026, 9, 30), date(2026, 11, 13)])
def test_nothing_is_reported_before_the_quarter_ends_or_in_the_future(day: date) -> None:
    assert periods(with_periods([event(day, 0.82)], [Quarter(SEPTEMBER, 0.82)])) == {str(day): (None, 0.82)}


def test_a_quarter_with_another_eps_is_not_matched() -> None:
    assert periods(with_periods([event(date(2026, 10, 21), 0.82)], [Quarter(SEPTEMBER, 0.90)])) == {"2026-10-21": (None, 0.82)}


def test_a_reported_zero_needs_a_surprise_that_says_so() -> None:
    rows = [(1790726400, 0.0, -1.0), (1782777600, 0.0, 0.0), (1774915200, 0.0, None), (1767139200, 0.4, 0.0)]
    history = [{"quarter": plain(end), "epsActual": plain(actual), "surprisePercent": plain(said)} for end, actual, said in rows]
    quarters = reported_quarters({"earningsHistory": {"history": [*history, {"quarter": {}, "epsActual": {}}]}})
    assert quarters == [Quarter(date(2025, 12, 31), 0.4), Quarter(SEPTEMBER, 0.0)]
    assert [reported(0.0, surprise) for surprise in (-100.0, 0.0, None)] == [0.0, None, None]
    assert reported(0.4, 0.0) == 0.4


@pytest.mark.parametrize(
    ("summary", "when", "is_confirmed"),
    [
        (expected("2027-02-09T12:00", isEarningsDateEstimate=False), When(date(2027, 2, 9), datetime(2027, 2, 9, 12), "hour", "BMO"), True),  # noqa: DTZ001
        (expected("2027-02-09T12:00", isEarningsDateEstimate=True), When(date(2027, 2, 9), None, "date", "UNKNOWN"), False),
        (expected("2027-02-09T12:00"), When(date(2027, 2, 9), None, "date", "UNKNOWN"), False),
        (
            expected("2027-02-08T12:00", "2027-02-12T12:00", isEarningsDateEstimate=False),
            When(date(2027, 2, 8), None, "date", "UNKNOWN"),
            False,
        ),
    ],
)
def test_a_window_or_a_guess_is_a_day_and_a_date_that_is_sure_an_instant(summary: dict[str, Any], when: When, is_confirmed: bool) -> None:
    said = next_event("KO", summary, TODAY, TODAY)
    assert said is not None
    assert (said.when, said.is_confirmed) == (when, is_confirmed)


@pytest.mark.parametrize("summary", [{}, {"calendarEvents": None}, expected(), expected("2026-10-21T12:00", isEarningsDateEstimate=False)])
def test_no_next_date_and_one_that_is_past_are_none(summary: dict[str, Any]) -> None:
    assert next_event("KO", summary, TODAY, TODAY) is None


def test_a_sure_date_replaces_the_expected_one_near_it_and_a_guess_gives_way() -> None:
    page = [event(date(2026, 10, 21), 0.82), event(date(2027, 2, 9), estimate=0.6), event(date(2027, 4, 27), estimate=0.7)]
    sure, guess = event(date(2027, 2, 11), estimate=0.61, is_confirmed=True), event(date(2027, 2, 11))
    assert [(str(e.when.announced_on), e.eps_estimate) for e in joined(page, sure)] == [
        ("2026-10-21", None),
        ("2027-04-27", 0.7),
        ("2027-02-11", 0.6),
    ]
    assert joined(page, guess) == joined(page, None) == page
    assert joined(page[:1], guess) == [page[0], guess]


def test_recorded_summaries(recorded: Callable[[str], Any]) -> None:
    seen = date(2025, 2, 12)
    for body, quarter_end, actual, day, is_confirmed in [
        ("AAPL", date(2024, 12, 31), 2.4, date(2025, 4, 30), False),
        ("CRM", date(2024, 10, 31), 2.41, date(2025, 2, 26), True),
    ]:
        summary = recorded(f"quote_summary/all_modules/{body}.json")["quoteSummary"]["result"][0]
        assert reported_quarters(summary)[-1] == Quarter(quarter_end, actual)
        said = next_event(body, summary, seen, seen)
        assert said is not None
        assert (said.when.announced_on, said.is_confirmed) == (day, is_confirmed)
