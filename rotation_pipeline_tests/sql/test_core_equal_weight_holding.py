"""core.equal_weight_holding: who takes which weight at a reset and between resets (C.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import put_caps, put_delisting, put_members, put_prices, put_sessions


def holdings(lab: Lab) -> list[tuple[date, int, float]]:
    """Session, line, and value at its base price in issuers' values."""
    for table in ("core.equal_weight_reset", "core.universe_stay", "core.equal_weight_line", "core.equal_weight_holding"):
        lab.fill(table)
    return lab.rows("select session, security_id, 1e9 * value_per_price from core.equal_weight_holding order by session, security_id")


@pytest.fixture
def days(lab: Lab, xnys: Sequence[date]) -> list[date]:
    """Four sessions without a quarterly reset."""
    found = [day for day in xnys if date(2025, 10, 1) <= day <= date(2025, 10, 6)]
    put_sessions(lab, found)
    return found


@pytest.mark.parametrize("comers", [(7, 8, 9), (9, 7, 8)])
def test_more_in_than_out_share_what_is_freed_equally_whatever_their_numbers(lab: Lab, days: Sequence[date], comers: Sequence[int]) -> None:
    put_members(lab, "SP500", [1, 2], days[0], valid_to=days[3])
    put_members(lab, "SP500", comers, days[3])
    put_prices(lab, days, {1: [10, 10, 20, 99], 2: [10, 10, 30, 99], **dict(zip(comers, ([5] * 4, [6] * 4, [7] * 4), strict=True))})
    prices = dict(zip(comers, (5, 6, 7), strict=True))
    assert holdings(lab)[2:] == [(days[3], line, pytest.approx((2 + 3) / 3 / prices[line])) for line in (7, 8, 9)]


def test_fewer_in_than_out_take_the_mean_of_those_that_leave(lab: Lab, days: Sequence[date]) -> None:
    put_members(lab, "SP500", [1, 2, 3], days[0], valid_to=days[3])
    put_members(lab, "SP500", [4], days[0])
    put_members(lab, "SP500", [7], days[3])
    put_prices(lab, days, {1: [10, 10, 20, 99], 2: [10, 10, 30, 99], 3: [10, 10, 70, 99], 4: [10] * 4, 7: [5] * 4})
    assert holdings(lab)[4:] == [(days[3], 7, pytest.approx((2 + 3 + 7) / 3 / 5))]  # what is left over falls to all, by their shares


def test_without_a_leaver_a_newcomer_waits_for_the_reset(lab: Lab, days: Sequence[date]) -> None:
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [7], days[2])
    put_prices(lab, days, {1: [10] * 4, 7: [5] * 4})
    assert [row[1] for row in holdings(lab)] == [1]


def test_weights_pass_between_companies_and_their_lines_share_them_by_cap(lab: Lab, days: Sequence[date]) -> None:
    put_members(lab, "SP500", [1, 2], days[0], valid_to=days[2], issuer_id=1)
    put_members(lab, "SP500", [3], days[0], valid_to=days[2])
    put_members(lab, "SP500", [7, 8], days[2], issuer_id=7)
    put_members(lab, "SP500", [9], days[2])
    put_prices(lab, days, {1: [10, 20, 20, 20], 2: [10, 10, 10, 10], 3: [10, 30, 30, 30], 7: [5] * 4, 8: [4] * 4, 9: [8] * 4})
    put_caps(lab, [(1, 1, days[0], 1e9), (2, 1, days[0], 3e9), (7, 7, days[1], 3e9), (8, 7, days[1], 2e9)])
    freed = 0.25 * 2 + 0.75 * 1 + 3
    wanted = [(7, freed / 2 * 0.6 / 5), (8, freed / 2 * 0.4 / 4), (9, freed / 2 / 8)]
    assert holdings(lab)[3:] == [(days[2], line, pytest.approx(value)) for line, value in wanted]


def test_a_company_that_stays_keeps_its_weight_when_a_line_comes_or_leaves(lab: Lab, days: Sequence[date]) -> None:
    put_members(lab, "SP500", [1], days[0], valid_to=days[3], issuer_id=1)
    put_members(lab, "SP500", [2], days[2], issuer_id=1)
    put_members(lab, "SP500", [3], days[0], valid_to=days[2])
    put_members(lab, "SP500", [7], days[2])
    put_prices(lab, days, {1: [10, 40, 50, 50], 2: [6, 5, 10, 10], 3: [10, 30, 30, 30], 7: [5] * 4})
    put_caps(lab, [(1, 1, days[1], 3e9), (2, 1, days[1], 1e9)])
    shared = [(days[2], 1, 4 * 0.75 / 40), (days[2], 2, 4 * 0.25 / 5), (days[2], 7, 3 / 5)]
    alone = (days[3], 2, (3 * 50 / 40 + 1 * 10 / 5) / 10)
    assert holdings(lab)[2:] == [(day, line, pytest.approx(value)) for day, line, value in [*shared, alone]]


def test_a_weight_is_passed_on_twice_before_the_reset(lab: Lab, days: Sequence[date]) -> None:
    put_members(lab, "SP500", [1], days[0], valid_to=days[2])
    put_members(lab, "SP500", [2], days[0], valid_to=days[3])
    put_members(lab, "SP500", [7], days[2], valid_to=days[3])
    put_members(lab, "SP500", [8, 9], days[3])
    put_prices(lab, days, {1: [10, 20, 20, 20], 2: [10, 10, 30, 30], 7: [4, 4, 6, 6], 8: [5] * 4, 9: [8] * 4})
    passed = (2 / 4 * 6 + 3) / 2  # what line 7 took over and made of it, and line 2
    assert holdings(lab)[2:] == [(days[2], 7, 0.5), (days[3], 8, pytest.approx(passed / 5)), (days[3], 9, pytest.approx(passed / 8))]


def test_who_leaves_without_a_weight_leaves_none(lab: Lab, days: Sequence[date]) -> None:
    put_members(lab, "SP500", [1, 3], days[0], valid_to=days[3])
    put_members(lab, "SP500", [2], days[2], valid_to=days[3])
    put_members(lab, "SP500", [7], days[3])
    put_prices(lab, days, {1: [10] * 4, 2: [10] * 4, 3: [10] * 4, 7: [5] * 4})
    assert holdings(lab)[2:] == [(days[3], 7, pytest.approx(1 / 5))]  # not two thirds: line 2 waited and had nothing


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
