"""What is drawn at random in the properties, from a seed; the first seed runs always, the others with ``-m long``."""

from __future__ import annotations

from datetime import date
from itertools import islice
from random import Random
from typing import Any

import polars as pl
import pytest

from rotation_pipeline_tests.planted.bench import END
from rotation_pipeline_tests.properties.basis import Split
from rotation_pipeline_tests.properties.changes import Rename
from rotation_pipeline_tests.properties.market import ACTIONS, BARS, BIG_TECH, Built, Frames, companies, renamed

LONG = 8
RATIOS = (2.0, 3.0, 1.5, 1.25, 4.0, 10.0, 20.0, 0.5, 0.25, 0.1)
GAP = 10  # parameter price.gap_max_sessions
FUNDS = ("SPY", "RSP", "QQQ")
LEAST_PRICE = 1.0  # parameters rank.min_price and factor.min_price: a price in dollars that a split may cross


def seeds(n: int = LONG) -> list[Any]:
    """Seeds for ``pytest.mark.parametrize``."""
    return [pytest.param(seed, marks=[pytest.mark.long] if seed else []) for seed in range(n)]


def sessions(frames: Frames) -> list[date]:
    """Sessions with bars, in order."""
    return frames[BARS]["session"].unique().sort().to_list()


def plain_companies(frames: Frames) -> list[str]:
    """Symbols of companies that are never renamed and spin nothing off, which vendors list as a split of an odd ratio."""
    listed = frames[ACTIONS].filter((pl.col("kind") == "split") & (pl.col("amount").round(2) != pl.col("amount")))
    return [symbol for symbol in companies(frames) if symbol not in renamed(frames) | set(listed["symbol"])]


def splits(frames: Frames, built: Built, random: Random, n: int) -> list[Split]:
    """``n`` splits of as many companies and a fund, on ex-dates on which they trade, that carry no price across a dollar.

    Not within a gap's length of a quarantined move, which a split listed for its session would explain, nor with another split.
    """
    symbols = plain_companies(frames)
    drawn = (_split(frames, built, symbol, random) for symbol in [random.choice(FUNDS), *random.sample(symbols, len(symbols))])
    return list(islice((one for one in drawn if one), n + 1))


def _split(frames: Frames, built: Built, symbol: str, random: Random) -> Split | None:
    days = _quiet_days(frames, built, symbol)
    ex_date = random.choice(days) if days else END
    of = f"from core.daily_price where security_id = {built.id_of[symbol]} and session >= date '{ex_date}'"
    ((least,),) = built.warehouse.rows(f"select coalesce(min(close_usd), 0) {of}")
    fitting = [ratio for ratio in RATIOS if min(least, least / ratio) >= LEAST_PRICE]
    return Split(symbol, ex_date, random.choice(fitting)) if days and fitting else None


def _quiet_days(frames: Frames, built: Built, symbol: str) -> list[date]:
    price = built.warehouse.frame(
        f"select session, is_valid, quarantine_reason from core.daily_price where security_id = {built.id_of[symbol]} order by session"
    )
    is_loud = pl.col("quarantine_reason").is_not_null().cast(pl.Int32)
    soon = is_loud.reverse().rolling_sum(GAP + 1, min_samples=1).reverse()
    busy = frames[ACTIONS].filter((pl.col("symbol") == symbol) & (pl.col("kind") == "split"))["ex_date"].to_list()
    quiet = price.filter(pl.col("is_valid"), soon == 0, ~pl.col("session").is_in(busy))["session"].to_list()
    return quiet[1:]


def renames(frames: Frames, random: Random, n: int) -> list[Rename]:
    """``n`` companies, one of big technology, the second class of Alphabet and a fund under new symbols, each from a day of its own."""
    ordinary = [symbol for symbol in plain_companies(frames) if symbol not in BIG_TECH]
    symbols = [*random.sample(ordinary, n), random.choice(BIG_TECH[:2]), "GOOG", "SPY"]
    days = sessions(frames)[5:-5]
    return [Rename(symbol, f"Z{symbol}", random.choice(days)) for symbol in symbols]


def mirrored_day(frames: Frames, built: Built, random: Random) -> date:
    """A session on which nothing goes ex, is renamed, delisted or quarantined, and no price moves by 30 % or more."""
    disturbed = set(frames[ACTIONS]["ex_date"]) | set(frames["raw.symbol_change"]["changed_on"])
    calm = built.warehouse.rows(
        "select session from core.daily_price group by session having max(abs(price_return)) < 0.3 and count(quarantine_reason) = 0"
        " and count(*) filter (where not is_valid and price_return is not null) = 0 order by session"
    )
    return random.choice([day for (day,) in calm[-90:] if day not in disturbed])
