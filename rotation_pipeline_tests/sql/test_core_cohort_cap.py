"""core.cohort_cap and core.cohort_part: who is in, who is priced, and what the label and the grade say about it."""

from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import COUNTS, fill, put_company, put_defaults, put_members, put_sessions

DAY = date(2024, 1, 2)
TABLES = (*COUNTS, "core.cohort_cap")


def cohort(lab: Lab, name: str = "U") -> dict[str, object]:
    fill(lab, tables=TABLES)
    return lab.dicts(f"select * from core.cohort_cap where cohort_id = '{name}'")[0]


@pytest.fixture
def held(lab: Lab) -> Lab:
    put_sessions(lab, [DAY])
    put_defaults(lab)
    return lab


@pytest.mark.parametrize(("n_priced", "label"), [(99, "PIT_FULL"), (98, "PIT_PARTIAL"), (90, "PIT_PARTIAL"), (89, "PIT_SPARSE")])
def test_label_follows_the_priced_share(held: Lab, n_priced: int, label: str) -> None:
    put_members(held, "U", range(1, 101), DAY)
    for issuer in range(1, n_priced + 1):
        put_company(held, issuer, DAY, 10.0)
    found = cohort(held)
    assert (found["n_members"], found["n_priced"], found["cap_usd"], found["bias_label"]) == (100, n_priced, 10.0 * n_priced, label)


@pytest.mark.parametrize("label", ["CURRENT_LIST", "HINDSIGHT_SELECTED"])
def test_a_label_is_never_promoted(held: Lab, label: str) -> None:
    put_members(held, "U", [1], DAY, bias_label=label)
    put_company(held, 1, DAY, 10.0)
    assert cohort(held)["bias_label"] == label


def test_lines_lost_from_a_list_are_missed(held: Lab) -> None:
    held.put("core.membership_gap", [{"universe_id": "U", "symbol": symbol, "valid_from": DAY} for symbol in ("GONE", "LOST")])
    put_members(held, "U", [1, 2], DAY)
    for issuer in (1, 2):
        put_company(held, issuer, DAY, 10.0)
    found = cohort(held)
    assert (found["n_members"], found["bias_label"]) == (4, "PIT_SPARSE")


def test_no_label_is_better_than_that_of_a_cohort_under_it(held: Lab) -> None:
    """A list of which half has no price; what is chosen from it, and what is combined with that."""
    rules = [
        ("TOP", "TOP_N", "LIST", None),
        ("BOTH", "AND", "OTHER", "TOP"),
        ("REST", "MINUS", "OTHER", "TOP"),
        ("ALL", "OR", "REST", "BOTH"),
    ]
    for name, kind, base, other in rules:
        held.put("raw.cohort_rule", [{"cohort_id": name, "kind": kind, "base_cohort_id": base, "other_cohort_id": other}])
    for name, issuers in (("LIST", (1, 2)), ("TOP", (1,)), ("OTHER", (1, 3)), ("BOTH", (1,)), ("REST", (3,)), ("ALL", (1, 3))):
        put_members(held, name, issuers, DAY)
    for issuer in (1, 3):
        put_company(held, issuer, DAY, 10.0)
    fill(held, tables=("core.cohort_part", *TABLES))
    parts = {"TOP": "LIST", "BOTH": "LIST OTHER TOP", "REST": "OTHER", "ALL": "BOTH LIST OTHER REST TOP"}
    assert dict(held.rows("select cohort_id, string_agg(part_id, ' ' order by part_id) from core.cohort_part group by 1")) == parts
    sparse, full = {"LIST", "TOP", "BOTH", "ALL"}, {"OTHER", "REST"}
    labels = dict(held.rows("select cohort_id, bias_label from core.cohort_cap"))
    assert labels == dict.fromkeys(sparse, "PIT_SPARSE") | dict.fromkeys(full, "PIT_FULL")


@pytest.mark.parametrize(("cap_of_d", "grade"), [(4.0, "C"), (6.0, "D")])
def test_grade_is_the_worst_one_that_weighs_enough(held: Lab, cap_of_d: float, grade: str) -> None:
    put_members(held, "U", [1, 2, 3], DAY)
    put_company(held, 1, DAY, 90.0 - cap_of_d)
    put_company(held, 2, DAY, 10.0, pit_grade="C")
    put_company(held, 3, DAY, cap_of_d, pit_grade="D")
    assert cohort(held)["pit_grade"] == grade


def test_grade_of_the_membership_counts_and_stands_alone_without_caps(held: Lab) -> None:
    put_members(held, "U", [1], DAY, pit_grade="D")
    put_company(held, 2, DAY, 10.0)
    found = cohort(held)
    assert (found["pit_grade"], found["cap_usd"], found["n_priced"]) == ("D", None, 0)
    put_company(held, 1, DAY, 10.0, pit_grade="A")
    assert cohort(held)["pit_grade"] == "D"


def test_rows_begin_with_the_market_data(lab: Lab) -> None:
    """Lists reach back further; a share without a cap begins it too."""
    put_sessions(lab, [date(1990, 1, 2), date(2024, 1, 1), DAY])
    put_defaults(lab)
    lab.rows("update core.line set first_session = date '2024-01-01'")
    put_members(lab, "U", [1], date(1990, 1, 2))
    put_company(lab, 1, DAY, 10.0)
    fill(lab, tables=TABLES)
    assert lab.rows("select session, n_priced from core.cohort_cap order by session") == [(date(2024, 1, 1), 0), (DAY, 1)]


def test_the_label_follows_the_cap_that_is_known_too(held: Lab) -> None:
    put_members(held, "U", range(1, 101), DAY)
    for issuer in range(1, 100):
        put_company(held, issuer, DAY, 10.0)
    held.put("core.cap_estimate", [{"session": DAY, "issuer_id": 100, "method": "VOLUME", "cap_usd": 100.0}])
    found = cohort(held)
    assert (found["n_priced"], found["n_unknown"], found["bias_label"]) == (99, 1, "PIT_PARTIAL")
    assert found["unknown_w"] == pytest.approx(100 / 1090)
