"""The transformations of M-4 to M-9 and M-15: names, order, size and classes. Pure functions of raw frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

import polars as pl
import polars.selectors as cs

from rotation_pipeline_tests.properties.market import (
    ACTIONS,
    AMOUNTS,
    BARS,
    EVENTS,
    LISTINGS,
    LISTS,
    PER_SHARE,
    PRICES,
    RENAMES,
    RULES,
    SHARES,
    STATEMENTS,
    Frames,
    times,
)

BY_SYMBOL = (BARS, ACTIONS, SHARES, EVENTS, STATEMENTS, LISTINGS)


def copied(frames: Frames, spelt: Mapping[str, str], tables: Sequence[str]) -> Frames:
    """The rows of some symbols under other symbols: of each table, those alone."""
    rows = {table: frames[table].filter(pl.col("symbol").is_in(list(spelt))) for table in tables}
    return {table: frame.with_columns(pl.col("symbol").replace(spelt)) for table, frame in rows.items()}


def shuffled(frames: Frames, random: Random) -> Frames:
    """M-5: the rows of every table in another order."""
    return {table: frame.sample(fraction=1, shuffle=True, seed=random.getrandbits(32)) for table, frame in frames.items()}


def in_loads(frames: Frames, random: Random, n: int) -> Sequence[Frames]:
    """M-5: rows dealt at random to ``n`` loads, those of a symbol from a load of its own on; each list and rule in one of them."""
    symbols = sorted({symbol for table in BY_SYMBOL for symbol in frames[table]["symbol"].unique()})
    first = {symbol: random.randrange(n) for symbol in symbols}
    dealt: list[dict[str, pl.DataFrame]] = [{} for _ in range(n)]
    for table, frame in frames.items():
        if table in BY_SYMBOL:
            load = pl.Series([max(first[symbol], random.randrange(n)) for symbol in frame["symbol"]], dtype=pl.Int32)
            for k in range(n):
                dealt[k][table] = frame.filter(load == k)
        else:
            dealt[random.randrange(n)][table] = frame
    return dealt


@dataclass(frozen=True)
class Rename:
    """``old`` trades as ``new`` from ``changed_on`` on."""

    old: str
    new: str
    changed_on: date


def rename(frames: Frames, renames: Sequence[Rename]) -> Frames:
    """M-5: rows dated from the change on under the new symbol; lists and labels under the symbol of today, the change listed."""
    new = {one.old: one.new for one in renames}
    turn = pl.col("symbol").replace_strict({one.old: one.changed_on for one in renames}, default=None, return_dtype=pl.Date)
    dated = {BARS: "session", ACTIONS: "ex_date", SHARES: "known_on", EVENTS: "observed_on", STATEMENTS: "known_on"}
    told = pl.DataFrame([{"old_symbol": one.old, "new_symbol": one.new, "changed_on": one.changed_on} for one in renames])
    spelt = {
        table: frames[table].with_columns(
            pl.when(pl.col(day) >= turn).then(pl.col("symbol").replace(new)).otherwise("symbol").alias("symbol")
        )
        for table, day in dated.items()
    }
    today = {table: frames[table].with_columns(pl.col("symbol").replace(new)) for table in (LISTINGS, LISTS)}
    return dict(frames) | spelt | today | {RENAMES: pl.concat([frames[RENAMES], told])}


def in_units(frames: Frames, c: float, *units: str) -> Frames:
    """Parameters of these units times ``c``, and with them the caps in dollars that a rule asks for."""
    value = pl.when(pl.col("unit").is_in(units)).then(pl.col("value") * c).otherwise("value").alias("value")
    return {"raw.method_param": frames["raw.method_param"].with_columns(value), RULES: frames[RULES].with_columns(cs.ends_with("_usd") * c)}


def scale_caps(frames: Frames, c: float) -> Frames:
    """M-6: ``c`` times the shares, each earning 1 / c as much: caps times c, earnings as they were. As much turnover of the shares."""
    return {
        **frames,
        **in_units(frames, c, "USD"),
        BARS: times(frames[BARS], ["volume"], c),
        SHARES: times(frames[SHARES], ["shares"], c),
        EVENTS: times(frames[EVENTS], PER_SHARE, 1 / c),
    }


def scale_money(frames: Frames, c: float) -> Frames:
    """M-7: every amount of money times ``c``: prices, distributions, earnings, revenue and book equity, and what rules ask for."""
    is_split = pl.col("kind") == "split"
    return {
        **frames,
        **in_units(frames, c, "USD", "USD per share"),
        BARS: times(frames[BARS], PRICES, c),
        ACTIONS: frames[ACTIONS].with_columns(pl.when(is_split).then("amount").otherwise(pl.col("amount") * c).alias("amount")),
        EVENTS: times(frames[EVENTS], PER_SHARE, c),
        STATEMENTS: times(frames[STATEMENTS], AMOUNTS, c),
    }


def mirror(frames: Frames, day: date) -> Frames:
    """M-8: every close of ``day`` as far on the other side of the close before; all later returns as they were.

    Closes before are those of the same symbol, on the basis of the fetch, so nothing may go ex on the day.
    """
    close = frames[BARS].group_by("symbol", "session").agg(pl.col("close").last())
    on_day = close.filter(pl.col("session") == day)
    before = close.filter(pl.col("session") < day).sort("session").group_by("symbol").agg(pl.col("close").last().alias("before"))
    factor = on_day.join(before, on="symbol").select("symbol", ((2 * pl.col("before") - pl.col("close")) / pl.col("close")).alias("factor"))
    moved = pl.col("symbol").replace_strict(dict(factor.iter_rows()), default=1.0, return_dtype=pl.Float64)
    paid_later = (pl.col("kind") != "split") & (pl.col("ex_date") >= day)
    return dict(frames) | {
        BARS: times(frames[BARS], PRICES, pl.when(pl.col("session") >= day).then(moved).otherwise(1.0)),
        ACTIONS: times(frames[ACTIONS], ["amount"], pl.when(paid_later).then(moved).otherwise(1.0)),
    }


def second_class(frames: Frames, share: float, suffix: str) -> tuple[Frames, Frames]:
    """M-9: ``share`` of each company's shares moved to a second class that trades at the same prices: what is left, and the new lines.

    The listings of both classes name one company, lists and cohorts hold both; announcements and statements stay with the first.
    """
    symbols = frames[LISTINGS].filter(pl.col("kind") == "EQUITY")["symbol"].to_list()
    symbols += frames[RENAMES]["old_symbol"].to_list()
    spelt = {symbol: symbol + suffix for symbol in symbols}
    part = pl.when(pl.col("symbol").is_in(symbols))

    def divided(by: float) -> Frames:
        portion = part.then(by).otherwise(1.0)
        return dict(frames) | {BARS: times(frames[BARS], ["volume"], portion), SHARES: times(frames[SHARES], ["shares"], portion)}

    lines = copied(divided(share), spelt, (LISTINGS, LISTS, BARS, ACTIONS, SHARES))
    both = pl.col("symbols").str.split(" ").list.eval(pl.concat([pl.element(), pl.element() + suffix])).list.join(" ")
    rules = frames[RULES].with_columns(both.alias("symbols"))
    turns = frames[RENAMES].with_columns(pl.col("old_symbol", "new_symbol") + suffix)
    return (
        dict(divided(1 - share)) | {RULES: rules},
        dict(lines) | {RENAMES: turns, LISTS: pl.concat([frames[LISTS], lines[LISTS]])},
    )


def with_missing_members(frames: Frames, universe: str, n: int, since: date) -> Frames:
    """M-15: ``n`` more names on a list, of which nothing is ever served."""
    rows = [
        {"universe_id": universe, "symbol": f"ZZNONE{k}", "valid_from": since, "valid_to": None, "bias_label": "PIT_FULL"} for k in range(n)
    ]
    return dict(frames) | {LISTS: pl.concat([frames[LISTS], pl.DataFrame(rows, schema=frames[LISTS].schema)])}
