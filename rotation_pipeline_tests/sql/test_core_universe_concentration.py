"""core.universe_concentration: weights of issuers (C.8)."""

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


def test_concentration_golden(lab: Lab, xnys: Sequence[date]) -> None:
    weights = GOLDEN["G-C8"]["inputs"]["w"]
    expected = GOLDEN["G-C8"]["outputs"]
    days = xnys[:2]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3, 4], days[0])
    put_caps(lab, [(i, i, days[0], weight * 1e9) for i, weight in enumerate(weights, 1)])
    # On the second session the first two lines belong to one issuer.
    put_caps(lab, [(i, max(i, 2) - 1 if i < 3 else i, days[1], weight * 1e9) for i, weight in enumerate(weights, 1)])
    lab.warehouse.rows("update core.membership set issuer_id = 1 where security_id = 2")
    lab.fill("core.universe_concentration")
    apart, joined = lab.dicts("select * from core.universe_concentration order by session")
    assert (apart["hhi"], joined["hhi"]) == pytest.approx((expected["hhi"], expected["hhi_issuer"]), rel=1e-12)
    assert (1 / apart["hhi"], 1 / joined["hhi"]) == pytest.approx((expected["neff"], expected["neff_issuer"]), rel=1e-12)
    assert (apart["n_issuers"], joined["n_issuers"], joined["n_capped"]) == (4, 3, 4)


def test_a_company_with_one_line_priced_is_priced(lab: Lab, xnys: Sequence[date]) -> None:
    """Lines 1 and 2 are one company, and only the second has a price of the session; line 3 has none."""
    day = xnys[0]
    put_params(lab)
    put_sessions(lab, [day])
    put_members(lab, "SP500", [1, 2, 3, 4], day)
    put_caps(lab, [(1, 1, day, 6e9), (2, 1, day, 1e9), (3, 3, day, 2e9), (4, 4, day, 1e9)])
    lab.rows("update core.membership set issuer_id = 1 where security_id = 2")
    lab.rows("update core.market_cap set is_stale = true where security_id in (1, 3)")
    lab.fill("core.universe_concentration")
    assert lab.rows("select cap_usd, fresh_cap_usd from core.universe_concentration") == [(10e9, 8e9)]


def test_top_seven_and_magnificent_seven_weights(lab: Lab, xnys: Sequence[date]) -> None:
    day = xnys[0]
    put_params(lab)
    put_sessions(lab, [day])
    put_members(lab, "SP500", range(1, 13), day)
    put_members(lab, "MAG7", [2, 12], day)
    put_caps(lab, [(i, i, day, i * 1e9) for i in range(1, 13)])
    lab.fill("core.universe_concentration")
    row = lab.dicts("select * from core.universe_concentration where universe_id = 'SP500'")[0]
    assert (row["top7_weight"], row["top10_weight"], row["mag7_weight"]) == pytest.approx((63 / 78, 75 / 78, 14 / 78))
    assert row["pit_grade"] == "B"
    assert row["top7_price_change_20"] is None


def test_price_driven_change_ignores_new_shares_and_new_members(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:21]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", range(1, 9), days[0])
    put_members(lab, "SP500", [9], days[20])
    for i in range(1, 10):
        put_prices(lab, days, {i: [10.0] * 20 + [20.0 if i == 1 else 10.0]})
    put_caps(lab, [(i, i, days[0], 1e9) for i in range(1, 9)] + [(i, i, days[20], 5e9 * i) for i in range(1, 10)])
    lab.fill("core.universe_concentration")
    rows = lab.rows("select top7_price_change_20 from core.universe_concentration order by session desc limit 1")
    # Ties go to the smaller id: issuers 1 to 7 of 8 equal ones; the price of the first doubles.
    assert rows == [(pytest.approx(8 / 9 - 7 / 8, rel=1e-9),)]


def test_windowed_is_whole(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:40]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", range(1, 10), days[0])
    for i in range(1, 10):
        put_prices(lab, days, {i: [10.0 + (t * i) % 7 for t in range(40)]})
    put_caps(lab, [(i, i, day, 1e9 * (1 + (t * i) % 5)) for i in range(1, 10) for t, day in enumerate(days)])
    assert_windowed_is_whole(lab, "core.universe_concentration", days[35])
