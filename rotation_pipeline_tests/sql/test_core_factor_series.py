"""core.factor_series: which factors there are at a formation, and why one has nothing to sort."""

from __future__ import annotations

from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import put_defaults, put_price, put_sessions

DAYS = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 28), date(2024, 4, 1)]


def put_characteristic(lab: Lab, formation: date, characteristic: str, is_eligible: bool, **columns: object) -> None:
    lab.put(
        "core.characteristic", [{"formation_session": formation, "characteristic": characteristic, "is_eligible": is_eligible, **columns}]
    )


def reasons(lab: Lab, factor_id: str, variant: str) -> list[tuple[date, str]]:
    return lab.rows(
        "select formation_session, missing_reason from core.factor_series"
        f" where factor_id = '{factor_id}' and variant = '{variant}' order by 1"
    )


@pytest.fixture
def market(lab: Lab) -> Lab:
    """Four sessions, the first three of them month ends, with a price on the first."""
    put_defaults(lab)
    put_sessions(lab, DAYS)
    put_price(lab, 99, DAYS[0], 1)
    return lab


def test_a_factor_says_why_nothing_was_sorted(market: Lab) -> None:
    lab = market
    put_characteristic(lab, DAYS[0], "momentum", False, is_screened=False, exclusion_reason="NEWLY_LISTED")
    put_characteristic(lab, DAYS[1], "momentum", True, is_screened=True, exchange="NMS")
    put_characteristic(lab, DAYS[1], "earnings_yield", False, is_screened=True, exclusion_reason="UNAVAILABLE")
    lab.fill("core.factor_series")
    assert reasons(lab, "UMD", "cap90") == [(DAYS[0], "INSUFFICIENT_HISTORY"), (DAYS[1], "LOW_COUNT"), (DAYS[2], "UNAVAILABLE")]
    assert reasons(lab, "UMD", "nyse") == [(DAYS[0], "INSUFFICIENT_HISTORY"), (DAYS[1], "UNAVAILABLE"), (DAYS[2], "UNAVAILABLE")]
    assert reasons(lab, "SMB", "univ") == [(day, "UNAVAILABLE") for day in DAYS[:3]]
    assert reasons(lab, "HML_BM", "cap90") == [(day, "UNAVAILABLE") for day in DAYS[:3]]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["NO_PRICE", "NO_PRICE", "LOW_PRICE"], "LOW_COVERAGE"),
        (["NONPOSITIVE", "NONPOSITIVE", "UNAVAILABLE"], "LOW_COUNT"),
        (["NO_DIVIDENDS", "NO_DIVIDENDS", "INSUFFICIENT_HISTORY"], "NO_DIVIDENDS"),
        (["UNAVAILABLE", "NO_DIVIDENDS"], "UNAVAILABLE"),  # of two as common the first in the order of 0.4
        (["STALE_INPUT"], "STALE_INPUT"),
    ],
)
def test_the_commonest_reason_of_the_names_is_that_of_the_factor(market: Lab, said: list[str], expected: str) -> None:
    for reason in said:
        is_screened = reason not in ("NO_PRICE", "LOW_PRICE")
        put_characteristic(market, DAYS[0], "momentum", False, is_screened=is_screened, exclusion_reason=reason)
    market.fill("core.factor_series")
    assert reasons(market, "UMD", "cap90")[0] == (DAYS[0], expected)


def test_the_list_of_factors(lab: Lab) -> None:
    lab.fill("core.factor")
    assert lab.rows("select count(*), count(distinct factor_id) from core.factor") == [(25, 6)]
    sizes = lab.rows("select distinct factor_id, sort_id from core.factor where is_size and variant <> 'list_ew' order by all")
    assert sizes == [("SMB", "HML_EP"), ("SMB_BM", "HML_BM"), ("SMB_UMD", "UMD")]
    assert lab.rows("select factor_id, sort_id, n_portfolios from core.factor where variant = 'list_ew'") == [("SMB", "SMB", 2)]


def put_list(lab: Lab, formation: date, universe: str, exclusions: list[str | None]) -> None:
    rows = [{"exclusion_reason": reason, "is_eligible": reason is None, "n_gaps": 0, "bias_label": "PIT_FULL"} for reason in exclusions]
    lab.put("core.size_list", [row | {"formation_session": formation, "universe_id": universe} for row in rows])


@pytest.mark.parametrize(
    ("exclusions", "reason", "thin"),
    [
        ([None] * 10, "LOW_COUNT", None),
        ([None] * 8 + ["NO_PRICE"] * 2, "LOW_COUNT", None),
        ([None] * 7 + ["NO_PRICE"] * 3, "LOW_COVERAGE", "LOW_COVERAGE"),
        ([None] * 7 + ["NEWLY_LISTED"] * 3, "INSUFFICIENT_HISTORY", "INSUFFICIENT_HISTORY"),
        (["NO_PRICE"] * 10, "LOW_COVERAGE", "LOW_COVERAGE"),
    ],
)
def test_a_spread_of_lists_needs_four_fifths_of_each(market: Lab, exclusions: list[str | None], reason: str, thin: str | None) -> None:
    put_list(market, DAYS[0], "SP500", [None] * 10)
    put_list(market, DAYS[0], "SP600", exclusions)
    put_list(market, DAYS[1], "SP500", [None] * 10)
    market.fill("core.factor_series")
    assert reasons(market, "SMB", "list_ew") == [(DAYS[0], reason), (DAYS[1], "UNAVAILABLE"), (DAYS[2], "UNAVAILABLE")]
    assert market.rows(f"select thin_reason from core.factor_series where formation_session = '{DAYS[0]}' and variant = 'list_ew'") == [
        (thin,)
    ]
    assert market.rows("select count(thin_reason) from core.factor_series where variant <> 'list_ew'") == [(0,)]
