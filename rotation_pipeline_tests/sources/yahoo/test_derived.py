"""Listings and expected earnings dates made of quotes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from rotation_pipeline.sources.yahoo.sweep.derived import expected_earnings, listings_of
from rotation_pipeline.sources.yahoo.sweep.quotes import shape_quotes
from rotation_pipeline_tests.sources.yahoo.loopback.quoting import at, full_quote
from rotation_pipeline_tests.sources.yahoo.loopback.wire import instant

THU, FRI = date(2026, 11, 12), date(2026, 11, 13)
NOW = datetime(2026, 11, 14, 3, tzinfo=UTC)
NO_LABELS = pl.DataFrame(schema={"symbol": pl.String, "sector": pl.String, "industry": pl.String})


def shaped(*quotes: dict[str, Any]) -> pl.DataFrame:
    return shape_quotes(quotes, THU, FRI, NOW).frame


def held_listing(**said: Any) -> pl.DataFrame:
    row = {"symbol": "A", "name": "A Inc.", "kind": "EQUITY", "exchange": "NYQ", "currency": "USD", "issuer_key": "X", "sector": "Energy",
           "industry": "Oil & Gas", "first_session": date(1962, 1, 2), "last_session": None}  # fmt: skip
    types = {
        "first_session": pl.Date,
        "last_session": pl.Date,
        **dict.fromkeys(("issuer_key", "sector", "industry", "name"), pl.String),
    }
    return pl.DataFrame([{**row, **said}], schema_overrides=types)


def test_a_listing_is_made_of_quote_and_label() -> None:
    labels = pl.DataFrame({"symbol": ["A", "Z"], "sector": ["Energy", "Energy"], "industry": ["Coal", "Coal"]})
    foreign = full_quote("C", FRI, currency="CAD")
    frame = listings_of(shaped(full_quote("A", FRI), full_quote("B", FRI), foreign), {"A", "C"}, labels, None)
    assert frame.to_dicts() == [
        {"symbol": "A", "name": "A Inc.", "kind": "EQUITY", "exchange": "NYQ", "currency": "USD", "issuer_key": None, "sector": "Energy",
         "industry": "Coal", "first_session": date(1962, 1, 2)}
    ]  # fmt: skip


def test_a_listing_lands_only_with_news_and_keeps_what_the_quote_does_not_tell() -> None:
    now = shaped(full_quote("A", FRI))
    assert listings_of(now, {"A"}, NO_LABELS, held_listing()).is_empty()
    moved = listings_of(shaped(full_quote("A", FRI, exchange="NMS")), {"A"}, NO_LABELS, held_listing())
    assert moved.select("symbol", "exchange", "issuer_key", "sector", "industry").rows() == [("A", "NMS", "X", "Energy", "Oil & Gas")]
    silent = shaped({**full_quote("A", FRI), "longName": None, "exchange": None, "firstTradeDateMilliseconds": None})
    assert listings_of(silent, {"A"}, NO_LABELS, held_listing()).is_empty()
    assert listings_of(now, {"A"}, NO_LABELS, held_listing(symbol="B"))["symbol"].to_list() == ["A"]


def test_a_listing_that_ended_begins_anew_only_when_it_trades_again() -> None:
    now = shaped(full_quote("A", FRI, exchange="NMS"))
    assert listings_of(now, {"A"}, NO_LABELS, held_listing(last_session=FRI)).is_empty()
    assert listings_of(now, {"A"}, NO_LABELS, held_listing(last_session=THU)).height == 1


def release(start: int, end: int | None = None, is_estimate: bool | None = False) -> dict[str, Any]:
    return {"earningsTimestampStart": start, "earningsTimestampEnd": end or start, "isEarningsDateEstimate": is_estimate}


def test_the_next_release_is_an_event_when_yahoo_calls_its_day_sure() -> None:
    day = date(2026, 12, 3)
    frame = shaped(
        full_quote("A", FRI, **release(at(day))),
        full_quote("B", FRI, **release(at(day, 8, 30))),
        full_quote("C", FRI, **release(at(day), is_estimate=True)),
        full_quote("D", FRI, **release(at(day), at(date(2026, 12, 7)))),
        full_quote("E", FRI, **release(at(day), is_estimate=None)),
        full_quote("F", FRI, **release(at(date(2026, 11, 4)))),
        full_quote("G", FRI, **release(at(date(2027, 2, 3)))),
        full_quote("H", FRI, **release(at(day))),
        full_quote("I", FRI, kind="ETF", **release(at(day))),
    )
    events = expected_earnings(frame, set("ABCDEFGI"), FRI)
    columns = ("symbol", "announced_on", "announced_at", "timing", "is_confirmed", "eps_actual", "observed_on", "basis_date")
    assert events.select(columns).rows() == [
        ("A", day, instant("2026-12-03 21:00"), "AMC", True, None, FRI, FRI),
        ("B", day, instant("2026-12-03 13:30"), "BMO", True, None, FRI, FRI),
    ]
