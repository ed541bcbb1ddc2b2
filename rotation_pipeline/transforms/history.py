"""Where a value stands in its own last years: mid-rank percentile, z-score, highest value (methodology C.11).

Expression helpers over a frame with a ``session`` column: ``frame.with_columns(rank=percentile_5y("x", ["universe_id"], 1200))``.
Windows are calendar years, as (t - 5 years, t]. Values are compared and summed as integers of ``QUANTUM``: the same
windows give the same bits whatever rows stand before them, so a windowed refill equals a whole one. NULL values are no
observations, and a NULL today has no place in its history.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

SESSION = "session"
YEARS = 5
QUANTUM = 1e-11  # in units of the value; finer differences count as ties
LEAST, MOST = -(2**62), 2**62  # below and above every value in units of QUANTUM
FEW_OF = 0.02  # rows wanted of all, up to which looking back one by one is cheaper than steps for all
LARGEST = 1e5  # anything larger counts as NULL: sums of squares, times the number of sessions, must stay inside 128 bits


def percentile_5y(
    value: str | pl.Expr, group: Sequence[str], min_obs: int | pl.Expr, years: int = YEARS, latest: date | None = None
) -> pl.Expr:
    """Share (0..1) of the values in (t - 5 years, t] that lie below today's, ties half; NULL below ``min_obs`` values.

    With n values, r of them lower and e equal (today's included) it is (r + e / 2) / n. ``latest``: see only_session.
    """
    grains, n = _grains(value), n_obs_5y(value, group, years, latest)
    if latest is None:
        below = grains.rolling_rank_by(SESSION, f"{years}y", method="average").over(group) - 0.5  # r + (e + 1) / 2
    else:
        today = grains.filter(pl.col(SESSION) == latest).first().over(group)
        window = pl.when(_is_after(latest, years)).then(grains)
        lower, equal = ((other).sum().over(group) for other in (window < today, window == today))
        below = pl.when(today.is_not_null()).then(lower + equal / 2)
    return pl.when(n >= min_obs).then(below / n)


def is_5y_high(
    value: str | pl.Expr, group: Sequence[str], min_obs: int | pl.Expr, years: int = YEARS, latest: date | None = None
) -> pl.Expr:
    """Whether no value in (t - 5 years, t] is higher than today's (ties count); NULL below ``min_obs`` values."""
    grains = _grains(value)
    if latest is None:
        highest = grains.rolling_max_by(SESSION, f"{years}y").over(group)
    else:
        highest = pl.when(_is_after(latest, years)).then(grains).max().over(group)
    return pl.when(n_obs_5y(value, group, years, latest) >= min_obs).then(grains >= highest)


def z_5y(value: str | pl.Expr, group: Sequence[str], min_obs: int | pl.Expr, years: int = YEARS, latest: date | None = None) -> pl.Expr:
    """Today's distance from the mean of [t - 5 years, t - 1] in its standard deviations (n - 1), today left out.

    NULL below ``min_obs`` values and where the history does not vary.
    """
    grains = _grains(value).cast(pl.Int128)
    n = _past_sum(grains.is_not_null(), group, years, latest)
    total = _past_sum(grains, group, years, latest)
    spread = n * _past_sum(grains * grains, group, years, latest) - total * total  # n (n - 1) times the variance, exact
    sd = (spread.cast(pl.Float64) / (n * (n - 1)).cast(pl.Float64)).sqrt()
    distance = (n * grains - total).cast(pl.Float64) / n.cast(pl.Float64)
    return pl.when((n >= min_obs) & (n >= 2) & (spread > 0)).then(distance / sd)


def only_session(frame: pl.DataFrame, wanted: str) -> date | None:
    """The session of all rows that the boolean column ``wanted`` names, where there is but one and none comes after it; else None.

    Statistics that are given it as ``latest`` are right on its rows alone, and cost a tenth: a daily run wants no others.
    """
    sessions = frame.filter(wanted)[SESSION]
    only = sessions.min()
    is_only = only is not None and only == sessions.max() == frame[SESSION].max()
    return only if is_only and isinstance(only, date) else None


def last_at_least(frame: pl.DataFrame, values: Sequence[pl.Expr], group: Sequence[str], wanted: str | None = None) -> list[pl.Series]:
    """For each of ``values`` the last earlier session of the group on which it was at least today's; NULL where none was, or today is NULL.

    ``frame`` is sorted by group and session. Rows that the boolean column ``wanted`` does not name may be NULL: where it names few, each
    of them looks back by itself. Else the largest of 1, 2, 4, ... values before each row are enough to step back over all that are
    smaller, as many as there are, in a number of steps that grows with the logarithm of the length of the history.
    """
    if frame.is_empty():
        return [pl.Series(dtype=pl.Date) for _ in values]
    rows = frame.select(pl.struct(group).rle_id().alias("group"), pl.int_range(pl.len()).alias("row"))
    all_grains = frame.select(_all_grains(values)).get_columns()
    if wanted is not None and frame[wanted].sum() <= FEW_OF * frame.height:
        asked = rows.filter(frame[wanted])["row"].to_numpy()
        starts = rows.select(pl.col("row").min().over("group"))["row"].to_numpy()[asked]
        return [frame[SESSION].gather(_look_back(grains, asked, starts)) for grains in all_grains]
    # A stop before the first session of each group: nothing is larger than it.
    stops = rows.select("group", pl.lit(None, rows.schema["row"]).alias("row")).unique()
    row = pl.concat([rows, stops]).sort("group", "row")["row"]
    n_levels = int(rows.group_by("group").len()["len"].max() or 1).bit_length()  # type: ignore[arg-type]
    return [frame[SESSION].gather(_step_back(grains, row, n_levels)) for grains in all_grains]


def _all_grains(values: Sequence[pl.Expr]) -> list[pl.Expr]:
    return [_grains(value).fill_null(LEAST).alias(str(number)) for number, value in enumerate(values)]


def _look_back(grains: pl.Series, asked: np.ndarray, starts: np.ndarray) -> pl.Series:
    """As _step_back, for the rows ``asked`` alone, each with the first row of its group in ``starts``."""
    number = grains.to_numpy()
    found: list[int | None] = [None] * len(number)
    for row, start in zip(asked.tolist(), starts.tolist(), strict=True):
        if number[row] > LEAST and len(reached := np.flatnonzero(number[start:row] >= number[row])):
            found[row] = start + int(reached[-1])
    return pl.Series(found, dtype=pl.Int64)


def _step_back(grains: pl.Series, row: pl.Series, n_levels: int) -> pl.Series:
    """The row that is sought for each row. ``row``: the rows in order with a NULL for each stop, which sorts first in its group."""
    grain = grains.gather(row).fill_null(MOST)
    largest = [grain]
    for step in range(n_levels):
        largest.append(pl.select(pl.max_horizontal(largest[-1], largest[-1].shift(2**step, fill_value=MOST))).to_series())
    is_row = row.is_not_null()
    at = (pl.select(pl.int_range(len(row))).to_series() - 1).filter(is_row)
    sought = grain.filter(is_row)
    for step in range(n_levels, -1, -1):
        is_passed = (largest[step].gather(at) < sought) & (at >= 2**step)
        at = at - is_passed.cast(at.dtype) * 2**step
    return pl.select(pl.when(sought > LEAST).then(row.gather(at))).to_series()


def n_obs_5y(value: str | pl.Expr, group: Sequence[str], years: int = YEARS, latest: date | None = None) -> pl.Expr:
    """How many values (t - 5 years, t] holds."""
    is_held = _grains(value).is_not_null()
    if latest is None:
        return is_held.cast(pl.Int64).rolling_sum_by(SESSION, f"{years}y").over(group)
    return (is_held & _is_after(latest, years)).cast(pl.Int64).sum().over(group)


def _grains(value: str | pl.Expr) -> pl.Expr:
    number = pl.col(value) if isinstance(value, str) else value
    return pl.when(number.is_finite() & (number.abs() < LARGEST)).then((number / QUANTUM).round()).cast(pl.Int64)


def _past_sum(numbers: pl.Expr, group: Sequence[str], years: int, latest: date | None) -> pl.Expr:
    wide = numbers.cast(pl.Int128)
    if latest is None:
        return wide.rolling_sum_by(SESSION, f"{years}y", closed="left").over(group)
    is_past = pl.col(SESSION).is_between(_before(latest, years), latest, closed="left")
    return pl.when(is_past).then(wide).sum().over(group)


def _is_after(latest: date, years: int) -> pl.Expr:
    return pl.col(SESSION) > _before(latest, years)


def _before(latest: date, years: int) -> pl.Expr:
    return pl.lit(latest).dt.offset_by(f"-{years}y")
