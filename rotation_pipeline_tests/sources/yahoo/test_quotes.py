"""Quotes to rows of raw.quote."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from rotation_pipeline.sources.yahoo.sweep.quotes import LANDED, shape_quotes
from rotation_pipeline_tests.sources.yahoo.loopback.quoting import announced, at, full_quote
from rotation_pipeline_tests.sources.yahoo.loopback.wire import instant

THU, FRI, MON = date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 16)
NOW = datetime(2026, 11, 14, 3, tzinfo=UTC)


def shaped(*quotes: dict[str, Any]) -> pl.DataFrame:
    return shape_quotes(quotes, THU, FRI, NOW).frame


def test_a_quote_becomes_a_row() -> None:
    window = {
        "earningsTimestampStart": at(date(2027, 1, 28)),
        "earningsTimestampEnd": at(date(2027, 2, 1), 17),
        "isEarningsDateEstimate": True,
    }
    row = shaped(full_quote("KO", FRI, 70.5, 70.0, trailingAnnualDividendRate=1.9, **window)).row(0, named=True)
    assert row == {
        "symbol": "KO",
        "session": FRI,
        "quoted_at": instant("2026-11-13 21:00"),
        "name": "KO Inc.",
        "kind": "EQUITY",
        "exchange": "NYQ",
        "currency": "USD",
        "financial_currency": "USD",
        "open": 70.5,
        "high": 71.5,
        "low": 69.5,
        "close": 70.5,
        "previous_close": 70.0,
        "market_cap": 7.05e9,
        "shares": 1e8,
        "volume": 1e6,
        "eps_trailing": 2.0,
        "eps_forward": 2.5,
        "eps_current_year": 2.2,
        "book_value_per_share": 20.0,
        "dividend_rate_trailing": 1.9,
        "earnings_from": instant("2027-01-28 21:00"),
        "earnings_to": instant("2027-02-01 22:00"),
        "is_earnings_date_estimate": True,
        "first_session": date(1962, 1, 2),
        "basis_date": FRI,
        "pays_nothing": False,
        "announced": None,
    }


@pytest.mark.parametrize(
    ("long", "short", "name"),
    [
        ("Space Acquisition Corp.", "Space Acquisition Corp. - Warrants", "Space Acquisition Corp. - Warrants"),
        ("Plain Inc.", "PLAIN INC", "Plain Inc."),
        ("Plain Inc. Preferred Stock", "Plain Inc. Units", "Plain Inc. Preferred Stock"),
        (None, "Plain Inc.", "Plain Inc."),
        (" ", None, None),
    ],
)
def test_what_stands_beside_a_share_is_told_by_the_name_that_says_so(long: str | None, short: str | None, name: str | None) -> None:
    assert shaped(full_quote("SPACW", FRI, longName=long, shortName=short))["name"].to_list() == [name]


def test_the_session_is_the_day_of_the_last_trade_in_new_york() -> None:
    late = shaped(full_quote("A", FRI, regularMarketTime=at(FRI, 19, 59)))  # 00:59 UTC of the day after
    assert late["session"].to_list() == [FRI]


@pytest.mark.parametrize("absurd", [None, "12.5", True, float("nan"), float("inf"), 1e18, [], {"fmt": "12"}])
def test_a_figure_of_another_type_or_out_of_all_bounds_is_missing(absurd: object) -> None:
    row = shaped(full_quote("A", FRI, regularMarketPrice=absurd, epsForward=absurd, regularMarketVolume=absurd)).row(0, named=True)
    assert (row["close"], row["eps_forward"], row["volume"]) == (None, None, None)


def test_formatted_figures_are_read_and_prices_and_sizes_must_be_positive() -> None:
    odd = full_quote("A", FRI, regularMarketPrice={"raw": 12.5, "fmt": "12.50"}, regularMarketDayHigh=0, sharesOutstanding=-1, marketCap=0)
    row = shaped({**odd, "epsTrailingTwelveMonths": 0, "bookValue": -3.5}).row(0, named=True)
    assert (row["close"], row["high"], row["shares"], row["market_cap"]) == (12.5, None, None, None)
    assert (row["eps_trailing"], row["book_value_per_share"]) == (0.0, -3.5)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"quoteType": "NONE"}, "knows no such symbol"),
        ({"quoteType": "MUTUALFUND"}, "calls it MUTUALFUND"),
        ({"quoteType": None}, "calls it None"),
        ({"exchange": "YHD"}, "no longer trade"),
        ({"regularMarketTime": None}, "time of its last trade"),
        ({"regularMarketTime": 0}, "time of its last trade"),
        ({"regularMarketTime": 1000 * at(FRI)}, "time of its last trade"),
        ({"regularMarketTime": at(date(2026, 12, 1))}, "time of its last trade"),
    ],
)
def test_a_quote_that_is_no_row_is_refused_with_the_reason(more: dict[str, Any], why: str) -> None:
    quotes = shape_quotes([full_quote("A", FRI, **more), full_quote("B", FRI)], THU, FRI, NOW)
    assert quotes.frame["symbol"].to_list() == ["B"]
    assert why in quotes.refused["A"]


def test_an_index_is_known_by_its_caret_and_needs_no_range() -> None:
    row = shaped(full_quote("^TNX", FRI, 4.1, kind="NONE", regularMarketOpen=0, regularMarketDayHigh=0)).row(0, named=True)
    assert (row["kind"], row["open"], row["high"], row["close"]) == ("INDEX", None, None, 4.1)


def test_who_pays_nothing() -> None:
    dividend = announced("DIVIDEND", date(2026, 12, 10), "F announced a cash dividend of 0.20")
    frame = shaped(
        full_quote("A", FRI),
        full_quote("B", FRI, trailingAnnualDividendRate=1.0),
        full_quote("C", FRI, dividendRate=0.4),
        full_quote("D", FRI, dividendYield=0.9),
        full_quote("E", FRI, trailingAnnualDividendRate=None),
        full_quote("F", FRI, corporateActions=[dividend]),
    )
    assert frame.filter("pays_nothing")["symbol"].to_list() == ["A"]
    assert frame["announced"].null_count() == 6


def test_actions_announced_for_the_session_are_told_in_yahoos_words() -> None:
    actions = [
        announced("DIVIDEND", THU, "too early"),
        announced("STOCK_SPLIT", FRI, "A splits 2 for 1"),
        announced("TICKER_CHANGE", FRI, ""),
        announced("DIVIDEND", MON, "too late"),
        {"meta": {"eventType": "DIVIDEND", "dateEpochMs": "soon"}},
        "odd",
    ]
    frame = shaped(full_quote("A", FRI, corporateActions=actions), full_quote("B", FRI, corporateActions="odd"))
    assert frame["announced"].to_list() == ["A splits 2 for 1; TICKER_CHANGE", None]


def test_recorded_screens_shape_to_what_they_say(recorded: Callable[[str], Any]) -> None:
    now = datetime(2025, 9, 1, tzinfo=UTC)
    for name in ("screener/custom-market-cap.json", "screener/dailyGainers.json", "screener/screener-aggressive_small_caps.json"):
        served = recorded(name)["finance"]["result"][0]["quotes"]
        shaped = shape_quotes(served, date(2025, 2, 27), date(2025, 2, 28), now)
        by_symbol = {quote["symbol"]: quote for quote in served}
        assert (dict(shaped.refused), shaped.frame.height) == ({}, len(by_symbol))
        for row in shaped.frame.iter_rows(named=True):
            said = by_symbol[row["symbol"]]
            assert (row["close"], row["volume"], row["currency"]) == (
                said["regularMarketPrice"],
                said["regularMarketVolume"],
                said["currency"],
            )
            assert (row["eps_forward"], row["shares"]) == (said.get("epsForward"), said["sharesOutstanding"])
        assert shaped.frame.select(LANDED.names()).schema == LANDED
        if name.endswith("small_caps.json"):
            change = shaped.frame.filter(pl.col("announced").is_not_null())
            assert change["symbol"].to_list() == ["MPLN"]
            assert "new symbol CTEV" in change["announced"][0]
