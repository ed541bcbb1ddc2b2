"""core.corporate_action: what is a split, what is cash, on which basis, and what is not believed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import ACTIONS, action, bars, begin, build, listing


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:60])
    lab.put("raw.listing", [listing("A")])
    lab.put("raw.price_bar", bars("A", xnys[:60], [40.0] * 60, price_basis="as_traded"))
    return lab


def actions(lab: Lab, *rows: dict[str, Any]) -> dict[date, tuple[Any, ...]]:
    lab.put("raw.corporate_action", rows)
    build(lab, ACTIONS)
    sql = "select ex_session, split_ratio, price_only_ratio, cash_usd, is_special, quarantine_reason from core.corporate_action"
    return {row[0]: row[1:] for row in lab.rows(sql)}


def test_splits_are_told_from_odd_ratios(market: Lab, xnys: Sequence[date]) -> None:
    day = xnys[10:20]
    found = actions(
        market,
        action("A", day[0], "split", 1.5),
        action("A", day[1], "split", 0.333333333),  # 1:3 as a vendor rounds it
        action("A", day[2], "split", 1.046),  # JEF: a spin-off listed as a split
        action("A", day[3], "split", 1 / 49.426),  # WLL: a reorganisation
        action("A", day[4], "split", 0.0),
        action("A", day[5], "split", 2.0, load_id="01"),
        action("A", day[5], "split", 3.0, load_id="02"),  # the latest version wins
    )
    assert found == {
        day[0]: (1.5, 1.0, 0.0, False, None),
        day[1]: (1 / 3, 1.0, 0.0, False, None),
        day[2]: (1.0, 1.046, 0.0, False, None),
        day[3]: (1.0, 1 / 49.426, 0.0, False, "ODD_REVERSE_SPLIT"),
        day[4]: (1.0, 1.0, 0.0, False, "BAD_AMOUNT"),
        day[5]: (3.0, 1.0, 0.0, False, None),
    }


def test_filed_share_counts_can_refute_a_split(market: Lab, xnys: Sequence[date]) -> None:
    def count(symbol: str, as_of: date, shares: float, kind: str = "reported") -> dict[str, Any]:
        dates = {"as_of": as_of, "known_on": as_of + timedelta(days=9), "basis_date": as_of}
        return dates | {"symbol": symbol, "shares": shares, "kind": kind}

    market.put("raw.listing", [listing(symbol) for symbol in ("SPIN", "WHOLE", "WRONG", "VENDOR")])
    counts = {"A": (100.0, 400.0), "SPIN": (100.0, 101.0), "WRONG": (100.0, 7.0)}
    for symbol, (before, after) in counts.items():
        market.put("raw.share_count", [count(symbol, xnys[5], before), count(symbol, xnys[25], after)])
    market.put("raw.share_count", [count("VENDOR", xnys[5], 100.0, "vendor"), count("VENDOR", xnys[25], 100.0, "vendor")])
    build(market, ACTIONS[:3])
    market.put("raw.corporate_action", [action(symbol, xnys[20], "split", 4.0) for symbol in (*counts, "WHOLE", "VENDOR")])
    build(market, ACTIONS)
    found = market.rows("select symbol, split_ratio, price_only_ratio from core.corporate_action join core.security using (security_id)")
    assert sorted(found) == [("A", 4.0, 1.0), ("SPIN", 1.0, 4.0), ("VENDOR", 4.0, 1.0), ("WHOLE", 4.0, 1.0), ("WRONG", 4.0, 1.0)]
    assert market.rows("select refuted_on from core.listed_split where refuted_on is not null") == [(xnys[25] + timedelta(days=9),)]
    market.param(split__share_window_sessions=0)
    build(market, ACTIONS)
    assert market.rows("select count(*) from core.listed_split where is_true_split") == [(5,)]


def test_cash_is_brought_to_the_basis_of_its_ex_date(market: Lab, xnys: Sequence[date]) -> None:
    day = xnys[10:30]
    found = actions(
        market,
        action("A", day[0], "dividend", 0.25, basis_date=day[9]),  # restated by the 4:1 that followed
        action("A", day[0], "capital_gain", 1.0, basis_date=day[0]),
        action("A", day[4], "split", 4.0),
        action("A", day[4], "dividend", 0.6, basis_date=day[4]),  # on the ex-date of the split: already on its basis
        action("A", day[5], "dividend", 2.0, basis_date=day[0]),  # declared before the split
    )
    assert {session: row[2] for session, row in found.items()} == {day[0]: 2.0, day[4]: 0.6, day[5]: 0.5}


def test_what_is_special_and_what_is_not_believed(market: Lab, xnys: Sequence[date]) -> None:
    day = xnys[10:30]
    found = actions(
        market,
        action("A", day[0], "dividend", 3.99),
        action("A", day[1], "dividend", 4.0),
        action("A", day[2], "dividend", 20.01),
        action("A", day[3], "dividend", 0.5, currency="GBp"),
        action("A", day[4], "dividend", float("nan")),
        action("A", day[5], "dividend", 0.5),
        action("A", day[5], "spin_off", 25.0),
    )
    assert found == {
        day[0]: (1.0, 1.0, 3.99, False, None),
        day[1]: (1.0, 1.0, 4.0, True, None),
        day[2]: (1.0, 1.0, 0.0, False, "LARGE_DIVIDEND"),
        day[3]: (1.0, 1.0, 0.0, False, "OTHER_CURRENCY"),
        day[4]: (1.0, 1.0, 0.0, False, "BAD_AMOUNT"),
        day[5]: (1.0, 1.0, 0.5, False, "LARGE_DIVIDEND"),
    }


def test_a_bad_print_on_the_eve_is_no_measure_of_a_dividend(market: Lab, xnys: Sequence[date]) -> None:
    market.rows(f"update raw.price_bar set close = 4 where session = date '{xnys[11]}'")
    market.rows(f"update raw.price_bar set close = 400 where session = date '{xnys[21]}'")
    found = actions(market, action("A", xnys[12], "dividend", 2.5), action("A", xnys[22], "dividend", 25.0))
    assert found == {xnys[12]: (1.0, 1.0, 2.5, False, None), xnys[22]: (1.0, 1.0, 0.0, False, "LARGE_DIVIDEND")}


def test_an_ex_date_on_a_day_off_counts_from_the_next_session(market: Lab, xnys: Sequence[date]) -> None:
    friday = next(day for day in xnys[10:20] if day.weekday() == 4)
    monday = xnys[xnys.index(friday) + 1]
    found = actions(
        market,
        action("A", friday + timedelta(days=1), "split", 2.0),
        action("A", monday, "split", 2.0),  # the same split, listed twice
        action("A", friday + timedelta(days=2), "dividend", 1.0),
        action("A", xnys[70], "dividend", 1.0),  # after the last session held: not yet
        action("A", xnys[0] - timedelta(days=9), "dividend", 1.0),  # before the calendar
    )
    assert found == {monday: (2.0, 1.0, 1.0, False, None)}
