"""On which share basis the distributions of one answer are told, where its closes are not all on that of the fetch.

Where Yahoo has not rescaled the closes before a split, it may have rescaled the dividends or not. The step of the adjusted close
tells which; where it carries nothing, an amount that is held as it stands has not been rescaled. Where it has rescaled the closes
by a ratio that no list explains, amounts that moved by that ratio say nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import log

import polars as pl

from rotation_pipeline.sources.yahoo.charts.bars import Shaped
from rotation_pipeline.sources.yahoo.charts.payouts import UNADJUSTED, Doubt, implied_cash
from rotation_pipeline.sources.yahoo.charts.share_basis import NotApplied, Splits, rescaled

AS_HELD, ROUNDING = 1e-4, 1e-6  # an amount is the held one within the larger of the relative and the absolute difference (USD)


@dataclass(frozen=True)
class Listed:
    """What an answer lists (``actions``, each with the basis_date of its amount), and bars and actions ``on_fetch``, on one basis."""

    actions: pl.DataFrame
    on_fetch: Shaped

    def as_listed(self, doubt: Doubt) -> Doubt:
        """A doubt about an amount ``on_fetch`` in terms of the amount as it is listed."""
        is_it = (pl.col("ex_date") == doubt.ex_date) & (pl.col("kind") == doubt.kind)
        listed, on_fetch = (frame.filter(is_it)["amount"][0] for frame in (self.actions, self.on_fetch.actions))
        if listed == on_fetch:
            return doubt
        implied = None if doubt.implied is None else doubt.implied * listed / on_fetch
        note = f"{doubt.note} (told on the share basis before a split that is not applied: {listed:g})"
        return replace(doubt, listed=listed, implied=implied, note=note)


def on_one_basis(shaped: Shaped, held: pl.DataFrame, stretches: Sequence[NotApplied]) -> Listed:
    """The actions of the answer with their own basis dates, and all of the answer on the basis of the fetch.

    ``held`` are the landed actions of the range, ``stretches`` the bars that the listed splits have not rescaled.
    """
    own, amounts = shaped.actions["basis_date"].to_list(), shaped.actions["amount"].to_list()
    for at, one in enumerate(shaped.actions.iter_rows(named=True)):
        for stretch in stretches:
            if one["kind"] != "split" and stretch.first < one["ex_date"] <= stretch.last and _is_own(one, stretch, shaped.bars, held):
                own[at] = min(own[at], stretch.basis_date)
                amounts[at] /= stretch.ratio
    actions = shaped.actions.with_columns(pl.Series("basis_date", own, dtype=pl.Date))
    on_fetch = shaped.actions.with_columns(pl.Series("amount", amounts, dtype=pl.Float64))
    return Listed(actions, Shaped(rescaled(shaped.bars, stretches), on_fetch, shaped.n_empty, shaped.later_split))


def without_rescaled(listed: Listed, held: pl.DataFrame, splits: Splits, ratio: float, last: date) -> tuple[Listed, pl.DataFrame]:
    """What is left to compare of an answer, and of the ``held`` actions, where closes through ``last`` are served times ``ratio``.

    Held amounts that are served times the ratio, too, stay as they are held. The others are judged by closes without it.
    """
    told = listed.actions.select("ex_date", "kind", pl.col("amount").alias("told"), pl.col("basis_date").alias("told_basis_date"))
    both = held.filter((pl.col("kind") != "split") & (pl.col("ex_date") <= last)).join(told, on=["ex_date", "kind"], how="inner")
    moved = pl.col("amount") * splits.factor("basis_date") / splits.factor("told_basis_date") * ratio
    known = both.filter((pl.col("told") - moved).abs() <= pl.max_horizontal(AS_HELD * moved.abs(), pl.lit(ROUNDING)))
    keys = known.select("ex_date", "kind")

    def left(actions: pl.DataFrame) -> pl.DataFrame:
        return actions.join(keys, on=["ex_date", "kind"], how="anti", maintain_order="left")

    # Of the last one as served: what is paid after it is measured by it, and both are on the new basis.
    factor = pl.when(pl.col("session") < last).then(ratio).otherwise(1.0)
    bars = listed.on_fetch.bars.with_columns(pl.col("close") / factor, pl.col("adj_close") / factor)
    return Listed(left(listed.actions), replace(listed.on_fetch, bars=bars, actions=left(listed.on_fetch.actions))), left(held)


def _is_own(one: dict[str, object], stretch: NotApplied, bars: pl.DataFrame, held: pl.DataFrame) -> bool:
    """Whether the amount is told on the basis of the closes around it."""
    ex_date, amount = one["ex_date"], one["amount"]
    assert isinstance(ex_date, date)
    assert isinstance(amount, float)
    implied = implied_cash(bars, ex_date)
    if implied is not None and amount > 0 and implied > UNADJUSTED * amount:
        return abs(log(amount / implied)) < abs(log(amount * stretch.ratio / implied))
    as_told = held.filter((pl.col("ex_date") == ex_date) & (pl.col("kind") == one["kind"]) & (pl.col("basis_date") < stretch.ex_date))
    return bool(as_told.height and abs(as_told["amount"][0] - amount) <= AS_HELD * abs(amount))
