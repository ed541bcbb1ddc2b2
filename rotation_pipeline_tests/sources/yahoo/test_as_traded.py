"""Fetched through the real client, landed, built: prices as traded are recovered, and no later re-basing moves them (A.1, A.2)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import log
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart, opening, quote
from rotation_pipeline_tests.sql.price_market import PRICES, begin, build, column, prices

GOLDEN: dict[str, Any] = json.loads((Path(__file__).resolve().parents[2] / "golden.json").read_text())
MON, TUE, WED, THU, FRI = (date(2026, 11, day) for day in (9, 10, 11, 12, 13))
NEXT_MON, NEXT_TUE = date(2026, 11, 16), date(2026, 11, 17)


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-6)  # Yahoo's single precision


def serve(market: Market, symbol: str, body: dict[str, Any]) -> None:
    """The body as a chart, bars without a range, adjusted closes made of the listed dividends as Yahoo makes them."""
    result = body["chart"]["result"][0]
    # The cent by which the made-up body spreads high and low does not go with a split.
    result["indicators"]["quote"][0] |= dict.fromkeys(("high", "low"), result["indicators"]["quote"][0]["close"])
    paid = {event["date"]: event["amount"] for event in result["events"]["dividends"].values()}
    closes, stamps = result["indicators"]["quote"][0]["close"], result["timestamp"]
    adjusted, factor = list(closes), 1.0
    for n in range(len(closes) - 2, -1, -1):
        factor *= 1 - paid.get(stamps[n + 1], 0.0) / closes[n]
        adjusted[n] = closes[n] * factor
    result["indicators"]["adjclose"] = [{"adjclose": adjusted}]
    serve_as_is(market, symbol, body)


def serve_as_is(market: Market, symbol: str, body: dict[str, Any]) -> None:
    market.yahoo.charts[symbol] = body
    market.yahoo.quotes[symbol] = quote(symbol, kind="ETF")


@pytest.fixture
def built(market: Market, lab: Lab) -> Callable[[], Lab]:
    """Takes in what has landed since the last time and builds the tables of prices, and what was restated."""
    taken: set[str] = set()

    def take_in_and_build() -> Lab:
        if not taken:
            begin(lab, [day for day in market.sessions if date(2020, 8, 1) <= day <= date(2026, 12, 31)])
        for load in market.landing.loads():
            for file in load.files:
                if load.load_id not in taken and file.table in TABLES:
                    lab.put_frame(file.table, pl.read_parquet(file.path))
            taken.add(load.load_id)
        build(lab, (*PRICES, "ops.restatement"))
        return lab

    return take_in_and_build


TABLES = ("raw.price_bar", "raw.corporate_action", "raw.restatement", "raw.listing")


def past(lab: Lab, until: date) -> list[dict[str, Any]]:
    return lab.dicts(f"select * from core.daily_price where session <= date '{until}' order by session, security_id")


def kinds(lab: Lab) -> list[tuple[str, str, str]]:
    return [tuple(row.values()) for row in lab.dicts("select kind, item, effect from ops.restatement order by fetched_at, kind")]


def rebased(
    as_traded: Mapping[date, float], through: date, splits: Mapping[date, tuple[int, int]], dividends: Mapping[date, float]
) -> dict[str, Any]:
    """What Yahoo serves on the evening of ``through``: all on the share basis of that evening. Volumes are 1,000 as traded."""
    splits = {day: ratio for day, ratio in splits.items() if day <= through}

    def later(day: date) -> float:
        product = 1.0
        for ex_date, (new, old) in splits.items():
            product *= new / old if ex_date > day else 1.0
        return product

    days = [day for day in as_traded if day <= through]
    return chart(
        "KO",
        {day: as_traded[day] / later(day) for day in days},
        volumes={day: round(1000 * later(day)) for day in days},
        splits=splits,
        dividends={day: amount / later(day) for day, amount in dividends.items() if day <= through},
    )


def test_golden_returns_day_by_day_and_no_past_row_moves(market: Market, built: Callable[[], Lab]) -> None:
    """G-A1 with its split and its dividend, fetched every evening: each fetch leaves every earlier row as it was, bit for bit."""
    days = (MON, TUE, WED, THU, FRI)
    golden = GOLDEN["G-A1"]
    as_traded = dict(zip(days, golden["inputs"]["close"], strict=True))
    before: list[dict[str, Any]] = []
    for n, through in enumerate(days):
        serve(market, "KO", rebased(as_traded, through, {WED: (2, 1)}, {THU: 0.5}))
        market.fetch(through, ["KO"])
        lab = built()
        assert past(lab, days[n - 1] if n else date.min) == before
        before = past(lab, through)
    assert column(lab, "KO", "close_usd") == [near(close) for close in golden["inputs"]["close"]]
    assert column(lab, "KO", "volume") == [near(1000.0)] * 5
    assert column(lab, "KO", "total_return")[1:] == [near(golden["outputs"][f"r{n}"]) for n in (2, 3, 4, 5)]
    assert kinds(lab) == [("BASIS_CHANGE", "close", "NONE")]


def test_golden_reverse_split(market: Market, built: Callable[[], Lab]) -> None:
    """G-A2: LCID closed at 1.98 before its 1:10 reverse split; LATE is fetched only after it, and comes to the same."""
    golden = GOLDEN["G-A2"]
    before, after = date(2025, 8, 29), date(2025, 9, 2)
    served = golden["inputs"]["vendor_close"], golden["inputs"]["next_close"]
    serve(market, "LCID", chart("LCID", {before: golden["outputs"]["as_traded"]}))
    market.fetch(before, ["LCID"])
    for symbol in ("LCID", "LATE"):
        serve(market, symbol, chart(symbol, {before: served[0], after: served[1]}, volumes={before: 100}, splits={after: (1, 10)}))
    market.fetch(after, ["LCID", "LATE"])
    lab = built()
    for symbol in ("LCID", "LATE"):
        first, second = prices(lab, symbol)
        assert first["close_usd"] == near(golden["outputs"]["as_traded"])
        assert second["total_return"] == near(golden["outputs"]["r"])
        assert first["volume"] == near(1000.0)


def test_recorded_apple_split_and_dividend_of_2020(market: Market, built: Callable[[], Lab], recorded: Callable[[str], Any]) -> None:
    """Held from before the split (499.23 as traded), then the recorded body with the day before it on the new basis in front."""
    eve, ex_split, ex_dividend = date(2020, 8, 28), date(2020, 8, 31), date(2020, 11, 6)
    serve(market, "AAPL", chart("AAPL", {eve: 499.23}))
    market.fetch(eve, ["AAPL"])
    before = past(built(), eve)
    body = recorded("chart/AAPL-2020-08-31-to-2020-11-07.json")
    result = body["chart"]["result"][0]
    result["timestamp"].insert(0, opening(eve))
    for name, values in result["indicators"]["quote"][0].items():
        values.insert(0, 4000 if name == "volume" else 124.8075)
    result["indicators"]["adjclose"][0]["adjclose"].insert(
        0, 124.8075 * result["indicators"]["adjclose"][0]["adjclose"][0] / 129.0399932861328
    )
    serve_as_is(market, "AAPL", body)
    market.fetch(ex_dividend, ["AAPL"])
    lab = built()
    assert past(lab, eve) == before
    row = {one["session"]: one for one in prices(lab, "AAPL")}
    assert len(row) == 50
    assert row[eve]["close_usd"] == 499.23
    assert row[ex_split]["close_usd"] == near(129.04)
    assert row[ex_split]["total_return"] == near(129.0399932861328 * 4 / 499.23 - 1)
    last, eve_of_last = row[ex_dividend]["close_usd"], row[date(2020, 11, 5)]["close_usd"]
    assert row[ex_dividend]["total_return"] == near((last + 0.205) / eve_of_last - 1)
    assert ("BASIS_CHANGE", "close", "NONE") in kinds(lab)
    assert "CONTRADICTED_DIVIDEND" not in {kind for kind, _, _ in kinds(lab)}


def test_recorded_microsoft_dividends_of_2021(market: Market, built: Callable[[], Lab], recorded: Callable[[str], Any]) -> None:
    """Our total returns against the adjusted closes, whose convention differs by r d / (1 - d) on an ex-date (A.2)."""
    body = recorded("chart/MSFT-2021-02-01-to-2022-01-31-dividends.json")
    serve_as_is(market, "MSFT", body)
    market.fetch(date(2022, 1, 31), ["MSFT"])
    rows = prices(built(), "MSFT")
    adjusted = body["chart"]["result"][0]["indicators"]["adjclose"][0]["adjclose"]
    assert len(rows) == len(adjusted)
    paid = {row["session"]: row["total_return"] - row["price_return"] for row in rows[1:] if row["total_return"] != row["price_return"]}
    assert len(paid) == 4
    assert paid[date(2021, 2, 17)] == near(0.56 / 243.70)
    for n in range(1, len(rows)):
        r, d = rows[n]["total_return"], rows[n]["total_return"] - rows[n]["price_return"]
        assert abs(log((1 + r) / (adjusted[n] / adjusted[n - 1]))) <= 1e-4 + abs(r) * d / (1 - d)


def test_a_split_that_is_listed_a_day_late_mends_the_past(market: Market, built: Callable[[], Lab]) -> None:
    """The close halves with no word of a split: used, as halvings happen, and flagged. A day later it is listed."""
    serve(market, "KO", chart("KO", {MON: 40.0, TUE: 41.0}))
    market.fetch(TUE, ["KO"])
    serve(market, "KO", chart("KO", {MON: 40.0, TUE: 41.0, WED: 20.7}))
    market.fetch(WED, ["KO"])
    lab = built()
    assert column(lab, "KO", "price_return")[2] == near(20.7 / 41 - 1)
    assert column(lab, "KO", "is_large_move")[2]
    serve(market, "KO", chart("KO", {MON: 20.0, TUE: 20.5, WED: 20.7, THU: 20.9}, volumes={MON: 2000, TUE: 2000}, splits={WED: (2, 1)}))
    market.fetch(THU, ["KO"])
    lab = built()
    assert column(lab, "KO", "total_return")[1:] == [near(41 / 40 - 1), near(41.4 / 41 - 1), near(20.9 / 20.7 - 1)]
    assert column(lab, "KO", "close_usd") == [near(close) for close in (40.0, 41.0, 20.7, 20.9)]
    assert not any(column(lab, "KO", "is_large_move"))
    assert kinds(lab) == [("ACTION_ADDED", "split", "RECOMPUTED"), ("BASIS_CHANGE", "close", "NONE")]


def test_a_rescaled_history_without_a_split_is_quarantined_until_the_split_is_listed(market: Market, built: Callable[[], Lab]) -> None:
    serve(market, "KO", chart("KO", {MON: 40.0, TUE: 41.0}))
    market.fetch(TUE, ["KO"])
    halved = {MON: 20.0, TUE: 20.5, WED: 20.7, THU: 20.9, FRI: 21.0}
    for through in (WED, THU):
        serve(market, "KO", chart("KO", {day: close for day, close in halved.items() if day <= through}))
        market.fetch(through, ["KO"])
    lab = built()
    assert column(lab, "KO", "quarantine_reason") == [None, None, "SUSPECT_SPLIT", "SUSPECT_SPLIT"]
    assert column(lab, "KO", "close_usd")[2:] == [None, None]
    assert kinds(lab) == [("SUSPECT_SPLIT", "close", "QUARANTINED")]
    serve(market, "KO", chart("KO", halved, volumes={MON: 2000, TUE: 2000}, splits={WED: (2, 1)}))
    market.fetch(FRI, ["KO"])
    lab = built()
    assert column(lab, "KO", "quarantine_reason") == [None] * 5
    assert column(lab, "KO", "total_return")[1:] == [near(r - 1) for r in (41 / 40, 41.4 / 41, 20.9 / 20.7, 21 / 20.9)]
    assert kinds(lab)[0] == ("SUSPECT_SPLIT", "close", "RECOMPUTED")


def test_a_doubled_dividend_costs_its_session_the_total_return_until_it_is_right(market: Market, built: Callable[[], Lab]) -> None:
    right = {MON: 40.0, TUE: 40.0, WED: 41.0, THU: 41.0}

    def fetch(through: date, listed: float) -> Sequence[float | None]:
        body = chart("KO", {day: close for day, close in right.items() if day <= through}, dividends={TUE: 0.5})
        serve(market, "KO", body)
        next(iter(body["chart"]["result"][0]["events"]["dividends"].values()))["amount"] = listed
        market.fetch(through, ["KO"])
        returns: Sequence[float | None] = column(built(), "KO", "total_return")
        return returns

    assert fetch(WED, 1.0) == [None, None, near(0.025)]
    assert fetch(THU, 0.5) == [None, near(0.0125), near(0.025), 0.0]


def test_a_removed_dividend_is_left_out_and_a_removed_split_is_not_believed(market: Market, built: Callable[[], Lab]) -> None:
    closes = {MON: 40.0, TUE: 40.0, WED: 41.0}
    serve(market, "KO", chart("KO", closes, dividends={TUE: 0.5}, splits={WED: (2, 1)}))
    market.fetch(WED, ["KO"])
    assert column(built(), "KO", "total_return") == [None, near(0.0125), near(0.025)]
    serve(market, "KO", chart("KO", closes | {THU: 41.0}))
    market.fetch(THU, ["KO"])
    lab = built()
    assert column(lab, "KO", "total_return") == [None, 0.0, near(0.025), 0.0]
    assert column(lab, "KO", "close_usd") == [80.0, 80.0, 41.0, 41.0]
    assert kinds(lab) == [("ACTION_REMOVED", "dividend", "RECOMPUTED"), ("SUSPECT_SPLIT", "split", "NOTED")]
