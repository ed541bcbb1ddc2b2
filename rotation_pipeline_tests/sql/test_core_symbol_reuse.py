"""core.symbol_reuse: whether a symbol is another company's from a date on. core.symbol_piece: the cuts that this makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import IDENTITY, SYMBOLS, action, bars, begin, build, column, listing

N, D = 60, 30  # the symbol may pass with the 31st session
SINCE_EVER = date(1900, 1, 1)
OLD, NEW = [10.0 + n % 3 for n in range(N)], [40.0 + n % 3 for n in range(N)]


def told(symbol: str, day: date, load_id: str, **values: Any) -> dict[str, Any]:
    """What the listing of a symbol said on the evening of a day."""
    return listing(symbol, load_id=load_id, fetched_at=datetime.combine(day, datetime.min.time()) + timedelta(hours=23), **values)


# Old bars up to, new ones from (numbers of sessions), closes of the new ones, what listings said before and on the day, what is found.
CASES: dict[str, tuple[int, int, list[float], dict[str, Any], dict[str, Any], tuple[str, bool] | None]] = {
    "after a delisting": (20, D, OLD, {"last_session": 19}, {"first_session": D}, ("ENDED", True)),
    "the day after a delisting": (D, D, OLD, {"last_session": D - 1}, {"first_session": D}, ("ENDED", True)),
    "after a long silence": (15, D, OLD, {}, {"first_session": D}, ("SILENT", True)),
    "with a leap: new shares after a bankruptcy": (D, D, NEW, {}, {"first_session": D}, ("LEAP", True)),
    "the bars after it begin late": (D, D + 5, NEW, {}, {"first_session": D}, ("LEAP", True)),
    "the date of a vendor that is wrong": (D, D, OLD, {}, {"first_session": D}, ("CONTINUED", False)),
    "a new name, and prices run on": (D, D, OLD, {"name": "Old"}, {"name": "New", "first_session": D}, ("CONTINUED", False)),
    "a move to another exchange": (
        D, D, NEW, {"last_session": D - 1, "delist_reason": "EXCHANGE_MOVE"}, {"first_session": D}, ("MOVED", False)
    ),
    "no bar since": (20, N, OLD, {}, {"first_session": D}, ("PENDING", False)),
    "called dead by mistake": (D, D, OLD, {"last_session": D - 1}, {}, ("CONTINUED", False)),
    "dead, silent, and the same again": (15, D, OLD, {"last_session": 14, "name": "A Co"}, {"name": "A, Co."}, ("CONTINUED", False)),
    "back under another name": (15, D, OLD, {"last_session": 14, "name": "Old"}, {"name": "New"}, ("OTHER_NAME", True)),
    "back as a fund": (15, D, OLD, {"last_session": 14}, {"kind": "ETF"}, ("OTHER_NAME", True)),
    "back at another level": (15, D, NEW, {"last_session": 14}, {}, ("LEAP", True)),
    "listed before its bars": (D, D, NEW, {}, {"first_session": 0}, None),
}  # fmt: skip


def put_case(lab: Lab, days: Sequence[date], name: str, symbol: str = "X") -> None:
    old_to, new_from, closes, before, after, _ = CASES[name]
    lab.put("raw.price_bar", bars(symbol, days[:old_to], OLD[:old_to]))
    lab.put("raw.price_bar", bars(symbol, days[new_from:], closes[new_from:], load_id="02"))
    for said, day, load_id in ((before, days[min(old_to, D - 1)], "01"), (after, days[D], "02")):
        dates = {key: days[said[key]] for key in ("first_session", "last_session") if key in said}
        lab.put("raw.listing", [told(symbol, day, load_id, **{**said, **dates})])


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    """A company that trades all the time, as security 2 after X."""
    begin(lab, xnys[:N])
    lab.put("raw.price_bar", bars("ZZ", xnys[:N], OLD))
    return lab


def test_what_speaks_for_another_company(market: Lab, xnys: Sequence[date]) -> None:
    for name in CASES:
        put_case(market, xnys[:N], name, name)
    build(market, IDENTITY)
    found = {
        symbol: (verdict, is_applied)
        for symbol, verdict, is_applied in market.rows("select symbol, verdict, is_applied from core.symbol_reuse")
    }
    assert found == {name: case[-1] for name, case in CASES.items() if case[-1]}
    parted = market.rows("select symbol from core.line_symbol group by symbol having count(distinct security_id) = 2")
    assert {symbol for (symbol,) in parted} == {name for name, (_, is_applied) in found.items() if is_applied}


def test_two_companies_share_a_symbol_and_nothing_else(market: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:N]
    put_case(market, days, "after a delisting")
    market.rows("update raw.listing set name = 'Old', issuer_key = 'old' where load_id = '01'")
    market.rows("update raw.listing set name = 'New', issuer_key = 'new' where load_id = '02'")
    build(market)
    sql = "select security_id, issuer_id, symbol, name, first_session, delist_session from core.security where symbol = 'X' order by 1"
    # 2 is ZZ: what is new through the cut is as new as the load that told of it.
    assert market.rows(sql) == [(1, 1, "X", "Old", days[0], days[19]), (3, 3, "X", "New", days[D], None)]
    span = "select security_id, min(session), max(session), max(abs(price_return)) < 0.31 from core.daily_price group by 1 order by 1"
    assert market.rows(span)[0] == (1, days[0], days[20], True)  # with the session of its delisting return
    assert market.rows(span)[2] == (3, days[D], days[N - 1], True)


def test_new_shares_are_no_return_of_the_old_ones(market: Lab, xnys: Sequence[date]) -> None:
    """Bankruptcy emergence: the shares of before were cancelled, the symbol trades on at another level the next day."""
    days = xnys[:N]
    put_case(market, days, "with a leap: new shares after a bankruptcy")
    build(market)
    first = market.rows(f"select price_return, is_valid from core.daily_price where session = '{days[D]}' and security_id = 3")
    assert first == [(None, True)]
    # The old shares ended with their last trade, for a reason nobody told: the assumption of A.5.
    last = market.rows("select session, is_valid, price_return from core.daily_price where security_id = 1 order by session desc limit 1")
    assert last == [(days[D], False, -0.3)]
    ends = market.rows(
        "select delist_session, delist_reason, is_delist_return_assumed from core.security where symbol = 'X' order by security_id"
    )
    assert ends == [(days[D - 1], "UNKNOWN", True), (None, None, False)]


def test_a_split_on_the_day_is_no_leap(market: Lab, xnys: Sequence[date]) -> None:
    put_case(market, xnys[:N], "with a leap: new shares after a bankruptcy")
    market.put("raw.corporate_action", [action("X", xnys[D], "split", 0.25)])
    build(market)
    assert market.rows("select verdict from core.symbol_reuse") == [("CONTINUED",)]
    returns = column(market, "X", "price_return")
    assert len(returns) == N
    assert max(abs(r) for r in returns[1:]) < 0.21


def test_a_verdict_that_changes_renumbers_nobody(market: Lab, xnys: Sequence[date]) -> None:
    put_case(market, xnys[:N], "the date of a vendor that is wrong")
    market.put("raw.price_bar", bars("LATER", xnys[:N], OLD, load_id="03"))
    build(market, IDENTITY)
    ids = "select symbol, security_id from core.last_symbol order by security_id"
    assert market.rows(ids) == [("X", 1), ("ZZ", 2), ("LATER", 4)]
    market.put("raw.price_bar", bars("X", xnys[D : D + 1], [90.0], load_id="04"))
    build(market, SYMBOLS)
    build(market, ("core.last_symbol",))
    assert market.rows(ids) == [("X", 1), ("ZZ", 2), ("X", 3), ("LATER", 4)]


def test_a_symbol_is_used_a_third_time(market: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:N]
    put_case(market, days, "after a delisting")
    market.rows(f"delete from raw.price_bar where symbol = 'X' and session >= '{days[40]}'")
    market.put("raw.price_bar", bars("X", days[55:], NEW[55:], load_id="03"))
    market.put("raw.listing", [told("X", days[55], "03", first_session=days[55])])
    build(market, IDENTITY)
    found = market.rows("select changed_on, verdict from core.symbol_reuse order by changed_on")
    assert found == [(days[D], "ENDED"), (days[55], "LEAP")]
    pieces = market.rows("select valid_from, valid_to, number, first_session from core.symbol_piece where symbol = 'X' order by 1")
    assert pieces == [(SINCE_EVER, days[D], 1, days[0]), (days[D], days[55], 3, days[D]), (days[55], None, 4, days[55])]
    ids = "select security_id from core.line_symbol where symbol = 'X' order by valid_from"
    assert [row[0] for row in market.rows(ids)] == [1, 3, 4]
