"""core.price_correction: a leap that is undone is a bad print if every bar of it lies wholly out there, and a price otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import DECIDED, WINDOWED, bar, begin, build, column

# Closes of a line, and which of them are bad prints: index of the bar, index of the one that shows it.
LINES: dict[str, tuple[list[float], dict[int, int]]] = {
    "TEN": ([10, 105, 10.2], {1: 2}),  # the day's own move takes it beyond the tolerance of a suspected split
    "SUSPECT": ([10, 100, 10.2], {1: 2}),
    "TENTH": ([10, 0.98, 9], {1: 2}),
    "THREE": ([10, 16, 16.5, 15.8, 10.1], {1: 4, 2: 4, 3: 4}),
    "FOUR": ([10, 16, 16.5, 15.8, 16, 10.1], {}),
    "SMALL": ([10, 14.9, 10], {}),
    "PARTLY": ([10, 20, 12], {}),  # undone by 74 % of its log
    "BEYOND": ([10, 20, 7], {1: 2}),
    "STEPS": ([10, 16, 13, 10.2], {}),
    "AGAIN": ([10, 105, 10.1, 104, 10.2, 10.3], {1: 2, 3: 4}),
    "^DICE": ([10, 20, 10], {}),
    "LAST": ([10, 10, 10, 10, 10, 105], {}),
}


def lying(symbol: str, session: date, close: float, **values: Any) -> dict[str, Any]:
    """A bar whose range is 2 % of its close."""
    return bar(symbol, session, close, **{"open": close, "high": close * 1.01, "low": close * 0.99} | values)


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:20])
    for symbol, (closes, _) in LINES.items():
        lab.put("raw.price_bar", [lying(symbol, day, close) for day, close in zip(xnys, closes, strict=False)])
    wild = {"TRADED": {"low": 11.0}, "BLIND": {"low": None}, "LATE": {}}  # it traded its way out; nobody knows whether it did
    for symbol, values in wild.items():
        back = 4 if symbol == "LATE" else 2
        lab.put("raw.price_bar", [lying(symbol, xnys[0], 10), lying(symbol, xnys[1], 16, **values), lying(symbol, xnys[back], 10)])
    return lab


def found(lab: Lab) -> list[tuple[Any, ...]]:
    sql = "select symbol, session, decided_session from core.price_correction join core.security using (security_id)"
    return lab.rows(f"{sql} where not is_released order by symbol, session")


def test_what_is_undone_and_lay_wholly_out_there_was_a_bad_print(market: Lab, xnys: Sequence[date]) -> None:
    build(market)
    bad = [(symbol, xnys[at], xnys[by]) for symbol, (_, prints) in LINES.items() for at, by in prints.items()]
    assert found(market) == sorted([*bad, ("LATE", xnys[1], xnys[4])])
    moves = market.dicts(
        "select move, move_back, reason from core.price_correction join core.security using (security_id) where symbol = 'TEN'"
    )
    assert moves == [{"move": pytest.approx(9.5), "move_back": pytest.approx(10.2 / 105 - 1), "reason": "REVERSED"}]


def test_it_is_not_used_and_the_next_return_goes_over_it(market: Lab) -> None:
    build(market)
    assert column(market, "TEN", "quarantine_reason")[:3] == [None, "BAD_PRINT", None]
    assert column(market, "TEN", "close_usd")[:3] == [10, None, 10.2]
    assert column(market, "TEN", "price_return")[:3] == [None, None, pytest.approx(0.02)]
    assert column(market, "TEN", "gap_sessions")[:3] == [None, None, 2]
    assert column(market, "SUSPECT", "quarantine_reason")[:3] == [None, "SUSPECT_SPLIT", None]  # as it was told on its own evening
    assert column(market, "THREE", "quarantine_reason")[:5] == [None, *["BAD_PRINT"] * 3, None]
    assert column(market, "THREE", "price_return")[:5] == [None, None, None, None, pytest.approx(0.01)]
    again = column(market, "AGAIN", "price_return")[:6]
    assert again == [None, None, pytest.approx(0.01), None, pytest.approx(10.2 / 10.1 - 1), pytest.approx(10.3 / 10.2 - 1)]
    assert column(market, "TRADED", "price_return")[:3] == [None, pytest.approx(0.6), pytest.approx(-0.375)]


def test_without_sessions_to_look_ahead_there_are_none(market: Lab) -> None:
    market.param(price__reversal_sessions=0)
    build(market)
    assert found(market) == []
    assert column(market, "TEN", "price_return")[1] == pytest.approx(9.5)


def test_releasing_any_of_the_bars_uses_them_all(market: Lab, xnys: Sequence[date]) -> None:
    build(market)
    for symbol, at, reason in (("THREE", 2, "BAD_PRINT"), ("SUSPECT", 1, "SUSPECT_SPLIT")):
        decision = {"symbol": symbol, "session": xnys[at], "reason": reason, "decision": "release"}
        market.put("raw.quarantine_decision", [decision | {"load_id": "10", "fetched_at": xnys[at] + timedelta(days=3)}])
    build(market, DECIDED)
    build(market, (*WINDOWED, "ops.quarantine"), xnys[1])
    assert column(market, "THREE", "price_return")[1:5] == [pytest.approx(move) for move in (0.6, 0.5 / 16, -0.7 / 16.5, 10.1 / 15.8 - 1)]
    assert column(market, "SUSPECT", "price_return")[1] == pytest.approx(9)
    told = market.rows("select symbol, session, reason, is_releasable, decision, decided_session from ops.quarantine order by all")
    assert ("THREE", xnys[2], "BAD_PRINT", True, "release", xnys[4]) in told
    assert ("TEN", xnys[1], "BAD_PRINT", True, None, xnys[2]) in told
