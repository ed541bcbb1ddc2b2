"""mart.factor_portfolio: drift, missing returns, delisting, turnover, and windows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import (
    content,
    fill,
    golden,
    log_e15,
    put_company,
    put_defaults,
    put_golden_sort,
    put_price,
    put_sessions,
)

SESSIONS = [date(2024, 1, 31), *(date(2024, 2, day) for day in (1, 2, 5, 6, 7))]


def put_portfolio(lab: Lab, weights: Sequence[float], formation: date = SESSIONS[0]) -> None:
    """One portfolio formed directly, at weights by security 1, 2, ..."""
    rows = [
        {
            "formation_session": formation,
            "factor_id": "UMD",
            "variant": "cap90",
            "security_id": i,
            "portfolio": "SH",
            "me_usd": 1000 * weight,
            "weight": weight,
            "pit_grade": "B",
            "bias_label": "PIT_FULL",
        }
        for i, weight in enumerate(weights, 1)
        if weight
    ]
    lab.put("mart.factor_holding", rows)


def put_returns(lab: Lab, security_id: int, *returns: float | dict[str, Any] | None) -> None:
    """Bars after formation: a return, None for a missing bar, or columns."""
    for number, (session, r) in enumerate(zip(SESSIONS[1:], returns, strict=False), 2):
        missing = {"is_valid": False, "close_usd": None}
        columns = missing if r is None else r if isinstance(r, dict) else {"r": r}
        put_price(lab, security_id, session, number, **columns)


def portfolio(lab: Lab) -> list[dict[str, Any]]:
    lab.fill("core.factor_turnover")
    lab.fill("mart.factor_portfolio")
    return lab.dicts("select * from mart.factor_portfolio order by session")


@pytest.fixture
def bench(lab: Lab) -> Lab:
    put_defaults(lab)
    put_sessions(lab, SESSIONS)
    return lab


def test_golden_portfolio_returns(lab: Lab) -> None:
    expected = put_golden_sort(lab)
    fill(lab)
    rows = lab.rows(
        "select portfolio, ret from mart.factor_portfolio where variant = 'nyse' and session = '2024-02-01' and factor_id = 'HML_BM'"
    )
    assert dict(rows) == pytest.approx({name: expected[f"{name}1"] for name in ("SL", "SM", "SH", "BL", "BM", "BH")}, rel=1e-9)


def test_weights_drift_with_prices_and_not_with_dividends(bench: Lab) -> None:
    put_portfolio(bench, [0.5, 0.5])
    put_returns(bench, 1, {"price_return": 0.0, "total_return": 0.5}, {"price_return": 0.1, "total_return": 0.1}, 0.2)
    put_returns(bench, 2, 0.0, 0.0, 0.0)
    assert [row["ret"] for row in portfolio(bench)[:3]] == pytest.approx([0.25, 0.05, 0.2 * 0.55 / 1.05], rel=1e-12)


@pytest.mark.parametrize("is_assumed", [True, False])
def test_delisting_return_is_booked_and_its_weight_goes_to_the_others(bench: Lab, is_assumed: bool) -> None:
    example = golden("G-A4")
    with_it, without = example["outputs"]["ew_with"], example["outputs"]["ew_dropped"]
    put_portfolio(bench, [1 / 3, 1 / 3, 1 / 3])
    put_returns(bench, 1, example["inputs"]["r"][0], 0.04)
    put_returns(bench, 2, example["inputs"]["r"][1], 0.05)
    put_returns(bench, 3, {"r": example["inputs"]["dlret"], "is_valid": False, "close_usd": None})
    bench.put("core.delisting", [{"security_id": 3, "session": SESSIONS[1], "is_assumed": is_assumed}])
    first, second = portfolio(bench)[:2]
    assert (first["ret"], first["n_held"]) == (pytest.approx(with_it, rel=1e-9), 3)
    assert first["ret_ex_assumed"] == pytest.approx(without if is_assumed else with_it, rel=1e-9)
    assert (first["n_assumed"], first["assumed_w"]) == ((1, pytest.approx(1 / 3)) if is_assumed else (0, 0.0))
    assert first["is_assumption_material"] is is_assumed
    assert (second["ret"], second["n_held"], second["n_formed"]) == (pytest.approx((0.04 * 1.01 + 0.05 * 1.02) / 2.03), 2, 3)
    assert (second["ret_ex_assumed"], second["n_assumed"]) == (second["ret"], 0)


def test_an_assumption_up_to_the_threshold_is_not_flagged(bench: Lab) -> None:
    bench.param(delist__material_share=0.25)
    put_portfolio(bench, [0.25, 0.75])
    put_returns(bench, 1, {"r": -0.3, "is_valid": False, "close_usd": None})
    put_returns(bench, 2, 0.0)
    bench.put("core.delisting", [{"security_id": 1, "session": SESSIONS[1], "is_assumed": True}])
    row = portfolio(bench)[0]
    assert (row["assumed_w"], row["is_assumption_material"]) == (0.25, False)


def test_a_price_that_is_wrong_beyond_measure_stops_no_other_portfolio(bench: Lab) -> None:
    put_portfolio(bench, [0.5, 0.5])
    put_returns(bench, 1, 1e12, 0.0)
    put_returns(bench, 2, 0.02, 0.0)
    assert portfolio(bench)[0]["ret"] == pytest.approx(0.5e12)


def test_a_total_loss_is_one_return_and_then_gone(bench: Lab) -> None:
    put_portfolio(bench, [0.5, 0.5])
    put_returns(bench, 1, {"r": -1.0, "is_valid": False, "close_usd": None})
    put_returns(bench, 2, 0.0, 0.1)
    assert [row["ret"] for row in portfolio(bench)[:2]] == pytest.approx([-0.5, 0.1])


def test_a_missing_return_is_zero_until_the_gap_is_booked(bench: Lab) -> None:
    bench.param(coverage__min_w=0.4)
    put_portfolio(bench, [0.5, 0.5])
    put_returns(bench, 1, None, {"r": 0.21, "gap_sessions": 2}, 0.0)
    put_returns(bench, 2, 0.1, 0.0, 0.0)
    rows = portfolio(bench)
    assert [row["ret"] for row in rows[:2]] == pytest.approx([0.05, 0.21 * 0.5 / 1.05])
    assert [(row["n_held"], row["n_with_return"], row["coverage_w"]) for row in rows[:2]] == [(2, 1, 0.5), (2, 2, 1.0)]
    assert rows[0]["cap_usd"] == pytest.approx(1000)
    assert rows[1]["cap_usd"] == pytest.approx(1050)


def test_a_name_without_prices_for_long_is_out_until_the_session_after_it_trades_again(bench: Lab) -> None:
    """Its price of 6 February has no return: the gap is too long for one, and it is no return of 0. It stays expected and missing."""
    bench.param(price__gap_max_sessions=2, coverage__min_w=0.4)
    put_portfolio(bench, [0.5, 0.5])
    put_returns(bench, 1, None, None, None, {"price_return": None, "total_return": None}, 0.2)
    put_returns(bench, 2, 0.1, 0.1, 0.1, 0.1, 0.1)
    rows = portfolio(bench)
    assert [(row["n_held"], row["n_with_return"]) for row in rows] == [(2, 1), (2, 1), (1, 1), (1, 1), (2, 2)]
    assert [row["ret"] for row in rows[2:4]] == pytest.approx([0.1, 0.1])
    assert rows[4]["ret"] == pytest.approx((0.2 + 0.1 * 1.1**4) / (1 + 1.1**4))
    assert [(row["n_formed"], row["n_expected"], row["n_missing"], row["coverage_n"]) for row in rows] == [(2, 2, 1, 0.5)] * 4 + [
        (2, 2, 0, 1.0)
    ]
    shares = [1.1**n / (1 + 1.1**n) for n in range(4)]
    assert [row["coverage_w"] for row in rows] == pytest.approx([*shares, 1.0])


def test_names_that_fall_silent_never_look_like_full_coverage(bench: Lab) -> None:
    """Of ten equal names six have no bar any more: 0.4 of the portfolio on every session until the next formation, and no return."""
    bench.param(price__gap_max_sessions=2)
    put_portfolio(bench, [0.1] * 10)
    for security_id in range(1, 5):
        put_returns(bench, security_id, *[0.01] * 5)
    rows = portfolio(bench)
    assert [(row["n_expected"], row["n_with_return"], row["ret"], row["null_reason"]) for row in rows] == [
        (10, 4, None, "LOW_COVERAGE")
    ] * 5
    assert [row["n_held"] for row in rows] == [10, 10, 4, 4, 4]
    assert [row["coverage_n"] for row in rows] == [0.4] * 5
    assert max(row["coverage_w"] for row in rows) < 0.45
    assert {row["bias_label"] for row in rows} == {"PIT_SPARSE"}


@pytest.mark.parametrize("variant", ["cap90", "cap90_ew"])
@pytest.mark.parametrize(("n_silent", "reason"), [(0, "NO_DIVIDENDS"), (3, "LOW_COVERAGE")])
def test_prices_whose_dividends_nobody_tells_give_no_return_and_say_so(bench: Lab, variant: str, n_silent: int, reason: str) -> None:
    """`dividends = "none"` costs total returns; what has no price either is missing for that."""
    put_portfolio(bench, [0.1] * 10)
    bench.rows(f"update mart.factor_holding set variant = '{variant}'")
    for security_id in range(1, 11 - n_silent):
        put_returns(bench, security_id, {"price_return": 0.01, "total_return": None, "return_reason": "NO_DIVIDENDS"})
    row = portfolio(bench)[0]
    assert (row["ret"], row["n_with_return"], row["coverage_n"], row["null_reason"]) == (None, 0, 0.0, reason)


@pytest.mark.parametrize(
    ("variant", "n_silent", "label", "reason"),
    [
        ("cap90", 0, "PIT_FULL", None),
        ("cap90", 1, "PIT_PARTIAL", None),
        ("cap90", 2, "PIT_SPARSE", "LOW_COVERAGE"),
        ("cap90_ew", 2, "PIT_SPARSE", None),
        ("cap90_ew", 3, "PIT_SPARSE", "LOW_COVERAGE"),
    ],
)
def test_a_return_needs_its_weight_or_its_names_and_the_label_says_how_many(
    bench: Lab, variant: str, n_silent: int, label: str, reason: str | None
) -> None:
    put_portfolio(bench, [0.1] * 10)
    bench.rows(f"update mart.factor_holding set variant = '{variant}'")
    for security_id in range(1, 11 - n_silent):
        put_returns(bench, security_id, 0.01)
    row = portfolio(bench)[0]
    assert (row["bias_label"], row["null_reason"], row["ret"] is None) == (label, reason, reason is not None)


def test_an_empty_portfolio_has_no_return(bench: Lab) -> None:
    put_portfolio(bench, [1.0])
    put_returns(bench, 1, {"r": -0.3, "is_valid": False, "close_usd": None})
    bench.put("core.delisting", [{"security_id": 1, "session": SESSIONS[1], "is_assumed": True}])
    rows = portfolio(bench)
    assert [(row["ret"], row["n_held"], row["null_reason"]) for row in rows[:2]] == [(pytest.approx(-0.3), 1, None), (None, 0, "LOW_COUNT")]
    assert [(row["ret_ex_assumed"], row["assumed_w"]) for row in rows[:2]] == [(None, 1.0), (None, None)]


def test_turnover_stands_on_the_next_formation_session(lab: Lab) -> None:
    put_defaults(lab)
    put_sessions(lab, [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 1)])
    put_portfolio(lab, [0.5, 0.5], date(2024, 1, 31))
    put_portfolio(lab, [0.75, 0.25], date(2024, 2, 29))
    for security_id in (1, 2):
        put_price(lab, security_id, date(2024, 2, 29), 2, r=0.0)
    rows = portfolio(lab)
    assert [row["turnover_one_way"] for row in rows] == [pytest.approx(0.25), None]
    assert [row["formation_session"] for row in rows] == [date(2024, 1, 31), date(2024, 2, 29)]


def put_random_market(lab: Lab, sessions: Sequence[date], start: int, stop: int) -> None:
    """Forty names from sessions[start] to sessions[stop - 1]: gaps, a delisting, dividends, losses; a function of the date alone."""
    prices, caps, values = [], [], []
    for security_id in range(1, 41):
        rng = np.random.default_rng(security_id)
        r = rng.normal(0, 0.03, len(sessions))
        is_missing = rng.random(len(sessions)) < 0.03
        levels = np.cumprod(1 + np.where(is_missing, 0, r))
        earnings, shares = rng.normal(0.5, 0.4), rng.lognormal(18, 1.5)
        last = 70 if security_id == 7 else len(sessions)
        for i in range(start, min(stop, last + 1)):
            key = {"security_id": security_id, "session": sessions[i]}
            bar = {"session_no": i + 1, "pit_grade": "B", "is_valid": not is_missing[i]}
            if i == last:
                prices.append(key | bar | {"is_valid": False, "price_return": -0.3, "total_return": -0.3})
                continue
            if is_missing[i]:
                prices.append(key | bar)
                continue
            price = 10 * float(levels[i])
            returns = {"price_return": float(r[i]), "total_return": float(r[i]) + 0.001, "close_usd": price}
            prices.append(key | bar | returns | {"log_tri_e15": log_e15(float(levels[i]))})
            caps.append(key | {"issuer_id": security_id, "issuer_cap_usd": price * float(shares), "is_primary": True, "pit_grade": "B"})
            values.append(
                key
                | {
                    "issuer_id": security_id,
                    "market_cap_usd": price * float(shares),
                    "earnings_gaap_usd": float(earnings * shares),
                    "pit_grade": "B",
                }
            )
    for table, rows in (("core.daily_price", prices), ("core.market_cap", caps), ("core.issuer_valuation", values)):
        put_rows(lab, table, rows)


def put_rows(lab: Lab, table: str, rows: list[dict[str, Any]]) -> None:
    import polars as pl

    lab.put_frame(table, pl.DataFrame(rows, infer_schema_length=None))


def test_windowed_equals_whole(lab: Lab, xnys: Sequence[date]) -> None:
    sessions = [session for session in xnys if date(2023, 1, 3) <= session <= date(2023, 8, 15)]
    put_defaults(
        lab,
        factor__mom_months=3,
        factor__mom_min_returns=20,
        factor__min_listed_sessions=20,
        factor__min_names_per_portfolio=1,
        factor__min_names_with_return=1,
    )
    put_sessions(lab, sessions)
    for security_id in range(1, 41):
        lab.put("core.line_label", [{"security_id": security_id, "exchange": "NYQ", "valid_from": sessions[0]}])
    universe = [
        {"universe_id": "SP600" if i % 2 else "SP500", "security_id": i, "issuer_id": i, "bias_label": "PIT_FULL"} for i in range(1, 41)
    ]
    lab.put("core.membership", [row | {"valid_from": sessions[0], "known_from": sessions[0], "pit_grade": "B"} for row in universe])
    lab.put("core.delisting", [{"security_id": 7, "session": sessions[70], "delist_return": -0.3, "is_assumed": True}])
    start = 0
    for stop in (60, 64, 83, 84, len(sessions)):  # also just before and after a month's end
        put_random_market(lab, sessions, start, stop)
        fill(lab, sessions[start])
        start = stop
    windowed = content(lab)
    fill(lab)
    assert content(lab) == windowed
    assert lab.rows("select count(*) from mart.factor_return where ret is not null")[0][0] > 500
    assert lab.rows("select distinct session from mart.factor_return where ret_ex_assumed <> ret") == [(sessions[70],)]
    fill(lab, sessions[100])
    assert content(lab) == windowed


def test_caps_may_be_in_any_unit(lab: Lab) -> None:
    expected = put_golden_sort(lab)
    lab.rows("update core.market_cap set issuer_cap_usd = issuer_cap_usd * 1000000")
    lab.rows("update core.issuer_valuation set book_equity_usd = book_equity_usd * 1000000")
    fill(lab)
    [(ret,)] = lab.rows("select ret from mart.factor_return where session = '2024-02-02' and variant = 'nyse' and factor_id = 'HML_BM'")
    assert ret == pytest.approx(expected["hml2"], rel=1e-9)


def test_a_name_without_a_cap_changes_nothing(lab: Lab) -> None:
    put_golden_sort(lab)
    fill(lab)
    before = content(lab)
    put_price(lab, 99, SESSIONS[0], 1)
    put_price(lab, 99, SESSIONS[1], 2, r=0.5)
    put_company(lab, 98, SESSIONS[1], 5e12)  # not a month end
    fill(lab)
    assert content(lab) == before
