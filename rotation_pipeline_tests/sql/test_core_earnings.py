"""core.earnings_observation, core.earnings_event and core.earnings_date_vintage: one event a quarter, and the calendar as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import golden, list_line, open_market, split

NEW_YORK = ZoneInfo("America/New_York")
TABLES = ("core.fiscal_calendar", "core.earnings_observation", "core.earnings_event", "core.earnings_date_vintage")


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2024, 1, 2), date(2026, 3, 31))
    list_line(lab, 1, "AAA")
    return lab


def say(lab: Lab, announced_on: date, **columns: Any) -> None:
    """What a source showed; on the day itself unless it says otherwise."""
    row = {"symbol": "AAA", "announced_on": announced_on, "announced_precision": "date", "timing": "AMC", "is_confirmed": False}
    lab.put("raw.earnings_event", [row | {"observed_on": announced_on, "basis_date": announced_on} | columns])


def fill(lab: Lab) -> None:
    for table in TABLES:
        lab.fill(table)


def events(lab: Lab, columns: str) -> list[tuple[Any, ...]]:
    fill(lab)
    return lab.rows(f"select {columns} from core.earnings_event order by event_id")


@pytest.mark.parametrize("name", golden("G-F1")["outputs"])
def test_the_first_session_that_could_react_is_the_one_whose_close_follows_the_release(market: Lab, name: str) -> None:
    """G-F1: half days, holidays and weekends by the real calendar."""
    case = golden("G-F1")
    released_at = datetime.fromisoformat(case["inputs"][name]).replace(tzinfo=NEW_YORK)
    utc = released_at.astimezone(UTC).replace(tzinfo=None)
    say(market, released_at.date(), announced_at=utc, announced_precision="minute", eps_actual=1.0)
    expected = date.fromisoformat(case["outputs"][name])
    assert events(market, "known_session, reaction_session") == [(expected, expected)]


@pytest.mark.parametrize(
    ("timing", "day", "known", "reacts"),
    [
        ("BMO", date(2026, 1, 13), date(2026, 1, 13), date(2026, 1, 13)),
        ("DMH", date(2026, 1, 13), date(2026, 1, 13), date(2026, 1, 13)),
        ("AMC", date(2026, 1, 16), date(2026, 1, 20), date(2026, 1, 20)),  # Monday is a holiday
        ("BMO", date(2026, 1, 17), date(2026, 1, 20), date(2026, 1, 20)),
        ("UNKNOWN", date(2026, 1, 13), date(2026, 1, 14), date(2026, 1, 13)),  # known the day after, a window of two to react
    ],
)
def test_timing_without_an_hour(market: Lab, timing: str, day: date, known: date, reacts: date) -> None:
    say(market, day, timing=timing, eps_actual=1.0)
    assert events(market, "known_session, reaction_session") == [(known, reacts)]


@pytest.mark.parametrize("name", golden("G-F3")["inputs"])
def test_seasons_are_calendar_quarters(market: Lab, name: str) -> None:
    case = golden("G-F3")
    period_end = date.fromisoformat(case["inputs"][name])
    say(market, date(2026, 3, 20), fiscal_period_end=period_end, eps_actual=1.0)
    assert events(market, "calendar_quarter") == [(case["outputs"][name],)]


@pytest.mark.parametrize(
    ("period_end", "month"),
    [(date(2025, 12, 27), "2025-12"), (date(2025, 12, 31), "2025-12"), (date(2026, 1, 25), "2026-01"), (date(2025, 10, 2), "2025-09")],
)
def test_sources_that_date_a_quarter_differently_mean_one_event(market: Lab, period_end: date, month: str) -> None:
    say(market, date(2026, 2, 20), fiscal_period_end=period_end, eps_actual=1.0)
    assert events(market, "event_id") == [(f"1-{month}",)]


def test_without_a_period_the_issuers_own_fiscal_calendar_tells(market: Lab) -> None:
    say(market, date(2025, 11, 19), eps_actual=1.0)
    assert events(market, "fiscal_period_end") == [(date(2025, 9, 30),)]
    market.put("raw.statement", [{"symbol": "AAA", "fiscal_period": "Q", "fiscal_period_end": date(2025, 4, 27), "currency": "USD"}])
    assert events(market, "fiscal_period_end") == [(date(2025, 10, 31),)]


def test_a_fast_reporter_is_not_taken_for_a_slow_one(market: Lab) -> None:
    """Nine days after the quarter: the new quarter, as the one before was announced in July. Five days: a late annual report."""
    for day in (date(2025, 4, 24), date(2025, 7, 11), date(2025, 10, 9)):
        say(market, day, eps_actual=1.0)
    list_line(market, 2, "LATE")
    say(market, date(2025, 4, 4), symbol="LATE", eps_actual=1.0)
    assert [row[0].isoformat() for row in events(market, "fiscal_period_end")] == ["2025-03-31", "2025-06-30", "2025-09-30", "2024-12-31"]


def test_a_later_report_takes_no_event_from_the_one_before(market: Lab) -> None:
    """Quarters of 12 and 16 weeks: by months the second seems to tell of the quarter that the first has settled."""
    market.put("raw.statement", [{"symbol": "AAA", "fiscal_period": "Q", "fiscal_period_end": date(2024, 11, 23), "currency": "USD"}])
    say(market, date(2025, 2, 28), eps_actual=24.6, fiscal_period_end=date(2025, 2, 28))
    before = events(market, "event_id, announced_on, eps_actual_fwd")
    assert before == [("1-2025-02", date(2025, 2, 28), 24.6)]
    say(market, date(2025, 5, 23), observed_on=date(2025, 2, 20))  # expected before the first was out: nobody could tell them apart
    assert events(market, "event_id, announced_on, eps_actual_fwd") == before
    say(market, date(2025, 5, 23), eps_actual=34.1)
    assert events(market, "event_id, announced_on, eps_actual_fwd") == [*before, ("1-2025-04", date(2025, 5, 23), 34.1)]


def test_one_event_of_two_classes_and_two_observations(market: Lab) -> None:
    """The actual goes before the estimate, the primary line before the other, and the estimate is the last one before the release."""
    list_line(market, 2, "AAB", issuer_id=1, is_primary=False)
    day = date(2026, 1, 28)
    say(market, date(2026, 1, 26), observed_on=date(2026, 1, 5), eps_estimate=1.0)
    say(market, day, observed_on=date(2026, 1, 12), eps_estimate=1.1, is_confirmed=True)
    say(market, day, eps_estimate=1.15, eps_actual=1.3, is_confirmed=True)
    say(market, day, symbol="AAB", eps_actual=9.9)
    columns = "event_id, security_id, announced_on, status, eps_estimate_fwd, eps_actual_fwd, n_moves, pit_grade"
    assert events(market, columns) == [("1-2025-12", 1, day, "REPORTED", 1.1, 1.3, 1, "A")]


def test_eps_are_brought_to_the_first_share_basis(market: Lab) -> None:
    split(market, 1, date(2025, 8, 4), 4.0)
    say(market, date(2025, 7, 30), eps_actual=2.2)
    say(market, date(2025, 10, 29), eps_actual=0.65)
    assert [value for (value,) in events(market, "eps_actual_fwd")] == pytest.approx([2.2, 2.6])


def test_expected_dates_are_confirmed_by_the_source_or_by_repetition(market: Lab) -> None:
    day = date(2026, 2, 5)
    for observed_on in (date(2026, 1, 5), date(2026, 1, 8), date(2026, 1, 12)):
        say(market, day, observed_on=observed_on)
    fill(market)
    assert market.rows("select known_from, known_to, status from core.earnings_date_vintage order by 1") == [
        (date(2026, 1, 5), date(2026, 1, 12), "ESTIMATED"),
        (date(2026, 1, 12), None, "CONFIRMED"),  # seven days after the first time; three days had not been enough
    ]
    assert market.rows("select status, known_session, reaction_session from core.earnings_event") == [("CONFIRMED", None, date(2026, 2, 6))]


@pytest.mark.parametrize(
    ("seen", "timings", "status"),
    [
        ([date(2026, 1, 15), date(2026, 1, 20)], ["AMC", "AMC"], "CONFIRMED"),  # five days apart
        ([date(2026, 1, 16), date(2026, 1, 20)], ["AMC", "AMC"], "ESTIMATED"),  # four
        ([date(2025, 12, 30), date(2026, 1, 20)], ["AMC", "AMC"], "CONFIRMED"),  # 21 days ago
        ([date(2025, 12, 29), date(2026, 1, 20)], ["AMC", "AMC"], "ESTIMATED"),  # longer ago
        ([date(2026, 1, 10), date(2026, 1, 20)], ["BMO", "AMC"], "ESTIMATED"),  # another time of the day
        ([date(2026, 1, 20)], ["AMC"], "ESTIMATED"),
    ],
)
def test_repetition_confirms_only_the_same_date_and_timing_in_time(market: Lab, seen: list[date], timings: list[str], status: str) -> None:
    for observed_on, timing in zip(seen, timings, strict=True):
        say(market, date(2026, 2, 5), observed_on=observed_on, timing=timing)
    assert events(market, "status") == [(status,)]


def test_a_date_that_a_source_confirmed_stays_so_while_it_is_shown(market: Lab) -> None:
    day, other = date(2026, 2, 5), date(2026, 2, 10)
    say(market, day, observed_on=date(2026, 1, 12), is_confirmed=True, load_id="a")
    say(market, day, observed_on=date(2026, 1, 12), load_id="b")  # another page of the same evening says no more
    say(market, day, observed_on=date(2026, 1, 13), timing="UNKNOWN")
    say(market, other, observed_on=date(2026, 1, 14))
    say(market, day, observed_on=date(2026, 2, 3))  # 22 days later
    fill(market)
    assert market.rows("select observed_on, status from core.earnings_observation order by 1") == [
        (date(2026, 1, 12), "CONFIRMED"),
        (date(2026, 1, 13), "CONFIRMED"),
        (date(2026, 1, 14), "ESTIMATED"),
        (date(2026, 2, 3), "ESTIMATED"),
    ]


def test_a_second_row_of_an_announcement_a_few_days_off_is_no_event(market: Lab) -> None:
    """The one with an actual stays; without any, the one seen last (F.1)."""
    say(market, date(2026, 1, 28), eps_actual=1.0, observed_on=date(2026, 2, 2))
    say(market, date(2026, 1, 30), observed_on=date(2026, 2, 2))
    list_line(market, 2, "BBB")
    say(market, date(2026, 2, 3), symbol="BBB", observed_on=date(2026, 1, 5))
    say(market, date(2026, 2, 6), symbol="BBB", observed_on=date(2026, 1, 12))
    assert events(market, "event_id, announced_on, n_moves") == [
        ("1-2025-12", date(2026, 1, 28), 0),
        ("2-2025-12", date(2026, 2, 6), 1),
    ]


@pytest.mark.parametrize(
    ("utc", "reacts"),
    [
        ("2026-03-06T20:55", date(2026, 3, 6)),  # 15:55 New York, winter time
        ("2026-03-06T21:05", date(2026, 3, 9)),
        ("2026-03-09T19:55", date(2026, 3, 9)),  # 15:55, summer time since Sunday
        ("2026-03-09T20:05", date(2026, 3, 10)),
        ("2025-10-31T20:05", date(2025, 11, 3)),  # 16:05, still summer time
        ("2025-11-03T20:05", date(2025, 11, 3)),  # 15:05, winter time
        ("2025-11-28T17:50", date(2025, 11, 28)),  # ten minutes before the early close
        ("2025-11-28T18:10", date(2025, 12, 1)),
    ],
)
def test_instants_react_by_the_close_of_that_very_day(market: Lab, utc: str, reacts: date) -> None:
    at = datetime.fromisoformat(utc)
    say(market, at.date(), announced_at=at, announced_precision="minute", timing="UNKNOWN", eps_actual=1.0)
    assert events(market, "known_session, reaction_session") == [(reacts, reacts)]


def test_after_the_close_of_a_half_day_is_the_next_session(market: Lab) -> None:
    say(market, date(2025, 11, 28), timing="AMC", eps_actual=1.0)
    assert events(market, "reaction_session") == [(date(2025, 12, 1),)]


def test_the_calendar_of_any_session_is_what_was_on_show_then(market: Lab) -> None:
    say(market, date(2026, 2, 3), observed_on=date(2026, 1, 3))  # a Saturday
    say(market, date(2026, 2, 3), observed_on=date(2026, 1, 6))
    say(market, date(2026, 1, 28), observed_on=date(2026, 1, 14), is_confirmed=True)
    say(market, date(2026, 1, 28), eps_actual=1.0, is_confirmed=True)  # seen on the day, after the close
    fill(market)
    assert market.rows("select known_from, known_to, announced_on, status from core.earnings_date_vintage order by 1") == [
        (date(2026, 1, 5), date(2026, 1, 14), date(2026, 2, 3), "ESTIMATED"),
        (date(2026, 1, 14), date(2026, 1, 29), date(2026, 1, 28), "CONFIRMED"),
        (date(2026, 1, 29), None, date(2026, 1, 28), "REPORTED"),
    ]


def test_later_observations_do_not_change_what_was_on_show(market: Lab) -> None:
    said = [(date(2026, 1, 6), date(2026, 2, 3)), (date(2026, 1, 13), date(2026, 2, 3)), (date(2026, 1, 20), date(2026, 1, 30))]
    for observed_on, announced_on in said[:2]:
        say(market, announced_on, observed_on=observed_on)
    fill(market)
    sql = "select known_from, announced_on, status from core.earnings_date_vintage order by 1"
    before = market.rows(sql)
    say(market, said[2][1], observed_on=said[2][0])
    fill(market)
    assert market.rows(sql)[: len(before)] == before


def test_the_most_exact_row_of_one_evening_tells_the_time(market: Lab) -> None:
    """The calendar knows the minute and that it was after the close; the page of the company, landed after it, the day or the hour."""
    day = date(2026, 1, 28)
    at = {"announced_at": datetime(2026, 1, 28, 21, 5), "announced_precision": "minute", "load_id": "1"}  # noqa: DTZ001
    say(market, day, eps_actual=1.0, observed_on=date(2026, 1, 29), **at)
    say(market, day, eps_actual=1.0, observed_on=date(2026, 1, 29), timing="UNKNOWN", load_id="2")
    hour = {"announced_at": datetime(2026, 1, 28, 21), "announced_precision": "hour", "load_id": "3"}  # noqa: DTZ001
    say(market, day, eps_actual=1.0, observed_on=date(2026, 1, 29), **hour)
    said = events(market, "timing, announced_at, reaction_session")
    assert said == [("AMC", datetime(2026, 1, 28, 21, 5), date(2026, 1, 29))]  # noqa: DTZ001


def test_an_expectation_belongs_to_who_had_the_symbol_when_it_was_shown(market: Lab) -> None:
    """AAA became BBB on 2 February 2026, and another company took AAA: the date that was shown in January was BBB's."""
    list_line(market, 2, "BBB")
    renamed_on = date(2026, 2, 2)
    market.rows("delete from core.line_symbol")
    spells = [
        {"symbol": "AAA", "valid_from": date(1900, 1, 1), "valid_to": renamed_on, "security_id": 2},
        {"symbol": "BBB", "valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31), "security_id": 2},
        {"symbol": "AAA", "valid_from": renamed_on, "valid_to": date(9999, 12, 31), "security_id": 1},
    ]
    market.put("core.line_symbol", spells)
    say(market, date(2026, 2, 10), observed_on=date(2026, 1, 20))
    say(market, date(2026, 2, 12), symbol="BBB", eps_actual=1.0)
    assert events(market, "security_id, announced_on, n_moves") == [(2, date(2026, 2, 12), 1)]
