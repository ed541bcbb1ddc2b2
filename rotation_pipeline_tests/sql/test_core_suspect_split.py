"""core.suspect_split and what core.price_bar makes of it: unused from a suspicion on, until a split or a person explains it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import ACTIONS, PRICES, WINDOWED, action, bars, begin, build, column, made_of, prices

SUSPICION = "core.suspect_split"


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    """A went from 40 to 20 on the fourth session, and on that day every earlier close was served halved; B is a quiet neighbour."""
    begin(lab, xnys[:60])
    lab.put("raw.price_bar", [*bars("A", xnys[:3], [40.0, 41.0, 42.0]), *bars("B", xnys[:40], [10.0] * 40)])
    lab.put("raw.price_bar", bars("A", xnys[3:6], [21.2, 21.3, 21.4], load_id="02"))
    lab.put("raw.restatement", [suspicion("A", xnys[3], 0.5)])
    return lab


def suspicion(symbol: str, first: date, ratio: float, **values: Any) -> dict[str, Any]:
    """A restatement as the source lands it."""
    row = {"symbol": symbol, "kind": "SUSPECT_SPLIT", "item": "close", "first_session": first, "last_session": first, "ratio": ratio}
    return row | {"n_sessions": 3, "note": "rescaled", "load_id": "02"} | values


def decision(session: date, decision: str, load_id: str) -> dict[str, Any]:
    return {"symbol": "A", "session": session, "reason": "SUSPECT_SPLIT", "decision": decision, "load_id": load_id, "source": "operator"}


def ends(lab: Lab) -> list[str | None]:
    lab.fill(SUSPICION)
    return [row["ended_by"] for row in lab.dicts(f"select ended_by from {SUSPICION} order by first_session")]


def test_an_open_suspicion_takes_out_every_bar_from_then_on(market: Lab) -> None:
    build(market)
    assert ends(market) == [None]
    assert column(market, "A", "quarantine_reason")[:6] == [None] * 3 + ["SUSPECT_SPLIT"] * 3
    assert column(market, "A", "price_return")[:6] == [None, pytest.approx(41 / 40 - 1), pytest.approx(42 / 41 - 1), None, None, None]
    assert set(column(market, "B", "is_valid")) == {True}


def test_a_split_of_its_ratio_ends_it_and_the_returns_are_right(market: Lab, xnys: Sequence[date]) -> None:
    build(market)
    before = prices(market, "A")[:3]
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 2.0, load_id="03", basis_date=xnys[6])])
    build(market)
    assert ends(market) == ["SPLIT"]
    after = prices(market, "A")
    assert after[:3] == before
    assert [row["price_return"] for row in after[3:6]] == [
        pytest.approx(42.4 / 42 - 1),
        pytest.approx(21.3 / 21.2 - 1),
        pytest.approx(21.4 / 21.3 - 1),
    ]
    assert [row["close_usd"] for row in after[3:6]] == [21.2, 21.3, 21.4]


def test_a_wrong_ratio_that_is_put_right_ends_the_suspicion_that_it_caused(market: Lab, xnys: Sequence[date]) -> None:
    """5:2 was listed where every close was served halved: times 2.5 / 2 is left, which no split explains, until 2:1 is listed."""
    market.warehouse.rows("delete from raw.restatement")
    market.put("raw.restatement", [suspicion("A", xnys[3], 1.25), suspicion("B", xnys[3], 1.25)])
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 2.5, load_id="02"), action("B", xnys[3], "split", 2.0, load_id="02")])
    build(market)
    assert ends(market) == [None, None]
    assert column(market, "A", "quarantine_reason")[3:6] == ["SUSPECT_SPLIT"] * 3
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 2.4, load_id="03")])
    build(market, ACTIONS)
    assert ends(market) == [None, None]  # still not it
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 2.0, load_id="04"), action("B", xnys[3], "split", 2.0, load_id="04")])
    build(market)
    assert ends(market) == ["SPLIT", None]  # B's ratio was told again, and explains no more than before
    assert column(market, "A", "quarantine_reason")[:6] == [None] * 6
    assert column(market, "A", "price_return")[3] == pytest.approx(42.4 / 42 - 1)


def test_a_small_suspicion_is_not_ended_by_a_ratio_that_is_told_more_exactly(market: Lab, xnys: Sequence[date]) -> None:
    market.warehouse.rows("delete from raw.restatement")
    market.put("raw.restatement", [suspicion("A", xnys[3], 1.01)])
    market.put(
        "raw.corporate_action", [action("A", xnys[3], "split", 0.0667, load_id="02"), action("A", xnys[3], "split", 1 / 15, load_id="03")]
    )
    build(market, ACTIONS)
    assert ends(market) == [None]


def test_a_suspicion_stays_ended_when_the_vendor_puts_the_ratio_right_that_explained_it(market: Lab, xnys: Sequence[date]) -> None:
    """A split of 2 for 1 was taken for one of 5 for 2, in the closes of one evening and in the list of the next one."""
    market.warehouse.rows("delete from raw.restatement")
    market.put("raw.restatement", [suspicion("A", xnys[3], 0.4)])
    build(market, ACTIONS)
    assert ends(market) == [None]
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 2.5, load_id="03")])
    build(market)
    assert ends(market) == ["SPLIT"]
    assert column(market, "A", "price_return")[3] == pytest.approx(53 / 42 - 1)  # as listed until then
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 2.0, load_id="04")])
    build(market)
    assert ends(market) == ["SPLIT"]
    assert column(market, "A", "price_return")[3] == pytest.approx(42.4 / 42 - 1)
    market.put("raw.restatement", [{**suspicion("A", xnys[3], 1.0, load_id="05"), "kind": "ACTION_REMOVED", "item": "split"}])
    build(market, made_of(market, "raw.restatement", ACTIONS))
    assert ends(market) == [None]  # nothing is listed any more that could explain it


def test_closes_rescaled_again_as_a_listed_split_says_end_the_suspicion_of_the_wrong_ratio(market: Lab, xnys: Sequence[date]) -> None:
    """The closes of one evening took a split of 2 for 1 for one of 5 for 2; the first list, the evening after, has it right."""
    market.warehouse.rows("delete from raw.restatement")
    market.put("raw.restatement", [suspicion("A", xnys[3], 0.4)])
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 2.0, load_id="03")])
    build(market, ACTIONS)
    assert ends(market) == [None]  # listed, and served as before
    again = {**suspicion("A", xnys[0], 0.5, load_id="03"), "kind": "BASIS_CHANGE", "last_session": xnys[2]}
    market.put("raw.restatement", [{**again, "load_id": "01"}, {**again, "first_session": xnys[3]}, {**again, "ratio": 0.4}])
    build(market, made_of(market, "raw.restatement", ACTIONS))
    assert ends(market) == [None]  # of before, of other sessions, of another ratio
    market.put("raw.restatement", [{**again, "load_id": "04"}])
    build(market, made_of(market, "raw.restatement"))
    assert ends(market) == ["SPLIT"]
    assert column(market, "A", "quarantine_reason")[:6] == [None] * 6
    assert column(market, "A", "price_return")[3] == pytest.approx(42.4 / 42 - 1)


def test_only_a_split_of_its_ratio_and_its_time_ends_it(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.restatement", [suspicion("B", xnys[3], 0.5)])
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 3.0), action("B", xnys[50], "split", 2.0)])
    build(market, ACTIONS)
    assert ends(market) == [None, None]


def test_releasing_any_of_its_bars_ends_it(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.quarantine_decision", [decision(xnys[2], "release", "03")])  # the bar before it is no part of it
    build(market, ACTIONS)
    assert ends(market) == [None]
    market.put("raw.quarantine_decision", [decision(xnys[4], "release", "04")])
    build(market, made_of(market, "raw.quarantine_decision"))
    assert ends(market) == ["RELEASE"]
    assert column(market, "A", "quarantine_reason")[:6] == [None] * 6
    assert column(market, "A", "price_return")[3] == pytest.approx(21.2 / 42 - 1)
    market.put("raw.quarantine_decision", [decision(xnys[4], "keep", "05")])
    build(market, made_of(market, "raw.quarantine_decision", ACTIONS))
    assert ends(market) == [None]


def test_windowed_is_whole(market: Lab, xnys: Sequence[date]) -> None:
    build(market)
    content = "select * from core.daily_price order by session, security_id"
    whole = market.rows(content)
    for n in (5, 4, 3, 1):
        build(market, WINDOWED, xnys[n])
        assert market.rows(content) == whole
    market.put("raw.quarantine_decision", [decision(xnys[3], "release", "03")])
    build(market, made_of(market, "raw.quarantine_decision", PRICES[: -len(WINDOWED)]))
    build(market, WINDOWED, xnys[3])
    released = market.rows(content)
    build(market)
    assert market.rows(content) == released != whole
