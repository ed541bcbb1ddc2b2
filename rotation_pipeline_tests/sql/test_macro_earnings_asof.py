"""earnings_asof: the calendar of announcements as it had been fetched by an instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import list_line, open_market

EXPECTED, MOVED = date(2026, 1, 28), date(2026, 1, 29)
COLUMNS = "event_id, announced_on, timing, status, eps_estimate, eps_actual, pit_grade"


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2024, 1, 2), date(2026, 3, 31))
    list_line(lab, 1, "AAA")
    return lab


def noon(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time()) + timedelta(hours=12)


def say(lab: Lab, announced_on: date, fetched_at: datetime, **columns: Any) -> None:
    """What was fetched at an instant, observed on its date unless it says otherwise."""
    row = {"symbol": "AAA", "announced_on": announced_on, "announced_precision": "date", "timing": "AMC", "is_confirmed": False}
    stamps = {
        "observed_on": fetched_at.date(),
        "basis_date": fetched_at.date(),
        "fetched_at": fetched_at,
        "load_id": f"{fetched_at:%Y%m%dT%H%M}",
    }
    lab.put("raw.earnings_event", [row | stamps | columns])


def fill(lab: Lab) -> None:
    for table in ("meta.method_param", "core.earnings_observation", "core.earnings_event"):
        lab.fill(table)


def calendar(lab: Lab, ts: datetime, columns: str = COLUMNS) -> list[tuple[Any, ...]]:
    return lab.rows(f"select {columns} from earnings_asof(timestamp '{ts}') order by event_id")


def test_a_moved_date_reads_as_it_stood(market: Lab) -> None:
    say(market, EXPECTED, noon(date(2026, 1, 5)), eps_estimate=1.0)
    say(market, MOVED, noon(date(2026, 1, 20)), eps_estimate=1.1, is_confirmed=True)
    say(market, MOVED, noon(date(2026, 1, 30)), eps_estimate=1.1, eps_actual=1.2)
    fill(market)
    event = "1-2025-12"
    assert calendar(market, noon(date(2026, 1, 4))) == []
    assert calendar(market, noon(date(2026, 1, 5))) == [(event, EXPECTED, "AMC", "ESTIMATED", 1.0, None, "A")]
    assert calendar(market, noon(date(2026, 1, 29))) == [(event, MOVED, "AMC", "CONFIRMED", 1.1, None, "A")]
    assert calendar(market, noon(date(2026, 1, 30))) == [(event, MOVED, "AMC", "REPORTED", 1.1, 1.2, "A")]
    told = market.rows("select event_id, announced_on, timing, status, 1.1, eps_actual_fwd, pit_grade from core.earnings_event")
    assert [(*row[:4], float(row[4]), *row[5:]) for row in told] == calendar(market, noon(date(2026, 1, 30)))


def test_two_fetches_of_one_day_are_told_apart(market: Lab) -> None:
    """The table keeps the later of the two; at noon only the earlier had been fetched."""
    day = date(2026, 1, 20)
    say(market, EXPECTED, noon(day))
    say(market, MOVED, noon(day) + timedelta(hours=6), timing="BMO", is_confirmed=True)
    fill(market)
    assert calendar(market, noon(day), "event_id, announced_on, timing, status") == [("1-2025-12", EXPECTED, "AMC", "ESTIMATED")]
    assert calendar(market, noon(date(2026, 1, 21)), "event_id, announced_on, timing, status") == [("1-2025-12", MOVED, "BMO", "CONFIRMED")]


def test_the_same_date_seen_again_days_later_is_confirmed(market: Lab) -> None:
    say(market, EXPECTED, noon(date(2026, 1, 5)))
    say(market, EXPECTED, noon(date(2026, 1, 15)))
    fill(market)
    assert [calendar(market, noon(date(2026, 1, day)), "status") for day in (14, 15)] == [[("ESTIMATED",)], [("CONFIRMED",)]]


def test_history_that_was_fetched_late_is_unknown_before_and_back_filled_after(market: Lab) -> None:
    say(market, EXPECTED, noon(date(2026, 3, 2)), observed_on=EXPECTED, fiscal_period_end=date(2025, 12, 27), eps_actual=1.2)
    fill(market)
    assert calendar(market, noon(date(2026, 3, 1))) == []
    assert calendar(market, noon(date(2026, 3, 2)), "event_id, status, pit_grade") == [("1-2025-12", "REPORTED", "B")]
