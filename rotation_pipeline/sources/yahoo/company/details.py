"""Estimates, earnings dates, share counts and statements of one chunk of companies as a batch."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl

from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.client import Client
from rotation_pipeline.sources.yahoo.company.company import ESTIMATES, EVENTS, LISTING, SHARES, STATEMENTS, Company, Detail, HeldRows
from rotation_pipeline.sources.yahoo.standing import details_key, silent_key

__all__ = ["ESTIMATES", "EVENTS", "LISTING", "N_REQUESTS", "SHARES", "STATEMENTS", "detail_key", "details_batch", "kinds_left"]

N_REQUESTS = {"summary": 1, "statements": 1, "shares": 1, "dates": 1}  # what each kind costs, without the handshake of the fetch


def detail_key(symbol: str, kind: str) -> str:
    """Cursor key: the session of the fetch that answered for one kind of detail of ``symbol`` while another kind did not."""
    return f"{details_key(symbol)}:{kind}"


def kinds_left(cursor: Mapping[str, str], through: str, symbol: str, kinds: frozenset[str]) -> frozenset[str]:
    """The kinds that this session's fetches have not answered yet: what was answered is not asked for a second time."""
    return frozenset(kind for kind in kinds if cursor.get(detail_key(symbol, kind)) != through)


def details_batch(
    client: Client,
    request: FetchRequest,
    wanted: Mapping[str, frozenset[str]],
    quotes: Mapping[str, Mapping[str, Any]],
    n_threads: int,
    lookback_years: int,
) -> Batch:
    """The wanted kinds of detail (summary, statements, shares, dates) by symbol; funds and indices, by their quote, have none.

    The cursor moves on for a symbol when none of its kinds failed or waits; until then it remembers the kinds that were answered.
    """
    through = request.through.isoformat()
    companies = {
        symbol: kinds_left(request.cursor, through, symbol, kinds)
        for symbol, kinds in wanted.items()
        if quotes.get(symbol, {}).get("quoteType", "EQUITY") == "EQUITY"
    }
    held = HeldRows.read(request, [symbol for symbol, kinds in companies.items() if "statements" in kinds])

    def read(symbol: str) -> list[Detail]:
        return Company(client, request, symbol, quotes.get(symbol, {}), held, lookback_years).read(companies[symbol])

    with ThreadPoolExecutor(n_threads) as pool:
        details = dict(zip(companies, pool.map(read, companies), strict=True))
    every = [detail for some in details.values() for detail in some]
    cursor: dict[str, str] = {}
    for symbol in wanted:
        cursor |= dict.fromkeys(_moved(symbol, details.get(symbol, [])), through)
    parts = {table: [d.frames[table] for d in every if table in d.frames] for table in (ESTIMATES, EVENTS, LISTING, SHARES, STATEMENTS)}
    frames = {table: pl.concat(some, how="diagonal") for table, some in parts.items() if some}
    return Batch(frames, tuple(detail.entry for detail in every), cursor)


def _moved(symbol: str, details: list[Detail]) -> list[str]:
    answered = [detail.kind for detail in details if detail.entry.outcome in ("landed", "excused")]
    if len(answered) == len(details):
        return [details_key(symbol)]
    silent = [silent_key(symbol)] if any(detail.is_silent for detail in details) else []
    return [*(detail_key(symbol, kind) for kind in answered), *silent]
