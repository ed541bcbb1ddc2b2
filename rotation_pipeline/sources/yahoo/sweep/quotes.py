"""Quotes of the screener or of v7 to raw.quote rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from rotation_pipeline.sources.yahoo.calendar.announcement import NEW_YORK
from rotation_pipeline.sources.yahoo.sweep.listing import KINDS, told_name

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # an older last trade is an absurd stamp
LARGEST = 1e15  # nothing in USD or shares is larger; what is, is absurd
DEAD_EXCHANGE = "YHD"  # Yahoo keeps the symbols there that no longer trade

_PRICES = {
    "open": "regularMarketOpen",
    "high": "regularMarketDayHigh",
    "low": "regularMarketDayLow",
    "close": "regularMarketPrice",
    "previous_close": "regularMarketPreviousClose",
    "market_cap": "marketCap",
    "shares": "sharesOutstanding",
}
_FIGURES = {
    "volume": "regularMarketVolume",
    "eps_trailing": "epsTrailingTwelveMonths",
    "eps_forward": "epsForward",
    "eps_current_year": "epsCurrentYear",
    "book_value_per_share": "bookValue",
    "dividend_rate_trailing": "trailingAnnualDividendRate",
}
_NAMES = {"exchange": "exchange", "currency": "currency", "financial_currency": "financialCurrency"}

LANDED = pl.Schema(
    {
        "symbol": pl.String(),
        "session": pl.Date(),
        "quoted_at": pl.Datetime("us"),
        "name": pl.String(),
        "kind": pl.String(),
        **{name: pl.String() for name in _NAMES},
        **{name: pl.Float64() for name in (*_PRICES, *_FIGURES)},
        "earnings_from": pl.Datetime("us"),
        "earnings_to": pl.Datetime("us"),
        "is_earnings_date_estimate": pl.Boolean(),
        "first_session": pl.Date(),
        "basis_date": pl.Date(),
    }
)
_OWN = {"pays_nothing": pl.Boolean(), "announced": pl.String()}  # for us alone, not landed


@dataclass(frozen=True)
class ShapedQuotes:
    """Rows of raw.quote by symbol, with two columns of our own, and the symbols whose quote is no row, with the reason.

    ``pays_nothing``: neither a dividend rate, past or expected, nor an announced dividend. ``announced``: the corporate actions
    that Yahoo announced for the session, in its words. ``frame.select(LANDED.names())`` is what may land.
    """

    frame: pl.DataFrame
    refused: Mapping[str, str]


def shape_quotes(served: Iterable[Mapping[str, Any]], after: date, through: date, now: datetime) -> ShapedQuotes:
    """Shape quotes as served. Figures of a wrong type, not finite or absurd are missing; prices and sizes also when not positive.

    ``announced`` covers ex-dates in (``after``, ``through``]. A quote is refused when it is of no kind that is kept, has no
    symbol, no last trade that can be dated, or is listed where Yahoo keeps its dead.
    """
    rows, refused = [], {}
    for quote in served:
        row = _row(quote, after, through, now)
        if isinstance(row, str):
            refused[str(quote.get("symbol"))] = row
        else:
            rows.append(row)
    return ShapedQuotes(pl.DataFrame(rows, schema=LANDED | _OWN, orient="row").sort("symbol"), refused)


def _row(quote: Mapping[str, Any], after: date, through: date, now: datetime) -> dict[str, Any] | str:
    symbol, kind = quote.get("symbol"), quote.get("quoteType")
    if not isinstance(symbol, str) or not symbol:
        return "a quote without a symbol"
    kind = "INDEX" if symbol.startswith("^") else kind
    if kind not in KINDS:
        return "Yahoo's quote knows no such symbol" if kind == "NONE" else f"Yahoo calls it {kind}, which is no kind of listing here"
    if quote.get("exchange") == DEAD_EXCHANGE:
        return f"Yahoo lists it at {DEAD_EXCHANGE}, with the symbols that no longer trade"
    quoted_at = _instant(quote.get("regularMarketTime"))
    if quoted_at is None or not EARLIEST <= quoted_at <= now + timedelta(days=1):
        return f"the time of its last trade, {quote.get('regularMarketTime')!r}, is none"
    session = quoted_at.astimezone(NEW_YORK).date()
    actions = list(_announced(quote))
    paying = [_number(quote.get(name)) for name in ("trailingAnnualDividendRate", "dividendRate", "dividendYield")]
    return {
        "symbol": symbol,
        "session": session,
        "quoted_at": _naive(quoted_at),
        "name": told_name(quote),
        "kind": kind,
        **{name: _text(quote.get(field)) for name, field in _NAMES.items()},
        **{name: _positive(quote.get(field)) for name, field in _PRICES.items()},
        **{name: _number(quote.get(field)) for name, field in _FIGURES.items()},
        "volume": _not_negative(quote.get("regularMarketVolume")),
        "earnings_from": _naive(_instant(quote.get("earningsTimestampStart"))),
        "earnings_to": _naive(_instant(quote.get("earningsTimestampEnd"))),
        "is_earnings_date_estimate": flag if isinstance(flag := quote.get("isEarningsDateEstimate"), bool) else None,
        "first_session": _day(quote.get("firstTradeDateMilliseconds")),
        "basis_date": session,
        "pays_nothing": paying[0] == 0 and not any(paying) and all(kind != "DIVIDEND" for kind, _, _ in actions),
        "announced": "; ".join(words for _, day, words in actions if after < day <= through) or None,
    }


def _announced(quote: Mapping[str, Any]) -> Iterable[tuple[str, date, str]]:
    """Kind, day and words of each announced corporate action that can be read."""
    actions = quote.get("corporateActions")
    for action in actions if isinstance(actions, list) else []:
        meta = action.get("meta") if isinstance(action, dict) else None
        day = _day(meta.get("dateEpochMs")) if isinstance(meta, dict) else None
        if isinstance(meta, dict) and day is not None:
            kind = str(meta.get("eventType"))
            yield kind, day, _text(action.get("message")) or kind


def _number(value: object) -> float | None:
    """A finite number that is not absurd. Formatted answers hold numbers as {raw, fmt}."""
    if isinstance(value, dict):
        value = value.get("raw")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) < LARGEST else None


def _positive(value: object) -> float | None:
    return number if (number := _number(value)) is not None and number > 0 else None


def _not_negative(value: object) -> float | None:
    return number if (number := _number(value)) is not None and number >= 0 else None


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _instant(value: object, per_second: float = 1.0) -> datetime | None:
    """An instant from seconds (or milliseconds) since 1970, which may lie before."""
    number = _number(value)
    if number is None or abs(number / per_second) > 1e10:
        return None
    return EPOCH + timedelta(seconds=number / per_second)


def _day(milliseconds: object) -> date | None:
    stamp = _instant(milliseconds, 1e3)
    return None if stamp is None else stamp.astimezone(NEW_YORK).date()


def _naive(stamp: datetime | None) -> datetime | None:
    return None if stamp is None else stamp.astimezone(UTC).replace(tzinfo=None)
