"""The breadth counts the plain way: one pandas frame, groupby().rolling. The peer of core.universe_breadth in benchmarks/history.py.

The levels are integers, so the sums are exact in doubles and the counts have to be the warehouse's.
"""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from rotation_pipeline.warehouse.connection import open_release

UNIVERSES = ("MARKET", "SP500")
AVERAGES = (20, 50, 100, 200)
YEAR = 252  # sessions
MA_MIN_SHARE, HIGH_MIN_PRIOR = 0.98, 248
PRICES = """
    select
        security_id, session, is_traded,
        case when is_valid and not is_stale then close_fwd_e9 end as close,
        case when is_valid and not is_stale then tri_e12 end as total,
        case when is_valid and not is_stale then high_fwd_e9 end as high,
        case when is_valid and not is_stale then low_fwd_e9 end as low
    from core.daily_price
    where security_id in (select security_id from core.membership where universe_id in ('MARKET', 'SP500'))
    order by security_id, session
"""


def breadth(path: Path) -> pd.DataFrame:
    """Counts by universe, basis and session, made from the prices and stays of a released file."""
    con = open_release(path)
    prices = con.execute(PRICES).df()
    stays = con.execute("select universe_id, security_id, valid_from, valid_to from core.membership").df()
    con.close()
    prices["age"] = prices.groupby("security_id").cumcount() + 1
    found = []
    for basis, level in (("price", "close"), ("total", "total")):
        flags = _signals(prices, level, basis == "price")
        for universe in UNIVERSES:
            found.append(_tally(flags, stays[stays.universe_id == universe]).assign(universe_id=universe, basis=basis))
        del flags
    return pd.concat(found).reset_index()


def _signals(prices: pd.DataFrame, level: str, has_range: bool) -> pd.DataFrame:
    """A flag a count, 0 or 1, beside line and session."""
    x, age, lines = prices[level], prices["age"], prices.groupby("security_id")
    before = lines[level].shift(1)
    out = prices[["security_id", "session"]].copy()
    out["n_used"] = x.notna()
    out["n_advancing"], out["n_declining"] = prices.is_traded & (x > before), prices.is_traded & (x < before)
    out["n_unchanged"] = prices.is_traded & (x == before)
    for n in AVERAGES:
        mean = lines[level].rolling(n, min_periods=math.ceil(MA_MIN_SHARE * n)).mean().to_numpy()
        eligible = x.notna() & (age >= n) & ~pd.isna(mean)
        out[f"n_eligible_{n}"], out[f"n_above_{n}"] = eligible, eligible & (x > mean)
    highest, lowest = _extremes(prices, level, level)
    eligible = x.notna() & (age >= YEAR) & ~pd.isna(highest)
    out["n_high_eligible"], out["n_new_high"], out["n_new_low"] = eligible, eligible & (x > highest), eligible & (x < lowest)
    if has_range:
        highest, lowest = _extremes(prices, "high", "low")
        eligible = prices.high.notna() & (age >= YEAR) & ~pd.isna(highest)
        out["n_intraday_eligible"] = eligible
        out["n_intraday_high"], out["n_intraday_low"] = eligible & (prices.high > highest), eligible & (prices.low < lowest)
    return out


def _extremes(prices: pd.DataFrame, high: str, low: str) -> tuple[object, object]:
    """Highest and lowest of the 251 rows before, NULL with fewer than 248 of them."""
    before = prices[["security_id"]].copy()
    lines = prices.groupby("security_id")
    before["high"], before["low"] = lines[high].shift(1), lines[low].shift(1)
    shifted = before.groupby("security_id")
    highest = shifted["high"].rolling(YEAR - 1, min_periods=HIGH_MIN_PRIOR).max().to_numpy()
    return highest, shifted["low"].rolling(YEAR - 1, min_periods=HIGH_MIN_PRIOR).min().to_numpy()


def _tally(flags: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    """Sums of the flags by session, of the lines that are in."""
    held = flags.merge(stays[["security_id", "valid_from", "valid_to"]], on="security_id")
    is_in = (held.session >= held.valid_from) & (held.valid_to.isna() | (held.session < held.valid_to))
    names = [name for name in flags.columns if name.startswith("n_")]
    return held[is_in].groupby("session")[names].sum()


def differing(path: Path, ours: pd.DataFrame) -> int:
    """How many of the counts are not those that core.universe_breadth of the file holds."""
    con = open_release(path)
    theirs = con.execute("select * from core.universe_breadth where universe_id in ('MARKET', 'SP500')").df()
    con.close()
    key = ["universe_id", "basis", "session"]
    both = ours.merge(theirs, on=key, how="inner", suffixes=("", "_warehouse"))
    names = [name for name in ours.columns if name.startswith("n_") and f"{name}_warehouse" in both.columns]
    lost = len(ours) - len(both)
    return lost + sum(int((both[name].fillna(0) != both[f"{name}_warehouse"]).sum()) for name in names)
