"""Quotes that need a chart: those that contradict themselves, or what was landed before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

TOLERANCE_USD, TOLERANCE = 0.005, 1e-4  # two closes are one number within the larger of 0.005 and 1e-4 of the price (A.1)
BAR_TOLERANCE = 1e-6  # relative, for a close outside of the day's range (A.8)
LARGEST_MOVE = 0.4  # a larger change in a day is more often a fault than a fact, and a chart costs little
LARGEST_RATIO = 110  # a split is a ratio of integers up to this (A.6)
LARGEST_PART = 4  # the smaller integer of it: 3:2, 1:10 and 7:4 are splits, 37:23 is a price that moved
SPLIT_TOLERANCE = 0.002  # relative, of a ratio of two closes that should be a split


def suspects(quotes: pl.DataFrame, held: pl.DataFrame, through: date, before: date) -> dict[str, str]:
    """Symbols of ``quotes`` that need a chart, with the reason. Their sweep bar must not land: the chart brings it.

    ``quotes`` are the shaped quotes (quotes.py); ``held`` are landed rows of raw.price_bar, one a symbol and session, of the
    sessions around ``before``, the session before ``through``. A symbol without held bars is not suspected for lacking them.
    The vendor's previous close and the stored one are compared as they are: each is on the share basis of its own evening,
    so that a split, a missed session and a correction all show as a difference.
    """
    last = (
        held.filter((pl.col("session") < through) & pl.col("close").is_not_null())
        .sort("session")
        .group_by("symbol", maintain_order=True)
        .agg(pl.col("session").last().alias("last_held"), pl.col("close").last().alias("held_before"))
    )
    now = held.filter((pl.col("session") == through) & pl.col("close").is_not_null()).select("symbol", held_close="close")
    rows = quotes.join(last, on="symbol", how="left").join(now, on="symbol", how="left")
    return {row["symbol"]: _why(row, through, before) for row in rows.filter(_is_odd(through, before)).iter_rows(named=True)}


def _differs(one: str, other: str) -> pl.Expr:
    return (pl.col(one) - pl.col(other)).abs() > pl.max_horizontal(pl.lit(TOLERANCE_USD), pl.col(other).abs() * TOLERANCE)


def _is_odd(through: date, before: date) -> pl.Expr:
    """Rows of the session for which ``_why`` has a reason."""
    is_traded = pl.col("kind") != "INDEX"
    is_held = pl.col("last_held").is_not_null()
    odd = (
        pl.col("close").is_null()
        | pl.col("announced").is_not_null()
        | (is_traded & (pl.col("volume").fill_null(0) == 0))
        | (is_traded & _contradicts())
        | (pl.col("held_close").is_not_null() & _differs("close", "held_close"))
        | (is_held & (pl.col("last_held") < before))
        | (is_held & pl.col("previous_close").is_null())
        | (is_held & _differs("previous_close", "held_before"))
        | (is_traded & (_move() > LARGEST_MOVE))
    )
    return (pl.col("session") == through) & odd.fill_null(value=False)


def _contradicts() -> pl.Expr:
    """The day's range is missing, upside down, or does not hold open and close."""
    top, bottom = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    outside = (pl.col("high") < top * (1 - BAR_TOLERANCE)) | (pl.col("low") > bottom * (1 + BAR_TOLERANCE))
    return pl.any_horizontal(pl.col("open", "high", "low").is_null()) | outside.fill_null(value=False)


def _move() -> pl.Expr:
    return (pl.col("close") / pl.col("previous_close") - 1).abs()


def _why(row: Mapping[str, Any], through: date, before: date) -> str:
    """The most telling reason of a row that is odd."""
    close, previous, held, landed = row["close"], row["previous_close"], row["held_before"], row["held_close"]
    if close is None:
        return "the quote has no price"
    if row["announced"] is not None:
        return f"announced: {row['announced']}"
    if held is not None and row["last_held"] < before:
        return f"the last session held is {row['last_held']}, the one before {through} is {before}"
    if held is not None and previous is None:
        return "the quote has no previous close to compare"
    if held is not None and _are_apart(previous, held):
        return _difference(held, previous, before)
    if landed is not None and _are_apart(close, landed):
        return f"closed at {close:g}, where {landed:g} is held"
    if previous is not None and abs(close / previous - 1) > LARGEST_MOVE:
        return f"moved from {previous:g} to {close:g} in a day"
    if not row["volume"]:
        return "traded without a volume"
    return f"opened at {row['open']} and closed at {close} in a day from {row['low']} to {row['high']}"


def _are_apart(one: float, other: float) -> bool:
    return abs(one - other) > max(TOLERANCE_USD, TOLERANCE * abs(other))


def _difference(held: float, previous: float, before: date) -> str:
    ratio = split_like(held / previous)
    words = f"the close of {before} is held as {held:g} and now said to be {previous:g}"
    return words if ratio is None else f"{words}: like a split {ratio.numerator}:{ratio.denominator}"


def split_like(ratio: float) -> Fraction | None:
    """The simplest ratio of integers up to LARGEST_RATIO that ``ratio`` is near, if it is one that a split may have; else None.

    Ratios within 10 % of one are corrections or dividends sooner than splits.
    """
    if not 1 / LARGEST_RATIO <= ratio <= LARGEST_RATIO or 0.9 < ratio < 1.1:
        return None
    for denominator in range(1, LARGEST_RATIO + 1):
        numerator = round(ratio * denominator)
        is_simple = 1 <= numerator <= LARGEST_RATIO and min(numerator, denominator) <= LARGEST_PART
        if is_simple and abs(numerator / denominator / ratio - 1) <= SPLIT_TOLERANCE:
            return Fraction(numerator, denominator)
    return None
