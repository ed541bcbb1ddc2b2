"""The transformations of M-1 to M-3: splits, other bases of the same history, no dividends. Pure functions of raw frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from rotation_pipeline_tests.planted.bench import END
from rotation_pipeline_tests.properties.market import ACTIONS, BARS, EVENTS, PER_SHARE, PRICES, SHARES, Frames, times


@dataclass(frozen=True)
class Split:
    """``ratio`` new shares of ``symbol`` for an old one from ``ex_date`` on."""

    symbol: str
    ex_date: date
    ratio: float


def _listed(splits: Sequence[Split], basis_date: date) -> pl.DataFrame:
    """Rows of raw.corporate_action."""
    rows = [
        {"symbol": one.symbol, "ex_date": one.ex_date, "kind": "split", "amount": float(one.ratio), "basis_date": basis_date}
        for one in splits
    ]
    return pl.DataFrame(rows)


def _ratio(splits: Sequence[Split], basis: str | None = None) -> pl.Expr:
    """Per row the ratio of its symbol's split; 1 without one and, when a column is named, where that basis is before the ex-date."""
    ratio = pl.col("symbol").replace_strict({one.symbol: float(one.ratio) for one in splits}, default=1.0, return_dtype=pl.Float64)
    if basis is None:
        return ratio
    ex_date = pl.col("symbol").replace_strict({one.symbol: one.ex_date for one in splits}, default=None, return_dtype=pl.Date)
    return pl.when(pl.col(basis) >= ex_date).then(ratio).otherwise(1.0)


def split(frames: Frames, splits: Sequence[Split]) -> Frames:
    """M-1: what the vendor would have served had these companies split their shares, one split a symbol, none after the last session.

    Its history of prices and dividends is on the basis of the fetch, so all of it is divided; share counts and EPS are on the
    basis of their own day.
    """
    dividends = frames[ACTIONS].with_columns(
        pl.when(pl.col("kind") == "split").then("amount").otherwise(pl.col("amount") / _ratio(splits)).alias("amount")
    )
    return dict(frames) | {
        BARS: times(times(frames[BARS], PRICES, 1 / _ratio(splits)), ["volume"], _ratio(splits)),
        ACTIONS: pl.concat([dividends, _listed(splits, END)], how="diagonal"),
        SHARES: times(frames[SHARES], ["shares"], _ratio(splits, "basis_date")),
        EVENTS: times(frames[EVENTS], PER_SHARE, 1 / _ratio(splits, "basis_date")),
    }


def _later_splits(frame: pl.DataFrame, day: str, actions: pl.DataFrame) -> pl.DataFrame:
    """The frame with a column ``factor``: the product of the ratios of all splits of the symbol that go ex after ``day``."""
    listed = actions.filter(pl.col("kind") == "split").select("symbol", "ex_date", "amount")
    key = frame.select("symbol", day).unique()
    is_later = pl.col("ex_date") > pl.col(f"_{day}")
    found = key.rename({day: f"_{day}"}).join(listed, on="symbol", how="left").group_by("symbol", f"_{day}")
    factor = found.agg(pl.when(is_later).then("amount").otherwise(1.0).product().alias("factor")).rename({f"_{day}": day})
    return frame.join(factor, on=["symbol", day], how="left", maintain_order="left")


def rebase(frames: Frames, splits: Sequence[Split], basis_date: date) -> Frames:
    """M-2: the same history as the vendor serves it on ``basis_date``, after splits that go ex once the last session is over.

    It rewrites the EPS of the companies concerned too. What companies filed stays on the basis of its day.
    """
    is_split = pl.col("symbol").is_in([one.symbol for one in splits])
    later = pl.when(is_split).then(pl.lit(basis_date)).otherwise("basis_date").alias("basis_date")
    done = split(frames, splits)
    is_cash = pl.col("kind") != "split"
    events = _later_splits(frames[EVENTS], "basis_date", done[ACTIONS])
    return dict(done) | {
        BARS: done[BARS].with_columns(later),
        ACTIONS: done[ACTIONS].with_columns(pl.when(is_cash).then(later).otherwise("basis_date").alias("basis_date")),
        EVENTS: times(events, PER_SHARE, pl.when(is_split).then(1 / pl.col("factor")).otherwise(1.0)).with_columns(later).drop("factor"),
    }


def as_traded(frames: Frames) -> Frames:
    """M-2: the same history as a vendor serves it that never adjusts: prices, volumes and dividends on the basis of their own day."""
    bars = _later_splits(frames[BARS], "session", frames[ACTIONS])
    bars = times(times(bars, PRICES, pl.col("factor")), ["volume"], 1 / pl.col("factor")).drop("factor")
    actions = _later_splits(frames[ACTIONS], "ex_date", frames[ACTIONS])
    amount = pl.when(pl.col("kind") == "split").then("amount").otherwise(pl.col("amount") * pl.col("factor"))
    return dict(frames) | {
        BARS: bars.with_columns(pl.lit("as_traded").alias("price_basis"), pl.col("session").alias("basis_date")),
        ACTIONS: actions.with_columns(amount.alias("amount"), pl.col("ex_date").alias("basis_date")).drop("factor"),
    }


def either(one: Frames, other: Frames, symbols: Sequence[str]) -> Frames:
    """The rows of ``symbols`` as in ``one``, the rows of all others as in ``other``."""
    is_one = pl.col("symbol").is_in(symbols)
    mixed = {
        table: pl.concat([one[table].filter(is_one), other[table].filter(~is_one)], how="diagonal") for table in (BARS, ACTIONS, EVENTS)
    }
    return dict(one) | mixed


def without_dividends(frames: Frames) -> Frames:
    """M-3: nothing is ever paid out."""
    return dict(frames) | {ACTIONS: frames[ACTIONS].filter(pl.col("kind") == "split")}
