"""core.universe_dispersion: spread of returns within a universe (C.9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import (
    GOLDEN,
    assert_windowed_is_whole,
    put_caps,
    put_members,
    put_params,
    put_prices,
    put_sessions,
)


def golden_market(lab: Lab, days: Sequence[date], horizon: int) -> None:
    """Three lines that earn the golden returns over the horizon, with the golden weights at its start."""
    given = GOLDEN["G-C9"]["inputs"]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    for i, line_return in enumerate(given["r"], 1):
        put_prices(lab, days, {i: [100.0] * horizon + [100 * (1 + line_return)]})
    put_caps(lab, [(i, i, day, weight * 1e9) for i, weight in enumerate(given["w"], 1) for day in days])


@pytest.mark.parametrize("horizon", [1, 21])
def test_dispersion_golden(lab: Lab, xnys: Sequence[date], horizon: int) -> None:
    golden_market(lab, xnys[: horizon + 1], horizon)
    lab.fill("core.universe_dispersion")
    sql = f"select * from core.universe_dispersion where horizon = {horizon} order by session desc limit 1"
    row = lab.dicts(sql)[0]
    expected = GOLDEN["G-C9"]["outputs"]
    assert row["dispersion_cw"] == pytest.approx(expected["disp_cw"], rel=1e-9)
    assert row["dispersion_ew"] == pytest.approx(expected["disp_ew"], rel=1e-9)
    if horizon == 1:  # shares of the variance: .5 x .005^2, .3 x .025^2, .2 x .025^2
        assert row["max_contribution"] == pytest.approx(0.3 * 0.025**2 / expected["disp_cw"] ** 2, rel=1e-9)
    else:
        assert row["max_contribution"] is None


def test_only_lines_present_throughout_count(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:22]
    golden_market(lab, days, 21)
    put_members(lab, "SP500", [4], days[2])  # joined too late for the horizon
    put_prices(lab, days, {4: [10.0] * 22})
    hole = f"security_id = 3 and session = date '{days[10]}'"
    lab.warehouse.rows(f"update core.daily_price set tri_e12 = null, is_valid = false where {hole}")
    lab.fill("core.universe_dispersion")
    rows = lab.rows("select horizon, n_returns, n_weighted from core.universe_dispersion order by session desc, horizon limit 2")
    assert rows == [(1, 4, 3), (21, 2, 2)]


def test_no_return_crosses_an_unknown_one(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:22]
    golden_market(lab, days, 21)
    lab.fill("core.universe_dispersion")
    sql = "select n_returns from core.universe_dispersion order by session desc, horizon limit 2"
    ((n_day,), (n_month,)) = lab.rows(sql)
    lab.warehouse.rows(f"update core.daily_price set tri_segment = 1 where security_id = 3 and session >= date '{days[21]}'")
    lab.fill("core.universe_dispersion")
    assert lab.rows(sql) == [(n_day - 1,), (n_month - 1,)]


def test_coverage_is_that_of_the_cap_at_the_start(lab: Lab, xnys: Sequence[date]) -> None:
    """What nobody knows the cap of, and a line that was not there throughout, are both missing from the whole."""
    days = xnys[:22]
    golden_market(lab, days, 21)
    lab.warehouse.rows(
        f"update core.daily_price set tri_e12 = null, is_valid = false where security_id = 3 and session = date '{days[10]}'"
    )
    amounts = {"universe_id": "SP500", "known_usd": 1e9, "unknown_usd": 25e7, "n_unknown": 2}
    lab.put("core.universe_weight", [amounts | {"session": day} for day in days])
    lab.fill("core.universe_dispersion")
    rows = lab.rows("select horizon, n_unknown, coverage_w from core.universe_dispersion order by session desc, horizon limit 2")
    assert rows == [(1, 2, pytest.approx(0.8)), (21, 2, pytest.approx(0.8 * 0.8))]  # weights .5, .3, .2


def test_equal_returns_have_no_dispersion_and_no_contribution(lab: Lab, xnys: Sequence[date]) -> None:
    golden_market(lab, xnys[:3], 2)
    lab.fill("core.universe_dispersion")
    first = lab.rows("select dispersion_cw, dispersion_ew, max_contribution from core.universe_dispersion order by session limit 1")
    assert first == [(0.0, 0.0, None)]


def test_a_price_that_is_wrong_beyond_measure_is_no_return(lab: Lab, xnys: Sequence[date]) -> None:
    """The index of one line goes from its smallest to its largest number: its square is beyond every sum."""
    days = xnys[:2]
    golden_market(lab, days, 1)
    for number, level in ((0, 1), (1, 9_200_000 * 10**12)):
        lab.warehouse.rows(f"update core.daily_price set tri_e12 = {level} where security_id = 3 and session = date '{days[number]}'")
    lab.fill("core.universe_dispersion")
    (n_returns, dispersion), *_ = lab.rows("select n_returns, dispersion_ew from core.universe_dispersion where horizon = 1")
    assert n_returns == 2
    assert 0 < dispersion < 1


def test_windowed_is_whole(lab: Lab, xnys: Sequence[date]) -> None:
    golden_market(lab, xnys[:30], 29)
    assert_windowed_is_whole(lab, "core.universe_dispersion", xnys[25])
