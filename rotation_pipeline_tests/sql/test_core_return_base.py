"""core.return_base: a bar in doubt has no return, and the next one begins where the smaller move begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import action, bar, bars, begin, build, listing, prices

SUSPECT, USED = "SUSPECT_SPLIT", None

# Closes of a line; of its last bars: reason, price return, sessions of the return.
LINES: dict[str, tuple[list[float], list[tuple[str | None, float | None, int | None]]]] = {
    "STAYS": ([30, 10, 10.5], [(SUSPECT, None, None), (USED, 0.05, 1)]),
    "BACK": ([30, 10, 30.6, 31.2], [(SUSPECT, None, None), (USED, 0.02, 2), (USED, 31.2 / 30.6 - 1, 1)]),
    "AND_HALF": ([30, 10, 18], [(SUSPECT, None, None), (USED, 18 / 30 - 1, 2)]),  # nearer to the price before
    "TWICE": ([30, 10, 30.3, 10.1, 30.6], [(SUSPECT, None, None), (USED, 0.01, 2), (SUSPECT, None, None), (USED, 0.3 / 30.3, 2)]),
    "AWAY": ([30, 10, 1, 1.02], [(SUSPECT, None, None), (SUSPECT, None, None), (USED, 0.02, 1)]),
    "OFF": ([30, 9.7, 30], [(USED, 9.7 / 30 - 1, 1), (USED, 30 / 9.7 - 1, 1)]),  # 3 % off a usual ratio
}  # fmt: skip


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    """Bars without a range, so that none of them is found out to be a bad print."""
    begin(lab, xnys[:30])
    return lab


def moves(lab: Lab, symbol: str) -> list[tuple[Any, ...]]:
    rows = prices(lab, symbol, "quarantine_reason, price_return, total_return, gap_sessions")
    return [tuple(row.values()) for row in rows]


def test_the_smaller_move_tells_a_split_from_a_bad_print(market: Lab, xnys: Sequence[date]) -> None:
    for symbol, (closes, _) in LINES.items():
        market.put("raw.price_bar", bars(symbol, xnys[: len(closes)], closes))
    build(market)
    for symbol, (closes, expected) in LINES.items():
        found = [(reason, move, gap) for reason, move, _, gap in moves(market, symbol)[1 : len(closes)]]
        assert found == [(reason, move if move is None else pytest.approx(move), gap) for reason, move, gap in expected], symbol
    assert market.rows("select count(*) from core.return_base") == [(11,)]  # the other returns are those of core.price_bar


def test_actions_in_between_belong_to_the_return(market: Lab, xnys: Sequence[date]) -> None:
    closes = {"PAID": [30, 10, 29.4], "SPLIT": [30, 10, 15.3], "SPUN": [30, 10, 28.56 / 1.046]}
    for symbol, line in closes.items():
        market.put("raw.price_bar", bars(symbol, xnys[:3], line, price_basis="as_traded"))
    market.put(
        "raw.corporate_action",
        [
            action("PAID", xnys[1], "dividend", 0.6),
            action("PAID", xnys[2], "dividend", 0.3),
            action("SPLIT", xnys[2], "split", 2.0),
            action("SPUN", xnys[2], "split", 1.046),
        ],
    )
    build(market)
    assert moves(market, "PAID")[2] == (None, pytest.approx(-0.02), pytest.approx(0.01), 2)
    assert moves(market, "SPLIT")[2] == (None, pytest.approx(0.02), pytest.approx(0.02), 2)
    assert moves(market, "SPUN")[2] == (None, pytest.approx((28.56 / 30 - 1) / 1.046), pytest.approx((28.56 / 30 - 1) / 1.046), 2)


def test_what_is_known_of_dividends_is_joined(market: Lab, xnys: Sequence[date]) -> None:
    implied = zip(xnys[:3], [40.0, 10.0, 30.6], [30.0, 10.0, 30.6], strict=True)  # 10 paid on the session of the bad print
    market.put("raw.price_bar", [bar("IMPLIED", day, close, adj_close=adj, dividend_basis="implied") for day, close, adj in implied])
    market.put("raw.price_bar", bars("MIXED", xnys[:3], [30, 10, 30.6]))
    market.rows("update raw.price_bar set dividend_basis = 'none' where symbol = 'MIXED' and close = 10")
    build(market)
    assert moves(market, "IMPLIED")[2] == (None, pytest.approx(30.6 / 40 - 1), pytest.approx(0.015), 2)
    assert moves(market, "MIXED")[2] == (None, pytest.approx(0.02), None, 2)


def test_a_dividend_after_the_bar_in_doubt_is_of_the_price_before_it(market: Lab, xnys: Sequence[date]) -> None:
    """1 paid on the third session, a tenth of the wrong price of 10 and a fortieth of the true one: -0.21 in all, and not -0.135."""
    adjusted = [36.0, 9.0, 30.6]  # the vendor takes a tenth off all that came before
    implied = zip(xnys[:3], [40.0, 10.0, 30.6], adjusted, strict=True)
    market.put("raw.price_bar", [bar("PAID", day, close, adj_close=adj, dividend_basis="implied") for day, close, adj in implied])
    build(market)
    assert moves(market, "PAID")[2] == (None, pytest.approx(30.6 / 40 - 1), pytest.approx(-0.21), 2)


def test_no_return_spans_more_than_ten_sessions(market: Lab, xnys: Sequence[date]) -> None:
    for symbol, back in (("NEAR", 10), ("FAR", 11)):
        days = [xnys[0], xnys[5], xnys[back], xnys[back + 1]]
        market.put("raw.price_bar", [bar(symbol, day, close) for day, close in zip(days, [30, 10, 30, 30], strict=True)])
    build(market)
    assert moves(market, "NEAR")[10] == (None, 0.0, 0.0, 10)
    assert moves(market, "FAR")[11:13] == [(SUSPECT, None, None, None), (None, 0.0, 0.0, 1)]


def test_an_index_is_never_in_doubt(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.listing", [listing("^IRX", kind="INDEX")])
    market.put("raw.price_bar", bars("^IRX", xnys[:3], [0.03, 0.01, 0.03]))
    build(market)
    assert market.rows("select count(*) from core.price_leap") == [(0,)]
    assert [move for _, move, _, _ in moves(market, "^IRX")] == [None, pytest.approx(-2 / 3), pytest.approx(2)]


def test_a_leap_that_nobody_traded_is_not_believed(market: Lab, xnys: Sequence[date]) -> None:
    """Ten calm sessions of 1000 shares, then a leap: on the usual volume or more it is a price."""
    volumes = {"CROWD": 760.0, "EMPTY": 740.0, "PAID": 10.0, "BACK": 10.0, "SAID": 10.0}
    special = zip(xnys, [*[10.0] * 10, 5.0, 5.0], [*[5.0] * 10, 5.0, 5.0], strict=False)  # half the price was paid out
    implied = {"dividend_basis": "implied", "volume": 1000.0}
    market.put("raw.price_bar", [bar("SPECIAL", day, close, adj_close=adj, **implied) for day, close, adj in special])
    market.rows(f"update raw.price_bar set volume = 10 where symbol = 'SPECIAL' and session = date '{xnys[10]}'")
    for symbol, volume in volumes.items():
        market.put("raw.price_bar", bars(symbol, xnys[:10], [10.0] * 10))
        after = 10.4 if symbol == "BACK" else 17.0
        market.put("raw.price_bar", [bar(symbol, xnys[10], 17.0, volume=volume), bar(symbol, xnys[11], after)])
    market.put("raw.corporate_action", [action("PAID", xnys[10], "dividend", 0.1)])
    decision = {"symbol": "SAID", "session": xnys[10], "reason": "UNTRADED_LEAP", "decision": "release", "load_id": "10"}
    market.put("raw.quarantine_decision", [decision | {"fetched_at": xnys[12]}])
    build(market)
    assert moves(market, "SPECIAL")[10] == (None, -0.5, pytest.approx(0.0), 1)
    believed, doubted = (None, pytest.approx(0.7)), ("UNTRADED_LEAP", None)
    wanted = {"CROWD": (believed, 0.0), "EMPTY": (doubted, 0.0), "PAID": (believed, 0.0), "BACK": (doubted, 0.04), "SAID": (believed, 0.0)}
    found = {symbol: moves(market, symbol)[10:12] for symbol in volumes}
    assert {symbol: (rows[0][:2], rows[1][1]) for symbol, rows in found.items()} == {
        symbol: (first, pytest.approx(then)) for symbol, (first, then) in wanted.items()
    }


def test_a_listed_split_that_closes_as_traded_do_not_show_is_suspected(market: Lab, xnys: Sequence[date]) -> None:
    """The commonest mistake with files: closes that were adjusted for the split, declared as traded; and a date one session off."""
    day = xnys[:5]
    lines = {
        "ADJUSTED": ([100.0, 100.0, 99.95, 100.95, 100.95], 2.0),
        "REVERSE": ([3.0, 3.0, 3.03, 3.03, 3.03], 0.1),
        "EARLY": ([100.0, 100.0, 99.95, 50.5, 50.5], 2.0),  # it shows a session after it is listed
        "SHOWN": ([100.0, 100.0, 50.5, 50.5, 50.5], 2.0),
        "SMALL": ([100.0, 100.0, 100.0, 100.0, 100.0], 1.5),  # no more than a day's move
        "TOLD": ([100.0, 100.0, 99.95, 99.95, 99.95], 2.0),  # a person says that it is as it is
    }
    for symbol, (closes, ratio) in lines.items():
        market.put("raw.price_bar", bars(symbol, day, closes, price_basis="as_traded"))
        market.put("raw.corporate_action", [action(symbol, day[2], "split", ratio)])
    # A vendor that has adjusted its closes shows no split, and contradicts none.
    market.put("raw.price_bar", bars("VENDOR", day, [50.0, 50.0, 49.9, 50.0, 50.0], basis_date=day[4]))
    market.put("raw.corporate_action", [action("VENDOR", day[2], "split", 2.0)])
    decided = {"symbol": "TOLD", "session": day[2], "reason": SUSPECT, "decision": "release", "fetched_at": xnys[12]}
    market.put("raw.quarantine_decision", [decided])
    build(market)
    found = {symbol: [(reason, move, gap) for reason, move, _, gap in moves(market, symbol)[2:4]] for symbol in (*lines, "VENDOR")}
    near = pytest.approx
    assert found == {
        "ADJUSTED": [(SUSPECT, None, None), (USED, near(100.95 / 99.95 - 1), 1)],
        "REVERSE": [(SUSPECT, None, None), (USED, 0.0, 1)],
        "EARLY": [(SUSPECT, None, None), (USED, near(0.01), 2)],
        "SHOWN": [(USED, near(0.01), 1), (USED, 0.0, 1)],
        "SMALL": [(USED, near(0.5), 1), (USED, 0.0, 1)],
        "TOLD": [(USED, near(0.999), 1), (USED, 0.0, 1)],
        "VENDOR": [(USED, near(49.9 / 50 - 1), 1), (USED, near(50 / 49.9 - 1), 1)],
    }
    segments = {symbol: [row["price_segment"] for row in prices(market, symbol, "price_segment")][:5] for symbol in ("ADJUSTED", "EARLY")}
    assert segments == {"ADJUSTED": [0, 0, 0, 1, 1], "EARLY": [0, 0, 0, 0, 0]}


def test_a_wrong_ratio_that_is_put_right_ends_what_it_made_doubtful(market: Lab, xnys: Sequence[date]) -> None:
    """A split of 1 for 3 was listed the wrong way round: closes as traded do not show it until a later load puts it right."""
    market.put("raw.price_bar", bars("A", xnys[:4], [10, 30.3, 30.9, 31], price_basis="as_traded"))
    market.put("raw.corporate_action", [action("A", xnys[1], "split", 3.0)])
    build(market)
    assert moves(market, "A")[1][:2] == (SUSPECT, None)
    market.put("raw.corporate_action", [action("A", xnys[1], "split", 1 / 3, load_id="02")])
    build(market)
    assert [reason for reason, *_ in moves(market, "A")[:4]] == [USED] * 4
    assert moves(market, "A")[1][1] == pytest.approx(0.01)
