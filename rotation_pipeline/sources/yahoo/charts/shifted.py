"""Answers whose bars lie on the wrong days: a fault of the answer, not a set of corrections (methodology A.8).

A vendor that stamps daily bars at midnight UTC files each a day early in New York: bars on Sundays, none on Fridays. A shift by whole
sessions shows only against what is held: the closes are those of the session beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from rotation_pipeline.sources.yahoo.charts.bars import Shaped
from rotation_pipeline.sources.yahoo.charts.overlap import lay_side_by_side
from rotation_pipeline.sources.yahoo.charts.share_basis import Splits
from rotation_pipeline.sources.yahoo.faults import ShiftedDates

MIN_ODD = 2  # bars on days without session that tell more than one odd row
MANY, BULK = 5, 0.1  # so many of them, and such a share of all bars, are never odd rows
MIN_MOVED, MOSTLY = 5, 0.9  # neighbouring closes that differ, and the share of them that has to lie a session off
CENTS, RELATIVE = 0.005, 1e-4  # a close is the same within the larger of the two


def check_days(served: pl.Series, sessions: Sequence[date]) -> None:
    """Raise ShiftedDates when the days served are not those on which the exchange was open.

    Single bars on days without session stay, to be set aside one by one; so does a session without a bar.
    """
    dates: list[date] = served.sort().to_list()
    if not dates or not sessions:
        return
    first, last = max(dates[0], sessions[0]), min(dates[-1], sessions[-1])
    days = {day for day in dates if first <= day <= last}
    due = {day for day in sessions if first <= day <= last}
    odd, missing = sorted(days - due), due - days
    if len(odd) >= MIN_ODD and (len(missing) >= len(odd) - 1 or (len(odd) >= MANY and len(odd) >= BULK * len(days))):
        raise ShiftedDates(f"bars on {len(odd)} days without session (last: {odd[-1]:%A}, {odd[-1]}) and none on {len(missing)} sessions")


def check_against_held(shaped: Shaped, held_bars: pl.DataFrame, held_actions: pl.DataFrame) -> None:
    """Raise ShiftedDates when the closes served are those held of the session before or after, move for move."""
    if shaped.bars.is_empty() or held_bars.is_empty():
        return
    first, last = shaped.bars["session"][0], shaped.bars["session"][-1]
    inside = held_bars.filter(pl.col("session").is_between(first, last))
    splits = Splits.of(shaped.actions if shaped.actions.height else held_actions)
    sides = lay_side_by_side(shaped.bars, inside, splits).select("session", "close", "held_close").filter(pl.col("held_close") > 0)
    for step, words in ((1, "after"), (-1, "before")):
        beside = pl.col("held_close").shift(-step)
        pairs = sides.with_columns(beside=beside).drop_nulls()
        moved = pairs.filter(~_same("beside", "held_close"))  # where they are equal, nothing can be told
        n_beside, n_own = moved.filter(_same("close", "beside")).height, moved.filter(_same("close", "held_close")).height
        if moved.height >= MIN_MOVED and n_beside >= MOSTLY * moved.height and n_own <= (1 - MOSTLY) * moved.height:
            raise ShiftedDates(f"the closes of {n_beside} of {moved.height} sessions are those held of the session {words}")


def _same(one: str, other: str) -> pl.Expr:
    slack = pl.max_horizontal(pl.lit(CENTS), RELATIVE * pl.col(other).abs())
    return (pl.col(one) - pl.col(other)).abs() <= slack
