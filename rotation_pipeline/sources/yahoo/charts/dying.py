"""When a symbol is dead: Yahoo says on three days that it does not know it, and does not say so of everything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rotation_pipeline.landing import LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.standing import DEAD_DAYS, Standing, dead_key

if TYPE_CHECKING:
    import polars as pl

OWN_WORDS = "Yahoo: No data found, symbol may be delisted"
MOST_AT_ONCE = 0.05  # of the market in one run: beyond this the fault is Yahoo's
FEW = 3  # so many are believed in the smallest market


def said_dead(entries: Sequence[LedgerEntry], swept: Collection[str], quotes: Mapping[str, Mapping[str, Any]] | None) -> list[str]:
    """Symbols whose chart Yahoo calls delisted, that no sweep has seen, and whose quote is gone or of no kind.

    ``quotes`` None: the quotes could not be had, and nothing is believed.
    """
    if quotes is None:
        return []
    gone = [entry.subject for entry in entries if entry.outcome == "excused" and (entry.reason or "").startswith(OWN_WORDS)]
    return [s for s in gone if s not in swept and quotes.get(s, {}).get("quoteType", "NONE") == "NONE"]


def is_believable(n_said: int, standing: Standing) -> bool:
    """Whether so many symbols can have died since the last run."""
    return n_said <= max(FEW, MOST_AT_ONCE * len(standing.living()))


def day_noted(standing: Standing, symbol: str, day: date) -> str:
    """The cursor value of a symbol that was called dead on ``day`` too."""
    days = dict.fromkeys([*standing.dead_days(symbol), day.isoformat()])
    return ",".join(days)


def came_back(standing: Standing, alive: Collection[str]) -> dict[str, str]:
    """Cursor entries of symbols that were called dead and answer again."""
    return {dead_key(symbol): "" for symbol in alive if standing.dead_days(symbol)}


def last_words(request: FetchRequest, died: Sequence[str]) -> pl.DataFrame | None:
    """Rows of raw.listing of the symbols that died: as they were listed, ended with their last bar, for a reason unknown (A.5)."""
    import polars as pl

    if request.held is None or not died:
        return None
    bars = request.held.bars(died)
    last = bars.filter(pl.col("close").is_not_null()).group_by("symbol").agg(pl.col("session").max().alias("ended_on"))
    listed = request.held.listings(died).drop("source", "load_id", "fetched_at")
    ended = listed.join(last, on="symbol").with_columns(last_session=pl.col("ended_on"), delist_reason=pl.lit("UNKNOWN"))
    return ended.drop("ended_on") if ended.height else None


def is_third_day(value: str) -> bool:
    """Whether a cursor value holds enough days."""
    return value.count(",") + 1 >= DEAD_DAYS
