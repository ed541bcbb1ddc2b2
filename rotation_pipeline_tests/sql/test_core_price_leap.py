"""core.price_leap: the bars around large moves, and what was traded at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import ACTIONS, action, bar, bars, begin, build

CALM = 10  # sessions before the leap


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:40])
    return lab


def fill(lab: Lab) -> None:
    build(lab, (*ACTIONS, "core.price_bar", "core.price_leap"))


def test_a_leap_and_what_follows_it_are_here_and_nothing_else(market: Lab, xnys: Sequence[date]) -> None:
    days = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17]  # a leap on session 2, another on session 7 with its next bar nine sessions later
    market.put(
        "raw.price_bar", [bar("A", xnys[n], price) for n, price in zip(days, [10, 10, 15.1, 15, 15, 15, 15, 9.9, 10, 10], strict=True)]
    )
    market.put("raw.price_bar", bars("B", xnys[:18], [10, 14.9] * 9))
    fill(market)
    whole = market.rows("select session, is_leap from core.price_leap order by session")
    assert whole == [(xnys[n], n in (2, 7)) for n in (2, 3, 4, 5, 7, 16)]
    for n in (16, 8, 3):
        market.fill("core.price_leap", xnys[n])
        assert market.rows("select session, is_leap from core.price_leap order by session") == whole


@pytest.mark.parametrize(
    ("before", "at", "expected"),
    [
        ([100.0] * CALM, 150.0, 1.5),
        ([100.0] * 5 + [300.0] * 5, 100.0, 0.5),  # the median is 200
        ([0.0] * 6 + [100.0] * 4, 9e9, 0.0),  # nobody traded it
        ([None] * 6 + [100.0] * 4, 100.0, None),  # four bars tell nothing
        ([100.0] * CALM, None, None),
    ],
)
def test_volume_is_measured_by_the_usual_one(
    market: Lab, xnys: Sequence[date], before: list[float | None], at: float | None, expected: float | None
) -> None:
    market.put("raw.price_bar", [bar("A", xnys[n], 10.0, volume=volume) for n, volume in enumerate(before)])
    market.put("raw.price_bar", [bar("A", xnys[CALM], 20.0, volume=at), bar("A", xnys[CALM + 1], 20.0)])
    fill(market)
    assert market.rows("select volume_share from core.price_leap order by session") == [(expected,), (None,)]


def test_a_split_in_between_is_no_change_of_volume(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", bars("A", xnys[:CALM], [10.0] * CALM, volume=100.0))
    market.put("raw.price_bar", [bar("A", xnys[CALM], 1.0, volume=1000.0), bar("A", xnys[CALM + 1], 1.7, volume=1000.0)])
    market.put("raw.corporate_action", [action("A", xnys[CALM], "split", 10.0)])
    fill(market)
    assert market.rows("select volume_share from core.price_leap") == [(1.0,)]
