"""core.bias_label: the one order of labels, and the tables that say the worst of several (B.7).

Rows are chosen so that the first or the last label of the alphabet is not the worst.
"""

from collections.abc import Sequence
from datetime import date
from itertools import product

import pytest

from rotation_pipeline.reference.cohort_fields import LABELS
from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import put_company, put_defaults, put_price, put_sessions

F, NEXT = date(2024, 1, 31), date(2024, 2, 1)
PAIRS = [
    ("PIT_PARTIAL", "CURRENT_LIST", "CURRENT_LIST"),
    ("PIT_SPARSE", "HINDSIGHT_SELECTED", "HINDSIGHT_SELECTED"),
    ("CURRENT_LIST", "HINDSIGHT_SELECTED", "HINDSIGHT_SELECTED"),
    ("PIT_FULL", "PIT_PARTIAL", "PIT_PARTIAL"),
]


def test_the_order(lab: Lab) -> None:
    lab.fill("core.bias_label")
    ordered = [label for (label,) in lab.rows("select bias_label from core.bias_label order by badness")]
    assert ordered == ["ETF", "PIT_FULL", "PIT_PARTIAL", "PIT_SPARSE", "CURRENT_LIST", "HINDSIGHT_SELECTED"]
    # The reader of cohort files knows two of them, before there is a warehouse.
    assert sorted(LABELS, key=ordered.index) == list(LABELS)


@pytest.mark.parametrize(("one", "other", "worst"), PAIRS)
def test_a_portfolio_and_a_factor_have_the_worst_label_of_their_names(lab: Lab, one: str, other: str, worst: str) -> None:
    put_defaults(lab, factor__min_names_per_portfolio=1, factor__min_names_with_return=1)
    put_sessions(lab, [F, NEXT])
    formed = {"formation_session": F, "factor_id": "UMD", "variant": "cap90", "me_usd": 1.0, "weight": 0.5, "pit_grade": "B"}
    for number, (size, height) in enumerate(product("SB", "LMH")):
        labels = (one, other) if size + height == "SH" else ("PIT_FULL", "PIT_FULL")
        for line, label in enumerate(labels, 2 * number):
            lab.put("mart.factor_holding", [formed | {"security_id": line, "portfolio": size + height, "bias_label": label}])
            put_price(lab, line, NEXT, 2, r=0.01)
    lab.put("core.characteristic", [{"formation_session": F, "characteristic": "momentum", "is_eligible": True}])
    for table in ("core.factor_turnover", "mart.factor_portfolio", "core.factor_series", "mart.factor_return"):
        lab.fill(table)
    assert lab.rows("select bias_label from mart.factor_portfolio where portfolio = 'SH'") == [(worst,)]
    assert lab.rows("select bias_label from mart.factor_return where factor_id = 'UMD' and variant = 'cap90' and ret is not null") == [
        (worst,)
    ]


@pytest.mark.parametrize(("one", "other", "worst"), PAIRS)
def test_a_sort_has_the_worst_label_of_its_universe(lab: Lab, one: str, other: str, worst: str) -> None:
    put_defaults(lab)
    put_sessions(lab, [F, NEXT])
    for line, label in enumerate((one, other), 1):
        put_company(lab, line, F, 1e9)
        stay = {"universe_id": "RANK3000", "security_id": line, "issuer_id": line, "valid_from": F, "known_from": F, "pit_grade": "B"}
        lab.put("core.membership", [stay | {"bias_label": label}])
    lab.fill("core.characteristic")
    assert lab.rows("select distinct bias_label from core.characteristic") == [(worst,)]


@pytest.mark.parametrize(("one", "other", "worst"), PAIRS)
def test_a_spread_of_two_lists_has_the_worse_label(lab: Lab, one: str, other: str, worst: str) -> None:
    put_defaults(lab)
    put_sessions(lab, [F, NEXT])
    row = {"formation_session": F, "is_eligible": True, "pit_grade": "B"}
    lists = [("SP500", one), ("SP600", other)]
    lab.put("core.size_list", [row | {"security_id": i, "universe_id": name, "bias_label": label} for i, (name, label) in enumerate(lists)])
    lab.fill("mart.factor_holding")
    assert lab.rows("select distinct bias_label from mart.factor_holding") == [(worst,)]


@pytest.mark.parametrize(("one", "other", "worst"), PAIRS)
def test_a_company_and_a_universe_have_the_worst_label_of_their_lines(lab: Lab, one: str, other: str, worst: str) -> None:
    put_defaults(lab)
    put_sessions(lab, [F])
    put_price(lab, 1, F, 1)
    stay = {"universe_id": "U", "issuer_id": 1, "valid_from": F, "known_from": F, "pit_grade": "B"}
    lab.put("core.membership", [stay | {"security_id": line, "bias_label": label} for line, label in enumerate((one, other), 1)])
    for table in ("core.issuer_membership", "core.membership_set", "core.member_count", "core.universe_breadth"):
        lab.fill(table)
    assert lab.rows("select bias_label from core.issuer_membership") == [(worst,)]
    assert lab.rows("select distinct member_label from core.universe_breadth") == [(worst,)]


def test_a_label_beside_that_of_a_fund_stays(lab: Lab) -> None:
    claims = ["PIT_FULL", "PIT_SPARSE", "HINDSIGHT_SELECTED"]
    assert [worst_of(lab, ("ETF", claim)) for claim in claims] == claims
    assert worst_of(lab, ("ETF", "ETF")) == "ETF"


def worst_of(lab: Lab, labels: Sequence[str]) -> object:
    said = ", ".join(f"('{label}')" for label in labels)
    return lab.rows(
        f"select max_by(bias_label, badness) from (values {said}) as said (bias_label) join core.bias_label using (bias_label)"
    )[0][0]
