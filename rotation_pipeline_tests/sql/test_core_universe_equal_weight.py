"""core.universe_equal_weight: quarterly equal weights (C.7)."""

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

RETURNS = "select session, ew_return from core.universe_equal_weight where basis = 'price' order by session"


def between(xnys: Sequence[date], first: str, last: str) -> list[date]:
    return [day for day in xnys if date.fromisoformat(first) <= day <= date.fromisoformat(last)]


def test_drift_golden(lab: Lab, xnys: Sequence[date]) -> None:
    given, expected = GOLDEN["G-C7"]["inputs"], GOLDEN["G-C7"]["outputs"]
    days = between(xnys, "2025-10-01", "2025-10-03")
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    for i, (first, second) in enumerate(zip(given["r1"], given["r2"], strict=True), 1):
        put_prices(lab, days, {i: [100.0, 100 * (1 + first), 100 * (1 + first) * (1 + second)]})
    lab.fill("core.universe_equal_weight")
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([expected["ew1"], expected["ew2_drift"]], rel=1e-9)


def test_reset_after_the_third_friday_at_prices_of_the_second(lab: Lab, xnys: Sequence[date]) -> None:
    """The golden reset day of December 2025; line 1 doubles on the second Friday, line 2 in the week after it."""
    days = between(xnys, "2025-12-01", "2025-12-23")
    second, third = date(2025, 12, 12), date.fromisoformat(GOLDEN["G-B3"]["outputs"]["ew_reb_2025q4"])
    put_sessions(lab, days)
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
    lab.fill("core.universe_equal_weight")
    found = dict(lab.rows(RETURNS))
    assert found[second] == pytest.approx(0.5)
    # Until the third Friday the old weights drift: 1 to 2, so line 2 has a third.
    assert found[third] == pytest.approx(1 / 3)
    # Equal at prices of the second Friday; line 2 doubled since, so line 1 has a third.
    assert found[after] == pytest.approx(0.1 / 3)
    resets = lab.rows("select distinct reset_session from core.universe_equal_weight order by 1")
    assert resets == [(days[0],), (third,)]


def test_a_third_friday_without_trading_resets_on_the_session_before(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2026-06-01", "2026-06-24")  # 19 June 2026 is a Friday and a holiday
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_prices(lab, days, {1: [10.0] * len(days)})
    lab.fill("core.universe_equal_weight")
    rows = lab.rows("select distinct reset_session from core.universe_equal_weight where session >= date '2026-06-19'")
    assert rows == [(date(2026, 6, 18),)]


def test_an_addition_takes_over_the_weight_of_the_removal(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-06")
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [2], days[0], valid_to=days[2])
    put_members(lab, "SP500", [3], days[2])
    put_prices(lab, days, {1: [10, 10, 10, 10], 2: [10, 30, 60, 60], 3: [7, 7, 14, 14]})
    lab.fill("core.universe_equal_weight")
    # Line 2 left with three quarters of the weight; line 3 doubles on its first session.
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([1.0, 0.75, 0.0])


def test_a_delisting_return_is_booked_once_at_the_weight_of_the_last_price(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-06")
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [2], days[0], valid_to=days[3])
    put_prices(lab, days, {1: [10, 10, 11, 11]})
    put_prices(lab, days[:2], {2: [10, 30]})
    put_delisting(lab, 2, days[2], 3, -0.4)
    lab.fill("core.universe_equal_weight")
    rows = lab.rows("select ew_return, n_held, n_used from core.universe_equal_weight where basis = 'total' order by session")
    assert rows == [(pytest.approx(1.0), 2, 2), (pytest.approx(0.1 * 0.25 - 0.4 * 0.75), 2, 2), (pytest.approx(0.0), 1, 1)]


def test_a_change_of_label_is_no_change_of_hands(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-06")
    put_sessions(lab, days)
    put_members(lab, "MAG7", [1], days[0], valid_to=days[2], bias_label="HINDSIGHT_SELECTED")
    put_members(lab, "MAG7", [1], days[2])
    put_members(lab, "MAG7", [2], days[0])
    put_prices(lab, days, {1: [10, 20, 40, 40], 2: [10, 10, 10, 20]})
    lab.fill("core.universe_equal_weight")
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([0.5, 2 / 3, 0.2])


def test_lines_share_the_weight_of_their_issuer_by_cap(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2025-10-02")
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_members(lab, "SP500", [2], days[0], issuer_id=1)
    put_members(lab, "SP500", [3], days[0])
    put_prices(lab, days, {1: [10, 12], 2: [10, 10], 3: [10, 10]})
    put_caps(lab, [(1, 1, days[0], 3e9), (2, 1, days[0], 1e9), (3, 3, days[0], 9e9)])
    lab.fill("core.universe_equal_weight")
    assert [value for _, value in lab.rows(RETURNS)] == pytest.approx([0.5 * 0.75 * 0.2])


def test_windowed_is_whole(lab: Lab, xnys: Sequence[date]) -> None:
    days = between(xnys, "2025-10-01", "2026-04-10")
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    put_members(lab, "SP500", [4], days[0], valid_to=days[100])
    put_members(lab, "SP500", [5], days[100])
    put_prices(lab, days, {i: [None if (t * i) % 23 == 5 else 50 + (t * t * i) % 17 for t in range(len(days))] for i in range(1, 6)})
    assert_windowed_is_whole(lab, "core.universe_equal_weight", days[110])
    assert_windowed_is_whole(lab, "core.universe_equal_weight", days[99])
