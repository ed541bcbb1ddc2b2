"""Quotes and chart metadata to raw.listing rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

KINDS = ("EQUITY", "ETF", "INDEX")
_NO_SHARE = re.compile(r"\b(warrants?|units?|rights?|preferred|pfd|notes?|debentures?)\b", re.IGNORECASE)
_NEW_YORK = ZoneInfo("America/New_York")
_SCHEMA = {
    "symbol": pl.String,
    "name": pl.String,
    "kind": pl.String,
    "exchange": pl.String,
    "currency": pl.String,
    "first_session": pl.Date,
}


def shape_listing(symbol: str, quote: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, Any] | str:
    """One raw.listing row from the v7 quote, with the chart's metadata where the quote is silent; or why there is none.

    Sector and industry would cost a request a symbol (assetProfile) and are left NULL.
    """
    kind = "INDEX" if symbol.startswith("^") else quote.get("quoteType") or meta.get("instrumentType")
    if kind not in KINDS:
        return "neither quote nor chart knows the symbol" if kind is None else f"Yahoo calls it {kind}, which is no kind of listing here"
    return {
        "symbol": symbol,
        "name": told_name({"longName": meta.get("longName"), "shortName": meta.get("shortName")} | {k: v for k, v in quote.items() if v}),
        "kind": kind,
        "exchange": quote.get("exchange") or meta.get("exchangeName"),
        "currency": quote.get("currency") or meta.get("currency") or "USD",
        "first_session": _first_session(quote.get("firstTradeDateMilliseconds")),
    }


def told_name(quote: Mapping[str, Any]) -> str | None:
    """The long name of a quote; the short one where that alone says what stands beside a share, as "Xyz Corp. - Warrants" does.

    Of such lines the long name is that of the company.
    """
    long, short = (name.strip() or None if isinstance(name, str) else None for name in (quote.get("longName"), quote.get("shortName")))
    return short if short and long and _NO_SHARE.search(short) and not _NO_SHARE.search(long) else long or short


def listing_frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows as one frame."""
    return pl.DataFrame(list(rows), schema=_SCHEMA)


def _first_session(milliseconds: object) -> date | None:
    """New York date of an instant that may lie before 1970."""
    if not isinstance(milliseconds, int | float):
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).astimezone(_NEW_YORK).date()
