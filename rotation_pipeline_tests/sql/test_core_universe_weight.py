"""core.universe_weight: how much of a universe's cap is known, and how much only estimated (0.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import COUNTS, fill, put_company, put_defaults, put_members, put_sessions

DAY = date(2024, 1, 2)


@pytest.fixture
def held(lab: Lab) -> Lab:
    put_sessions(lab, [DAY])
    put_defaults(lab)
    return lab


def weight(lab: Lab, universe: str = "U", day: date = DAY) -> dict[str, object]:
    fill(lab, tables=COUNTS)
    return lab.dicts(f"select * from core.universe_weight where universe_id = '{universe}' and session = date '{day}'")[0]


def put_estimate(lab: Lab, issuer: int, method: str, cap: float, day: date = DAY) -> None:
    lab.put("core.cap_estimate", [{"session": day, "issuer_id": issuer, "method": method, "cap_usd": cap}])


def test_all_known(held: Lab) -> None:
    put_members(held, "U", [1, 2], DAY)
    for issuer in (1, 2):
        put_company(held, issuer, DAY, 50.0)
    found = weight(held)
    assert (found["n_known"], found["n_unknown"], found["known_usd"], found["unknown_usd"]) == (2, 0, 100.0, 0.0)
    assert (found["unknown_w"], found["coverage_w"], found["unknown_method"]) == (0.0, 1.0, None)


def test_each_unknown_company_weighs_in_the_best_way_that_there_is(held: Lab) -> None:
    """An estimate, else the median of the known; so does a list entry that no price line belongs to."""
    put_members(held, "U", range(1, 6), DAY)
    for issuer, cap in ((1, 10.0), (2, 30.0), (3, 500.0)):
        put_company(held, issuer, DAY, cap)
    put_estimate(held, 4, "LAST_CAP", 60.0)
    assert weight(held)["unknown_method"] == "MEDIAN"  # of 5
    put_estimate(held, 5, "VOLUME", 20.0)
    found = weight(held)
    assert (found["n_unknown"], found["unknown_usd"], found["unknown_method"]) == (2, 80.0, "VOLUME")
    held.put("core.membership_gap", [{"universe_id": "U", "symbol": "GONE", "valid_from": DAY}])
    found = weight(held)
    assert (found["n_unknown"], found["unknown_usd"], found["unknown_method"]) == (3, 110.0, "MEDIAN")
    assert found["coverage_w"] == pytest.approx(540 / 650)
    assert found["unknown_w"] == pytest.approx(110 / 650)


def test_two_lines_of_a_company_are_one(held: Lab) -> None:
    for line in (1, 2):
        put_members(held, "U", [line], DAY, issuer_id=1)
    put_members(held, "U", [3], DAY)
    put_company(held, 3, DAY, 100.0)
    put_estimate(held, 1, "VOLUME", 300.0)
    found = weight(held)
    assert (found["n_known"], found["n_unknown"], found["coverage_w"]) == (1, 1, 0.25)


def test_nobody_known_and_nobody_there(held: Lab) -> None:
    put_members(held, "U", [1], DAY)
    held.put("raw.cohort_rule", [{"cohort_id": "EMPTY", "kind": "SCREEN", "label": "EMPTY"}])
    found, empty = weight(held), weight(held, "EMPTY")
    assert (found["n_known"], found["n_unknown"], found["coverage_w"], found["unknown_usd"]) == (0, 1, 0.0, None)
    assert (empty["n_known"], empty["n_unknown"], empty["coverage_w"], empty["unknown_method"]) == (0, 0, None, None)


def test_a_window_gives_the_rows_of_a_whole_fill(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:5]
    put_sessions(lab, days)
    put_defaults(lab)
    put_members(lab, "U", range(1, 7), days[0])
    for day in days:
        for issuer in range(1, 6):
            if (issuer + day.day) % 3:
                put_company(lab, issuer, day, 10.0 * issuer + day.day)
    put_estimate(lab, 6, "VOLUME", 12.0, days[3])
    fill(lab, tables=COUNTS)
    whole = lab.rows("select * from core.universe_weight order by all")
    lab.fill("core.universe_weight", days[2])
    assert lab.rows("select * from core.universe_weight order by all") == whole
    assert len(whole) == 5
