"""core.universe_label: the worst of stays, prices and what is under a cohort (B.7)."""

from __future__ import annotations

from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import assert_windowed_is_whole, put_params

MON, TUE = date(2024, 1, 8), date(2024, 1, 9)


@pytest.fixture
def counted(lab: Lab) -> Lab:
    put_params(lab)
    return lab


def put_count(lab: Lab, universe: str, n_used: int, label: str = "PIT_FULL", session: date = MON) -> None:
    row = {"universe_id": universe, "session": session, "basis": "price", "n_expected": 100, "n_used": n_used}
    lab.put("core.universe_breadth", [row | {"member_label": label, "pit_grade": "B"}])


def put_part(lab: Lab, cohort: str, *parts: str) -> None:
    lab.put("core.cohort_part", [{"cohort_id": cohort, "part_id": part} for part in parts])


def labels(lab: Lab) -> dict[str, tuple[str, bool]]:
    lab.fill("core.universe_label")
    rows = lab.rows("select universe_id, bias_label, is_sparse from core.universe_label order by 1")
    return {universe: (label, is_sparse) for universe, label, is_sparse in rows}


@pytest.mark.parametrize(("n_used", "label"), [(99, "PIT_FULL"), (98, "PIT_PARTIAL"), (90, "PIT_PARTIAL"), (89, "PIT_SPARSE")])
def test_label_follows_the_priced_share(counted: Lab, n_used: int, label: str) -> None:
    put_count(counted, "SP500", n_used)
    assert labels(counted) == {"SP500": (label, n_used < 90)}


@pytest.mark.parametrize("label", ["CURRENT_LIST", "HINDSIGHT_SELECTED"])
def test_prices_promote_no_stay_and_a_list_of_today_may_be_sparse_too(counted: Lab, label: str) -> None:
    put_count(counted, "FULL", 100, label)
    put_count(counted, "HOLES", 50, label)
    assert labels(counted) == {"FULL": (label, False), "HOLES": (label, True)}


def test_what_is_chosen_from_a_list_with_holes_is_known_no_better(counted: Lab) -> None:
    """The seven largest of a list of which a tenth has no price, all seven priced; what is combined with them."""
    put_count(counted, "SP500", 89)
    for cohort in ("TOP7", "BANKS", "BOTH"):
        put_count(counted, cohort, 100)
    put_count(counted, "OTHER", 98)
    put_part(counted, "TOP7", "SP500")
    put_part(counted, "BANKS", "OTHER")
    put_part(counted, "BOTH", "TOP7", "SP500", "BANKS", "OTHER")
    sparse, partial = ("PIT_SPARSE", True), ("PIT_PARTIAL", False)
    assert labels(counted) == {"SP500": sparse, "TOP7": sparse, "BANKS": partial, "BOTH": sparse, "OTHER": partial}


def test_a_cohort_of_a_list_of_today_is_of_today(counted: Lab) -> None:
    put_count(counted, "TODAY", 100, "CURRENT_LIST")
    put_count(counted, "TOP7", 100)
    put_part(counted, "TOP7", "TODAY")
    assert labels(counted)["TOP7"] == ("CURRENT_LIST", False)


def test_the_label_is_of_the_session(counted: Lab) -> None:
    put_part(counted, "TOP7", "SP500")
    for session, n_used in ((MON, 50), (TUE, 100)):
        put_count(counted, "SP500", n_used, session=session)
        put_count(counted, "TOP7", 100, session=session)
    assert_windowed_is_whole(counted, "core.universe_label", TUE)
    rows = counted.rows("select session, bias_label from core.universe_label where universe_id = 'TOP7' order by 1")
    assert rows == [(MON, "PIT_SPARSE"), (TUE, "PIT_FULL")]


def test_two_questions_have_two_labels_and_their_summary_is_never_better(counted: Lab) -> None:
    put_count(counted, "NOW", 50, "CURRENT_LIST")
    put_count(counted, "THEN", 95)
    counted.put(
        "core.universe_breadth", [{"universe_id": "NOBODY", "session": MON, "basis": "price", "n_expected": 0, "member_label": "PIT_FULL"}]
    )
    counted.fill("core.universe_label")
    assert counted.rows("select universe_id, membership_label, coverage_label, bias_label from core.universe_label order by 1") == [
        ("NOBODY", "PIT", "SPARSE", "PIT_SPARSE"),
        ("NOW", "CURRENT_LIST", "SPARSE", "CURRENT_LIST"),
        ("THEN", "PIT", "PARTIAL", "PIT_PARTIAL"),
    ]
