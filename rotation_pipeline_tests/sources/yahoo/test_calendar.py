"""The market-wide earnings calendar: all pages, zero against missing, day and time, and what happens when a page fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.yahoo.calendar.announcement import When, read_stamp
from rotation_pipeline.sources.yahoo.plan import day_key
from rotation_pipeline_tests.sources.yahoo.desk import Desk
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.wire import CALENDAR_COLUMNS, calendar_row, instant

TODAY = date(2026, 11, 12)  # a Thursday; the fetch is at 18:30 New York
TUESDAY = date(2026, 11, 17)
EVENTS = "raw.earnings_event"
ENTRY = (EVENTS, "calendar 2026-11-17")


@pytest.fixture
def desk(yahoo: LoopbackYahoo, catalog: Catalog, tmp_path: Path) -> Desk:
    yahoo.calendar_columns = CALENDAR_COLUMNS
    return Desk.open(yahoo, catalog, tmp_path)


@pytest.fixture
def rows(desk: Desk) -> Callable[[date, list[list[Any]]], list[dict[str, Any]]]:
    """Serves calendar rows of one day, asks for it, and returns the events that were landed."""

    def serve(day: date, served: list[list[Any]]) -> list[dict[str, Any]]:
        desk.yahoo.calendar[day.isoformat()] = served
        desk.calendar(TODAY, [day])
        return desk.rows(EVENTS).sort("symbol").to_dicts()

    return serve


def many(n: int) -> list[list[Any]]:
    return [calendar_row(f"S{nth:03}", "2026-11-17T21:05:00Z") for nth in range(n)]


@pytest.mark.parametrize(("n_rows", "n_pages"), [(231, 3), (200, 2), (99, 1)])
def test_all_pages_of_a_day_are_read(desk: Desk, rows: Callable[..., Any], n_rows: int, n_pages: int) -> None:
    assert [row["symbol"] for row in rows(TUESDAY, many(n_rows))] == [f"S{n:03}" for n in range(n_rows)]
    assert desk.yahoo.asked("visualization", "2026-11-17") == n_pages
    entry = desk.ledger[ENTRY]
    assert (entry.outcome, entry.n_rows, entry.reason, entry.n_attempts) == ("landed", n_rows, None, n_pages)
    assert desk.landing.cursor("yahoo") == {day_key(TUESDAY): "2026-11-12", "calendar": "2026-11-12"}


def test_a_day_without_announcements_is_excused(desk: Desk) -> None:
    desk.calendar(TODAY, [TUESDAY])
    assert (desk.ledger[ENTRY].outcome, desk.ledger[ENTRY].reason) == ("excused", "no announcement")


def test_a_page_that_fails_once_is_asked_again_alone_and_not_answered_from_memory(desk: Desk, rows: Callable[..., Any]) -> None:
    desk.yahoo.faults["visualization", "2026-11-17"] = ["", "cut"]
    assert len(rows(TUESDAY, many(120))) == 120
    assert desk.ledger[ENTRY].n_attempts == desk.yahoo.asked("visualization") == 3  # the first page, the second in vain, the second


def test_a_day_that_fails_is_named_and_stays_due(desk: Desk) -> None:
    wednesday = TUESDAY + timedelta(days=1)
    desk.yahoo.faults["visualization", "2026-11-17"] = ["cut"] * 3
    desk.yahoo.calendar |= {str(TUESDAY): many(1), str(wednesday): [calendar_row("KEPT", "2026-11-18T21:05:00Z")]}
    desk.calendar(TODAY, [TUESDAY, wednesday])
    assert desk.rows(EVENTS)["symbol"].to_list() == ["KEPT"]
    assert desk.ledger[ENTRY].outcome == "failed"
    assert desk.landing.cursor("yahoo") == {day_key(wednesday): "2026-11-12"}
    desk.calendar(TODAY, [TUESDAY])
    assert desk.ledger[ENTRY].outcome == "landed"


def test_a_day_with_fewer_rows_than_its_total_lands_what_came_and_stays_due(desk: Desk, rows: Callable[..., Any]) -> None:
    desk.yahoo.calendar_total = 250
    assert len(rows(TUESDAY, many(231))) == 231
    entry = desk.ledger[ENTRY]
    assert (entry.outcome, entry.n_rows, entry.reason) == ("failed", 231, "231 rows came where Yahoo says 250")
    assert desk.yahoo.asked("visualization") == 8  # both readings go on to a page without rows
    assert desk.landing.cursor("yahoo") == {}


def test_a_total_that_is_too_small_does_not_cut_the_day(desk: Desk, rows: Callable[..., Any]) -> None:
    desk.yahoo.calendar_total = 5
    assert len(rows(TUESDAY, many(231))) == 231
    assert (desk.ledger[ENTRY].outcome, desk.ledger[ENTRY].reason) == ("landed", "231 rows came where Yahoo says 5")


def test_a_day_that_changes_while_it_is_read_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row comes in before the others after the first page: the last row of that page comes twice, and the new one not at all."""
    late = calendar_row("LATE", "2026-11-17T21:05:00Z")
    answer, n_asked = desk.yahoo.answer, 0

    def changing(host: str, target: str, body: bytes) -> Any:
        nonlocal n_asked
        reply = answer(host, target, body)
        n_asked += "visualization" in target
        if n_asked == 1:
            desk.yahoo.calendar["2026-11-17"] = [late, *many(150)]
        return reply

    monkeypatch.setattr(desk.yahoo, "answer", changing)
    desk.yahoo.calendar["2026-11-17"] = many(150)
    desk.calendar(TODAY, [TUESDAY])
    assert desk.rows(EVENTS).height == 151
    assert (desk.ledger[ENTRY].outcome, desk.ledger[ENTRY].reason, n_asked) == ("landed", None, 4)


