"""Small made-up bodies in Yahoo's wire format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
CALENDAR_COLUMNS = [
    {"id": "ticker", "label": "Symbol", "type": "STRING"},
    {"id": "companyshortname", "label": "Company Name", "type": "STRING"},
    {"id": "intradaymarketcap", "label": "Market Cap (Intraday)", "type": "NUMBER"},
    {"id": "eventname", "label": "Event Name", "type": "STRING"},
    {"id": "startdatetime", "label": "Event Start Date", "type": "DATE"},
    {"id": "startdatetimetype", "label": "Event Start Date", "type": "STRING"},
    {"id": "epsestimate", "label": "EPS Estimate", "type": "NUMBER"},
    {"id": "epsactual", "label": "Reported EPS", "type": "NUMBER"},
    {"id": "epssurprisepct", "label": "Surprise (%)", "type": "NUMBER"},
]

SPLIT_COLUMNS = [
    {"id": "ticker", "label": "Symbol", "type": "STRING"},
    {"id": "companyshortname", "label": "Company", "type": "STRING"},
    {"id": "startdatetime", "label": "Payable On", "type": "DATE"},
    {"id": "optionable", "label": "Optionable?", "type": "BOOLEAN"},
    {"id": "old_share_worth", "label": "Old Share Worth", "type": "NUMBER"},
    {"id": "share_worth", "label": "Share Worth", "type": "NUMBER"},
]


def instant(text: str) -> datetime:
    """A UTC instant as the raw tables hold it, without a zone."""
    return datetime.fromisoformat(text)


def opening(day: date) -> int:
    """Epoch seconds of 09:30 in New York, the stamp of a daily bar."""
    return int(datetime.combine(day, time(9, 30), NEW_YORK).timestamp())


def chart(
    symbol: str,
    closes: Mapping[date, float | None],
    volumes: Mapping[date, float | None] | None = None,
    dividends: Mapping[date, float] | None = None,
    splits: Mapping[date, tuple[int, int]] | None = None,
    dividend_currency: str | None = None,
    **meta: Any,
) -> dict[str, Any]:
    """A chart body; open, high and low are the close less and plus one cent, the volume is 1,000 unless given."""
    days = list(closes)
    close = list(closes.values())
    volume = [(volumes or {}).get(day, 1000) for day in days]

    def off(cents: int) -> list[float | None]:
        return [None if c is None else c + cents / 100 for c in close]

    quote = {"open": off(0), "high": off(1), "low": off(-1), "close": close, "volume": volume}
    paid = {"currency": dividend_currency} if dividend_currency else {}
    events = {
        "dividends": {str(opening(d)): {"amount": a, "date": opening(d), **paid} for d, a in (dividends or {}).items()},
        "splits": {
            str(opening(d)): {"date": opening(d), "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
            for d, (new, old) in (splits or {}).items()
        },
    }
    known = {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "NYQ",
        "instrumentType": "EQUITY",
        "firstTradeDate": 345479400,
        "regularMarketTime": opening(days[-1]) + 23400,
        "gmtoffset": -14400,
        "timezone": "EDT",
        "exchangeTimezoneName": "America/New_York",
        "longName": f"{symbol} Inc.",
        "priceHint": 2,
        "dataGranularity": "1d",
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "max"],
        **meta,
    }
    indicators = {"quote": [quote], "adjclose": [{"adjclose": close}]}
    result = {"meta": known, "timestamp": [opening(day) for day in days], "events": events, "indicators": indicators}
    return {"chart": {"result": [result], "error": None}}


def quote(symbol: str, kind: str = "EQUITY", **more: Any) -> dict[str, Any]:
    """One quote of the v7 answer."""
    known = {"symbol": symbol, "quoteType": kind, "longName": f"{symbol} Inc.", "exchange": "NYQ", "currency": "USD"}
    return {**known, "financialCurrency": "USD", "firstTradeDateMilliseconds": -252322200000, **more}


def shares(symbol: str, counts: Iterable[tuple[date, float]]) -> dict[str, Any]:
    """A share-count body; the same day may come several times."""
    days, values = zip(*counts, strict=True)
    stamps = [int(datetime.combine(day, time(0), UTC).timestamp()) for day in days]
    result = {"meta": {"symbol": [symbol], "type": ["shares_out"]}, "timestamp": stamps, "shares_out": list(values)}
    return {"timeseries": {"result": [result], "error": None}}


def statement_series(
    symbol: str,
    figures: Mapping[str, Mapping[date, float]],
    currency: str = "USD",
    period: str = "quarterly",
    period_type: str = "3M",
) -> list[dict[str, Any]]:
    """The quarterly (or annual, 12M) series of a timeseries body by key (TotalRevenue, ...)."""
    return [
        {
            "meta": {"symbol": [symbol], "type": [f"{period}{key}"]},
            "timestamp": [int(datetime.combine(day, time(0), UTC).timestamp()) for day in values],
            f"{period}{key}": [
                {"asOfDate": day.isoformat(), "periodType": period_type, "currencyCode": currency, "reportedValue": {"raw": value}}
                for day, value in values.items()
            ],
        }
        for key, values in figures.items()
    ]


def calendar_row(
    symbol: str,
    stamp: str,
    label: str | None = "AMC",
    estimate: float | None = 1.0,
    actual: float | None = None,
    surprise: float | None = 0.0,
) -> list[Any]:
    """One row of the earnings calendar; ``stamp`` is a UTC instant."""
    return [symbol, f"{symbol} Inc.", 1e9, "Q3 2026 Earnings Announcement", stamp, label, estimate, actual, surprise]


def earnings_page(symbol: str, rows: Sequence[tuple[str, str, str, str]]) -> str:
    """The page behind get_earnings_dates: rows of date text, estimate, reported and surprise as text."""
    heads = ("Symbol", "Company", "Earnings Date", "EPS Estimate", "Reported EPS", "Surprise (%)")
    head = "".join(f"<th>{name}</th>" for name in heads)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in (symbol, f"{symbol} Inc.", *row)) + "</tr>" for row in rows)
    return f"<html><body><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></body></html>"
