"""core.equal_weight_holding: who takes which weight at a reset and between resets (C.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import put_delisting, put_members, put_prices, put_sessions


def holdings(lab: Lab) -> list[tuple[date, int, float]]:
    """Session, line, and value at its base price in issuers' values."""
    for table in ("core.equal_weight_reset", "core.universe_stay", "core.equal_weight_holding"):
        lab.fill(table)
    return lab.rows("select session, security_id, 1e9 * value_per_price from core.equal_weight_holding order by session, security_id")


@pytest.fixture
def days(lab: Lab, xnys: Sequence[date]) -> list[date]:
    """Four sessions without a quarterly reset."""
    found = [day for day in xnys if date(2025, 10, 1) <= day <= date(2025, 10, 6)]
    put_sessions(lab, found)
    return found


def test_comers_take_the_places_of_leavers_in_order(lab: Lab, days: Sequence[date]) -> None:
    put_members(lab, "SP500", [1, 2], days[0], valid_to=days[3])
    put_members(lab, "SP500", [7, 8, 9], days[3])
    put_prices(lab, days, {1: [10, 10, 20, 99], 2: [10, 10, 30, 99], 7: [5] * 4, 8: [6] * 4, 9: [7] * 4})
    assert holdings(lab)[2:] == [(days[3], 7, pytest.approx(2 / 5)), (days[3], 8, pytest.approx(3 / 6))]  # line 9 waits


def test_a_delisting_return_moves_no_weight(lab: Lab, days: Sequence[date]) -> None:
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [2], days[0], valid_to=days[3])
    put_members(lab, "SP500", [3], days[3])
    put_prices(lab, days, {1: [10] * 4, 3: [4] * 4})
    put_prices(lab, days[:2], {2: [10, 20]})
    put_delisting(lab, 2, days[2], 3, -0.55)
    assert holdings(lab)[-1] == (days[3], 3, pytest.approx(2 / 4))


def test_a_halted_line_has_no_weight_at_a_reset(lab: Lab, xnys: Sequence[date]) -> None:
    days = [day for day in xnys if date(2025, 12, 1) <= day <= date(2025, 12, 23)]
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    reset = days.index(date(2025, 12, 19))
    put_prices(lab, days, {
        1: [10] * len(days),
        2: [10 if t <= reset - 10 else None for t in range(len(days))],  # ten sessions without a price at the reset
        3: [10 if t <= reset - 11 else None for t in range(len(days))],
    })  # fmt: skip
    assert [row[:2] for row in holdings(lab)[3:]] == [(days[reset + 1], 1), (days[reset + 1], 2)]
