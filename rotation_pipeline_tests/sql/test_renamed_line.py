"""A line under two symbols: what was landed under either is one history, and nothing of it counts twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, action, bars, begin, build, column, prices

N, CHANGE = 40, 30
CLOSES = [10.0 + n for n in range(N)]


@pytest.fixture
def renamed(lab: Lab, xnys: Sequence[date]) -> Lab:
    """OLD was served evening by evening, with a dividend; NEW serves all of it again in a later load, and goes on."""
    days = xnys[:N]
    begin(lab, days)
    lab.put("raw.price_bar", bars("OLD", days[:CHANGE], CLOSES[:CHANGE]))
    lab.put("raw.price_bar", bars("NEW", days, CLOSES, load_id="02", basis_date=days[-1]))
    lab.put("raw.corporate_action", [action("OLD", days[5], "dividend", 0.5), action("NEW", days[5], "dividend", 0.5, load_id="02")])
    lab.put("raw.symbol_change", [{"old_symbol": "OLD", "new_symbol": "NEW", "changed_on": days[CHANGE], "load_id": "02"}])
    return lab


def known(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["session"], row["close_usd"], row["gap_sessions"]) for row in rows]


def test_one_history_without_a_seam(renamed: Lab, xnys: Sequence[date]) -> None:
    build(renamed)
    assert known(prices(renamed, "NEW")) == [(xnys[0], 10.0, None), *((xnys[n], CLOSES[n], 1) for n in range(1, N))]
    assert renamed.rows("select count(distinct security_id), count(*) from core.daily_price") == [(1, N)]


def test_an_action_under_both_symbols_is_paid_once(renamed: Lab, xnys: Sequence[date]) -> None:
    build(renamed)
    assert renamed.rows("select ex_session, cash_usd from core.corporate_action") == [(xnys[5], 0.5)]
    assert column(renamed, "NEW", "total_return")[5] == pytest.approx((15.0 + 0.5) / 14.0 - 1)


def test_an_action_that_is_taken_back_under_the_new_symbol_is_gone(renamed: Lab, xnys: Sequence[date]) -> None:
    taken_back = {"symbol": "NEW", "kind": "ACTION_REMOVED", "item": "dividend", "first_session": xnys[5], "load_id": "03"}
    renamed.put("raw.restatement", [taken_back])
    build(renamed)
    assert renamed.rows("select cash_usd from core.corporate_action where cash_usd > 0") == []


def test_a_bar_that_both_symbols_have_is_that_of_the_latest_load(renamed: Lab, xnys: Sequence[date]) -> None:
    renamed.put("raw.price_bar", bars("OLD", xnys[3:4], [13.25], load_id="03"))
    build(renamed)
    assert column(renamed, "NEW", "close_usd")[2:5] == [12.0, 13.25, 14.0]


def test_a_session_that_only_the_old_symbol_has_is_kept(renamed: Lab, xnys: Sequence[date]) -> None:
    renamed.rows(f"delete from raw.price_bar where symbol = 'NEW' and session < date '{xnys[10]}'")
    build(renamed)
    assert column(renamed, "NEW", "close_usd") == CLOSES


def test_a_split_between_the_two_names_moves_nothing(renamed: Lab, xnys: Sequence[date]) -> None:
    """The old symbol's bars came on the basis of before, the new one's on that of after."""
    renamed.rows("update raw.price_bar set close = close / 2 where symbol = 'NEW'")
    renamed.put("raw.corporate_action", [action("NEW", xnys[CHANGE + 1], "split", 2.0, load_id="02")])
    build(renamed)
    assert column(renamed, "NEW", "close_usd") == [*CLOSES[: CHANGE + 1], *(close / 2 for close in CLOSES[CHANGE + 1 :])]


def test_rows_of_the_old_symbol_are_quarantined_by_their_own_name(renamed: Lab, xnys: Sequence[date]) -> None:
    renamed.put("raw.price_bar", bars("OLD", xnys[3:4], [-1.0], load_id="03") + bars("NEW", xnys[4:5], [-1.0], load_id="03"))
    renamed.rows(f"delete from raw.price_bar where load_id < '03' and session in ('{xnys[3]}', '{xnys[4]}')")
    build(renamed, (*PRICES, "ops.quarantine"))
    assert renamed.rows("select symbol, session, reason from ops.quarantine") == [
        ("OLD", xnys[3], "NONPOSITIVE_PRICE"),
        ("NEW", xnys[4], "NONPOSITIVE_PRICE"),
    ]
