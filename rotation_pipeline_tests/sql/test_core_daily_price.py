"""core.daily_price: the golden returns of section A, gaps, ends, suspects, and windowed = whole."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import date, datetime, time
from math import exp, log
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, WINDOWED, action, bar, bars, begin, build, column, listing, prices

GOLDEN: dict[str, Any] = json.loads((Path(__file__).resolve().parents[1] / "golden.json").read_text())


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:400])
    return lab


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9)


def test_golden_splits_and_dividends(market: Lab, xnys: Sequence[date]) -> None:
    """G-A1, G-A1b, G-A3, G-A6."""
    day = xnys[:5]
    a1, a1b, a3, a6 = (GOLDEN[name]["inputs"] for name in ("G-A1", "G-A1b", "G-A3", "G-A6"))
    as_traded = {"price_basis": "as_traded"}
    market.put(
        "raw.price_bar",
        [
            *bars("A1", day, a1["close"], **as_traded),
            *bars("A1B", day[:2], [a1b["p0"], a1b["p1"]], **as_traded),
            *bars("A3", day[:2], [a3["p0"], a3["p1"]], **as_traded),
            *bars("A6", day[:2], [a6["p0"], a6["p1"]], **as_traded),
        ],
    )
    market.put(
        "raw.corporate_action",
        [
            action("A1", day[2], "split", 2.0),
            action("A1", day[3], "dividend", 0.5),
            action("A1B", day[1], "split", 2.0),
            action("A1B", day[1], "dividend", a1b["div_postsplit"]),
            action("A3", day[1], "dividend", a3["div"]),
            action("A6", day[1], "split", a6["ratio"]),
        ],
    )
    build(market)
    out = GOLDEN["G-A1"]["outputs"]
    assert column(market, "A1", "total_return") == [None, near(out["r2"]), near(out["r3"]), near(out["r4"]), near(out["r5"])]
    assert column(market, "A1", "tri_e12")[-1] == round(out["tri5"] * 1e12)
    forward = column(market, "A1", "close_fwd_e9")
    assert forward[0] / forward[-1] * a1["close"][-1] == near(out["split_adj1"])
    index = column(market, "A1", "tri_e12")
    assert index[0] / index[-1] * a1["close"][-1] == near(out["adj_crsp1"])
    assert column(market, "A1B", "total_return")[1] == near(GOLDEN["G-A1b"]["outputs"]["r"])
    assert column(market, "A3", "total_return")[1] == near(GOLDEN["G-A3"]["outputs"]["r"])
    assert column(market, "A6", "total_return")[1] == near(GOLDEN["G-A6"]["outputs"]["r"])
    last_spell = "core.split_regime join core.security using (security_id) where symbol = 'A6' and valid_to is null"
    factors = market.rows(f"select price_factor, share_factor from {last_spell}")
    assert factors == [(a6["ratio"], 1.0)]
    assert a6["shares"] * column(market, "A6", "close_usd")[1] == near(GOLDEN["G-A6"]["outputs"]["mcap_right"])


def test_golden_reverse_split_and_implied_dividend(market: Lab, xnys: Sequence[date]) -> None:
    """G-A2 (LCID), and G-A3 seen through an adjusted close."""
    a2, a3 = GOLDEN["G-A2"], GOLDEN["G-A3"]["inputs"]
    market.put("raw.price_bar", bars("LCID", xnys[:2], [a2["inputs"]["vendor_close"], a2["inputs"]["next_close"]], basis_date=xnys[9]))
    market.put("raw.corporate_action", [action("LCID", xnys[1], "split", a2["inputs"]["later_split"])])
    adjusted = [a3["p0"] - a3["div"], a3["p1"]]
    market.put("raw.price_bar", [bar("A3", day, close, adj_close=adj, dividend_basis="implied")
                                 for day, close, adj in zip(xnys, [a3["p0"], a3["p1"]], adjusted, strict=False)])  # fmt: skip
    build(market)
    first, second = prices(market, "LCID")
    assert first["close_usd"] == near(a2["outputs"]["as_traded"])
    assert second["total_return"] == near(a2["outputs"]["r"])
    assert (first["volume"], first["dollar_volume_usd"]) == (near(10_000.0), near(19_800.0))
    assert column(market, "A3", "total_return")[1] == near(GOLDEN["G-A3"]["outputs"]["r"])
    assert adjusted[1] / adjusted[0] - 1 == near(GOLDEN["G-A3"]["outputs"]["r_yahoo"])


def test_an_implied_special_distribution_shows_in_the_price(market: Lab, xnys: Sequence[date]) -> None:
    """The vendor's factor says 20 % were paid: believed where the price fell by half of that. 9 % are believed anyway."""
    served = {"SHOWN": (35.0, 32.0), "HALF": (36.1, 32.0), "USUAL": (40.0, 36.4)}
    for symbol, (close, before) in served.items():
        both = zip(xnys, [40.0, close], [before, close], strict=False)
        market.put("raw.price_bar", [bar(symbol, day, price, adj_close=adj, dividend_basis="implied") for day, price, adj in both])
    build(market)
    assert column(market, "SHOWN", "total_return")[1] == near(35 / 40 + 0.2 - 1)
    assert column(market, "HALF", "total_return")[1] is None
    assert column(market, "HALF", "price_return")[1] == near(36.1 / 40 - 1)
    assert column(market, "USUAL", "total_return")[1] == near(0.09)


