"""core.factor_turnover: what a portfolio trades as it is formed anew (D.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import golden, put_defaults, put_price, put_sessions

FORMED, MIDDLE, RENEWED, AFTER = date(2024, 1, 31), date(2024, 2, 15), date(2024, 2, 29), date(2024, 3, 1)


def put_portfolio(lab: Lab, formation: date, weights: Sequence[float]) -> None:
    rows = [{"formation_session": formation, "security_id": i, "weight": weight} for i, weight in enumerate(weights, 1)]
    lab.put("mart.factor_holding", [row | {"factor_id": "UMD", "variant": "cap90", "portfolio": "SH"} for row in rows])


def turnover(lab: Lab) -> list[tuple[date, float]]:
    lab.fill("core.factor_turnover")
    return lab.rows("select formation_session, turnover_one_way from core.factor_turnover")


@pytest.fixture
def market(lab: Lab) -> Lab:
    put_defaults(lab)
    put_sessions(lab, [FORMED, MIDDLE, RENEWED, AFTER])
    return lab


def test_golden_of_drifted_weights(market: Lab) -> None:
    example = golden("G-D3")
    put_portfolio(market, FORMED, example["inputs"]["w0"])
    put_portfolio(market, RENEWED, example["inputs"]["target"])
    for security_id, r in enumerate(example["inputs"]["r"], 1):
        put_price(market, security_id, RENEWED, 3, r=float(r))
    assert turnover(market) == [(RENEWED, pytest.approx(example["outputs"]["turnover"], rel=1e-9))]


def test_a_price_that_is_wrong_beyond_measure_is_sold(market: Lab) -> None:
    """What is held of it is nearly all of the portfolio, beyond 64 bits of the weights' unit."""
    put_portfolio(market, FORMED, [0.5, 0.5])
    put_portfolio(market, RENEWED, [0.5, 0.5])
    put_price(market, 1, RENEWED, 3, r=1e12)
    put_price(market, 2, RENEWED, 3, r=0.0)
    assert turnover(market) == [(RENEWED, pytest.approx(0.5, rel=1e-9))]


def test_a_name_that_ended_is_not_sold(market: Lab) -> None:
    put_portfolio(market, FORMED, [0.5, 0.25, 0.25])
    put_portfolio(market, RENEWED, [0.5, 0.5])
    put_price(market, 1, MIDDLE, 2, r=0.0)
    put_price(market, 2, MIDDLE, 2, r=1.0)
    put_price(market, 3, MIDDLE, 2, r=-0.55, is_valid=False)
    assert turnover(market) == [(RENEWED, pytest.approx(0.0))]


def test_a_first_portfolio_has_no_turnover(market: Lab) -> None:
    put_portfolio(market, RENEWED, [1.0])
    assert turnover(market) == []
