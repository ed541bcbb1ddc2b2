"""Every symbol that was asked for ends landed, failed or excused, whatever Yahoo does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart, quote
from rotation_pipeline_tests.sources.yahoo.test_session import Clock

DAY, NEXT = date(2026, 11, 12), date(2026, 11, 13)


def serve(market: Market, *symbols: str) -> None:
    for symbol in symbols:
        market.yahoo.charts[symbol] = chart(symbol, {DAY: 10.0, NEXT: 11.0})
        market.yahoo.quotes[symbol] = quote(symbol, "ETF")


@pytest.mark.parametrize(
    ("faults", "outcome", "said", "n_attempts"),
    [
        (["429"], "landed", None, 1),
        (["429 for 7 s", "429"], "landed", None, 1),
        (["500", "500"], "landed", None, 1),
        (["drop"], "landed", None, 1),
        (["cut"], "landed", None, 2),
        (["empty", "empty"], "landed", None, 3),
        (["down"], "landed", None, 2),
        (["cut"] * 9, "failed", "a cut or empty answer", 3),
        (["500"] * 99, "failed", "ServerFault: HTTP 500 from chart, 4 times", 1),
        (["429", "500", "429", "429"], "failed", "Yahoo limits the rate (HTTP 429): asked again in the next run", 1),
        (["429"] * 99, "waiting", "Yahoo limits the rate (HTTP 429); asked for again after", 1),
        (["429 for 2 h"], "waiting", "Yahoo limits the rate (HTTP 429); asked for again after", 1),
        (["503"] * 99, "failed", "ServerFault: HTTP 503 from chart, 4 times", 1),
        (["consent"] * 9, "failed", "an HTML page in place of data (Yahoo is part of the Yahoo family of brands)", 3),
        (["torn"] * 99, "failed", "curl", 1),
        (["404"] * 9, "excused", "Yahoo: No data found, symbol may be delisted", 1),
        (["null"] * 9, "failed", "not believed", 1),
        (["401"] * 9, "failed", "not believed", 1),
        (["odd"] * 9, "failed", "an answer of another form", 1),
    ],
)
def test_one_fault_touches_one_symbol(market: Market, faults: list[str], outcome: str, said: str | None, n_attempts: int) -> None:
    serve(market, "SPY", "ZZZ")
    market.yahoo.faults["chart", "ZZZ"] = faults
    market.fetch(NEXT, ["SPY", "ZZZ"])
    entry = market.ledger()["ZZZ"]
    assert (entry.outcome, entry.n_attempts) == (outcome, n_attempts)
    assert entry.reason is None if said is None else said in str(entry.reason)
    assert market.ledger()["SPY"].outcome == "landed"
    assert set(market.rows("raw.price_bar")["symbol"]) == ({"SPY", "ZZZ"} if outcome == "landed" else {"SPY"})


def test_asked_is_landed_plus_failed_plus_excused(market: Market) -> None:
    symbols = ["SPY", "QQQ", *(f"S{n:02}" for n in range(70))]
    serve(market, *symbols)
    market.yahoo.faults["chart", "S01"] = ["404"] * 9
    market.yahoo.faults["chart", "S02"] = ["cut"] * 9
    market.yahoo.faults["chart", "S69"] = ["429"]
    market.fetch(NEXT, symbols)
    asked = [entry.subject for batch in market.batches for entry in batch.ledger if entry.dataset == "raw.price_bar"]
    assert sorted(asked) == sorted(symbols)
    outcomes = [market.ledger()[symbol].outcome for symbol in symbols]
    assert (outcomes.count("landed"), outcomes.count("failed"), outcomes.count("excused")) == (70, 1, 1)
    assert max(len([e for e in batch.ledger if e.dataset == "raw.price_bar"]) for batch in market.batches) == 50


def test_the_next_run_asks_the_failed_again_and_nothing_else(market: Market) -> None:
    serve(market, "SPY", "QQQ", "BAD", "DEAD")
    market.yahoo.faults["chart", "BAD"] = ["cut"] * 3
    market.yahoo.faults["chart", "DEAD"] = ["404"] * 2
    market.fetch(NEXT, ["SPY", "QQQ", "BAD", "DEAD"])
    before = len(market.yahoo.log)
    market.fetch(NEXT, ["SPY", "QQQ", "BAD", "DEAD"])
    assert [line for line in market.yahoo.log[before:] if line[0] in ("chart", "quote")] == [("chart", "BAD")]
    assert market.ledger()["BAD"].outcome == "landed"


def test_a_limit_that_lasts_ends_the_run_without_hammering_and_keeps_what_came(market: Market) -> None:
    clock = Clock()
    symbols = ["SPY", *(f"S{n:02}" for n in range(20))]
    serve(market, *symbols)
    for symbol in symbols[5:]:
        market.yahoo.faults["chart", symbol] = ["429"] * 99
    market.fetch(NEXT, symbols, n_threads=1, clock=clock)
    assert {market.ledger()[symbol].outcome for symbol in symbols[:5]} == {"landed"}
    assert {market.ledger()[symbol].outcome for symbol in symbols[5:]} == {"waiting"}
    waiting = [str(market.ledger()[symbol].reason) for symbol in symbols[5:]]
    assert all(reason.endswith("Yahoo limits the rate (HTTP 429); asked for again after 2026-11-13 22:45 UTC") for reason in waiting)
    assert [market.yahoo.asked("chart", symbol) for symbol in symbols[5:8]] == [3, 0, 0]
    assert [market.ledger()[symbol].n_attempts for symbol in symbols[5:8]] == [1, 0, 0]

    market.yahoo.faults.clear()
    before = len(market.yahoo.log)
    market.fetch(NEXT, symbols, clock=clock)  # too early: nothing leaves
    assert len(market.yahoo.log) == before
    assert {market.ledger()[symbol].outcome for symbol in symbols[5:]} == {"waiting"}

    clock.now += 2700
    bars = [entry for entry in market.fetch(NEXT, symbols, clock=clock)[0].ledger if entry.dataset == "raw.price_bar"]
    assert (bars[0].subject, bars[0].outcome) == ("S04", "landed")  # the run after it goes on there
    assert {market.ledger()[symbol].outcome for symbol in symbols} == {"landed"}


def test_a_budget_that_is_spent_ends_the_run_and_the_next_hour_goes_on(market: Market) -> None:
    clock = Clock()
    symbols = ["SPY", *(f"S{n:02}" for n in range(60))]
    serve(market, *symbols)
    for _ in range(5):
        market.fetch(NEXT, symbols, clock=clock, requests_per_hour=50, requests_per_day=2000)
        assert {market.ledger()[symbol].outcome for symbol in symbols} <= {"landed", "waiting"}
        clock.now += 3600
    assert {market.ledger()[symbol].outcome for symbol in symbols} == {"landed"}
    assert all(market.yahoo.asked("chart", symbol) == 1 for symbol in symbols)


def test_the_waits_after_429_are_the_servers_or_ours(market: Market) -> None:
    serve(market, "SPY")
    market.yahoo.faults["chart", "SPY"] = ["429 for 7 s", "429", "500"]
    market.fetch(NEXT, ["SPY"])
    long = [wait for wait in market.waits if wait > 1.5]
    assert long[0] == pytest.approx(7, abs=0.5)
    # the injected pause takes no time, so each wait is measured from about the same instant
    assert 60 <= long[1] <= 60 * 1.3 + 1


def test_recorded_dead_symbol_without_a_reason_is_not_believed(market: Market, recorded: Callable[[str], Any]) -> None:
    serve(market, "SPY")
    market.yahoo.charts["CAPIO.ST"] = recorded("chart/CAPIO.ST-delisted-no-data.json")
    market.yahoo.quotes["CAPIO.ST"] = recorded("quote_v7/RIDE-delisted.json")["quoteResponse"]["result"][0] | {"symbol": "CAPIO.ST"}
    market.fetch(NEXT, ["SPY", "CAPIO.ST"])
    assert market.ledger()["CAPIO.ST"].outcome == "failed"
    listing = market.ledger("raw.listing")["CAPIO.ST"]
    assert (listing.outcome, listing.reason) == ("excused", "Yahoo calls it NONE, which is no kind of listing here")


def test_recorded_malformed_body_is_a_failure_with_its_reason(market: Market, recorded: Callable[[str], Any]) -> None:
    serve(market, "SPY")
    market.yahoo.charts["BAD"] = recorded("malformed/chart-notimestamp-quotes-length.fake.json")
    market.fetch(NEXT, ["SPY", "BAD"])
    assert market.ledger()["BAD"].outcome == "failed"
    assert "an answer of another form" in str(market.ledger()["BAD"].reason)
