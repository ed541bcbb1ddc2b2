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


# Volumes of ten calm sessions, the volume of the leap, and its share of the usual one.
VOLUMES: dict[str, tuple[list[float | None], float | None, float | None]] = {
    "MORE": ([100.0] * CALM, 150.0, 1.5),
    "LESS": ([100.0] * 5 + [300.0] * 5, 100.0, 0.5),  # the median is 200
    "NOBODY": ([0.0] * 6 + [100.0] * 4, 9e9, 0.0),
    "FOUR": ([None] * 6 + [100.0] * 4, 100.0, None),  # four bars tell nothing
    "UNKNOWN": ([100.0] * CALM, None, None),
}


def test_volume_is_measured_by_the_usual_one(market: Lab, xnys: Sequence[date]) -> None:
    for symbol, (before, at, _) in VOLUMES.items():
        market.put("raw.price_bar", [bar(symbol, xnys[n], 10.0, volume=volume) for n, volume in enumerate(before)])
        market.put("raw.price_bar", [bar(symbol, xnys[CALM], 20.0, volume=at), bar(symbol, xnys[CALM + 1], 20.0)])
    market.put("raw.price_bar", bars("SPLIT", xnys[:CALM], [10.0] * CALM, volume=100.0))
    market.put("raw.price_bar", [bar("SPLIT", xnys[CALM - 1], 1.0, volume=1000.0, load_id="02")])
    market.put("raw.price_bar", [bar("SPLIT", xnys[CALM], 1.7, volume=1000.0)])  # as many as ever, in tenths
    market.put("raw.corporate_action", [action("SPLIT", xnys[CALM - 1], "split", 10.0)])
    fill(market)
    found = dict(market.rows("select symbol, volume_share from core.price_leap join core.security using (security_id) where is_leap"))
    assert found == {symbol: share for symbol, (_, _, share) in VOLUMES.items()} | {"SPLIT": 1.0}
