"""core.universe_stay: stays of a line in sessions, whatever their labels (C.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import put_members, put_sessions

FOUND = "select security_id, valid_from, valid_to from core.universe_stay order by all"


def test_stays_that_follow_one_another_are_one(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:6]
    put_sessions(lab, days)
    put_members(lab, "MAG7", [1], days[0], valid_to=days[2], bias_label="HINDSIGHT_SELECTED")
    put_members(lab, "MAG7", [1], days[2], valid_to=days[3])
    put_members(lab, "MAG7", [1], days[4])
    lab.fill("core.universe_stay")
    assert lab.rows(FOUND) == [(1, days[0], days[3]), (1, days[4], None)]


def test_a_day_without_trading_stands_for_the_next_session(lab: Lab, xnys: Sequence[date]) -> None:
    days = [day for day in xnys if date(2025, 10, 2) <= day <= date(2025, 10, 8)]  # the 4th and 5th are a weekend
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], date(2025, 10, 4), valid_to=date(2025, 10, 8))
    put_members(lab, "SP500", [2], date(2025, 10, 2), valid_to=date(2025, 10, 4))
    put_members(lab, "SP500", [2], date(2025, 10, 5), valid_to=date(2025, 12, 31))  # has not come yet
    put_members(lab, "SP500", [3], date(2025, 10, 4), valid_to=date(2025, 10, 5))  # no session at all
    put_members(lab, "SP500", [4], date(2025, 12, 31))
    lab.fill("core.universe_stay")
    assert lab.rows(FOUND) == [(1, date(2025, 10, 6), date(2025, 10, 8)), (2, date(2025, 10, 2), None)]
