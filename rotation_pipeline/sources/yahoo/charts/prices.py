"""Bars, actions and the listing of one chunk of symbols as a batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import polars as pl

from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.charts.bars import Shaped, shape_history
from rotation_pipeline.sources.yahoo.charts.comparing import Compared, compare
from rotation_pipeline.sources.yahoo.charts.restated import Said, as_frame
from rotation_pipeline.sources.yahoo.charts.shifted import check_against_held, check_days
from rotation_pipeline.sources.yahoo.client import Client, day_after
from rotation_pipeline.sources.yahoo.faults import VENDOR_FAULTS, Answer, judge
from rotation_pipeline.sources.yahoo.standing import bars_key
from rotation_pipeline.sources.yahoo.sweep.listing import listing_frame, shape_listing

Quotes = Mapping[str, Mapping[str, Any]]
BARS, LISTING = "raw.price_bar", "raw.listing"
ANSWERED = ("landed", "excused")
BEFORE = timedelta(days=30)  # of what is held before the first date asked for: enough to see that something is held there


@dataclass(frozen=True)
class SymbolPrices:
    """What came of one symbol's bars: its ledger entry, the answer as ``shaped``, and what it adds to what is held."""

    entry: LedgerEntry
    shaped: Shaped | None = None
    compared: Compared | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Landed:
    """What is held of one symbol: rows of raw.price_bar and raw.corporate_action, and what was restated before."""

    bars: pl.DataFrame
    actions: pl.DataFrame
    said: Said


def read_prices(
    client: Client, request: FetchRequest, symbol: str, first: date, quote: Mapping[str, Any], landed: Landed | None
) -> SymbolPrices:
    """One symbol's bars and actions since ``first``, against what is held of it, and its ledger entry.

    Never raises for Yahoo's faults. ``landed`` None: nothing is held.
    """
    # A future end keeps the answer out of yfinance's cache and lets splits of the coming session show.
    said = client.history(symbol, first, day_after(request.now.date(), 5))
    if said.value is None:
        return SymbolPrices(LedgerEntry(BARS, symbol, said.outcome, reason=said.reason, n_attempts=said.n_attempts))
    meta = said.value.meta
    currency = meta.get("currency") or quote.get("currency") or "USD"
    try:
        shaped = shape_history(symbol, said.value, currency, request.through)
        check_days(shaped.bars["session"], request.sessions)
        if landed is not None:
            check_against_held(shaped, landed.bars, landed.actions)
        compared = judge_answer(symbol, shaped, landed, first)
    except (*VENDOR_FAULTS, pl.exceptions.PolarsError) as error:
        return SymbolPrices(LedgerEntry(BARS, symbol, "failed", reason=judge(error)[1], n_attempts=said.n_attempts))
    entry = _entry(symbol, shaped, compared, request.through, first, said.n_attempts)
    return SymbolPrices(entry, shaped, compared, meta) if entry.outcome == "landed" else SymbolPrices(entry, meta=meta)


def judge_answer(symbol: str, shaped: Shaped, landed: Landed | None, first: date) -> Compared:
    """The answer against what is held, or by itself when nothing is."""
    if landed is None:
        return compare(symbol, shaped.bars.clear(), shaped.actions.clear(), shaped, first)
    return compare(symbol, landed.bars, landed.actions, shaped, first, landed.said)


def read_chunk(client: Client, request: FetchRequest, wanted: Mapping[str, date], quotes: Quotes, n_threads: int) -> list[SymbolPrices]:
    """The bars of several symbols, each from its own date on, ``n_threads`` at a time, in the order of ``wanted``."""
    landed = _what_is_held(request, wanted)
    with ThreadPoolExecutor(n_threads) as pool:
        return list(
            pool.map(
                lambda symbol: read_prices(client, request, symbol, wanted[symbol], quotes.get(symbol, {}), landed.get(symbol)), wanted
            )
        )