def test_both_routes_to_a_total_return_agree_within_one_fetch(market: Lab, xnys: Sequence[date]) -> None:
    """A.2: (C + d) / C(-1) - 1 on the one basis of the fetch is s (P + D) / P(-1) - 1 as traded."""
    closes, cash = [10.0, 11.0, 5.0, 5.5, 27.5], {1: 0.2, 2: 0.3, 4: 0.5}
    splits = {2: 2.0, 4: 0.2}
    market.put("raw.price_bar", bars("A", xnys[:5], closes, basis_date=xnys[9]))
    market.put("raw.corporate_action", [action("A", xnys[n], "split", ratio) for n, ratio in splits.items()])
    market.put("raw.corporate_action", [action("A", xnys[n], "dividend", paid, basis_date=xnys[9]) for n, paid in cash.items()])
    build(market)
    found = column(market, "A", "total_return")[1:5]
    assert found == [near((closes[n] + cash.get(n, 0.0)) / closes[n - 1] - 1) for n in range(1, 5)]
    traded = column(market, "A", "close_usd")[:5]
    paid = dict(market.rows("select ex_session, cash_usd from core.corporate_action"))
    moved = [splits.get(n, 1.0) * (traded[n] + paid.get(xnys[n], 0.0)) / traded[n - 1] - 1 for n in range(1, 5)]
    assert found == [near(move) for move in moved]


def test_an_end_is_one_row_more_with_the_return_of_the_delisting(market: Lab, xnys: Sequence[date]) -> None:
    nasdaq = listing("N", exchange="NMS", delist_reason="PERFORMANCE", last_session=xnys[4])
    market.put("raw.listing", [nasdaq, listing("Z", delist_reason="LIQUIDATION", last_session=xnys[4])])
    for symbol in "NZ":
        market.put("raw.price_bar", [*bars(symbol, xnys[:4], [10.0] * 4), bar(symbol, xnys[6], 3.0)])  # the last is someone else's
    market.put("raw.price_bar", bars("OTHER", xnys[:9], [10.0] * 9))
    build(market)
    rows = prices(market, "N")
    assert [row["session"] for row in rows] == list(xnys[:6])
    last = rows[-1]
    assert (last["total_return"], last["price_return"], last["close_usd"], last["is_valid"]) == (-0.55, -0.55, None, False)
    assert last["log_tri_e15"] == round(log(0.45) * 1e15)
    assert column(market, "Z", "total_return")[-1] == -1.0
    assert column(market, "Z", "log_tri_e15")[-2:] == [None, None]  # a missing session, then nothing left
    returns = [0.01, 0.02, last["total_return"]]
    assert sum(returns) / 3 == near(GOLDEN["G-A4"]["outputs"]["ew_with"])


