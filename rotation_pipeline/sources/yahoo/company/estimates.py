"""Analysts' estimates of one company to raw.estimate rows (methodology E.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from rotation_pipeline.sources.yahoo.company.summary import Summary, count, day, module, number

HORIZONS = ("0q", "+1q", "0y", "+1y")
_LOOK_BACKS = {"eps_mean_7d": "7daysAgo", "eps_mean_30d": "30daysAgo", "eps_mean_60d": "60daysAgo", "eps_mean_90d": "90daysAgo"}
_REVISIONS = {"n_up_7d": "upLast7days", "n_up_30d": "upLast30days", "n_down_7d": "downLast7Days", "n_down_30d": "downLast30days"}
_FLOATS = ("eps_mean", "eps_low", "eps_high", "eps_year_ago", *_LOOK_BACKS, "revenue_mean", "revenue_year_ago")
_COUNTS = ("n_eps", *_REVISIONS, "n_revenue")
_SCHEMA: dict[str, Any] = {
    "symbol": pl.String,
    "horizon": pl.String,
    "fiscal_period_end": pl.Date,
    **dict.fromkeys(_FLOATS, pl.Float64),
    **dict.fromkeys(_COUNTS, pl.Int32),
    "currency": pl.String,
    "observed_on": pl.Date,
    "basis_date": pl.Date,
}


def shape_estimates(symbol: str, summary: Summary, observed_on: date, basis_date: date) -> pl.DataFrame:
    """One row a horizon that has an estimate of EPS or revenue, as Yahoo showed it on ``observed_on``, per share on ``basis_date``.

    Yahoo writes 0 where it has nothing: a mean of 0 counts only when somebody estimates it, and a look-back or a figure of the year
    before that is exactly 0 is missing (methodology F.5). Revenue in another currency than the EPS is left out.
    """
    rows = []
    for trend in module(summary, "earningsTrend").get("trend") or ():
        if trend.get("period") in HORIZONS:
            figures = {**_earnings(trend), **_revenue(trend)}
            if figures["n_eps"] or figures["n_revenue"]:
                dates = {"fiscal_period_end": day(trend.get("endDate")), "observed_on": observed_on, "basis_date": basis_date}
                rows.append({"symbol": symbol, "horizon": trend["period"], **figures, **dates})
    return pl.DataFrame(rows, schema=_SCHEMA)


def eps_currency(summary: Summary) -> str | None:
    """The currency of the EPS in this answer, reported or expected; None when it does not say."""
    reported = (row.get("currency") for row in module(summary, "earningsHistory").get("history") or ())
    expected = (_part(trend, "earningsEstimate").get("earningsCurrency") for trend in module(summary, "earningsTrend").get("trend") or ())
    return next((name for name in (*reported, *expected) if name), None)


def _earnings(trend: Mapping[str, Any]) -> dict[str, object]:
    estimate, means, revisions = (_part(trend, name) for name in ("earningsEstimate", "epsTrend", "epsRevisions"))
    n = count(estimate.get("numberOfAnalysts"))
    return {
        "eps_mean": _expected(estimate.get("avg"), n),
        "eps_low": _expected(estimate.get("low"), n),
        "eps_high": _expected(estimate.get("high"), n),
        "n_eps": n,
        "eps_year_ago": _said(estimate.get("yearAgoEps")),
        **{column: _said(means.get(name)) for column, name in _LOOK_BACKS.items()},
        **{column: count(revisions.get(name)) if n else None for column, name in _REVISIONS.items()},
        "currency": estimate.get("earningsCurrency") or _part(trend, "revenueEstimate").get("revenueCurrency"),
    }


def _revenue(trend: Mapping[str, Any]) -> dict[str, object]:
    estimate = _part(trend, "revenueEstimate")
    eps_in, revenue_in = _part(trend, "earningsEstimate").get("earningsCurrency"), estimate.get("revenueCurrency")
    if eps_in and revenue_in and eps_in != revenue_in:
        return {"revenue_mean": None, "n_revenue": None, "revenue_year_ago": None}
    n = count(estimate.get("numberOfAnalysts"))
    return {"revenue_mean": _expected(estimate.get("avg"), n), "n_revenue": n, "revenue_year_ago": _said(estimate.get("yearAgoRevenue"))}


def _part(trend: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return trend.get(name) or {}


def _expected(value: object, n_estimates: int | None) -> float | None:
    return number(value) if n_estimates else None


def _said(value: object) -> float | None:
    return number(value) or None
