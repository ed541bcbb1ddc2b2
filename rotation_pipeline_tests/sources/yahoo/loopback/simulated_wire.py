"""The simulated market as it is seen through Yahoo on one evening: every body of the loopback Yahoo made from the raw frames.

What has ended by then is gone. Prices, dividends and earnings per share are on the share basis of the evening; times of earnings
are as coarse as Yahoo's. Statements are the last five quarters and four years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

import polars as pl

from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.simulated_company import company_summary, share_body, statement_bodies
from rotation_pipeline_tests.sources.yahoo.loopback.simulated_earnings import calendar_days, dates_page, latest_events
from rotation_pipeline_tests.sources.yahoo.loopback.wire import CALENDAR_COLUMNS, SPLIT_COLUMNS, opening

Row = dict[str, Any]
SESSION_SECONDS = 23_400  # 09:30 to 16:00


@dataclass(frozen=True)
class Evening:
    """Everything that the simulated market had shown by the evening of ``through``, in raw frames on that evening's share basis."""

    through: date
    frames: Mapping[str, pl.DataFrame]

    @classmethod
    def of(cls, source: Simulated, sessions: Sequence[date], through: date) -> Evening:
        """The market of ``source`` on that evening."""
        (batch,) = source.fetch(FetchRequest(through, sessions, evening(through)))
        return cls(through, batch.frames)

    @cached_property
    def listings(self) -> dict[str, Row]:
        """Raw listing by symbol, of what still trades: Yahoo forgets what has ended."""
        rows = self.frames["raw.listing"].filter(pl.col("last_session").is_null())
        return {row["symbol"]: row for row in rows.iter_rows(named=True)}

    def table(self, name: str) -> dict[str, list[Row]]:
        """Raw rows of a table by symbol."""
        return _by_symbol(self.frames[name])

    @cached_property
    def splits(self) -> dict[str, list[Row]]:
        """Split rows by symbol."""
        found: dict[str, list[Row]] = {}
        for row in self.frames["raw.corporate_action"].filter(pl.col("kind") == "split").iter_rows(named=True):
            found.setdefault(row["symbol"], []).append(row)
        return found

    def factor(self, symbol: str, after: date) -> float:
        """New shares per old one from the basis of ``after`` to the evening's."""
        return float(prod(row["amount"] for row in self.splits.get(symbol, ()) if row["ex_date"] > after))


def _by_symbol(frame: pl.DataFrame) -> dict[str, list[Row]]:
    parts = frame.partition_by("symbol", as_dict=True)
    return {str(key[0]): part.to_dicts() for key, part in parts.items()}


def evening(session: date) -> datetime:
    """When the session's fetch is made: past the four hours after which a bar is final."""
    return datetime.combine(session + timedelta(days=1), time(3), UTC)


def show(server: LoopbackYahoo, market: Evening) -> None:
    """Put the evening on the server in place of whatever it served."""
    bars, actions = market.table("raw.price_bar"), market.table("raw.corporate_action")
    events = latest_events(market.frames["raw.earnings_event"], market.factor)
    statements, counts = market.table("raw.statement"), market.table("raw.share_count")
    alive = market.listings
    server.charts = {s: chart_body(alive[s], bars[s], actions.get(s, []), market.through) for s in alive}
    server.quotes = {s: quote_body(alive[s], bars[s], actions.get(s, [])) for s in alive}
    server.share_counts = {s: share_body(s, counts[s], market.splits.get(s, []), market.through) for s in alive if s in counts}
    server.timeseries = {s: statement_bodies(s, statements[s], market.through) for s in alive if s in statements}
    server.summaries = {s: company_summary(alive[s], events.get(s, [])) for s in alive if alive[s]["kind"] == "EQUITY"}
    server.earnings_pages = {s: dates_page(s, events[s]) for s in alive if s in events}
    server.calendar, server.calendar_columns = calendar_days(event for s in alive for event in events.get(s, [])), CALENDAR_COLUMNS
    server.split_calendar, server.split_columns = _split_days(market), SPLIT_COLUMNS
    screened = [{**server.quotes[s], "sector": alive[s]["sector"], "industry": alive[s]["industry"]} for s in sorted(alive)]
    server.screened = [row for row in screened if row["quoteType"] == "EQUITY"]


