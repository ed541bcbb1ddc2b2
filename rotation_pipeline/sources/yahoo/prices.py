"""Bars, actions and the listing of one chunk of symbols as a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import plan
from rotation_pipeline.sources.yahoo.bars import Shaped, shape_history
from rotation_pipeline.sources.yahoo.client import Client, day_after
from rotation_pipeline.sources.yahoo.faults import VENDOR_FAULTS, Answer, judge
from rotation_pipeline.sources.yahoo.listing import listing_frame, shape_listing

Quotes = Mapping[str, Mapping[str, Any]]
BARS, LISTING = "raw.price_bar", "raw.listing"


@dataclass(frozen=True)
class SymbolPrices:
    """What came of one symbol's bars."""

    entry: LedgerEntry
    shaped: Shaped | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


def read_prices(client: Client, request: FetchRequest, symbol: str, quote: Mapping[str, Any], lookback_years: int) -> SymbolPrices:
    """One symbol's bars and actions since its overlap with what was landed, and its ledger entry. Never raises for Yahoo's faults.

    A split inside the overlap does not cause the whole history to be read again: rows landed before it stay right on their own
    ``basis_date``, and reading them anew would restate ten years by float32 noise.
    """
    start = plan.first_wanted(request, symbol, lookback_years)
    # A future end keeps the answer out of yfinance's cache and lets splits of the coming session show.
    said = client.history(symbol, start, day_after(request.now.date(), 5))
    if said.value is None:
        return SymbolPrices(LedgerEntry(BARS, symbol, said.outcome, reason=said.reason, n_attempts=said.n_attempts))
    meta = said.value.meta
    currency = meta.get("currency") or quote.get("currency") or "USD"
    try:
        shaped = shape_history(symbol, said.value.frame, currency, said.value.paid_in, request.through)
    except (*VENDOR_FAULTS, pl.exceptions.PolarsError) as error:
        return SymbolPrices(LedgerEntry(BARS, symbol, "failed", reason=judge(error)[1], n_attempts=said.n_attempts))
    entry = _entry(symbol, shaped, request.through, start, said.n_attempts)
    return SymbolPrices(entry, shaped if entry.outcome == "landed" else None, meta)


def read_chunk(
    client: Client, request: FetchRequest, symbols: Sequence[str], quotes: Quotes, n_threads: int, lookback_years: int
) -> list[SymbolPrices]:
    """The bars of several symbols, ``n_threads`` at a time, in the order of ``symbols``."""
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(lambda symbol: read_prices(client, request, symbol, quotes.get(symbol, {}), lookback_years), symbols))


def price_batch(request: FetchRequest, prices: Sequence[SymbolPrices], listed: Sequence[str], quotes: Answer[Any]) -> Batch:
    """Bars, actions and listings as one load; the cursor moves on for every symbol that did not fail."""
    entries = [price.entry for price in prices]
    metas = {price.entry.subject: price.meta for price in prices}
    listings = {symbol: shape_listing(symbol, (quotes.value or {}).get(symbol, {}), metas.get(symbol, {})) for symbol in listed}
    listing_entries = [_listing_entry(symbol, listing, quotes) for symbol, listing in listings.items()]
    shaped = [price.shaped for price in prices if price.shaped is not None]
    frames = {LISTING: listing_frame(row for row in listings.values() if not isinstance(row, str))}
    if shaped:
        frames[BARS] = pl.concat([one.bars for one in shaped])
        frames["raw.corporate_action"] = pl.concat([one.actions for one in shaped])
    cursor = {plan.bars_key(e.subject): request.through.isoformat() for e in entries if e.outcome != "failed"}
    cursor |= {plan.listing_key(e.subject): request.through.isoformat() for e in listing_entries if e.outcome != "failed"}
    return Batch(frames, (*entries, *listing_entries), cursor)


def _entry(symbol: str, shaped: Shaped, through: date, start: date, n_attempts: int) -> LedgerEntry:
    if shaped.later_split is not None:
        reason = f"a split on {shaped.later_split}, after {through}, is listed: whose share basis the prices have is known once it is over"
        return LedgerEntry(BARS, symbol, "failed", reason=reason, n_attempts=n_attempts)
    empty = [f"{shaped.n_empty} empty rows left out"] if shaped.n_empty else []
    if shaped.bars.is_empty():
        reason = "; ".join([f"no bar from {start} to {through}", *empty])
        return LedgerEntry(BARS, symbol, "excused", reason=reason, n_attempts=n_attempts)
    sessions = shaped.bars["session"].to_list()
    late = [f"the last bar is of {sessions[-1]}"] if sessions[-1] < through else []
    return LedgerEntry(BARS, symbol, "landed", len(sessions), sessions[0], sessions[-1], "; ".join([*empty, *late]) or None, n_attempts)


def _listing_entry(symbol: str, listing: dict[str, Any] | str, quotes: Answer[Any]) -> LedgerEntry:
    if not isinstance(listing, str):
        missing = None if quotes.value is not None else f"from the chart alone: {quotes.reason}"
        return LedgerEntry(LISTING, symbol, "landed", 1, reason=missing, n_attempts=quotes.n_attempts)
    if quotes.value is None:
        return LedgerEntry(LISTING, symbol, "failed", reason=quotes.reason, n_attempts=quotes.n_attempts)
    return LedgerEntry(LISTING, symbol, "excused", reason=listing, n_attempts=quotes.n_attempts)
