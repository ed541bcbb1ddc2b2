"""Bars, actions and listings, fetched by the real yfinance from a loopback Yahoo."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline.errors import FetchFailed
from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart, quote

MON, TUE, WED, THU, FRI = (date(2026, 11, day) for day in (9, 10, 11, 12, 13))
NEXT_MON, NEXT_TUE = date(2026, 11, 16), date(2026, 11, 17)


def serve(market: Market, symbol: str, body: dict[str, Any], **more: Any) -> None:
    market.yahoo.charts[symbol] = body
    market.yahoo.quotes[symbol] = quote(symbol, **{"kind": "ETF", **more})


def test_importing_the_source_does_not_import_yfinance() -> None:
    heavy = "{'yfinance', 'pandas', 'polars', 'curl_cffi', 'tenacity'}"
    code = f"import sys, rotation_pipeline.sources.yahoo; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


def test_bars_are_landed_as_served_through_the_last_session(market: Market) -> None:
    served = chart("KO", {MON: 70.25, TUE: 71.0, WED: 71.5}, volumes={TUE: 2000})
    serve(market, "KO", served)
    market.fetch(TUE, ["KO"])
    bars = market.rows("raw.price_bar")
    assert bars.select("symbol", "session", "open", "high", "low", "close", "adj_close", "volume").rows() == [
        ("KO", MON, 70.25, 70.26, 70.24, 70.25, 70.25, 1000.0),
        ("KO", TUE, 71.0, 71.01, 70.99, 71.0, 71.0, 2000.0),
    ]
    assert bars.select("currency", "price_basis", "dividend_basis", "basis_date", "precedence").unique().rows() == [
        ("USD", "split_adjusted", "listed", TUE, 0)
    ]
    entry = market.ledger()["KO"]
    assert (entry.outcome, entry.n_rows, entry.first_session, entry.last_session, entry.reason) == ("landed", 2, MON, TUE, None)


def test_a_row_with_volume_and_no_close_is_kept_and_an_empty_row_is_counted(market: Market) -> None:
    serve(market, "KO", chart("KO", {MON: 70.0, TUE: None, WED: None}, volumes={TUE: 500, WED: None}))
    market.fetch(WED, ["KO"])
    assert market.rows("raw.price_bar").select("session", "close", "volume").rows() == [(MON, 70.0, 1000.0), (TUE, None, 500.0)]
    assert market.ledger()["KO"].reason == f"1 empty rows left out; the last bar is of {TUE}"


def test_actions_come_with_the_bars(market: Market) -> None:
    served = chart("KO", {MON: 70.0, TUE: 35.0, WED: 35.5}, dividends={MON: 0.25}, splits={TUE: (2, 1)})
    serve(market, "KO", served)
    market.fetch(WED, ["KO"])
    assert market.rows("raw.corporate_action").rows() == [
        ("KO", MON, "dividend", 0.25, "USD", WED),
        ("KO", TUE, "split", 2.0, "USD", WED),
    ]


def test_a_dividend_keeps_its_own_currency_and_a_fund_its_capital_gain(market: Market) -> None:
    serve(market, "ADR", chart("ADR", {MON: 20.0, TUE: 20.0}, dividends={MON: 900.0}, dividend_currency="JPY"))
    fund = chart("FND", {MON: 50.0, TUE: 50.0}, instrumentType="ETF")
    stamp = fund["chart"]["result"][0]["timestamp"][1]
    fund["chart"]["result"][0]["events"]["capitalGains"] = {str(stamp): {"amount": 1.5, "date": stamp}}
    serve(market, "FND", fund)
    market.fetch(TUE, ["ADR", "FND"])
    assert market.rows("raw.corporate_action").select("symbol", "ex_date", "kind", "amount", "currency").rows() == [
        ("ADR", MON, "dividend", 900.0, "JPY"),
        ("FND", TUE, "capital_gain", 1.5, "USD"),
    ]


def test_the_next_fetch_reads_ten_sessions_again_and_a_repeat_asks_nothing(market: Market) -> None:
    days = [day for day in market.sessions if date(2026, 10, 1) <= day <= FRI]
    serve(market, "KO", chart("KO", dict.fromkeys(days, 70.0), instrumentType="ETF"))
    market.fetch(THU, ["KO"])
    market.fetch(FRI, ["KO"])
    entry = market.ledger()["KO"]
    assert (entry.n_rows, entry.reason) == (1, "1 new, 11 verified, 0 corrected")  # ten sessions before Thursday, and Thursday
    assert (entry.first_session, entry.last_session) == (days[-12], FRI)
    n_asked = len(market.yahoo.log)
    assert market.fetch(FRI, ["KO"]) == []
    assert len(market.yahoo.log) == n_asked


def test_only_what_differs_from_what_is_held_lands_and_is_said(market: Market) -> None:
    serve(market, "KO", chart("KO", {MON: 70.0, TUE: 71.0, WED: 72.0}))
    market.fetch(WED, ["KO"])
    serve(market, "KO", chart("KO", {MON: 70.0, TUE: 71.5, THU: 73.0}, volumes={MON: 1020}, dividends={TUE: 0.5}))
    market.fetch(THU, ["KO"])
    assert market.rows("raw.price_bar").select("session", "close", "volume").rows()[3:] == [
        (MON, 70.0, 1020.0),
        (TUE, 71.5, 1000.0),
        (THU, 73.0, 1000.0),
    ]
    assert market.rows("raw.restatement").select("kind", "item", "first_session", "old_value", "new_value").rows() == [
        ("CORRECTION", "close", TUE, 71.0, 71.5),
        ("CORRECTION", "volume", MON, 1000.0, 1020.0),
        ("DROPPED_ROW", "close", WED, 72.0, None),
        ("ACTION_ADDED", "dividend", TUE, None, 0.5),
    ]
    unadjusted = f"the adjusted close leaves out what was paid on {TUE}: the listed amounts are used"
    assert market.ledger()["KO"].reason == f"1 new, 0 verified, 2 corrected; {unadjusted}"


def test_a_split_within_the_overlap_is_landed_and_what_is_held_stays(market: Market) -> None:
    def halved(day: date) -> dict[str, Any]:
        body = chart("KO", {THU: 35.0, FRI: 35.0, NEXT_MON: 35.5}, volumes={THU: 2000, FRI: 2000}, splits={day: (2, 1)})
        quotes = body["chart"]["result"][0]["indicators"]["quote"][0]
        quotes["high"], quotes["low"] = [35.005, 35.005, 35.51], [34.995, 34.995, 35.49]
        return body

    serve(market, "KO", chart("KO", {THU: 70.0, FRI: 70.0}))
    market.fetch(FRI, ["KO"])
    serve(market, "KO", halved(NEXT_MON))
    market.fetch(NEXT_MON, ["KO"])
    assert market.rows("raw.price_bar").select("session", "close", "basis_date").rows() == [
        (THU, 70.0, FRI),
        (FRI, 70.0, FRI),
        (NEXT_MON, 35.5, NEXT_MON),
    ]
    assert market.rows("raw.corporate_action").select("ex_date", "kind", "amount").rows() == [(NEXT_MON, "split", 2.0)]
    assert market.rows("raw.restatement").select("kind", "n_sessions", "ratio").rows() == [("BASIS_CHANGE", 2, 0.5)]
    assert market.ledger()["KO"].reason == "1 new, 2 verified, 0 corrected"


def test_a_split_listed_before_its_session_is_over_leaves_the_symbol_for_the_next_run(market: Market) -> None:
    serve(market, "KO", chart("KO", {FRI: 70.0}, splits={NEXT_MON: (2, 1)}))
    serve(market, "PEP", chart("PEP", {FRI: 150.0}))
    market.fetch(FRI, ["KO", "PEP"])
    assert market.ledger()["KO"].outcome == "failed"
    assert f"a split on {NEXT_MON}" in str(market.ledger()["KO"].reason)
    serve(market, "KO", chart("KO", {FRI: 35.0, NEXT_MON: 35.5}, splits={NEXT_MON: (2, 1)}))
    market.fetch(NEXT_MON, ["KO", "PEP"])
    assert market.rows("raw.price_bar").filter(symbol="KO")["close"].to_list() == [35.0, 35.5]


def test_listings_come_from_one_quote_request_for_all(market: Market) -> None:
    for symbol, kind, name in (
        ("KO", "EQUITY", "EQUITY"),
        ("SPY", "ETF", "ETF"),
        ("^TNX", "INDEX", "INDEX"),
        ("FUND", "MUTUALFUND", "MUTUALFUND"),
    ):
        serve(market, symbol, chart(symbol, {MON: 10.0}, instrumentType=name), kind=kind)
    del market.yahoo.quotes["SPY"]
    market.fetch(MON, ["SPY", "^TNX", "KO", "FUND"])
    first = date(1962, 1, 2)
    assert market.rows("raw.listing").sort("symbol").select(
        "symbol", "name", "kind", "exchange", "currency", "first_session", "sector"
    ).rows() == [
        ("KO", "KO Inc.", "EQUITY", "NYQ", "USD", first, None),
        ("SPY", "SPY Inc.", "ETF", "NYQ", "USD", None, None),
        ("^TNX", "^TNX Inc.", "INDEX", "NYQ", "USD", first, None),
    ]
    assert market.ledger("raw.listing")["FUND"].outcome == "excused"
    assert market.yahoo.asked("quote") == 1  # after the sweep, for all that it does not have


def test_a_listing_that_says_nothing_new_does_not_land_again(market: Market) -> None:
    serve(market, "KO", chart("KO", dict.fromkeys((MON, TUE, NEXT_MON, NEXT_TUE), 70.0)))
    for through in (MON, TUE, NEXT_MON, NEXT_TUE):
        market.fetch(through, ["KO"])
    assert market.rows("raw.listing").height == 1


def test_no_answer_from_any_sentinel_stops_the_fetch_and_the_ledger_is_kept(market: Market) -> None:
    symbols = ["SPY", "AAPL", "KO"]
    for symbol in symbols:
        serve(market, symbol, chart(symbol, {MON: 10.0}))
    market.yahoo.faults["chart", "SPY"] = market.yahoo.faults["chart", "AAPL"] = ["500"] * 99
    with pytest.raises(FetchFailed, match="none of the first symbols"):
        market.fetch(MON, symbols)
    assert {s: e.outcome for s, e in market.ledger().items()} == {"AAPL": "failed", "SPY": "failed"}
    assert market.yahoo.asked("chart", "KO") == 0


def test_recorded_apple_2020(market: Market, recorded: Callable[[str], Any]) -> None:
    market.yahoo.charts["AAPL"] = recorded("chart/AAPL-2020-08-31-to-2020-11-07.json")
    market.yahoo.quotes["AAPL"] = recorded("quote_v7/AAPL.json")["quoteResponse"]["result"][0] | {"quoteType": "ETF"}
    market.fetch(date(2020, 11, 6), ["AAPL"])
    bars = market.rows("raw.price_bar")
    assert bars.height == 49
    assert bars.select("session", "close", "volume").row(0) == (date(2020, 8, 31), 129.0399932861328, 225702700.0)
    assert market.rows("raw.corporate_action").select("ex_date", "kind", "amount").rows() == [
        (date(2020, 8, 31), "split", 4.0),
        (date(2020, 11, 6), "dividend", 0.205),
    ]
    # Its quote is of another year, so the listing is made of the chart alone.
    assert market.rows("raw.listing").select("name", "exchange", "currency").rows() == [("Apple Inc.", "NMS", "USD")]


def test_every_recorded_chart_with_rows_is_landed_row_for_row(market: Market, shared_data: Path) -> None:
    bodies = {path.stem.upper(): json.loads(path.read_text()) for path in (shared_data / "yahoo_recorded" / "chart").glob("*.json")}
    results = {symbol: body["chart"]["result"][0] for symbol, body in bodies.items()}
    daily = {symbol for symbol, result in results.items() if result["meta"].get("dataGranularity") == "1d"}  # others are refused
    n_served = {symbol: len(result.get("timestamp", [])) if symbol in daily else 0 for symbol, result in results.items()}
    serve(market, "SPY", chart("SPY", {MON: 600.0}))
    for symbol, body in bodies.items():
        serve(market, symbol, body)
    market.fetch(MON, ["SPY", *bodies], lookback_years=17)
    assert {symbol: market.ledger()[symbol].n_rows for symbol in bodies} == n_served
    assert {market.ledger()[symbol].outcome for symbol, n in n_served.items() if n == 0} == {"failed"}