def chart_body(listing: Row, bars: Sequence[Row], actions: Sequence[Row], through: date) -> dict[str, Any]:
    """The chart of one symbol, its last bar stamped with the close as on the evening of the session itself; volumes in whole shares."""
    days = [bar["session"] for bar in bars]
    stamps = [opening(day) for day in days]
    closed = stamps[-1] + SESSION_SECONDS
    if days[-1] == through:
        stamps[-1] = closed
    quote: dict[str, list[Any]] = {name: [bar[name] for bar in bars] for name in ("open", "high", "low", "close")}
    quote["volume"] = [whole(bar["volume"]) for bar in bars]
    meta = _meta(listing, days[0], closed)
    indicators = {"quote": [quote], "adjclose": [{"adjclose": [bar["adj_close"] for bar in bars]}]}
    result = {"meta": meta, "timestamp": stamps, "events": _events(actions), "indicators": indicators}
    return {"chart": {"result": [result], "error": None}}


def whole(volume: float) -> int:
    """Shares as Yahoo counts them on a split basis: whole."""
    return round(volume)


def _meta(listing: Row, first: date, closed: int) -> dict[str, Any]:
    return {
        "currency": "USD", "symbol": listing["symbol"], "exchangeName": listing["exchange"], "instrumentType": listing["kind"],
        "firstTradeDate": opening(first), "regularMarketTime": closed, "gmtoffset": -18000, "timezone": "EST",
        "exchangeTimezoneName": "America/New_York", "longName": listing["name"], "shortName": listing["name"], "priceHint": 2,
        "dataGranularity": "1d", "range": "", "validRanges": ["1d", "5d", "1mo", "max"],
    }  # fmt: skip


def _events(actions: Sequence[Row]) -> dict[str, dict[str, Any]]:
    events: dict[str, dict[str, Any]] = {"dividends": {}, "splits": {}}
    for row in actions:
        stamp = opening(row["ex_date"])
        if row["kind"] == "split":
            ratio = Fraction(row["amount"]).limit_denominator(1000)
            said = {"numerator": ratio.numerator, "denominator": ratio.denominator, "splitRatio": f"{ratio.numerator}:{ratio.denominator}"}
            events["splits"][str(stamp)] = {"date": stamp, **said}
        else:
            events["dividends"][str(stamp)] = {"amount": row["amount"], "date": stamp}
    return events


def quote_body(listing: Row, bars: Sequence[Row], actions: Sequence[Row]) -> dict[str, Any]:
    """The v7 quote of one symbol, which is also its row in the screener; a fund's dividends are told like a company's."""
    last, before = bars[-1], bars[-2] if len(bars) > 1 else None
    year_ago = last["session"].replace(day=1, year=last["session"].year - 1)
    paid = sum(row["amount"] for row in actions if row["kind"] == "dividend" and row["ex_date"] > year_ago)
    return {
        "symbol": listing["symbol"], "quoteType": listing["kind"], "longName": listing["name"], "shortName": listing["name"],
        "exchange": listing["exchange"], "currency": "USD", "financialCurrency": "USD", "region": "US", "market": "us_market",
        "exchangeTimezoneName": "America/New_York", "marketState": "CLOSED",
        "regularMarketTime": opening(last["session"]) + SESSION_SECONDS, "regularMarketOpen": last["open"],
        "regularMarketDayHigh": last["high"], "regularMarketDayLow": last["low"], "regularMarketPrice": last["close"],
        "regularMarketVolume": whole(last["volume"]), "regularMarketPreviousClose": before["close"] if before else None,
        "trailingAnnualDividendRate": paid, "firstTradeDateMilliseconds": 1000 * opening(listing["first_session"]),
    }  # fmt: skip


def _split_days(market: Evening) -> dict[str, list[list[Any]]]:
    """The calendar of splits by UTC day; listed on its ex-date, as the simulated market tells no split before."""
    days: dict[str, list[list[Any]]] = {}
    for symbol, rows in market.splits.items():
        for row in rows:
            ratio = Fraction(row["amount"]).limit_denominator(1000)
            stamp = f"{row['ex_date']}T04:00:00Z"
            name = market.listings.get(symbol, {}).get("name", symbol)
            days.setdefault(str(row["ex_date"]), []).append([symbol, name, stamp, False, ratio.denominator, ratio.numerator])
    return days
