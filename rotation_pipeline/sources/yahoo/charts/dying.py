"""When a symbol that Yahoo knows no more has ended: not soon (methodology A.9).

A company that stops answering is missing, not dead. After three days on which Yahoo says that it does not know it, its chart is asked for
no longer; the sweep goes on looking for it. Nobody dates its end here, so it is given up only after 60 sessions without a bar, or
after 20 when it was absent from every whole sweep of them, and the end is told as decided on that session. What the sweep sees
again goes on, also when it was given up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rotation_pipeline.landing import LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.plan import sessions_between
from rotation_pipeline.sources.yahoo.standing import Standing, absent_key, dead_key

if TYPE_CHECKING:
    import polars as pl

OWN_WORDS = "Yahoo: No data found, symbol may be delisted"
MOST_AT_ONCE = 0.05  # of the market in one run: beyond this the fault is Yahoo's
FEW = 3  # so many are believed in the smallest market
SILENT_SESSIONS = 60  # without a bar, until a symbol is given up
ABSENT_SESSIONS = 20  # the same, for one that was absent from as many whole sweeps in a row


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
    back = [symbol for symbol in alive if standing.dead_days(symbol)]
    return {key(symbol): "" for symbol in back for key in (dead_key, absent_key)}


def counted_absent(standing: Standing, swept: Collection[str], through: date) -> dict[str, str]:
    """Cursor entries after a whole sweep of ``through``: companies called dead that it did not hold either, and those that it held."""
    entries: dict[str, str] = {}
    for symbol in standing.companies:
        n, last = standing.absences(symbol)
        if symbol in swept:
            entries |= {absent_key(symbol): ""} if n else {}
        elif standing.dead_days(symbol) and last < through:
            entries[absent_key(symbol)] = f"{n + 1}:{through.isoformat()}"
    return entries


def given_up(request: FetchRequest, standing: Standing) -> pl.DataFrame | None:
    """Rows of raw.listing of the silent symbols that are given up now: ended with their last bar, decided on this session."""
    import polars as pl

    silent = standing.silent()
    if request.held is None or not silent:
        return None
    listed = request.held.listings(silent).filter(pl.col("last_session").is_null()).drop("source", "load_id", "fetched_at")
    bars = request.held.bars(listed["symbol"].to_list())
    last = bars.filter(pl.col("close").is_not_null()).group_by("symbol").agg(pl.col("session").max().alias("ended_on"))
    long = [
        symbol
        for symbol, ended_on in last.iter_rows()
        if sessions_between(request.sessions, ended_on, request.through)
        >= (ABSENT_SESSIONS if standing.absences(symbol)[0] >= ABSENT_SESSIONS else SILENT_SESSIONS)
    ]
    if not long or not is_believable(len(long), standing):
        return None
    ended = listed.join(last.filter(pl.col("symbol").is_in(long)), on="symbol").sort("symbol")
    why = {"last_session": pl.col("ended_on"), "delist_reason": pl.lit("UNKNOWN"), "decided_on": pl.lit(request.through)}
    return ended.with_columns(**why).drop("ended_on")
