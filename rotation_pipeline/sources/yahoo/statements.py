"""Quarterly statements of one symbol to raw.statement rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pandas as pd

_SCHEMA = {
    "symbol": pl.String,
    "fiscal_period": pl.String,
    "fiscal_period_end": pl.Date,
    "revenue": pl.Float64,
    "net_income": pl.Float64,
    "book_equity": pl.Float64,
    "currency": pl.String,
}


def shape_statements(symbol: str, income: pd.DataFrame, balance: pd.DataFrame, currency: str) -> pl.DataFrame:
    """One row a quarter with revenue, net income to common and book equity in ``currency``; quarters with none of them are left out.

    Book equity is StockholdersEquity less PreferredStock, else CommonStockEquity (methodology D.2). ``known_on`` stays NULL: Yahoo
    does not say when a statement was filed.
    """
    rows = []
    for end in sorted({*income.columns, *balance.columns}):
        figures = {
            "revenue": _figure(income, "TotalRevenue", end),
            "net_income": _figure(income, "NetIncomeCommonStockholders", end),
            "book_equity": _book_equity(balance, end),
        }
        if any(figure is not None for figure in figures.values()):
            rows.append({"symbol": symbol, "fiscal_period": "Q", "fiscal_period_end": end.date(), **figures, "currency": currency})
    return pl.DataFrame(rows, schema=_SCHEMA)


def _book_equity(balance: pd.DataFrame, end: pd.Timestamp) -> float | None:
    equity = _figure(balance, "StockholdersEquity", end)
    if equity is None:
        return _figure(balance, "CommonStockEquity", end)
    preferred = _figure(balance, "PreferredStock", end)
    if preferred is None:
        preferred = _figure(balance, "PreferredStockEquity", end)
    return equity - (preferred or 0.0)


def _figure(statement: pd.DataFrame, key: str, end: pd.Timestamp) -> float | None:
    if key not in statement.index or end not in statement.columns:
        return None
    number = float(statement.at[key, end])
    return number if number == number else None
