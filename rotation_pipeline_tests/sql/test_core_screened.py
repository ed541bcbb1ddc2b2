"""core.screened and core.screen_membership: cohorts that are tested at month ends by label, cap and characteristic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import cap, list_line, open_market

JAN, FEB, MAR = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 28)  # month ends; the next sessions:
IN_FEB, IN_MAR, IN_APR = date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)
BILLION = 1e9


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2024, 1, 2), date(2024, 4, 15))
    return lab


def put_rule(lab: Lab, cohort_id: str, **columns: Any) -> None:
    lab.put("raw.cohort_rule", [{"cohort_id": cohort_id, "kind": "SCREEN", **columns}])


def put_caps(lab: Lab, session: date, caps: Mapping[int, float], earnings: Mapping[int, float] | None = None, **columns: Any) -> None:
    """Caps and trailing earnings of companies, billions of USD."""
    cap(lab, session, {i: value * BILLION for i, value in caps.items()}, **columns)
    row = {"session": session, "pit_grade": "B"}
    known = {i: value * BILLION for i, value in (earnings or {}).items()}
    rows = [
        {**row, "issuer_id": i, "security_id": i, "market_cap_usd": value * BILLION, "earnings_street_usd": known.get(i)}
        for i, value in caps.items()
    ]
    lab.put("core.issuer_valuation", rows)


def put_base(lab: Lab, universe_id: str, *members: int, table: str = "list", **columns: Any) -> None:
    stay = {"universe_id": universe_id, "valid_from": date(2024, 1, 2), "bias_label": "PIT_FULL", "pit_grade": "B", **columns}
    lab.put(f"core.{table}_membership", [stay | {"security_id": i, "issuer_id": i} for i in members])


def passed(lab: Lab, cohort_id: str, session: date = JAN) -> set[int]:
    lab.fill("core.screened")
    sql = f"select security_id from core.screened where cohort_id = '{cohort_id}' and formation_session = date '{session}'"
    return {security_id for (security_id,) in lab.rows(sql)}


def stays(lab: Lab, columns: str = "security_id, valid_from, valid_to") -> list[tuple[Any, ...]]:
    lab.fill("core.screened")
    lab.fill("core.screen_membership")
    return lab.rows(f"select {columns} from core.screen_membership order by security_id, valid_from")


def test_labels_and_cap_of_the_month_end_choose_from_all_eligible_companies(market: Lab) -> None:
    banks, chips = {"sector": "Financial Services", "industry": "Banks - Regional"}, {"sector": "Technology", "industry": "Semiconductors"}
    for i, labels in enumerate((banks, banks, banks, chips, {}), 1):
        list_line(market, i, f"S{i}", **labels)
    put_rule(market, "REG_BANKS", industries="Banks - Diversified;Banks - Regional", cap_below_usd=100 * BILLION)
    put_rule(market, "FINANCE", sectors="Financial Services", cap_from_usd=5 * BILLION)
    put_caps(market, JAN, {1: 50, 2: 100, 3: 0.029, 4: 50, 5: 50})  # the third is too small to be ranked
    assert passed(market, "REG_BANKS") == {1}
    assert passed(market, "FINANCE") == {1, 2}
    assert market.rows("select distinct bias_label, pit_grade from core.screened") == [(None, "D")]


def test_a_base_may_be_a_list_or_a_universe_by_size_and_gives_its_label(market: Lab) -> None:
    for i in (1, 2, 3):
        list_line(market, i, f"S{i}", sector="Energy")
    put_base(market, "SP500", 1, bias_label="CURRENT_LIST")
    put_base(market, "RANK1000", 2, table="rank", bias_label=None)
    put_base(market, "SP500", 3, valid_to=JAN)
    put_rule(market, "LISTED", base_cohort_id="SP500", sectors="Energy")
    put_rule(market, "RANKED", base_cohort_id="RANK1000", sectors="Energy")
    assert (passed(market, "LISTED"), passed(market, "RANKED")) == ({1}, {2})  # no price is needed to have a label
    assert market.rows("select distinct cohort_id, bias_label from core.screened order by 1") == [
        ("LISTED", "CURRENT_LIST"),
        ("RANKED", None),
    ]


def test_the_median_is_the_bases_before_any_other_test(market: Lab) -> None:
    """Yields 1 to 5 %: the median is 3 %, whatever the sectors of the cheap ones."""
    for i in range(1, 7):
        list_line(market, i, f"S{i}", sector="Energy" if i in (2, 4) else "Utilities")
    put_base(market, "SP500", *range(1, 6))
    put_rule(market, "CHEAP", base_cohort_id="SP500", above_median="earnings_yield")
    put_rule(market, "CHEAP_ENERGY", base_cohort_id="SP500", above_median="earnings_yield", sectors="Energy")
    put_caps(market, JAN, dict.fromkeys(range(1, 7), 100.0), {i: float(i) for i in range(1, 6)} | {6: 90.0})  # the sixth is not in the list
    assert passed(market, "CHEAP") == {4, 5}
    assert passed(market, "CHEAP_ENERGY") == {4}
    assert market.rows("select distinct cohort_id, pit_grade from core.screened order by 1") == [("CHEAP", "B"), ("CHEAP_ENERGY", "D")]


@pytest.mark.parametrize(("n_known", "n_passed"), [(7, 0), (8, 4)])
def test_a_median_needs_most_of_the_base(market: Lab, n_known: int, n_passed: int) -> None:
    members = range(1, 11)
    for i in members:
        list_line(market, i, f"S{i}")
    put_base(market, "SP500", *members)
    put_rule(market, "CHEAP", base_cohort_id="SP500", above_median="earnings_yield")
    put_caps(market, JAN, dict.fromkeys(members, 100.0), {i: float(i) for i in range(1, n_known + 1)})
    assert len(passed(market, "CHEAP")) == n_passed


def test_members_are_in_from_the_session_after_one_month_end_to_that_after_another(market: Lab) -> None:
    for i in (1, 2, 3):
        list_line(market, i, f"S{i}", sector="Energy")
    put_rule(market, "ENERGY", sectors="Energy", cap_below_usd=10 * BILLION)
    put_caps(market, JAN, {1: 5, 2: 5, 3: 5})
    put_caps(market, FEB, {1: 5, 2: 50, 3: 5})
    put_caps(market, MAR, {1: 5, 2: 5, 3: 50})
    put_caps(market, date(2024, 4, 15), {1: 50, 2: 50})  # no month end
    assert stays(market) == [(1, IN_FEB, None), (2, IN_FEB, IN_MAR), (2, IN_APR, None), (3, IN_FEB, IN_APR)]


def test_a_month_end_on_which_nobody_has_a_cap_lets_nobody_go(market: Lab) -> None:
    """Prices stopped in February: who was chosen stays expected until somebody can be judged again. A cohort of a list is chosen of it."""
    for i in (1, 2):
        list_line(market, i, f"S{i}", sector="Energy")
    put_base(market, "SP500", 1)
    put_rule(market, "ENERGY", sectors="Energy")
    put_rule(market, "OF_LIST", base_cohort_id="SP500", sectors="Energy", cap_below_usd=10 * BILLION)
    for month, caps in ((JAN, {1: 5, 2: 5}), (MAR, {1: 5})):
        put_caps(market, month, caps)
        market.put("core.month_end_cap", [{"session": month, "security_id": i, "issuer_id": i} for i in caps])
    assert stays(market, "universe_id, security_id, valid_from, valid_to") == [
        ("ENERGY", 1, IN_FEB, None),
        ("OF_LIST", 1, IN_FEB, IN_MAR),
        ("OF_LIST", 1, IN_APR, None),
        ("ENERGY", 2, IN_FEB, IN_APR),
    ]


@pytest.mark.parametrize("last", [date(2024, 2, 20), FEB])
def test_a_line_that_ends_stays_for_the_session_that_books_its_return(market: Lab, last: date) -> None:
    """Also where the next month end has dropped it from that session on."""
    list_line(market, 1, "S1", sector="Energy", delist_session=last)
    put_rule(market, "ENERGY", sectors="Energy")
    put_caps(market, JAN, {1: 5})
    assert stays(market) == [(1, IN_FEB, {date(2024, 2, 20): date(2024, 2, 22), FEB: date(2024, 3, 4)}[last])]


def test_a_label_that_changes_later_does_not_rewrite_who_was_in(market: Lab) -> None:
    list_line(market, 1, "S1", sector="Energy")
    put_rule(market, "ENERGY", sectors="Energy")
    put_caps(market, JAN, {1: 5})
    put_caps(market, FEB, {1: 5})
    market.rows(f"update core.line_label set valid_to = date '{date(2024, 2, 20)}'")
    told = {"matters_from": date(2024, 2, 20), "valid_from": date(2024, 2, 20), "sector": "Technology"}
    market.put("core.line_label", [{"security_id": 1, **told}])
    assert (passed(market, "ENERGY", JAN), passed(market, "ENERGY", FEB)) == ({1}, set())


def test_windowed_is_whole_and_later_rows_change_nothing(market: Lab) -> None:
    for i in (1, 2):
        list_line(market, i, f"S{i}", sector="Energy")
    put_rule(market, "ENERGY", sectors="Energy", cap_below_usd=10 * BILLION)
    put_caps(market, JAN, {1: 5, 2: 5})
    put_caps(market, FEB, {1: 5, 2: 50})
    early = stays(market)
    put_caps(market, MAR, {1: 50, 2: 5})
    whole = stays(market)
    assert [row[:2] for row in early] == [(1, IN_FEB), (2, IN_FEB)] == [row[:2] for row in whole if row[1] < IN_APR]
    rows = market.rows("select * from core.screened order by all")
    market.fill("core.screened", FEB)
    assert market.rows("select * from core.screened order by all") == rows