def test_gaps(market: Lab, xnys: Sequence[date]) -> None:
    kept = [0, 1, 11, 22, 23]  # a gap of ten sessions, then one of eleven
    closes = [10.0, 11.0, 22.0, 44.0, 45.0]
    market.put("raw.price_bar", [bar("A", xnys[n], close) for n, close in zip(kept, closes, strict=True)])
    market.put("raw.corporate_action", [action("A", xnys[5], "dividend", 0.5), action("A", xnys[15], "dividend", 0.5)])
    build(market)
    rows = prices(market, "A")
    assert len(rows) == 24
    assert [n for n, row in enumerate(rows) if row["is_valid"]] == kept
    assert (rows[11]["gap_sessions"], rows[11]["price_return"], rows[11]["total_return"]) == (10, 1.0, near(22.5 / 11 - 1))
    assert (rows[22]["gap_sessions"], rows[22]["total_return"], rows[22]["log_tri_e15"]) == (None, None, rows[11]["log_tri_e15"])
    assert [rows[n]["n_missing"] for n in (1, 2, 10, 11, 12)] == [0, 1, 9, 0, 1]
    assert {rows[5][name] for name in ("close_usd", "log_tri_e15", "quarantine_reason")} == {None}
    assert [rows[n]["return_reason"] for n in (0, 1, 2, 11, 22, 23)] == ["FIRST_BAR", None, None, None, "LONG_GAP", None]
    assert [rows[n]["tri_segment"] for n in (0, 11, 21, 22, 23)] == [0, 0, 0, 1, 1]  # what happened over a long gap is in no return
    assert {row["price_segment"] for row in rows} == {0}


def test_an_unknown_return_begins_a_new_segment_of_the_index(market: Lab, xnys: Sequence[date]) -> None:
    """Windows on prices go on, but where nobody knows by what the shares were split."""
    day = xnys[:5]
    for symbol in ("SPLIT", "ODD", "BAD", "CASH", "LEAP", "BACK"):
        market.put("raw.listing", [listing(symbol)])
    market.put("raw.price_bar", bars("SPLIT", day, [30.0, 10.0, 10.0, 10.0, 10.0]))  # a third, and it stays there
    market.put("raw.price_bar", bars("BACK", day, [30.0, 10.0, 30.0, 30.0, 30.0]))  # a third, and it comes back
    market.put("raw.price_bar", bars("ODD", day, [1.0, 1.0, 45.0, 45.0, 45.0]))
    market.put("raw.price_bar", bars("BAD", day, [5.0] * 5) + bars("CASH", day, [10.0, 10.0, 4.0, 4.0, 4.0]))
    splits = [action("ODD", day[2], "split", 1 / 49.426), action("BAD", day[2], "split", -2.0)]
    market.put("raw.corporate_action", [*splits, action("CASH", day[2], "dividend", 6.0)])
    build(market)

    def told(symbol: str) -> list[list[Any]]:
        return [column(market, symbol, name) for name in ("tri_segment", "price_segment", "return_reason")]

    assert told("SPLIT") == [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1], ["FIRST_BAR", None, None, None, None]]
    assert told("BACK") == [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], ["FIRST_BAR", None, None, None, None]]
    assert told("ODD") == [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1], ["FIRST_BAR", None, "ODD_REVERSE_SPLIT", None, None]]
    assert told("BAD") == [[0, 0, 1, 1, 1], [0, 0, 1, 1, 1], ["FIRST_BAR", None, "BAD_AMOUNT", None, None]]
    assert told("CASH") == [[0, 0, 1, 1, 1], [0, 0, 0, 0, 0], ["FIRST_BAR", None, "LARGE_DIVIDEND", None, None]]


def test_two_series_without_an_overlap_are_tied_by_the_price_alone(market: Lab, xnys: Sequence[date]) -> None:
    """From the third session on another download; of adjusted closes alone nothing is left."""
    day = xnys[:4]
    implied = [{"dividend_basis": "implied", "basis_date": basis, "load_id": load} for basis, load in ((day[1], "01"), (day[3], "02"))]
    for symbol, price_basis in (("A", "split_adjusted"), ("B", "adjusted_only")):
        rows = zip(day, [20.0, 20.0, 25.0, 25.0], (0, 0, 1, 1), strict=True)
        closes = {"price_basis": price_basis}
        market.put(
            "raw.price_bar",
            [bar(symbol, one, None if symbol == "B" else c, adj_close=c, **closes | implied[n]) for one, c, n in rows],
        )
    build(market)
    names = ("price_return", "total_return", "is_price_only", "return_reason", "tri_segment", "price_segment")
    assert [column(market, "A", name)[2] for name in names] == [0.25, 0.25, True, None, 0, 0]
    assert [column(market, "B", name)[2] for name in names] == [None, None, False, "UNTIED", 1, 1]


