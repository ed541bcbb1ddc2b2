"""Made-up quotes in Yahoo's wire format, as the screener and v7 serve them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from rotation_pipeline_tests.sources.yahoo.loopback.wire import NEW_YORK, quote


def at(day: date, hour: int = 16, minute: int = 0) -> int:
    """Epoch seconds of a New York wall-clock time."""
    return int(datetime.combine(day, time(hour, minute), NEW_YORK).timestamp())


def full_quote(symbol: str, day: date, close: float = 50.0, previous: float | None = 50.0, **more: Any) -> dict[str, Any]:
    """A quote of a company that pays nothing, after the close of ``day``; its range reaches one dollar to both sides."""
    known: dict[str, Any] = {
        "regularMarketTime": at(day),
        "regularMarketOpen": close,
        "regularMarketDayHigh": close + 1,
        "regularMarketDayLow": close - 1,
        "regularMarketPrice": close,
        "regularMarketVolume": 1_000_000,
        "regularMarketPreviousClose": previous,
        "marketCap": close * 1e8,
        "sharesOutstanding": 100_000_000,
        "epsTrailingTwelveMonths": 2.0,
        "epsForward": 2.5,
        "epsCurrentYear": 2.2,
        "bookValue": 20.0,
        "trailingAnnualDividendRate": 0,
        "region": "US",
        "corporateActions": [],
    }
    return quote(symbol, **{**known, **more})


def announced(kind: str, day: date, message: str) -> dict[str, Any]:
    """A corporate action as a quote announces it."""
    return {"header": kind.title(), "message": message, "meta": {"eventType": kind, "dateEpochMs": 1000 * at(day, 0)}}