def test_calls_and_meetings_are_no_events(rows: Callable[..., Any]) -> None:
    served = many(4)
    for row, name in zip(served, ["Q3 2026 Earnings Call", "Annual Shareholders Meeting", "Q3 2026 Earnings Release", None], strict=True):
        row[3] = name
    assert [row["symbol"] for row in rows(TUESDAY, served)] == ["S002", "S003"]


def test_zero_is_not_missing_but_an_unreported_figure_is(rows: Callable[..., Any]) -> None:
    past, ahead = "2026-11-11T21:05:00Z", "2026-11-11T23:00:00Z"
    landed = rows(
        date(2026, 11, 11),
        [
            calendar_row("HIT", past, estimate=0.10, actual=0.0, surprise=-100.0),
            calendar_row("NIL", past, estimate=0.0, actual=0.0, surprise=0.0),
            calendar_row("NONE", past, estimate=None, actual=0.0, surprise=None),
            calendar_row("NOT", past, estimate=0.10, actual=0.0, surprise=0.0),
            calendar_row("OPEN", ahead, estimate=None, actual=None),
        ],
    )
    assert [(row["symbol"], row["eps_estimate"], row["eps_actual"], row["is_confirmed"]) for row in landed] == [
        ("HIT", 0.10, 0.0, True),
        ("NIL", 0.0, None, False),
        ("NONE", None, None, False),
        ("NOT", 0.10, None, False),
        ("OPEN", None, None, False),
    ]


def test_one_row_a_symbol_and_day_the_better_one_stays(desk: Desk, rows: Callable[..., Any]) -> None:
    landed = rows(
        date(2026, 11, 11),
        [calendar_row("KO", "2026-11-11T05:00:00Z", label="TNS"), calendar_row("KO", "2026-11-11T21:05:00Z", actual=1.1, surprise=10.0)],
    )
    assert [(row["announced_at"], row["timing"], row["eps_actual"]) for row in landed] == [(instant("2026-11-11T21:05"), "AMC", 1.1)]
    assert desk.ledger[EVENTS, "calendar 2026-11-11"].reason == "1 second rows of a symbol left out"


def test_events_carry_when_they_were_seen_and_on_which_share_basis(rows: Callable[..., Any]) -> None:
    (event,) = rows(date(2026, 11, 17), [calendar_row("KO", "2026-11-17T12:30:00Z", label="BMO", estimate=0.71)])
    assert event == {
        "symbol": "KO",
        "fiscal_period_end": None,
        "fiscal_label": None,
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
        ("2026-03-06T21:05", None, When(date(2026, 3, 6), instant("2026-03-06T21:05"), "minute", "AMC")),  # 16:05, winter time
        ("2026-03-09T20:05", None, When(date(2026, 3, 9), instant("2026-03-09T20:05"), "minute", "AMC")),  # 16:05, summer time
        ("2026-03-09T13:25", None, When(date(2026, 3, 9), instant("2026-03-09T13:25"), "minute", "BMO")),
        ("2026-10-30T04:00", None, When(date(2026, 10, 30), None, "date", "UNKNOWN")),
        ("2026-11-02T05:00", None, When(date(2026, 11, 2), None, "date", "UNKNOWN")),
        ("2026-11-27T18:10", "AMC", When(date(2026, 11, 27), None, "date", "AMC")),  # after the early close of 13:00
        ("2026-06-11T01:30", None, When(date(2026, 6, 10), instant("2026-06-11T01:30"), "minute", "AMC")),
    ],
)
def test_instants_become_new_york_days_and_timings(stamp: str, label: str | None, expected: When) -> None:
    assert read_stamp(datetime.fromisoformat(stamp).replace(tzinfo=UTC), label) == expected