def test_a_market_without_total_returns_is_not_built(market: Lab, xnys: Sequence[date]) -> None:
    """Six lines, each file of the day with adjusted closes of the day, and no session in two of them; five are let pass."""
    adjusted = {"price_basis": "adjusted_only", "dividend_basis": "implied", "adj_close": 10.0}
    for n, symbol in enumerate("ABCDEF", start=1):
        for load, day in enumerate(xnys[:2]):
            market.put("raw.price_bar", [bar(symbol, day, None, **adjusted, load_id=f"0{load}")])
        if n == 5:
            build(market)
    with pytest.raises(AssertionError, match="unknown_return_has_a_reason"):
        build(market)


def test_a_line_that_falls_silent_keeps_its_rows_for_a_year(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", [bar("A", xnys[0], 10.0), bar("A", xnys[300], 12.0), bar("OTHER", xnys[310], 1.0)])
    build(market)
    assert [row["session_no"] for row in prices(market, "A")] == [*range(1, 254), *range(301, 312)]


def test_a_suspected_split_takes_out_its_own_session(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", bars("A", xnys[:6], [30.0, 10.0, 10.5, 5.2, 10.4, 10.4]))
    market.put("raw.price_bar", bars("B", xnys[:2], [30.0, 10.0], basis_date=xnys[0]))
    market.put("raw.corporate_action", [action("B", xnys[1], "split", 2.0)])  # an action is listed: the move is what it is
    build(market)
    assert column(market, "A", "quarantine_reason") == [None, "SUSPECT_SPLIT", None, None, None, None]
    assert column(market, "A", "price_return") == [None, None, near(0.05), near(5.2 / 10.5 - 1), near(1.0), 0.0]
    assert column(market, "A", "is_large_move") == [False, False, False, True, True, False]  # halvings and doublings happen
    assert column(market, "B", "quarantine_reason")[:2] == [None, None]


def test_null_rather_than_misleading(market: Lab, xnys: Sequence[date]) -> None:
    day = xnys[:4]
    market.put("raw.listing", [listing("^GSPC", kind="INDEX")])
    market.put(
        "raw.price_bar",
        [
            *bars("^GSPC", day, [10.0, 11.0, 12.0, 13.0]),
            *bars("NODIV", day, [10.0, 11.0, 12.0, 13.0], dividend_basis="none"),
            *bars("ODD", day, [1.0, 45.0, 45.0, 45.0]),
            *bars("BIG", day, [10.0, 4.0, 4.0, 4.4]),
        ],
    )
    market.put("raw.corporate_action", [action("ODD", day[1], "split", 1 / 49.426), action("BIG", day[1], "dividend", 6.0)])
    build(market)
    for symbol in ("^GSPC", "NODIV"):
        assert column(market, symbol, "price_return")[1] == near(0.1)
        assert column(market, symbol, "total_return") == column(market, symbol, "tri_e12") == [None] * 4
    assert column(market, "ODD", "price_return") == [None, None, 0.0, 0.0]
    assert column(market, "BIG", "total_return") == [None, None, 0.0, near(0.1)]
    assert column(market, "BIG", "price_return")[1] == near(-0.6)
    assert column(market, "BIG", "tri_e12")[-1] == 1_100_000_000_000  # unknown on the ex-date, flat over it, in a segment of its own
    assert column(market, "NODIV", "return_reason") == column(market, "^GSPC", "return_reason") == ["NO_DIVIDENDS"] * 4


def test_observed_live_stays_live_when_it_is_fetched_again(market: Lab, xnys: Sequence[date]) -> None:
    late = datetime.combine(xnys[300], time.min)
    market.put("raw.price_bar", [bar("A", xnys[0], 10.0), bar("A", xnys[0], 10.0, load_id="02", fetched_at=late)])
    market.put("raw.price_bar", [bar("A", xnys[1], 10.0, load_id="02", fetched_at=late)])
    build(market)
    assert column(market, "A", "pit_grade") == ["A", "B"]


def random_bars(dice: random.Random, sessions: Sequence[date]) -> list[dict[str, Any]]:
    """Five lines with holes, quiet spells, leaps, bad prints, two series and, towards the end, loads that overlap."""
    found = []
    for symbol in "ABCDE":
        close, basis = 20.0, {"dividend_basis": dice.choice(["listed", "implied", "none"])}
        hole = 0
        for n, day in enumerate(sessions):
            close *= exp(dice.gauss(0, 0.02)) * dice.choice([1] * 60 + [3, 1 / 3])
            quiet = n % 50 < 8 and symbol in "AB"
            close = round(close, 4) if not quiet else 20.0
            hole = hole - 1 if hole > 0 else dice.choice([0] * 30 + [1, 3, 9, 12, 30])
            values = basis | {"volume": 0.0 if quiet else 100.0, "adj_close": close * (0.99 if n < 70 else 1.0), "basis_date": sessions[-1]}
            printed = close * dice.choice([1] * 60 + [10, 0.1, 1.7]) if dice.random() > 0.02 else -1.0
            span = {"high": max(printed, 0) * dice.uniform(1, 1.05), "low": min(printed * dice.uniform(0.6, 1), printed)}
            if hole == 0:
                found.append(bar(symbol, day, printed, **values | (span if symbol != "E" else {})))
            if symbol in "CD" and n % 40 > 15:
                found.append(bar(symbol, day, None, price_basis="adjusted_only", adj_close=close * 0.9, precedence=1))
            if n > 90 and dice.random() < 0.5:
                found.append(bar(symbol, day, close, **values | {"load_id": f"0{dice.randint(2, 4)}", "basis_date": day}))
    return found


def test_windowed_is_whole(market: Lab, xnys: Sequence[date]) -> None:
    dice = random.Random(20260113)
    sessions = xnys[:140]
    rows = random_bars(dice, sessions)
    market.put("raw.listing", [listing(symbol) for symbol in "ABCD"])
    market.put("raw.listing", [listing("E", delist_reason="MERGER_CASH", last_session=sessions[120])])
    days = [(symbol, sessions[n]) for symbol in "ABCDE" for n in range(5, 140, 9)]
    market.put("raw.corporate_action", [action(symbol, day, "dividend", 0.3) for symbol, day in days])
    splits = (("A", 60, 2.0), ("B", 100, 0.1), ("C", 101, 1.046))
    market.put("raw.corporate_action", [action(symbol, sessions[n], "split", ratio) for symbol, n, ratio in splits])
    market.put("raw.price_bar", [row for row in rows if row["session"] < sessions[100]])
    build(market)
    content = "select * from core.daily_price order by session, security_id"
    market.put("raw.price_bar", [row for row in rows if row["session"] >= sessions[100]])
    build(market, PRICES[: -len(WINDOWED)])
    build(market, WINDOWED, sessions[97])  # what is new can show that bars of the last three sessions were bad prints
    windowed = market.rows(content)
    for n in (139, 121, 71):
        build(market, WINDOWED, sessions[n])
        assert market.rows(content) == windowed
    build(market)
    assert market.rows(content) == windowed
    counts = "count(quarantine_reason), count(*) filter (where is_stale), max(gap_sessions), count(distinct pit_grade)"
    ((n_bad, n_stale, gap, n_grades),) = market.rows(f"select {counts} from core.daily_price")
    reasons = "NO_PRICE", "NONPOSITIVE_PRICE", "STALE_PRICE", "SUSPECT_SPLIT", "BAD_PRINT"
    assert {reason for (reason,) in market.rows("select distinct quarantine_reason from core.daily_price")} >= {*reasons[1:], None}
    assert n_bad > n_stale > 0
    assert (gap, n_grades) == (10, 2)


@pytest.mark.parametrize("reversal_sessions", [0, 3])
def test_the_future_changes_past_rows_by_corrections_alone(market: Lab, xnys: Sequence[date], reversal_sessions: int) -> None:
    """F closes ten times too high on the last session before the cut and comes back on the first after it."""
    market.param(price__reversal_sessions=reversal_sessions)
    rows = random_bars(random.Random(7), xnys[:140])
    for n in range(60, 90):
        close = 10.0 + n / 100 if n != 79 else 114.0
        rows.append(bar("F", xnys[n], close, high=close * 1.01, low=close * 0.99))
    market.put("raw.listing", [listing(symbol) for symbol in "ABCDEF"])
    content = f"select * from core.daily_price where session < date '{xnys[80]}'"
    market.put("raw.price_bar", [row for row in rows if row["session"] < xnys[80]])
    build(market)
    before = set(market.rows(content))
    market.put("raw.price_bar", [row for row in rows if row["session"] >= xnys[80]])
    build(market)
    changed = {row[:2] for row in set(market.rows(content)) ^ before}
    corrected = market.rows(f"select security_id, session from core.price_correction where decided_session >= date '{xnys[80]}'")
    assert len(before) > 400
    assert {(line, day) for line, day in changed if not any(line == one and day >= first for one, first in corrected)} == set()
    ((number,),) = market.rows("select security_id from core.security where symbol = 'F'")
    assert ((number, xnys[79]) in changed) is (reversal_sessions > 0)
