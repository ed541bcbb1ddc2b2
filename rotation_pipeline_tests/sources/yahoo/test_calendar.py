"""The market-wide earnings calendar: all pages, zero against missing, day and time, and what happens when a page fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from rotation_pipeline.sources.yahoo.announcement import When, read_stamp
from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.wire import CALENDAR_COLUMNS, calendar_row, chart, instant, quote

TODAY = date(2026, 11, 12)  # a Thursday; the fetch is at 18:30 New York
EVENTS = "raw.earnings_event"


@pytest.fixture
def rows(market: Market) -> Callable[[date, list[list[Any]]], list[dict[str, Any]]]:
    """Serves calendar rows of one day, fetches, and returns the events that were landed."""

    def serve(day: date, served: list[list[Any]]) -> list[dict[str, Any]]:
        market.yahoo.charts["SPY"], market.yahoo.quotes["SPY"] = chart("SPY", {TODAY: 600.0}), quote("SPY", "ETF")
        market.yahoo.calendar_columns = CALENDAR_COLUMNS
        market.yahoo.calendar[day.isoformat()] = served
        market.fetch(TODAY, ["SPY"])
        return market.rows(EVENTS).sort("symbol").to_dicts()

    return serve


def test_all_pages_of_a_day_are_read(market: Market, rows: Callable[..., Any]) -> None:
    served = [calendar_row(f"S{n:03}", "2026-11-17T21:05:00Z") for n in range(231)]
    assert [row["symbol"] for row in rows(date(2026, 11, 17), served)] == [f"S{n:03}" for n in range(231)]
    assert market.yahoo.asked("visualization", "2026-11-17") == 3
    entry = market.ledger(EVENTS)["calendar 2026-11-17"]
    assert (entry.outcome, entry.n_rows, entry.reason) == ("landed", 231, None)
    outcomes = [e.outcome for e in market.ledger(EVENTS).values()]
    assert (len(outcomes), outcomes.count("excused")) == (22, 21)  # 7 days back, today, 14 days ahead; no announcement on the others


def test_a_page_that_fails_once_is_asked_again_and_not_answered_from_memory(market: Market, rows: Callable[..., Any]) -> None:
    market.yahoo.faults["visualization", "2026-11-17"] = ["cut"]
    served = [calendar_row(f"S{n:03}", "2026-11-17T21:05:00Z") for n in range(120)]
    assert len(rows(date(2026, 11, 17), served)) == 120
    assert market.ledger(EVENTS)["calendar 2026-11-17"].n_attempts == 2


def test_a_day_that_fails_is_named_and_the_calendar_is_due_again(market: Market, rows: Callable[..., Any]) -> None:
    market.yahoo.faults["visualization", "2026-11-17"] = ["cut"] * 3
    market.yahoo.calendar["2026-11-17"] = [calendar_row("LOST", "2026-11-17T21:05:00Z")]
    assert [row["symbol"] for row in rows(date(2026, 11, 18), [calendar_row("KEPT", "2026-11-18T21:05:00Z")])] == ["KEPT"]
    assert market.ledger(EVENTS)["calendar 2026-11-17"].outcome == "failed"
    market.fetch(TODAY, ["SPY"])
    assert market.ledger(EVENTS)["calendar 2026-11-17"].outcome == "landed"
    assert market.fetch(TODAY, ["SPY"]) == []


def test_a_total_that_does_not_match_is_told(market: Market, rows: Callable[..., Any]) -> None:
    market.yahoo.calendar_total = 5
    rows(date(2026, 11, 17), [calendar_row("KO", "2026-11-17T21:05:00Z")])
    assert market.ledger(EVENTS)["calendar 2026-11-17"].reason == "1 rows came where Yahoo says 5"


def test_zero_is_not_missing_but_an_unreported_figure_is(rows: Callable[..., Any]) -> None:
    past, ahead = "2026-11-11T21:05:00Z", "2026-11-11T23:00:00Z"
    landed = rows(
        date(2026, 11, 11),
        [
            calendar_row("HIT", past, estimate=0.10, actual=0.0, surprise=-100.0),
            calendar_row("NIL", past, estimate=0.0, actual=0.0, surprise=0.0),
            calendar_row("NOT", past, estimate=0.10, actual=0.0, surprise=0.0),
            calendar_row("OPEN", ahead, estimate=None, actual=None),
        ],
    )
    assert [(row["symbol"], row["eps_estimate"], row["eps_actual"], row["is_confirmed"]) for row in landed] == [
        ("HIT", 0.10, 0.0, True),
        ("NIL", 0.0, 0.0, True),
        ("NOT", 0.10, None, False),
        ("OPEN", None, None, False),
    ]


def test_one_row_a_symbol_and_day_the_better_one_stays(market: Market, rows: Callable[..., Any]) -> None:
    landed = rows(
        date(2026, 11, 11),
        [calendar_row("KO", "2026-11-11T05:00:00Z", label="TNS"), calendar_row("KO", "2026-11-11T21:05:00Z", actual=1.1, surprise=10.0)],
    )
    assert [(row["announced_at"], row["timing"], row["eps_actual"]) for row in landed] == [(instant("2026-11-11T21:05"), "AMC", 1.1)]
    assert market.ledger(EVENTS)["calendar 2026-11-11"].reason == "1 second rows of a symbol left out"


def test_events_carry_when_they_were_seen_and_on_which_share_basis(rows: Callable[..., Any]) -> None:
    (event,) = rows(date(2026, 11, 17), [calendar_row("KO", "2026-11-17T12:30:00Z", label="BMO", estimate=0.71)])
    assert event == {
        "symbol": "KO",
        "fiscal_period_end": None,
        "announced_on": date(2026, 11, 17),
        "announced_at": instant("2026-11-17T12:30"),
        "announced_precision": "minute",
        "timing": "BMO",
        "eps_estimate": 0.71,
        "eps_actual": None,
        "is_confirmed": False,
        "observed_on": TODAY,
        "basis_date": TODAY,
    }


def test_recorded_calendar_row(rows: Callable[..., Any], recorded: Callable[[str], Any]) -> None:
    served = recorded("visualization/sp_earnings-2026-06-09-to-16-one-row.json")["finance"]["result"][0]["documents"][0]["rows"]
    (event,) = rows(TODAY, served)  # the loopback Yahoo does not filter by date
    assert (event["symbol"], event["announced_at"], event["timing"], event["announced_precision"]) == (
        "ORCL",
        instant("2026-06-10T20:00"),
        "AMC",
        "hour",
    )
    assert (event["eps_estimate"], event["eps_actual"]) == (1.96, None)


@pytest.mark.parametrize(
    ("stamp", "label", "expected"),
    [
        ("2026-01-13T11:45", "BMO", When(date(2026, 1, 13), instant("2026-01-13T11:45"), "minute", "BMO")),
        ("2026-01-28T21:05", None, When(date(2026, 1, 28), instant("2026-01-28T21:05"), "minute", "AMC")),
        ("2026-06-10T20:00", "AMC", When(date(2026, 6, 10), instant("2026-06-10T20:00"), "hour", "AMC")),
        ("2026-06-10T13:29", None, When(date(2026, 6, 10), instant("2026-06-10T13:29"), "minute", "BMO")),
        ("2026-06-10T13:30", None, When(date(2026, 6, 10), instant("2026-06-10T13:30"), "minute", "UNKNOWN")),
        ("2026-06-10T20:05", "TAS", When(date(2026, 6, 10), instant("2026-06-10T20:05"), "minute", "UNKNOWN")),
        ("2026-06-10T12:00", "TNS", When(date(2026, 6, 10), None, "date", "UNKNOWN")),
        ("2026-06-10T04:00", None, When(date(2026, 6, 10), None, "date", "UNKNOWN")),
        ("2026-06-10T04:00", "AMC", When(date(2026, 6, 10), None, "date", "AMC")),
        ("2026-06-10T12:00", "AMC", When(date(2026, 6, 10), None, "date", "AMC")),
        ("2026-06-11T01:30", None, When(date(2026, 6, 10), instant("2026-06-11T01:30"), "minute", "AMC")),
    ],
)
def test_instants_become_new_york_days_and_timings(stamp: str, label: str | None, expected: When) -> None:
    assert read_stamp(datetime.fromisoformat(stamp).replace(tzinfo=UTC), label) == expected
