"""What a person released is used, from its session on and nowhere else; the latest decision counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import ACTIONS, DECIDED, PRICES, WINDOWED, action, bar, bars, begin, build, prices

TOLD = ("core.suspect_split", *WINDOWED, "ops.quarantine")


def decision(symbol: str, session: date, reason: str, said: str = "release", load_id: str = "10") -> dict[str, Any]:
    at = session + timedelta(days=5)
    return {"symbol": symbol, "session": session, "reason": reason, "decision": said, "load_id": load_id, "fetched_at": at}


def decide(lab: Lab, *rows: dict[str, Any]) -> None:
    """Land decisions and redo what they touch: windowed tables from the first session decided about."""
    lab.put("raw.quarantine_decision", rows)
    build(lab, DECIDED)
    build(lab, TOLD, min(row["session"] for row in rows))


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    """One line a reason, each flagged on session 5."""
    begin(lab, xnys[:40])
    day, before, after = xnys[5], xnys[:5], xnys[6:9]
    saturday = next(d for d in xnys[8:14] if d.weekday() == 4) + timedelta(days=1)
    lab.put(
        "raw.price_bar",
        [
            *bars("BENT", xnys[:9], [10.0] * 9),
            bar("BENT", day, 11.0, high=10.5, low=10.0, open=10.2, load_id="02"),
            *bars("TRIPLE", [*before, day, *after], [10.0] * 5 + [30.0] * 4),
            *bars("QUIET", xnys[:9], [10.0] * 9, volume=0.0),
            *(row for name in ("PAYS", "LATE") for row in bars(name, xnys[:20], [10.0] * 20)),
            *bars("ODD", xnys[:20], [10.0] * 5 + [500.0] * 15),
        ],
    )
    lab.rows(f"delete from raw.price_bar where symbol = 'BENT' and load_id = '01' and session = date '{day}'")
    lab.put(
        "raw.corporate_action",
        [action("PAYS", day, "dividend", 9.0), action("ODD", day, "split", 0.0203), action("LATE", saturday, "dividend", 8.0)],
    )
    build(lab, (*ACTIONS, *TOLD))
    return lab


def on(lab: Lab, symbol: str, session: date) -> dict[str, Any]:
    (row,) = [row for row in prices(lab, symbol) if row["session"] == session]
    return row


def flags(lab: Lab) -> set[tuple[Any, ...]]:
    return set(lab.rows("select symbol, reason, is_releasable, decision from ops.quarantine"))


def test_an_inconsistent_bar_is_used_without_its_high_and_low(market: Lab, xnys: Sequence[date]) -> None:
    assert not on(market, "BENT", xnys[5])["is_valid"]
    decide(market, decision("BENT", xnys[5], "INCONSISTENT_BAR"))
    used = on(market, "BENT", xnys[5])
    assert (used["close_usd"], used["price_return"], used["quarantine_reason"]) == (11.0, pytest.approx(0.1), None)
    assert (used["high_fwd_e9"], used["low_fwd_e9"]) == (None, None)
    assert ("BENT", "INCONSISTENT_BAR", True, "release") in flags(market)


def test_a_suspected_split_is_a_move_of_the_price(market: Lab, xnys: Sequence[date]) -> None:
    assert on(market, "TRIPLE", xnys[5])["quarantine_reason"] == "SUSPECT_SPLIT"
    untouched = prices(market, "TRIPLE")[:5]
    decide(market, decision("TRIPLE", xnys[5], "SUSPECT_SPLIT"))
    assert on(market, "TRIPLE", xnys[5])["total_return"] == pytest.approx(2.0)
    assert prices(market, "TRIPLE")[:5] == untouched
    assert on(market, "TRIPLE", xnys[8])["tri_e12"] == 3 * 10**12


def test_a_stale_price_is_used_on_the_session_that_was_released(market: Lab, xnys: Sequence[date]) -> None:
    decide(market, decision("QUIET", xnys[5], "STALE_PRICE"))
    found = {row["session"]: (row["is_valid"], row["is_stale"]) for row in prices(market, "QUIET")}
    assert (found[xnys[4]], found[xnys[5]], found[xnys[6]]) == ((False, True), (True, False), (False, True))


def test_a_large_dividend_is_paid_also_when_its_date_is_no_session(market: Lab, xnys: Sequence[date]) -> None:
    (saturday,) = market.rows("select session from ops.quarantine where symbol = 'LATE'")[0]
    monday = next(day for day in xnys if day > saturday)
    assert on(market, "PAYS", xnys[5])["total_return"] is None
    decide(market, decision("PAYS", xnys[5], "LARGE_DIVIDEND"), decision("LATE", saturday, "LARGE_DIVIDEND"))
    assert on(market, "PAYS", xnys[5])["total_return"] == pytest.approx(0.9)
    assert on(market, "LATE", monday)["total_return"] == pytest.approx(0.8)


def test_a_contradicted_dividend_is_taken_at_its_word(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.corporate_action", [action("QUIET", xnys[3], "dividend", 0.5)])
    doubt = {"symbol": "QUIET", "kind": "CONTRADICTED_DIVIDEND", "item": "dividend", "first_session": xnys[3], "load_id": "01"}
    market.put("raw.restatement", [doubt])
    build(market, (*DECIDED, *TOLD))
    assert on(market, "QUIET", xnys[3])["total_return"] is None
    decide(market, decision("QUIET", xnys[3], "CONTRADICTED_DIVIDEND"))
    assert on(market, "QUIET", xnys[3])["total_return"] == pytest.approx(0.05)
    assert ("QUIET", "CONTRADICTED_DIVIDEND", True, "release") in flags(market)


def test_an_odd_reverse_split_is_a_true_one(market: Lab, xnys: Sequence[date]) -> None:
    sql = "select split_ratio, price_only_ratio, quarantine_reason from core.corporate_action join core.security using (security_id)"
    assert market.rows(f"{sql} where symbol = 'ODD'") == [(1.0, 0.0203, "ODD_REVERSE_SPLIT")]
    decide(market, decision("ODD", xnys[5], "ODD_REVERSE_SPLIT"))
    assert market.rows(f"{sql} where symbol = 'ODD'") == [(0.0203, 1.0, None)]
    assert on(market, "ODD", xnys[5])["total_return"] == pytest.approx(50 * 0.0203 - 1)


def test_keeping_changes_no_price_and_is_told(market: Lab, xnys: Sequence[date]) -> None:
    everything = "select * from core.daily_price order by session, security_id"
    before = market.rows(everything)
    decide(market, decision("TRIPLE", xnys[5], "SUSPECT_SPLIT", "keep"), decision("PAYS", xnys[5], "LARGE_DIVIDEND", "keep"))
    assert market.rows(everything) == before
    assert {("TRIPLE", "SUSPECT_SPLIT", True, "keep"), ("PAYS", "LARGE_DIVIDEND", True, "keep")} <= flags(market)


def test_a_release_is_taken_back_by_a_later_decision_and_windowed_is_whole(market: Lab, xnys: Sequence[date]) -> None:
    everything = "select * from core.daily_price order by session, security_id"
    before = market.rows(everything)
    names = (("BENT", "INCONSISTENT_BAR"), ("TRIPLE", "SUSPECT_SPLIT"), ("QUIET", "STALE_PRICE"), ("PAYS", "LARGE_DIVIDEND"))
    decide(market, *(decision(symbol, xnys[5], reason) for symbol, reason in names))
    released = market.rows(everything)
    assert [row for row in released if row[1] < xnys[5]] == [row for row in before if row[1] < xnys[5]]
    assert released != before
    build(market, PRICES)
    build(market, ("ops.quarantine",))
    assert market.rows(everything) == released
    decide(market, *(decision(symbol, xnys[5], reason, "keep", "11") for symbol, reason in names))
    assert market.rows(everything) == before
    assert {row[3] for row in flags(market)} == {"keep", None}


def test_a_decision_about_nothing_releases_nothing(market: Lab, xnys: Sequence[date]) -> None:
    decide(market, decision("NOBODY", xnys[5], "SUSPECT_SPLIT"))
    assert market.rows("select symbol from core.quarantine_release") == []
