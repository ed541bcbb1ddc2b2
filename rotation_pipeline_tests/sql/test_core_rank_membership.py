"""core.rank_membership: universes made by size, their dates and their band."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import cap, golden, list_line, open_market

BILLION = 1e9


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2024, 1, 2), date(2026, 11, 20))
    return lab


def put_lines(lab: Lab, n: int, **columns: Any) -> None:
    for i in range(1, n + 1):
        list_line(lab, i, f"S{i}", **columns)


def put_rule(lab: Lab, cohort_id: str, kind: str, **columns: Any) -> None:
    lab.put("raw.cohort_rule", [{"cohort_id": cohort_id, "kind": kind, "band": 0.0, **columns}])


def put_caps(lab: Lab, session: date, caps: Mapping[int, float], **columns: Any) -> None:
    cap(lab, session, {i: value * BILLION for i, value in caps.items()}, **columns)


def fill(lab: Lab) -> None:
    for table in ("core.month_end_cap", "core.top_pick", "core.rank_membership"):
        lab.fill(table)


def members(lab: Lab, universe_id: str, on: date) -> set[int]:
    sql = f"""
        select security_id from core.rank_membership
        where universe_id = '{universe_id}' and valid_from <= date '{on}' and (valid_to is null or date '{on}' < valid_to)
    """
    return {security_id for (security_id,) in lab.rows(sql)}


def test_members_near_the_breakpoint_keep_their_side(market: Lab) -> None:
    """G-B1: six large by rank, a band of 2.5 points."""
    case = golden("G-B1")
    names = [name for name, _ in case["inputs"]["caps"]]
    numbers = {name: i for i, name in enumerate(names, 1)}
    tail = dict.fromkeys(range(10, 48), case["inputs"]["tail"] / 38)
    was_large = {numbers[name]: 10.0 for name, side in case["inputs"]["prev"].items() if side == "L"}
    was_small = {numbers[name]: 1.0 for name, side in case["inputs"]["prev"].items() if side == "S"}
    put_lines(market, 47)
    for cohort_id, band in (("BANDED", case["inputs"]["band"] / 100), ("STRICT", 0.0)):
        put_rule(market, cohort_id, "RANK", rank_from=1, rank_to=case["inputs"]["large_n"], band=band)
        put_rule(market, f"{cohort_id}_REST", "RANK", rank_from=case["inputs"]["large_n"] + 1, rank_to=100, band=band)
    put_caps(market, date(2024, 4, 30), was_large | was_small | dict.fromkeys(tail, 0.5))
    put_caps(market, date(2025, 4, 30), {numbers[name]: value for name, value in case["inputs"]["caps"]} | tail)
    fill(market)
    before, after = date(2025, 6, 27), date(2025, 6, 30)
    assert members(market, "BANDED", before) == set(was_large)
    assert "".join(names[i - 1] for i in sorted(members(market, "BANDED", after))) == case["outputs"]["large"]
    assert "".join(names[i - 1] for i in sorted(members(market, "STRICT", after))) == case["outputs"]["no_band"]
    for cohort_id in ("BANDED", "STRICT"):
        assert members(market, f"{cohort_id}_REST", after) == set(range(1, 48)) - members(market, cohort_id, after)


def test_reconstitutions_take_effect_after_the_fourth_friday_of_june_and_the_second_of_november(market: Lab) -> None:
    """G-B3, with only the largest in: who is in changes on every reconstitution."""
    case = golden("G-B3")["outputs"]
    put_lines(market, 4)
    put_rule(market, "RANK1", "RANK", rank_from=1, rank_to=1)
    april = {date(2024, 4, 30): 1, date(2025, 4, 30): 2, date(2026, 4, 30): 3}
    september = {date(2024, 9, 30): 4, date(2025, 9, 30): 4, date(2026, 9, 30): 1}  # ranks of before 2026 count for nothing
    for day, leader in (april | september).items():
        put_caps(market, day, {i: 9.0 if i == leader else 1.0 for i in range(1, 5)})
    fill(market)
    rows = market.rows("""
        select security_id, session.previous_session, valid_to
        from core.rank_membership join core.session as session on session.session = valid_from
        order by valid_from
    """)
    june_2025, june_2026, november_2026 = (date.fromisoformat(case[name]) for name in ("recon_2025", "recon_2026_jun", "recon_2026_nov"))
    assert [row[:2] for row in rows] == [
        (1, date(2024, 4, 30)),  # a month end stands in for the first reconstitution
        (2, june_2025),
        (3, june_2026),
        (1, november_2026),
    ]


def test_cap_shares_divide_the_market_like_the_french_library(market: Lab) -> None:
    put_lines(market, 5)
    put_rule(market, "LARGE", "CAP_SHARE", cap_share_from=0.0, cap_share_to=0.9)
    put_rule(market, "SMALL", "CAP_SHARE", cap_share_from=0.9, cap_share_to=1.0)
    put_caps(market, date(2024, 4, 30), {1: 60, 2: 25, 3: 10, 4: 3, 5: 2})  # before 3: 85 %, before 4: 95 %
    fill(market)
    assert members(market, "LARGE", date(2024, 5, 1)) == {1, 2, 3}
    assert members(market, "SMALL", date(2024, 5, 1)) == {4, 5}


def test_the_largest_of_a_list_at_each_month_end_are_in_from_the_next_session(market: Lab) -> None:
    put_lines(market, 4)
    list_line(market, 5, "S1B", issuer_id=1, is_primary=False)
    start = date(2024, 1, 2)
    stay = {"universe_id": "SP500", "valid_from": start, "bias_label": "PIT_FULL", "pit_grade": "B"}
    market.put("core.list_membership", [stay | {"security_id": i, "issuer_id": 1 if i == 5 else i} for i in (1, 2, 3, 5)])
    put_rule(market, "TOP2", "TOP_N", base_cohort_id="SP500", rank_from=1, rank_to=2)
    for day, caps in ((date(2024, 1, 31), {1: 5, 2: 4, 3: 3, 4: 9}), (date(2024, 2, 29), {1: 5, 2: 2, 3: 3, 4: 9})):
        put_caps(market, day, caps)
        put_caps(market, day, {5: 5}, issuer_id=1, is_primary=False)
    put_caps(market, date(2024, 2, 15), {1: 1, 2: 1, 3: 9})  # no month end
    fill(market)
    assert market.rows("select security_id, issuer_id, valid_from, valid_to from core.rank_membership order by 1, 3") == [
        (1, 1, date(2024, 2, 1), date(2024, 4, 1)),  # on the next month end nobody has a cap
        (2, 2, date(2024, 2, 1), date(2024, 3, 1)),
        (3, 3, date(2024, 3, 1), date(2024, 4, 1)),
        (5, 1, date(2024, 2, 1), date(2024, 4, 1)),
    ]


def test_nobody_is_picked_while_a_member_without_a_cap_could_be_among_the_largest(market: Lab) -> None:
    """TOP7 held the eighth and the ninth, because larger ones had no cap."""
    put_lines(market, 6)
    start, january, february, march = date(2024, 1, 2), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 28)
    stay = {"universe_id": "SP500", "valid_from": start, "bias_label": "PIT_FULL", "pit_grade": "B"}
    market.put("core.list_membership", [stay | {"security_id": i, "issuer_id": i} for i in range(1, 7)])
    put_rule(market, "TOP1", "TOP_N", base_cohort_id="SP500", rank_from=1, rank_to=1)
    for day in (january, february, march):
        put_caps(market, day, {1: 9, 2: 8, 3: 7, 4: 6, 5: 5} | ({6: 1} if day == march else {}))
    for day, estimate in ((january, 8.5), (february, 7.5)):  # second of six, then third: twice the one rank that is in
        market.put("core.cap_estimate", [{"session": day, "issuer_id": 6, "method": "VOLUME", "cap_usd": estimate * BILLION}])
    fill(market)
    assert market.rows(
        "select session, n_known, n_unknown, n_could_rank, is_decided from core.top_pick where session < '2024-04-01' order by 1"
    ) == [
        (january, 5, 1, 1, False),
        (february, 5, 1, 0, True),
        (march, 6, 0, 0, True),
    ]
    assert [members(market, "TOP1", day) for day in (date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1))] == [set(), {1}, {1}]


def test_small_cheap_and_unpriced_names_are_not_ranked(market: Lab) -> None:
    put_lines(market, 4)
    put_rule(market, "RANK9", "RANK", rank_from=1, rank_to=9)
    day = date(2024, 4, 30)
    put_caps(market, day, {1: 1.0, 2: 0.029})
    put_caps(market, day, {3: 1.0}, close_usd=0.99)
    put_caps(market, day, {4: 1.0}, is_stale=True)
    fill(market)
    assert members(market, "RANK9", date(2024, 5, 1)) == {1}


def test_between_reconstitutions_lines_leave_when_they_end_and_large_newcomers_join_at_the_quarter_end(market: Lab) -> None:
    put_lines(market, 3)
    list_line(market, 4, "S4", delist_session=date(2025, 8, 14))
    for i in (5, 6):
        list_line(market, i, f"S{i}")
    put_rule(market, "RANK3", "RANK", rank_from=1, rank_to=3)
    put_caps(market, date(2025, 4, 30), {1: 9, 2: 1, 3: 2, 4: 4})
    put_caps(market, date(2025, 9, 30), {1: 9, 2: 8, 3: 2, 5: 3, 6: 1})  # 2 has outgrown them, but waits; 5 and 6 are new
    fill(market)
    assert members(market, "RANK3", date(2025, 8, 15)) == {1, 3, 4}
    assert members(market, "RANK3", date(2025, 8, 18)) == {1, 3}
    assert members(market, "RANK3", date(2025, 10, 1)) == {1, 3, 5}


def test_only_a_list_gives_a_label(market: Lab) -> None:
    put_lines(market, 2)
    stay = {"universe_id": "LIST", "valid_from": date(2024, 1, 2), "bias_label": "CURRENT_LIST", "pit_grade": "D"}
    market.put("core.list_membership", [stay | {"security_id": 1, "issuer_id": 1}])
    put_rule(market, "RANK9", "RANK", rank_from=1, rank_to=9)
    put_rule(market, "TOP9", "TOP_N", base_cohort_id="LIST", rank_from=1, rank_to=9)
    put_caps(market, date(2024, 4, 30), {1: 1.0, 2: 1.0})
    fill(market)
    assert market.rows("select distinct universe_id, bias_label, pit_grade from core.rank_membership order by 1") == [
        ("RANK9", None, "B"),
        ("TOP9", "CURRENT_LIST", "D"),
    ]


@pytest.mark.parametrize("leaves_ranking", [True, False])
def test_a_reconstitution_on_the_session_of_the_delisting_return_does_not_take_it_away(market: Lab, leaves_ranking: bool) -> None:
    put_lines(market, 2)
    last, booking, after = date(2024, 4, 30), date(2024, 5, 1), date(2024, 5, 2)
    list_line(market, 3, "S3", delist_session=last)
    put_rule(market, "FIRST", "RANK", rank_from=1, rank_to=1)
    put_caps(market, date(2024, 3, 28), {1: 2, 2: 1, 3: 9})
    put_caps(
        market, last, {1: 2, 2: 1} | ({} if leaves_ranking else {3: 9})
    )  # a month end: what is ranked on it is in from the booking session
    fill(market)
    rows = market.rows("select valid_from, valid_to from core.rank_membership where security_id = 3")
    assert rows == [(date(2024, 4, 1), after)]
    assert members(market, "FIRST", booking) == ({1, 3} if leaves_ranking else {3})
