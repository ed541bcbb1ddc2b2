"""core.universe_equal_weight: quarterly equal weights (C.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rotation_pipeline.warehouse import BEGINNING
from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import (
    GOLDEN,
    assert_windowed_is_whole,
    put_caps,
    put_delisting,
    put_members,
    put_params,
    put_prices,
    put_sessions,
)

RETURNS = "select session, ew_return from core.universe_equal_weight where basis = 'price' order by session"


def between(xnys: Sequence[date], first: str, last: str) -> list[date]:
    return [day for day in xnys if date.fromisoformat(first) <= day <= date.fromisoformat(last)]


def put_market(lab: Lab, days: Sequence[date]) -> None:
    put_params(lab)
    put_sessions(lab, days)


def fill(lab: Lab, first: date = BEGINNING) -> None:
    """The table and what it rests on, from the stays on."""
    for table in (
        "core.equal_weight_reset",
        "core.universe_stay",
        "core.equal_weight_line",
        "core.equal_weight_holding",
        "core.universe_equal_weight",
    ):
        lab.fill(table, first)


def test_drift_golden(lab: Lab, xnys: Sequence[date]) -> None:
    given, expected = GOLDEN["G-C7"]["inputs"], GOLDEN["G-C7"]["outputs"]
    days = between(xnys, "2025-10-01", "2025-10-03")
    put_market(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    for i, (first, second) in enumerate(zip(given["r1"], given["r2"], strict=True), 1):
        put_prices(lab, days, {i: [100.0, 100 * (1 + first), 100 * (1 + first) * (1 + second)]})
    fill(lab)
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([expected["ew1"], expected["ew2_drift"]], rel=1e-9)


def test_reset_after_the_third_friday_at_prices_of_the_second(lab: Lab, xnys: Sequence[date]) -> None:
    """The golden reset day of December 2025; line 1 doubles on the second Friday, line 2 in the week after it."""
    days = between(xnys, "2025-12-01", "2025-12-23")
    second, third = date(2025, 12, 12), date.fromisoformat(GOLDEN["G-B3"]["outputs"]["ew_reb_2025q4"])
    put_market(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    after = days[days.index(third) + 1]
    put_prices(
        lab,
        days,
        {
            1: [10.0 if day < second else 20.0 if day < after else 22.0 for day in days],
            2: [10.0 if day < third else 20.0 for day in days],
        },
    )
    fill(lab)
    found = dict(lab.rows(RETURNS))
    assert found[second] == pytest.approx(0.5)
    # Until the third Friday the old weights drift: 1 to 2, so line 2 has a third.
    assert found[third] == pytest.approx(1 / 3)
    # Equal at prices of the second Friday; line 2 doubled since, so line 1 has a third.
    assert found[after] == pytest.approx(0.1 / 3)
    resets = lab.rows("select distinct reset_session from core.universe_equal_weight order by 1")
    assert resets == [(days[0],), (third,)]


def test_an_addition_takes_over_the_weight_of_the_removal(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-06")
    put_market(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [2], days[0], valid_to=days[2])
    put_members(lab, "SP500", [3], days[2])
    put_prices(lab, days, {1: [10, 10, 10, 10], 2: [10, 30, 60, 60], 3: [7, 7, 14, 14]})
    fill(lab)
    # Line 2 left with three quarters of the weight; line 3 doubles on its first session.
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([1.0, 0.75, 0.0])


def test_a_delisting_return_is_booked_once_at_the_weight_of_the_last_price(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-06")
    put_market(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [2], days[0], valid_to=days[3])
    put_prices(lab, days, {1: [10, 10, 11, 11]})
    put_prices(lab, days[:2], {2: [10, 30]})
    put_delisting(lab, 2, days[2], 3, -0.4)
    fill(lab)
    rows = lab.rows("select ew_return, n_held, n_used from core.universe_equal_weight where basis = 'total' order by session")
    assert rows == [(pytest.approx(1.0), 2, 2), (pytest.approx(0.1 * 0.25 - 0.4 * 0.75), 2, 2), (pytest.approx(0.0), 1, 1)]
    [assumed] = lab.dicts("select * from core.universe_equal_weight where basis = 'price' and n_assumed > 0")
    assert (assumed["session"], assumed["n_assumed"], assumed["is_assumption_material"]) == (days[2], 1, True)
    assert (assumed["assumed_w"], assumed["ew_return_ex_assumed"]) == (pytest.approx(0.75), pytest.approx(0.1))


def test_a_line_that_was_given_up_long_after_its_last_price_weighs_what_it_did_then(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-31")
    put_market(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    put_prices(lab, days, {1: [10] * len(days)})
    put_prices(lab, days[:20], {2: [10, 30, *[None] * 18]})
    put_delisting(lab, 2, days[20], 21, -0.4, last_session=days[1])
    fill(lab)
    rows = lab.rows("select session, ew_return, n_held from core.universe_equal_weight where basis = 'total' order by session")
    by_day = {day: (ew, n_held) for day, ew, n_held in rows}
    assert by_day[days[15]] == (pytest.approx(0.0), 1)
    assert by_day[days[20]] == (pytest.approx(-0.4 * 0.75), 2)


def test_golden_with_and_without_the_assumption(lab: Lab, xnys: Sequence[date]) -> None:
    given, expected = GOLDEN["G-A4"]["inputs"], GOLDEN["G-A4"]["outputs"]
    days = between(xnys, "2025-10-01", "2025-10-03")
    put_market(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    put_prices(lab, days, {i: [100, 100, 100 * (1 + r)] for i, r in enumerate(given["r"], 1)})
    put_prices(lab, days[:2], {3: [100, 100]})
    put_delisting(lab, 3, days[2], 3, given["dlret"])
    fill(lab)
    row = lab.dicts("select * from core.universe_equal_weight where basis = 'total' order by session")[-1]
    assert row["ew_return"] == pytest.approx(expected["ew_with"], rel=1e-9)
    assert row["ew_return_ex_assumed"] == pytest.approx(expected["ew_dropped"], rel=1e-9)


def test_a_halted_line_is_held_for_ten_sessions_and_comes_back_at_its_price(lab: Lab, xnys: Sequence[date]) -> None:
    """0.6: no return and a constant weight while missing, then out; the return over the longer gap is nobody's."""
    days = between(xnys, "2025-10-01", "2025-10-21")
    put_market(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    put_prices(lab, days, {1: [10 + t for t in range(15)], 2: [10, 10, *[None] * 11, 4, 5]})
    lab.rows("update core.daily_price set price_return = null, total_return = null where gap_sessions > 10")
    fill(lab)
    rows = lab.rows("select ew_return, n_held, n_used from core.universe_equal_weight where basis = 'price' order by session")
    held, out, back, after = rows[1:11], rows[11], rows[12], rows[13]
    assert [row[1:] for row in held] == [(2, 1)] * 10
    assert held[0][0] == pytest.approx(1 / 21)
    assert out == (pytest.approx(1 / 21), 1, 1)
    assert back == (pytest.approx(1 / 22), 1, 1)
    assert after == (pytest.approx((1 / 10 + 0.25 * 4 / 10) / (23 / 10 + 4 / 10)), 2, 2)


def test_a_change_of_label_is_no_change_of_hands(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-06")
    put_market(lab, days)
    put_members(lab, "MAG7", [1], days[0], valid_to=days[2], bias_label="HINDSIGHT_SELECTED")
    put_members(lab, "MAG7", [1], days[2])
    put_members(lab, "MAG7", [2], days[0])
    put_prices(lab, days, {1: [10, 20, 40, 40], 2: [10, 10, 10, 20]})
    fill(lab)
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([0.5, 2 / 3, 0.2])


def test_lines_share_the_weight_of_their_issuer_by_cap(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-02")
    put_market(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [2], days[0], issuer_id=1)
    put_members(lab, "SP500", [3], days[0])
    put_prices(lab, days, {1: [10, 12], 2: [10, 10], 3: [10, 10]})
    put_caps(lab, [(1, 1, days[0], 3e9), (2, 1, days[0], 1e9), (3, 3, days[0], 9e9)])
    fill(lab)
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([0.5 * 0.75 * 0.2])


def test_a_second_line_of_a_company_changes_no_weight_of_the_company(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-06")
    put_market(lab, days)
    put_members(lab, "SP500", [1, 3], days[0])
    put_members(lab, "SP500", [2], days[2], issuer_id=1)
    put_prices(lab, days, {1: [10, 20, 20, 30], 2: [5, 5, 5, 5], 3: [10, 10, 20, 20]})
    put_caps(lab, [(1, 1, days[1], 3e9), (2, 1, days[1], 1e9)])
    fill(lab)
    # Company 1 has 2 of 4 when line 3 has doubled: 1.5 of them in line 1, which rises by half.
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([0.5, 1 / 3, 1.5 * 0.5 / 4])


def test_windowed_is_whole(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2026-04-10")
    put_market(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    put_members(lab, "SP500", [4], days[0], valid_to=days[100])
    put_members(lab, "SP500", [5], days[100], valid_to=days[108])
    put_members(lab, "SP500", [6], days[104], issuer_id=5)
    put_members(lab, "SP500", [7], days[108])
    put_prices(lab, days, {i: [None if (t * i) % 23 == 5 else 50 + (t * t * i) % 17 for t in range(len(days))] for i in range(1, 8)})
    fill(lab)
    for table in ("core.equal_weight_line", "core.equal_weight_holding", "core.universe_equal_weight"):
        for first in (days[110], days[106], days[100], days[99], days[-1]):
            assert_windowed_is_whole(lab, table, first)
