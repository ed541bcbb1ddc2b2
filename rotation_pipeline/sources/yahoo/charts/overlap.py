"""Bars that are served again, side by side with what is held of them, on one share basis (methodology A.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import log

import polars as pl

from rotation_pipeline.sources.yahoo.charts.restated import Restatement
from rotation_pipeline.sources.yahoo.charts.share_basis import SMALLEST, Splits

CENTS, RELATIVE = 0.005, 1e-4  # a close is the same within the larger of the two, on the as-traded price
VOLUME = 1e-6  # relative
SMALLEST_SHIFT = 0.005  # of ln: a common ratio nearer to 1 is a series of corrections, no change of basis
MIN_COMMON = 3  # bars that a common ratio below SMALLEST needs
MOSTLY = 0.8  # share of the bars that a common ratio has to explain: single corrections may hide among them
_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Shift:
    """All bars before ``first_new`` differ from the held ones by about one ``ratio`` (served over held, on one basis)."""

    ratio: float
    first: date
    last: date
    first_new: date | None  # first served session after them; None when there is none
    n_sessions: int
    held: float
    served: float
    is_smoother: bool | None  # the served closes run on over first_new better than the held ones; None when that cannot be seen


def lay_side_by_side(served: pl.DataFrame, held: pl.DataFrame, splits: Splits) -> pl.DataFrame:
    """One row a session that is served or held, with a column ``state``; everything on the basis of the served bar.

    ``served`` are bars of one answer, each with its basis_date; ``held`` the landed bars of the same range. ``splits`` are those
    in force. Columns ``held_*`` are what is held, ``scale`` brings a served price to the as-traded one. The state is one of

    - new: nothing is held; dropped: nothing is served; silent: a close is held and none is served
    - close, bar, volume: that differs (bar: open, high or low); completed: the same, but dividends were unknown; same
    """
    mine = served.select("session", *_PRICES, "volume", "basis_date", "dividend_basis")
    theirs = held.select("session", *(pl.col(name).alias(f"held_{name}") for name in (*_PRICES, "volume", "basis_date", "dividend_basis")))
    both = mine.join(theirs, on="session", how="full", coalesce=True).sort("session")
    to_served = splits.factor("held_basis_date") / splits.factor("basis_date")
    scaled = both.with_columns(
        held_as_landed=pl.col("held_close"),
        scale=splits.factor("basis_date") / splits.factor("session"),
        is_rescaled=to_served != 1,
        held_volume=pl.col("held_volume") / to_served,
        **{f"held_{name}": pl.col(f"held_{name}") * to_served for name in _PRICES},
    )
    return scaled.with_columns(state=_state())


def _state() -> pl.Expr:
    close, held = pl.col("close"), pl.col("held_close")
    off = pl.any_horizontal(_differs(name) for name in ("open", "high", "low"))
    # Volumes are whole shares: on another basis the rounding shows.
    slack = VOLUME * pl.col("volume").abs() + pl.when(pl.col("is_rescaled")).then(1.0).otherwise(0.0)
    volume_off = pl.col("volume").is_not_null() & (
        pl.col("held_volume").is_null() | ((pl.col("volume") - pl.col("held_volume")).abs() > slack)
    )
    return (
        pl.when(pl.col("held_basis_date").is_null())
        .then(pl.lit("new"))
        .when(pl.col("basis_date").is_null())
        .then(pl.lit("dropped"))
        .when(close.is_null() & held.is_not_null())
        .then(pl.lit("silent"))
        .when(_differs("close"))
        .then(pl.lit("close"))
        .when(off)
        .then(pl.lit("bar"))
        .when(volume_off)
        .then(pl.lit("volume"))
        .when((pl.col("held_dividend_basis") == "none") & (pl.col("dividend_basis") != "none"))
        .then(pl.lit("completed"))
        .otherwise(pl.lit("same"))
    )


def _differs(name: str) -> pl.Expr:
    served, held, scale = pl.col(name), pl.col(f"held_{name}"), pl.col("scale")
    tolerance = pl.max_horizontal(CENTS / scale, RELATIVE * served.abs())
    return served.is_not_null() & (held.is_null() | ((served - held).abs() > tolerance))


def find_shift(sides: pl.DataFrame) -> Shift | None:
    """The common ratio by which the first bars differ from the held ones while the later ones agree; None without one."""
    both = sides.filter((pl.col("close") > 0) & (pl.col("held_close") > 0))
    differs = (both["state"] == "close").to_list()
    if not differs or not differs[0]:
        return None
    ratios = both["close"] / both["held_close"]
    n = len(differs) - differs[::-1].index(True)
    before = both.head(n).with_columns(ratio=ratios.head(n))
    ratio = float(before["ratio"].median())  # type: ignore[arg-type]
    off = (pl.col("close") - ratio * pl.col("held_close")).abs()
    n_common = before.filter(off <= 2 * pl.max_horizontal(CENTS / pl.col("scale"), RELATIVE * pl.col("close"))).height
    if abs(log(ratio)) < (SMALLEST_SHIFT if n >= MIN_COMMON else SMALLEST) or n_common < MOSTLY * n:
        return None
    last = before.row(-1, named=True)
    after = sides.filter((pl.col("session") > last["session"]) & (pl.col("close") > 0))
    return Shift(
        ratio, before["session"][0], last["session"], after["session"][0] if after.height else None, n,
        last["held_close"], last["close"], _is_smoother(last, after),
    )  # fmt: skip


def _is_smoother(last: dict[str, float], after: pl.DataFrame) -> bool | None:
    held = after.filter(pl.col("held_close") > 0)
    if held.is_empty():
        return None
    following = held.row(0, named=True)
    return abs(log(following["close"] / last["close"])) < abs(log(following["held_close"] / last["held_close"]))


def runs(symbol: str, sides: pl.DataFrame, wanted: Iterable[str], kind: str, note: str) -> list[Restatement]:
    """One restatement for each run of neighbouring sessions in one of the ``wanted`` states."""
    spells = sides.with_columns(spell=pl.col("state").rle_id()).filter(pl.col("state").is_in(list(wanted)))
    rows = []
    for spell in spells.partition_by("spell", maintain_order=True):
        last = spell.row(-1, named=True)
        item = last["state"] if last["state"] in ("volume", "bar") else "close"
        value = "volume" if item == "volume" else _changed_price(last) if item == "bar" else "close"
        old, new = last[f"held_{value}"], last[value]
        ratio = new / old if old and new else None
        rows.append(Restatement(symbol, kind, item, spell["session"][0], last["session"], spell.height, old, new, ratio, note))
    return rows


def _changed_price(row: dict[str, float | None]) -> str:
    """Of open, high and low the one that differs most."""
    return max(("open", "high", "low"), key=lambda name: abs((row[name] or 0.0) - (row[f"held_{name}"] or 0.0)))
