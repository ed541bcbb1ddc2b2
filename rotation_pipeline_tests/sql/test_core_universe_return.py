"""core.universe_return, core.delisting: cap-weighted and simple mean returns (B.5, C.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

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


def golden_market(lab: Lab, days: Sequence[date]) -> None:
    """Three lines with the golden weights and returns; caps drift with the prices."""
    given = GOLDEN["G-C7"]["inputs"]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    for i, (first, second) in enumerate(zip(given["r1"], given["r2"], strict=True), 1):
        put_prices(lab, days, {i: [100.0, 100 * (1 + first), 100 * (1 + first) * (1 + second)]})
    drifted = [weight * (1 + first) for weight, first in zip(given["w"], given["r1"], strict=True)]
    put_caps(lab, [(i, i, day, cap * 1e9) for day, caps in zip(days, (given["w"], drifted), strict=False) for i, cap in enumerate(caps, 1)])


def test_returns_golden(lab: Lab, xnys: Sequence[date]) -> None:
    golden_market(lab, xnys[:3])
    lab.fill("core.universe_return")
    rows = lab.dicts("select * from core.universe_return where basis = 'total' and cw_return is not null order by session")
    expected = GOLDEN["G-C7"]["outputs"]
    assert [row["cw_return"] for row in rows] == pytest.approx([expected["cw1"], expected["cw2"]], abs=1e-15)
    assert [row["ew_daily_return"] for row in rows] == pytest.approx([expected["ew1"], expected["ew2_daily"]], rel=1e-12)
    assert rows[0]["cap_usd"] == rows[0]["cap_used_usd"] == 1e9


def test_weights_are_those_of_the_close_before(lab: Lab, xnys: Sequence[date]) -> None:
    """A share count that changes with the close of t moves the weight for t + 1 and no return."""
    days = xnys[:2]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    put_prices(lab, days, {1: [10, 11], 2: [10, 10]})
    put_caps(lab, [(1, 1, days[0], 1e9), (2, 2, days[0], 3e9), (1, 1, days[1], 9e9), (2, 2, days[1], 1e9)])
    lab.fill("core.universe_return")
    rows = lab.rows("select cw_return from core.universe_return where basis = 'price' and cw_return is not null")
    assert rows == [(pytest.approx(0.025, rel=1e-12),)]


def test_a_member_earns_from_its_first_session_on(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:3]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [2], days[2])
    put_prices(lab, days, {1: [10, 11, 11], 2: [10, 20, 30]})
    lab.fill("core.universe_return")
    rows = lab.rows("select n_returns, ew_daily_return from core.universe_return where basis = 'price' order by session")
    assert rows[1:] == [(1, pytest.approx(0.1)), (2, pytest.approx(0.25))]


def test_what_is_not_known_and_what_has_no_return_both_lower_the_coverage(lab: Lab, xnys: Sequence[date]) -> None:
    """The small-cap list return was published from 20 of 604 lines with a coverage of one."""
    days = xnys[:3]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP600", [1, 2, 3], days[0])
    put_prices(lab, days, {1: [10, 11, 12], 2: [10, None, 12], 3: [10, 10, 10]})
    put_caps(lab, [(i, i, day, 1e9) for i in (1, 2) for day in days])
    weights = [
        {"universe_id": "SP600", "session": day, "n_unknown": n, "unknown_w": w}
        for day, n, w in zip(days, (1, 2, 3), (0.2, 0.5, 0.9), strict=True)
    ]
    lab.put("core.universe_weight", weights)
    lab.fill("core.universe_return")
    rows = lab.rows("select n_unknown, coverage_w from core.universe_return where basis = 'price' order by session")
    assert rows[1:] == [(1, pytest.approx(0.8 / 2)), (2, pytest.approx(0.5))]


def test_who_joins_with_all_is_judged_by_the_day(lab: Lab, xnys: Sequence[date]) -> None:
    """Nobody was in at the close before, so nobody was unknown there."""
    days = xnys[:2]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "TOP7", [1], days[1])
    put_prices(lab, days, {1: [10, 11]})
    put_caps(lab, [(1, 1, day, 1e9) for day in days])
    lab.put(
        "core.universe_weight", [{"universe_id": "TOP7", "session": days[0]}, {"universe_id": "TOP7", "session": days[1], "unknown_w": 0.0}]
    )
    lab.fill("core.universe_return")
    assert lab.rows("select coverage_w from core.universe_return where basis = 'price'") == [(1.0,)]


def test_line_without_price_is_held_and_not_used(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:3]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    put_prices(lab, days, {1: [10, 11, 11], 2: [10, None, 12]})
    put_caps(lab, [(i, i, day, 1e9) for i in (1, 2) for day in days])
    lab.fill("core.universe_return")
    rows = lab.rows("select cw_return, n_weighted, cap_used_usd / cap_usd from core.universe_return where basis = 'price' order by session")
    # The return over the gap is booked on the reappearance.
    assert rows[1:] == [(pytest.approx(0.05), 1, 0.5), (pytest.approx(0.1), 2, 1.0)]


@pytest.mark.parametrize(("n_missing", "has_return"), [(5, True), (8, True), (11, False)])
def test_a_halted_line_earns_its_gap_at_the_cap_of_its_last_price(lab: Lab, xnys: Sequence[date], n_missing: int, has_return: bool) -> None:
    """0.6: nothing while missing, the whole return when it is back, none after more than ten sessions; never a return of 0 of its own."""
    days = xnys[: n_missing + 3]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    put_prices(lab, days, {1: [10.0] * len(days), 2: [10, *[None] * n_missing, 4, 4]})
    lab.rows("update core.daily_price set price_return = null, total_return = null, gap_sessions = null where gap_sessions > 10")
    capped = [(1, 1, day, 1e9) for day in days] + [(2, 2, day, 1e9) for day in days[: 1 + min(n_missing, 5)]]  # carried five sessions
    put_caps(lab, capped)
    lab.fill("core.universe_return")
    rows = lab.dicts("select * from core.universe_return where basis = 'price' order by session")
    missing, back = rows[1 : n_missing + 1], rows[n_missing + 1]
    assert {(row["n_returns"], row["cw_return"], row["ew_daily_return"]) for row in missing} == {(1, 0.0, 0.0)}
    assert (back["n_returns"], back["n_weighted"]) == ((2, 2) if has_return else (1, 1))
    assert (back["cw_return"], back["ew_daily_return"]) == (pytest.approx(-0.3 if has_return else 0.0),) * 2
    assert back["cap_used_usd"] == back["cap_usd"]


def test_delisting_return_is_booked_once_on_the_session_after_the_last_trade(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:3]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    put_prices(lab, days, {1: [10, 10, 10]})
    put_prices(lab, days[:2], {2: [10, 10]})
    put_delisting(lab, 2, days[2], 3, -0.3)
    put_caps(lab, [(1, 1, days[1], 3e9), (2, 2, days[1], 1e9)])
    lab.fill("core.universe_return")
    rows = lab.rows("select cw_return, ew_daily_return, n_weighted, cap_usd from core.universe_return order by session desc limit 2")
    assert rows == [(pytest.approx(-0.075), pytest.approx(-0.15), 2, 4e9)] * 2


def test_a_line_that_was_given_up_long_after_its_last_price_weighs_what_it_did_then(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:24]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    put_prices(lab, days, {1: [10] * 24})
    put_prices(lab, days[:23], {2: [10, 10, *[None] * 21]})
    put_delisting(lab, 2, days[23], 24, -0.3, last_session=days[1])
    put_caps(lab, [(1, 1, day, 3e9) for day in days] + [(2, 2, day, 1e9) for day in days[:2]])
    lab.fill("core.universe_return")
    rows = lab.rows("select session, cw_return, n_weighted, cap_usd from core.universe_return where basis = 'total' order by session")
    assert rows[-1] == (days[23], pytest.approx(-0.3 * 0.25), 2, 4e9)
    assert {(round(cw, 12), n) for _, cw, n, _ in rows[3:-1]} == {(0.0, 1)}  # no row of the silence moves


def put_ends(lab: Lab, days: Sequence[date], is_assumed: bool, value: float = -0.55) -> None:
    """G-A4: lines 1 and 2 return 1 % and 2 % on the last day, on which the delisting return of line 3 is booked."""
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    put_prices(lab, days, {1: [100, 100, 101], 2: [100, 100, 102]})
    put_prices(lab, days[:2], {3: [100, 100]})
    put_delisting(lab, 3, days[2], 3, value, is_assumed)
    put_caps(lab, [(1, 1, days[1], 6e9), (2, 2, days[1], 3e9), (3, 3, days[1], 1e9)])


def last_row(lab: Lab) -> dict[str, Any]:
    lab.fill("core.universe_return")
    return lab.dicts("select * from core.universe_return where basis = 'total' order by session desc limit 1")[0]


def test_an_assumed_return_is_counted_and_a_variant_leaves_its_line_out(lab: Lab, xnys: Sequence[date]) -> None:
    put_ends(lab, xnys[:3], is_assumed=True)
    row, expected = last_row(lab), GOLDEN["G-A4"]["outputs"]
    assert row["ew_daily_return"] == pytest.approx(expected["ew_with"], rel=1e-12)
    assert row["ew_daily_return_ex_assumed"] == pytest.approx(expected["ew_dropped"], rel=1e-12)
    assert row["cw_return"] == pytest.approx(0.6 * 0.01 + 0.3 * 0.02 - 0.1 * 0.55)
    assert row["cw_return_ex_assumed"] == pytest.approx((0.6 * 0.01 + 0.3 * 0.02) / 0.9)
    assert (row["n_assumed"], row["assumed_w"], row["is_assumption_material"]) == (1, 0.1, True)


def test_a_known_delisting_return_is_no_assumption(lab: Lab, xnys: Sequence[date]) -> None:
    put_ends(lab, xnys[:3], is_assumed=False)
    row = last_row(lab)
    assert (row["n_assumed"], row["assumed_w"], row["is_assumption_material"]) == (0, 0.0, False)
    assert row["ew_daily_return_ex_assumed"] == row["ew_daily_return"] == pytest.approx(GOLDEN["G-A4"]["outputs"]["ew_with"], rel=1e-12)
    assert row["cw_return_ex_assumed"] == row["cw_return"]


def test_a_small_assumption_is_not_flagged(lab: Lab, xnys: Sequence[date]) -> None:
    put_ends(lab, xnys[:3], is_assumed=True)
    lab.param(delist__material_share=1 / 3)
    assert (last_row(lab)["n_assumed"], last_row(lab)["is_assumption_material"]) == (1, False)


def test_nothing_is_left_without_the_only_line_that_ended(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:3]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_prices(lab, days[:2], {1: [100, 100]})
    put_delisting(lab, 1, days[2], 3, -0.3)
    put_caps(lab, [(1, 1, days[1], 6e9)])
    row = last_row(lab)
    assert (row["cw_return"], row["cw_return_ex_assumed"]) == (pytest.approx(-0.3), None)
    assert (row["ew_daily_return"], row["ew_daily_return_ex_assumed"]) == (pytest.approx(-0.3), None)


def test_without_caps_there_is_a_mean_but_no_cap_weighted_return(lab: Lab, xnys: Sequence[date]) -> None:
    golden_market(lab, xnys[:3])
    lab.warehouse.rows("delete from core.market_cap")
    lab.fill("core.universe_return")
    found = lab.rows("select distinct cw_return is null, ew_daily_return is null from core.universe_return where n_returns > 0")
    assert found == [(True, False)]


def test_windowed_is_whole(lab: Lab, xnys: Sequence[date]) -> None:
    golden_market(lab, xnys[:3])
    assert_windowed_is_whole(lab, "core.universe_return", xnys[2])
