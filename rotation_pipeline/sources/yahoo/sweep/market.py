"""The whole US market in some thirty requests: pages of the screener, quotes of what it does not have, and the batch they make.

How a run calls it (inside ``client.quiet()``), all in one session of the market:

    sweep = read_sweep(client, request, symbols)              # pages, then v7 quotes of the symbols that no page has
    market = home_market(request, symbols, sweep)             # request.market decides
    labels = read_labels(client, request)                     # labels.py: sector and industry of one twentieth of the industries
    why = suspects(sweep.quotes, held_bars, through, before)  # suspects.py: symbols that need a chart, with the reason
    batch = sweep_batch(request, sweep, market, why, labels)  # raw.quote, raw.price_bar, raw.listing, raw.earnings_event

The batch holds the cursor SWEEP = through when every page was answered and the quotes are not of an older session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from rotation_pipeline.landing import Batch, LedgerEntry, Outcome
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.calendar.announcement import NEW_YORK
from rotation_pipeline.sources.yahoo.client import PAGE, Client
from rotation_pipeline.sources.yahoo.plan import session_before
from rotation_pipeline.sources.yahoo.standing import SWEEP
from rotation_pipeline.sources.yahoo.sweep.derived import expected_earnings, listings_of, sweep_bars
from rotation_pipeline.sources.yahoo.sweep.labels import LISTING, Labels
from rotation_pipeline.sources.yahoo.sweep.pages import LAST_ROW, STEP, Pages, read_pages
from rotation_pipeline.sources.yahoo.sweep.quotes import LANDED, shape_quotes
from rotation_pipeline.sources.yahoo.sweep.screen import MAIN_EXCHANGES

QUOTES, BARS, EVENTS = "raw.quote", "raw.price_bar", "raw.earnings_event"
TYPICAL = 6_000  # companies on the main exchanges, as long as no sweep told their number
TOTAL = "sweep_total"  # cursor key: how many there were at the last sweep
FEW = 0.05  # of a market: more than that behind the session is Yahoo being late, not single names


@dataclass(frozen=True)
class Sweep:
    """What one pass over the market brought; mappings and sets are by symbol."""

    quotes: pl.DataFrame  # raw.quote rows and the two columns of quotes.ShapedQuotes, by symbol
    served: Mapping[str, Mapping[str, Any]]  # every quote as served: stands in for a v7 request
    companies: frozenset[str]  # came from the screener: companies on the main exchanges
    refused: Mapping[str, str]  # quotes that are no rows, with the reason
    unknown: frozenset[str]  # asked for by name, and known neither to the screener nor to v7
    total: int | None  # rows that Yahoo announced
    n_missing: int  # of them did not come
    is_answered: bool  # no page failed or waits
    entries: tuple[LedgerEntry, ...]

    @property
    def is_whole(self) -> bool:
        """Every row that Yahoo announced came."""
        return self.is_answered and self.n_missing == 0


def expected_requests(cursor: Mapping[str, str], n_named: int) -> int:
    """Requests that ``read_sweep`` takes when nothing fails: pages, and v7 quotes of ``n_named`` funds and indices."""
    return -(-int(cursor.get(TOTAL, TYPICAL)) // STEP) + -(-n_named // PAGE)


def read_sweep(
    client: Client, request: FetchRequest, symbols: Sequence[str], quoted: Collection[str] = (), silent: Sequence[str] = ()
) -> Sweep:
    """Read the screener whole, then quotes of those of ``symbols`` that it does not have. Use inside ``client.quiet()``.

    ``quoted``: symbols whose quote of the session landed before; they are not asked for by name. ``silent``: symbols that are asked for
    by name as far as that costs no request.

    Beyond LAST_ROW Yahoo repeats rows, so a larger market is read exchange by exchange. Nothing raises for what Yahoo does:
    pages that fail are in ``entries`` (dataset raw.quote, subjects "sweep page 3", "sweep NYQ page 3", "quotes from SPY").
    """
    slices = _read_slices(client)
    companies = {symbol: quote for pages in slices for symbol, quote in pages.quotes.items()}
    missing = [symbol for symbol in symbols if symbol not in companies]
    room = -len(missing) % PAGE
    missing += [symbol for symbol in silent if symbol not in companies][:room]
    named, entries, unknown = _read_named(client, missing, quoted)
    served = companies | named
    after = session_before(request.sessions, request.through, 1)
    shaped = shape_quotes(served.values(), after, request.through, request.now)
    totals = [pages.total for pages in slices if pages.total is not None]
    return Sweep(
        quotes=shaped.frame,
        served=served,
        companies=frozenset(companies),
        refused=shaped.refused,
        unknown=unknown,
        total=sum(totals) if len(totals) == len(slices) else None,
        n_missing=sum(pages.n_missing for pages in slices),
        is_answered=all(pages.is_answered for pages in slices) and all(entry.outcome == "landed" for entry in entries),
        entries=(*(entry for pages in slices for entry in pages.entries), *entries),
    )


def home_market(request: FetchRequest, symbols: Iterable[str], sweep: Sweep) -> frozenset[str]:
    """Symbols whose bars and listings belong into the home: ``symbols``, and every company swept when the market is "us"."""
    if request.market == "members":
        return frozenset(symbols)
    is_company = pl.col("symbol").is_in(list(sweep.companies)) & (pl.col("kind") == "EQUITY")
    return frozenset(symbols) | frozenset(sweep.quotes.filter(is_company)["symbol"])


def sweep_batch(request: FetchRequest, sweep: Sweep, market: Collection[str], suspects: Mapping[str, str], labels: Labels) -> Batch:
    """Everything of the sweep that lands: quotes of all symbols; bars, listings and expected earnings of the market's.

    A symbol of the market without a bar has no entry for raw.price_bar here: its chart is to be asked for. Held bars of the
    session stay, because what they know of dividends a quote does not.
    """
    held = request.held
    has_bar = set() if held is None else set(held.bars(market, request.through).filter(pl.col("session") == request.through)["symbol"])
    bars = sweep_bars(sweep.quotes, market, request.through, has_bar | set(suspects))
    listings = listings_of(sweep.quotes, market, labels.frame, None if held is None else held.listings(market))
    events = expected_earnings(sweep.quotes, market, request.now.astimezone(NEW_YORK).date())
    frames = {QUOTES: _unlanded(request, sweep.quotes.select(LANDED.names())), BARS: bars, LISTING: listings, EVENTS: events}
    summary = _summary(request, sweep, market)
    entries = (
        summary,
        *(entry for entry in sweep.entries if entry.outcome != "waiting"),  # the summary waits for them: a later sweep cuts other pages
        *(LedgerEntry(QUOTES, symbol, "excused", reason=why) for symbol, why in sorted(sweep.refused.items())),
        *(LedgerEntry(BARS, symbol, "landed", 1, request.through, request.through, "from the sweep") for symbol in bars["symbol"]),
        *(LedgerEntry(LISTING, symbol, "landed", 1) for symbol in listings["symbol"]),
        *(LedgerEntry(EVENTS, symbol, "landed", 1, day, day) for symbol, day in events.select("symbol", "announced_on").iter_rows()),
        *labels.entries,
    )
    cursor = dict(labels.cursor)
    if sweep.total is not None:
        cursor[TOTAL] = str(sweep.total)
    if sweep.is_answered and not _is_behind(sweep, market, request.through):
        cursor[SWEEP] = request.through.isoformat()
    return Batch({table: frame for table, frame in frames.items() if frame.height}, entries, cursor)


def _unlanded(request: FetchRequest, quotes: pl.DataFrame) -> pl.DataFrame:
    """Quotes that have not landed as they are: a sweep that was cut short is made again, and most of it comes as before."""
    if request.held is None:
        return quotes
    landed = request.held.quotes(request.through).select(quotes.columns)
    return quotes.join(landed, on=quotes.columns, how="anti", nulls_equal=True, maintain_order="left")


def _read_slices(client: Client) -> list[Pages]:
    first = client.screen(0, MAIN_EXCHANGES)
    if first.value is not None and first.value.total > LAST_ROW:
        return [read_pages(partial(client.screen, exchanges=(code,)), f"sweep {code}", QUOTES) for code in MAIN_EXCHANGES]
    return [read_pages(partial(client.screen, exchanges=MAIN_EXCHANGES), "sweep", QUOTES, first)]


def _read_named(
    client: Client, symbols: Sequence[str], quoted: Collection[str]
) -> tuple[dict[str, Mapping[str, Any]], list[LedgerEntry], frozenset[str]]:
    """v7 quotes of the symbols, a hundred at a time, their entries, and the symbols that v7 does not know."""
    quotes: dict[str, Mapping[str, Any]] = {}
    entries: list[LedgerEntry] = []
    unknown: set[str] = set()
    for n in range(0, len(symbols), PAGE):
        first, chunk = symbols[n], [symbol for symbol in symbols[n : n + PAGE] if symbol not in quoted]
        if not chunk:
            continue
        said = client.quotes(chunk)
        found = {symbol: said.value[symbol] for symbol in chunk if symbol in said.value} if said.value is not None else {}
        strange = [symbol for symbol in chunk if symbol not in found] if said.value is not None else []
        reason = f"known neither to the screener nor to v7: {', '.join(strange)}" if strange else said.reason
        entries.append(LedgerEntry(QUOTES, f"quotes from {first}", said.outcome, len(found), reason=reason, n_attempts=said.n_attempts))
        quotes |= found
        unknown.update(strange)
    return quotes, entries, frozenset(unknown)


def _is_behind(sweep: Sweep, market: Collection[str], through: date) -> bool:
    ours = sweep.quotes.filter(pl.col("symbol").is_in(list(market)))
    return ours.filter(pl.col("session") < through).height > FEW * ours.height


def _summary(request: FetchRequest, sweep: Sweep, market: Collection[str]) -> LedgerEntry:
    """What became of the sweep as a whole: landed, or failed with what is missing, or waiting."""
    waiting = [entry.reason for entry in sweep.entries if entry.outcome == "waiting"]
    sessions = sweep.quotes["session"]
    n_at = sweep.quotes.filter(pl.col("session") == request.through).height
    words = [f"{n_at} of {sweep.quotes.height} quotes are of {request.through}"]
    if sweep.n_missing:
        words.insert(0, f"{sweep.n_missing} of {sweep.total} symbols are missing")
    if _is_behind(sweep, market, request.through):
        words.append("the others are behind, asked again in the next run")
    is_well = sweep.is_whole and not _is_behind(sweep, market, request.through)
    if sessions.is_empty():
        return LedgerEntry(QUOTES, SWEEP, "waiting" if waiting else "failed", reason=waiting[0] if waiting else "no quote came")
    dates = sessions.sort()
    outcome: Outcome = "waiting" if waiting else "landed" if is_well else "failed"
    reason = "; ".join([*words, *(reason for reason in waiting[:1] if reason)])
    return LedgerEntry(QUOTES, SWEEP, outcome, sweep.quotes.height, dates[0], dates[-1], reason)
