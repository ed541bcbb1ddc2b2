"""A measure that is shown or withheld, and the reason beside each NULL (methodology 0.4).

Where a measure is NULL, the column ``why_<measure>`` holds ``<measure>=<reason>``; the map of a row's reasons is all of them joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

UNAVAILABLE, NOT_LISTED, YOUNG, FEW, THIN = "UNAVAILABLE", "NOT_LISTED", "INSUFFICIENT_HISTORY", "LOW_COUNT", "LOW_COVERAGE"
STALE, NONPOSITIVE, NOT_POINT_IN_TIME = "STALE_INPUT", "NONPOSITIVE_DENOMINATOR", "NOT_POINT_IN_TIME"

PRECEDENCE = (
    UNAVAILABLE, "OTHER_CURRENCY", NOT_LISTED, "NO_DIVIDENDS", YOUNG, FEW, THIN, STALE, NONPOSITIVE, NOT_POINT_IN_TIME, "QUARANTINED",
)  # fmt: skip
"""All reasons, the first that holds is the reason (0.4). Checks of tables spell the same list."""


Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


@dataclass(frozen=True)
class Measure:
    """A value, the column that says why it is withheld, and the reason where the value itself is NULL: by default a zero denominator."""

    name: str
    value: pl.Expr
    gate: str
    otherwise: str = NONPOSITIVE


def show(frame: Frame, measures: Sequence[Measure]) -> Frame:
    """Add each measure, NULL where its gate is closed or the value is not finite, and its reason beside it."""
    return show_reasons(show_values(frame, measures), measures)


def show_values(frame: Frame, measures: Sequence[Measure]) -> Frame:
    """Add each measure, NULL where its gate is closed or the value is not finite."""
    shown = {m.name: pl.when(pl.col(m.gate).is_null() & m.value.is_finite()).then(m.value) for m in measures}
    return frame.with_columns(value.alias(name) for name, value in shown.items())


def show_reasons(frame: Frame, measures: Sequence[Measure]) -> Frame:
    """Add the reason beside each measure that is shown."""
    return frame.with_columns(why(m.name, pl.coalesce(pl.col(m.gate), pl.lit(m.otherwise))) for m in measures)


def why(name: str, reason: pl.Expr) -> pl.Expr:
    """The column that names the measure and the reason where the measure is NULL."""
    return pl.when(pl.col(name).is_null()).then(pl.lit(f"{name}=") + reason).alias(f"why_{name}")


def reason_map(frame: pl.DataFrame) -> pl.Expr:
    """All reasons of a row, in the spelling that a map column is cast from; Polars has no maps."""
    reasons = pl.concat_str([name for name in frame.columns if name.startswith("why_")], separator=", ", ignore_nulls=True)
    return pl.lit("{") + reasons + pl.lit("}")


def first_reason(*cases: tuple[pl.Expr, str]) -> pl.Expr:
    """The reason of the first case that holds, else NULL: write the cases in the order of precedence."""
    return pl.coalesce(*(pl.when(case).then(pl.lit(reason)) for case, reason in cases), pl.lit(None, pl.String))


def ratio(over: pl.Expr, under: pl.Expr) -> pl.Expr:
    """over / under, NULL where under is zero."""
    return pl.when(under != 0).then(over / under)
