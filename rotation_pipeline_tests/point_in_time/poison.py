"""Garbage in the shape of a vendor's answer: everything that it says of the time after a session is wrong (M-11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from rotation_pipeline.landing import Batch

PRICES = ("open", "high", "low", "close", "adj_close")
Poison = Callable[[pl.DataFrame, np.random.Generator, date], pl.DataFrame]


def poisoned(after: Batch, told: Sequence[Mapping[str, pl.DataFrame]], t: date, seed: int) -> Batch:
    """The batch that tells what came after ``t``, made absurd; lists keep what had been said of the time up to ``t``.

    ``told`` holds the frames that were told up to ``t``, the latest last.
    """
    draw = np.random.default_rng(seed)
    frames = {table: POISONS[table](frame, draw, t) for table, frame in after.frames.items() if table in POISONS}
    frames["raw.listing"] = _listings(_latest(told, "raw.listing"), draw, t)
    frames["raw.membership"] = _members(_latest(told, "raw.membership"), draw, t)
    renamed = _renamed([*told, after.frames])
    frames["raw.symbol_change"] = _renames(_latest(told, "raw.listing").filter(~pl.col("symbol").is_in(renamed)), draw, t)
    filed, announced = (_all(told, table).filter(~pl.col("symbol").is_in(renamed)) for table in ("raw.statement", "raw.earnings_event"))
    restated = {
        "raw.statement": _statements(_again(filed, "known_on", draw, t), draw, t),
        "raw.earnings_event": _retold(announced, draw, t),
    }
    frames |= {table: pl.concat([frames.get(table, frame.clear()), frame]) for table, frame in restated.items()}
    return replace(after, frames=frames)


def _latest(told: Sequence[Mapping[str, pl.DataFrame]], table: str) -> pl.DataFrame:
    """A list as it was told last: it is told in full, and only when it changed."""
    return [frames[table] for frames in told if table in frames][-1]


def _all(told: Sequence[Mapping[str, pl.DataFrame]], table: str) -> pl.DataFrame:
    return pl.concat([frames[table] for frames in told if table in frames])


def _renamed(told: Sequence[Mapping[str, pl.DataFrame]]) -> list[str]:
    """Symbols of renames. What was said under them is told again under other symbols, and see test_known_gaps for a second rename."""
    return [symbol for row in _all(told, "raw.symbol_change").rows() for symbol in row[:2]]


def _bars(bars: pl.DataFrame, draw: np.random.Generator, _: date) -> pl.DataFrame:
    """Prices far off and independent of one another; one in fifty zero, negative or missing."""
    wild = [pl.Series(name, np.exp(draw.normal(0, 1.5, bars.height))) * pl.col(name) for name in PRICES]
    ill = pl.Series("ill", draw.choice([1.0, 0.0, -1.0, np.nan], bars.height, p=[0.98, 0.01, 0.005, 0.005]))
    return bars.with_columns(wild, volume=pl.Series(np.floor(np.exp(draw.normal(10, 4, bars.height))))).with_columns(
        close=pl.col("close") * ill
    )


def _actions(actions: pl.DataFrame, draw: np.random.Generator, _: date) -> pl.DataFrame:
    """Wrong ratios and amounts, and as many splits that never were."""
    amount = pl.Series("amount", np.exp(draw.normal(0, 1.5, actions.height)))
    invented = actions.with_columns(
        pl.lit("split").alias("kind"),
        pl.col("symbol").gather(draw.permutation(actions.height)),
        pl.Series("amount", draw.choice([2.0, 3.0, 0.1, 7.0, 1.046], actions.height)),
    )
    return pl.concat([actions.with_columns(amount), invented]).unique(["symbol", "ex_date", "kind"], maintain_order=True)


def _shares(counts: pl.DataFrame, draw: np.random.Generator, _: date) -> pl.DataFrame:
    return counts.with_columns(shares=pl.col("shares") * pl.Series(10.0 ** draw.integers(-3, 4, counts.height)))


def _statements(filed: pl.DataFrame, draw: np.random.Generator, _: date) -> pl.DataFrame:
    names = ("revenue", "net_income", "book_equity")
    return filed.with_columns(pl.Series(name, 1e9 * draw.standard_cauchy(filed.height)) for name in names)


def _events(events: pl.DataFrame, draw: np.random.Generator, t: date) -> pl.DataFrame:
    """Absurd figures at absurd hours; an expected date moves by up to a month, to a day after the cut."""
    moved = pl.col("announced_on") + pl.duration(days=pl.Series(draw.integers(-30, 30, events.height)))
    is_open = pl.col("eps_actual").is_null()
    return events.with_columns(
        announced_on=pl.when(is_open & (moved > t)).then(moved).otherwise("announced_on"),
        announced_at=pl.lit(None, dtype=pl.Datetime("us")),
        announced_precision=pl.lit("date"),
        timing=pl.Series(draw.choice(["BMO", "AMC", "DMH", "UNKNOWN"], events.height)),
        eps_estimate=pl.Series(draw.standard_cauchy(events.height)),
        eps_actual=pl.when(~is_open).then(pl.Series(draw.standard_cauchy(events.height))),
    )


def _listings(listed: pl.DataFrame, draw: np.random.Generator, t: date) -> pl.DataFrame:
    """Labels dealt out anew; a third of the lines that lived has ended after the cut, and traded after it: no weekend is so long."""
    ends = pl.Series(draw.integers(5, 60, listed.height))
    ended = pl.Series(draw.random(listed.height) < 0.33) & pl.col("last_session").is_null()
    shuffled = [pl.col(name).gather(draw.permutation(listed.height)) for name in ("name", "sector", "industry")]
    return listed.with_columns(
        *shuffled,
        exchange=pl.lit("XXX"),
        last_session=pl.when(ended).then(pl.lit(t) + pl.duration(days=ends)).otherwise("last_session"),
        delist_reason=pl.when(ended).then(pl.lit("LIQUIDATION")).otherwise("delist_reason"),
    )


def _members(stays: pl.DataFrame, draw: np.random.Generator, t: date) -> pl.DataFrame:
    """Half of those that are in leave after the cut, and as many strangers come in."""
    leaves = pl.Series(draw.random(stays.height) < 0.5) & pl.col("valid_to").is_null()
    days = pl.duration(days=pl.Series(draw.integers(1, 30, stays.height)))
    old = stays.with_columns(valid_to=pl.when(leaves).then(pl.lit(t) + days).otherwise("valid_to"))
    new = stays.with_columns(
        pl.col("symbol").gather(draw.permutation(stays.height)),
        valid_from=pl.lit(t) + pl.duration(days=pl.Series(draw.integers(31, 60, stays.height))),
        valid_to=pl.lit(None, dtype=pl.Date),
    )
    return pl.concat([old, new]).unique(["universe_id", "symbol", "valid_from"], maintain_order=True)


def _renames(listed: pl.DataFrame, draw: np.random.Generator, t: date) -> pl.DataFrame:
    """Renames that never were, to symbols that nobody had."""
    invented = ("GARBAGE", "RUBBISH", "NONSENSE")
    return pl.DataFrame({
        "old_symbol": listed["symbol"].gather(draw.choice(listed.height, len(invented), replace=False)),
        "new_symbol": invented,
        "changed_on": [t + timedelta(days=day) for day in draw.integers(1, 30, len(invented)).tolist()],
    })  # fmt: skip


def _again(said: pl.DataFrame, clock: str, draw: np.random.Generator, t: date) -> pl.DataFrame:
    """A third of what was said of the past, said again after the cut."""
    old = said.filter(pl.Series(draw.random(said.height) < 0.33))
    return old.with_columns((pl.lit(t) + pl.duration(days=pl.Series(draw.integers(1, 60, old.height)))).alias(clock))


def _retold(events: pl.DataFrame, draw: np.random.Generator, t: date) -> pl.DataFrame:
    """Results that were announced before the cut, with other figures."""
    old = _again(events.filter(pl.col("eps_actual").is_not_null()), "observed_on", draw, t)
    return old.with_columns(eps_actual=pl.Series(draw.standard_cauchy(old.height)), basis_date=pl.col("observed_on"))


POISONS: Mapping[str, Poison] = {
    "raw.price_bar": _bars,
    "raw.corporate_action": _actions,
    "raw.share_count": _shares,
    "raw.statement": _statements,
    "raw.earnings_event": _events,
}
