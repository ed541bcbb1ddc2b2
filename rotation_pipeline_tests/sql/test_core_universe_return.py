"""core.universe_return, core.delisting: cap-weighted and simple mean returns (B.5, C.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

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


def test_without_caps_there_is_a_mean_but_no_cap_weighted_return(lab: Lab, xnys: Sequence[date]) -> None:
    golden_market(lab, xnys[:3])
    lab.warehouse.rows("delete from core.market_cap")
    lab.fill("core.universe_return")
    found = lab.rows("select distinct cw_return is null, ew_daily_return is null from core.universe_return where n_returns > 0")
    assert found == [(True, False)]


def test_windowed_is_whole(lab: Lab, xnys: Sequence[date]) -> None:
    golden_market(lab, xnys[:3])
    assert_windowed_is_whole(lab, "core.universe_return", xnys[2])
