"""Estimates out of earningsTrend: nothing for nothing, and a zero only where somebody estimates it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from rotation_pipeline.sources.yahoo.company.estimates import eps_currency, shape_estimates
from rotation_pipeline_tests.sources.yahoo.desk import plain

DAY, BASIS = date(2026, 11, 12), date(2026, 11, 11)


def trend(period: str, **parts: Any) -> dict[str, Any]:
    return {"period": period, "endDate": "2026-12-31", **parts}


def shaped(*trends: dict[str, Any]) -> list[dict[str, Any]]:
    return shape_estimates("KO", {"earningsTrend": {"trend": list(trends)}}, DAY, BASIS).to_dicts()


@pytest.mark.parametrize("form", [plain, lambda value: value])
def test_a_horizon_with_everything(form: Callable[[Any], Any]) -> None:
    (row,) = shaped(
        trend(
            "+1y",
            earningsEstimate={
                "avg": form(3.1),
                "low": form(2.9),
                "high": form(3.3),
                "numberOfAnalysts": form(20),
                "yearAgoEps": form(2.8),
                "earningsCurrency": "USD",
            },
            revenueEstimate={"avg": form(5e10), "numberOfAnalysts": form(18), "yearAgoRevenue": form(4.7e10), "revenueCurrency": "USD"},
            epsTrend={"current": form(3.1), "7daysAgo": form(3.0), "30daysAgo": form(2.95), "60daysAgo": form(2.9), "90daysAgo": form(2.8)},
            epsRevisions={"upLast7days": form(0), "upLast30days": form(3), "downLast7Days": form(1), "downLast30days": form(2), "x": {}},
        )
    )
    assert row == {
        "symbol": "KO",
        "horizon": "+1y",
        "fiscal_period_end": date(2026, 12, 31),
        "eps_mean": 3.1,
        "eps_low": 2.9,
        "eps_high": 3.3,
        "n_eps": 20,
        "eps_year_ago": 2.8,
        "eps_mean_7d": 3.0,
        "eps_mean_30d": 2.95,
        "eps_mean_60d": 2.9,
        "eps_mean_90d": 2.8,
        "n_up_7d": 0,
        "n_up_30d": 3,
        "n_down_7d": 1,
        "n_down_30d": 2,
        "revenue_mean": 5e10,
        "n_revenue": 18,
        "revenue_year_ago": 4.7e10,
        "currency": "USD",
        "observed_on": DAY,
        "basis_date": BASIS,
    }


def test_a_zero_that_nobody_estimates_is_missing_and_one_that_somebody_does_is_zero() -> None:
    unseen = {"avg": plain(0), "low": plain(0), "high": plain(0), "numberOfAnalysts": plain(0), "yearAgoEps": {}}
    sales = {"avg": plain(1e9), "numberOfAnalysts": plain(2), "yearAgoRevenue": plain(0), "revenueCurrency": "USD"}
    assert shaped(trend("0q", earningsEstimate=unseen, epsTrend={"7daysAgo": plain(0)})) == []
    (row,) = shaped(trend("0q", earningsEstimate=unseen, revenueEstimate=sales, epsTrend={"7daysAgo": plain(0)}))
    assert (row["eps_mean"], row["n_eps"], row["eps_mean_7d"], row["n_up_7d"], row["revenue_mean"]) == (None, 0, None, None, 1e9)
    assert (row["revenue_year_ago"], row["currency"]) == (None, "USD")
    (row,) = shaped(trend("0q", earningsEstimate={"avg": plain(0.0), "low": plain(-0.1), "numberOfAnalysts": plain(3)}))
    assert (row["eps_mean"], row["eps_low"], row["eps_high"], row["n_eps"]) == (0.0, -0.1, None, 3)


def test_a_look_back_of_exactly_zero_is_missing() -> None:
    (row,) = shaped(trend("0q", earningsEstimate={"avg": plain(0.04), "numberOfAnalysts": plain(1)}, epsTrend={"30daysAgo": plain(0)}))
    assert row["eps_mean_30d"] is None


def test_revenue_in_another_currency_than_the_earnings_is_left_out() -> None:
    earnings = {"avg": plain(1.0), "numberOfAnalysts": plain(5), "earningsCurrency": "USD"}
    sales = {"avg": plain(9e9), "numberOfAnalysts": plain(5), "revenueCurrency": "CNY"}
    (row,) = shaped(trend("0y", earningsEstimate=earnings, revenueEstimate=sales))
    assert (row["eps_mean"], row["revenue_mean"], row["currency"]) == (1.0, None, "USD")


def test_other_horizons_missing_modules_and_nulls_are_no_rows() -> None:
    estimate = {"avg": plain(1.0), "numberOfAnalysts": plain(5)}
    assert shaped(trend("+5y", earningsEstimate=estimate), trend("0q", earningsEstimate=None, revenueEstimate=None)) == []
    for summary in ({}, {"earningsTrend": None}, {"earningsTrend": {"trend": None}}):
        assert shape_estimates("KO", summary, DAY, BASIS).is_empty()
        assert eps_currency(summary) is None


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ("all_modules/AAPL.json", [("0q", 1.60796, 27), ("+1q", 1.49709, 26), ("0y", 7.3157, 38), ("+1y", 8.19607, 39)]),
        ("all_modules/OCDO.L.json", [("0y", -0.38265, 10), ("+1y", -0.35922, 9)]),
        ("all_modules/THYAO.IS.json", [("0q", None, 0), ("0y", 75.2165, 6), ("+1y", 67.743, 6)]),
        ("all_modules/QQQ.json", []),
        (
            "modules/META-earningsTrend-2025-10.json",
            [("0q", 6.71088, 48), ("+1q", 8.10105, 47), ("0y", 28.18869, 64), ("+1y", 30.12157, 63)],
        ),
    ],
)
def test_recorded_bodies(recorded: Callable[[str], Any], body: str, rows: list[tuple[Any, ...]]) -> None:
    summary = recorded(f"quote_summary/{body}")["quoteSummary"]["result"][0]
    assert shape_estimates("X", summary, DAY, BASIS).select("horizon", "eps_mean", "n_eps").rows() == rows
