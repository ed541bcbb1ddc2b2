"""Quarterly and annual statements of one symbol to raw.statement rows, and the share counts of its balance sheets to raw.share_count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from rotation_pipeline.sources.yahoo.company.summary import number

# Yahoo's prefix of a series: our fiscal period, Yahoo's word for its length, and how long after its end a filing may come (days).
PERIODS = {"quarterly": ("Q", "3M", 45), "annual": ("FY", "12M", 90)}
_SHARES = "OrdinarySharesNumber"
_EQUITY = ("StockholdersEquity", "CommonStockEquity", "PreferredStock", "PreferredStockEquity")
TYPES = tuple(prefix + key for prefix in PERIODS for key in ("TotalRevenue", "NetIncomeCommonStockholders", *_EQUITY, _SHARES))
FIGURES = ("revenue", "net_income", "book_equity")

_STATEMENT = {
    "symbol": pl.String,
    "fiscal_period": pl.String,
    "fiscal_period_end": pl.Date,
    "known_on": pl.Date,
    **dict.fromkeys(FIGURES, pl.Float64),
    "currency": pl.String,
}
_COUNT = {
    "symbol": pl.String,
    "as_of": pl.Date,
    "known_on": pl.Date,
    "shares": pl.Float64,
    "kind": pl.String,
    "basis_date": pl.Date,
}

EMPTY, NO_COUNTS = pl.DataFrame(schema=_STATEMENT), pl.DataFrame(schema=_COUNT)  # what is held before anything has landed


@dataclass(frozen=True)
class Period:
    """One fiscal period: Yahoo's figures by key, and the currencies it names for them."""

    fiscal_period: str
    end: date
    figures: Mapping[str, float]
    currencies: frozenset[str]


def read_periods(series: Iterable[Mapping[str, Any]]) -> list[Period]:
    """The periods of a timeseries answer by kind and end. A half year that Yahoo serves among quarters is left out, by its own word.

    ``series`` is timeseries.result: one object a type, with its values under the name of the type.
    """
    figures: dict[tuple[str, date], dict[str, float]] = {}
    currencies: dict[tuple[str, date], set[str]] = {}
    for one in series:
        for prefix, (fiscal_period, length, _) in PERIODS.items():
            for name in (name for name in one if name.startswith(prefix)):
                for value in one[name] or ():
                    figure = number(value["reportedValue"]) if value else None
                    if figure is not None and value["periodType"] == length:
                        key = fiscal_period, date.fromisoformat(value["asOfDate"])
                        figures.setdefault(key, {})[name.removeprefix(prefix)] = figure
                        currencies.setdefault(key, set()).update(filter(None, [value.get("currencyCode")]))
    return [Period(*key, figures[key], frozenset(currencies[key])) for key in sorted(figures)]


def shape_statements(symbol: str, periods: Sequence[Period], currency: str | None) -> pl.DataFrame:
    """One row a period with revenue, net income to common and book equity; periods with none of them are left out.

    The currency is the one that the figures name, else ``currency``, that of the quote; ValueError when neither tells or the figures
    of one period differ in it. Book equity is StockholdersEquity less PreferredStock, else CommonStockEquity (methodology D.2).
    ``known_on`` is NULL: Yahoo does not say when a statement was filed.
    """
    rows = []
    for period in periods:
        figures = {
            "revenue": period.figures.get("TotalRevenue"),
            "net_income": period.figures.get("NetIncomeCommonStockholders"),
            "book_equity": _book_equity(period.figures),
        }
        if any(figure is not None for figure in figures.values()):
            key = {"symbol": symbol, "fiscal_period": period.fiscal_period, "fiscal_period_end": period.end}
            rows.append({**key, **figures, "currency": _currency(period, currency)})
    return pl.DataFrame(rows, schema=_STATEMENT)


def shape_reported_shares(symbol: str, periods: Sequence[Period], basis_date: date, observed_on: date) -> pl.DataFrame:
    """One row a balance sheet with its OrdinarySharesNumber, single shares on ``basis_date``.

    The filing is not dated: the count was public when the law wanted it filed, or on ``observed_on``, whichever is earlier.
    """
    lags = {fiscal_period: timedelta(days=days) for fiscal_period, _, days in PERIODS.values()}
    rows = {}
    for period in sorted(periods, key=lambda period: period.fiscal_period == "FY"):  # the last quarter of a year is filed with the year
        shares = period.figures.get(_SHARES)
        if shares:
            known_on = min(period.end + lags[period.fiscal_period], observed_on)
            rows[period.end] = {"symbol": symbol, "as_of": period.end, "known_on": known_on, "shares": shares}
    frame = pl.DataFrame(list(rows.values()), schema=_COUNT).sort("as_of")
    return frame.with_columns(kind=pl.lit("reported"), basis_date=pl.lit(basis_date))


def new_statements(served: pl.DataFrame, held: pl.DataFrame, observed_on: date) -> pl.DataFrame:
    """The served rows that are not held yet, and those that say something else than the held ones do.

    ``held`` is the latest landed row of each period. A changed row is known from the day it was first seen; a figure that Yahoo no
    longer serves stays what it was.
    """
    key = ["symbol", "fiscal_period", "fiscal_period_end"]
    both = served.join(held.select(*key, *(pl.col(c).name.suffix("_held") for c in (*FIGURES, "currency"))), on=key, how="left")
    both = both.with_columns(pl.coalesce(name, f"{name}_held").alias(name) for name in FIGURES)
    is_held = pl.col("currency_held").is_not_null()
    differs = pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c}_held")) for c in (*FIGURES, "currency"))
    changed = both.filter(differs).with_columns(known_on=pl.when(is_held).then(pl.lit(observed_on)).otherwise("known_on"))
    return changed.select(served.columns)


def new_shares(served: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The served counts that are not held with the same value; ``held`` is the latest landed count of each day.

    A count of before a split that Yahoo does not rewrite keeps the share basis it was landed with.
    """
    return served.join(held.select("symbol", "as_of", "shares"), on=["symbol", "as_of", "shares"], how="anti")


def _currency(period: Period, quoted: str | None) -> str:
    if len(period.currencies) > 1:
        raise ValueError(f"the statement of {period.end} is in {' and '.join(sorted(period.currencies))}")
    named = next(iter(period.currencies), quoted)
    if named is None:
        raise ValueError("neither the statements nor the quote name their currency")
    return named


def _book_equity(figures: Mapping[str, float]) -> float | None:
    equity = figures.get("StockholdersEquity")
    if equity is None:
        return figures.get("CommonStockEquity")
    preferred = figures.get("PreferredStock", figures.get("PreferredStockEquity"))
    return equity - (preferred or 0.0)
