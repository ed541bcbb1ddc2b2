"""core.listed_split: which ratio a number in a list stands for, and which are splits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import sqrt

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import ACTIONS, action, bars, begin, build, listing

RATIOS = {
    1 / 15: 1 / 15,
    0.0667: 1 / 15,
    0.067: 1 / 15,
    1.3333: 4 / 3,
    1.33: 4 / 3,
    0.6667: 2 / 3,
    0.0167: 1 / 60,
    0.333333: 1 / 3,
    1 / 150: 1 / 150,
    1 / 190: 1 / 190,
    0.005263: 1 / 190,
    0.0053: 1 / 190,  # or 1:187 to 1:190; splits are round
    0.0067: 1 / 150,
    0.005: 1 / 200,
    0.001: 1 / 1000,
    1 / 4999: 1 / 4999,
    2500.0: 2500.0,
    0.1: 0.1,
    0.05: 0.05,
    0.3: 0.3,
    1.05: 1.05,
    1.1: 1.1,
    1.5: 1.5,
    109 / 110: 109 / 110,
}
NO_SPLITS = (1.046, 1.324, 1.281, 1.253, 1.128, 113 / 111, 5001.0, 1 / 49.426, 1.0046)


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:60])
    lab.put("raw.listing", [listing("A")])
    lab.put("raw.price_bar", bars("A", xnys[:60], [40.0] * 60, price_basis="as_traded"))
    return lab


def test_a_decimal_is_the_fraction_that_was_rounded(market: Lab, xnys: Sequence[date]) -> None:
    told = [*RATIOS, *NO_SPLITS]
    market.put("raw.corporate_action", [action("A", xnys[5 + n], "split", ratio) for n, ratio in enumerate(told)])
    build(market, ACTIONS)
    found = market.rows("select listed_ratio, ratio, is_true_split from core.listed_split order by ex_session")
    assert found == [(ratio, pytest.approx(RATIOS.get(ratio, ratio), rel=1e-15), ratio in RATIOS) for ratio in told]


@pytest.mark.parametrize(
    ("ratio", "moved", "is_true"),
    [
        (2.0, 1.0, False),
        (2.0, sqrt(2) - 0.01, False),
        (2.0, sqrt(2) + 0.01, True),
        (2.0, 0.7, False),
        (2.0, 0.4, True),  # no count that says anything
        (0.1, 1.2, False),
        (0.1, 0.11, True),
        (4 / 3, 1.05, False),
    ],
)
def test_counts_contradict_that_are_nearer_to_nothing(market: Lab, xnys: Sequence[date], ratio: float, moved: float, is_true: bool) -> None:
    counts = [(xnys[5], 100.0), (xnys[25], 100.0 * moved)]
    stamps = [{"as_of": day, "basis_date": day, "known_on": day + timedelta(days=9)} for day, _ in counts]
    rows = [stamp | {"symbol": "A", "shares": n, "kind": "reported"} for stamp, (_, n) in zip(stamps, counts, strict=True)]
    market.put("raw.share_count", rows)
    market.put("raw.corporate_action", [action("A", xnys[20], "split", ratio)])
    build(market, ACTIONS)
    assert market.rows("select is_true_split, refuted_on is null from core.listed_split") == [(is_true, is_true)]