def _what_is_held(request: FetchRequest, wanted: Mapping[str, date]) -> dict[str, Landed]:
    """What is held of each symbol that has bars, from a month before the first date that is asked for: one scan for all."""
    if request.held is None or not wanted:
        return {}
    since = min(wanted.values())
    bars = _by_symbol(request.held.bars(list(wanted), since - BEFORE))
    if not bars:
        return {}
    all_actions = request.held.actions(list(bars), since)
    actions, moved = _by_symbol(all_actions), _by_symbol(request.held.restatements(list(bars)))
    return {
        symbol: Landed(held, actions.get(symbol, all_actions.clear()), Said.of(moved[symbol]) if symbol in moved else Said())
        for symbol, held in bars.items()
    }


def _by_symbol(rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(key[0]): frame for key, frame in rows.partition_by("symbol", as_dict=True, maintain_order=True).items()}


def price_batch(request: FetchRequest, prices: Sequence[SymbolPrices], listed: Iterable[str], quotes: Answer[Any]) -> Batch:
    """Bars, actions, restatements and listings as one load; the cursor moves on for every symbol that was answered."""
    entries = [price.entry for price in prices]
    metas = {price.entry.subject: price.meta for price in prices}
    listings = {symbol: shape_listing(symbol, (quotes.value or {}).get(symbol, {}), metas.get(symbol, {})) for symbol in listed}
    listing_entries = [_listing_entry(symbol, listing, quotes) for symbol, listing in listings.items()]
    compared = [price.compared for price in prices if price.compared is not None]
    frames = {LISTING: listing_frame(row for row in listings.values() if not isinstance(row, str))}
    if compared:
        frames[BARS] = pl.concat([one.bars for one in compared])
        frames["raw.corporate_action"] = pl.concat([one.actions for one in compared])
        frames["raw.restatement"] = as_frame(row for one in compared for row in one.restatements)
    cursor = {bars_key(e.subject): request.through.isoformat() for e in entries if e.outcome in ANSWERED}
    return Batch(frames, (*entries, *listing_entries), cursor)


def _entry(symbol: str, shaped: Shaped, compared: Compared, through: date, first: date, n_attempts: int) -> LedgerEntry:
    if shaped.later_split is not None:
        reason = f"a split on {shaped.later_split}, after {through}, is listed: whose share basis the prices have is known once it is over"
        return LedgerEntry(BARS, symbol, "failed", reason=reason, n_attempts=n_attempts)
    empty = [f"{shaped.n_empty} empty rows left out"] if shaped.n_empty else []
    if shaped.bars.is_empty():
        reason = "; ".join([f"no bar from {first} to {through}", *empty])
        return LedgerEntry(BARS, symbol, "excused", reason=reason, n_attempts=n_attempts)
    sessions = shaped.bars["session"]
    counts = f"{compared.n_new} new, {compared.n_same} verified, {compared.n_corrected} corrected"
    against = [counts] if compared.n_new < sessions.len() else []
    late = [f"the last bar is of {sessions[-1]}"] if sessions[-1] < through else []
    note = [compared.note] if compared.note else []
    told = "; ".join([*against, *empty, *late, *note]) or None
    return LedgerEntry(BARS, symbol, "landed", compared.bars.height, sessions[0], sessions[-1], told, n_attempts)


def _listing_entry(symbol: str, listing: dict[str, Any] | str, quotes: Answer[Any]) -> LedgerEntry:
    if not isinstance(listing, str):
        missing = None if quotes.value is not None else f"from the chart alone: {quotes.reason}"
        return LedgerEntry(LISTING, symbol, "landed", 1, reason=missing, n_attempts=quotes.n_attempts)
    if quotes.value is None:
        return LedgerEntry(LISTING, symbol, "failed", reason=quotes.reason, n_attempts=quotes.n_attempts)
    return LedgerEntry(LISTING, symbol, "excused", reason=listing, n_attempts=quotes.n_attempts)
