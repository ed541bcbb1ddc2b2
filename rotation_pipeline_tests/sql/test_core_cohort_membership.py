"""core.cohort_membership: MINUS, AND and OR over lists and cohorts, by company, to any depth."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab

JAN, FEB, MAR, APR, MAY = (date(2024, month, 1) for month in range(1, 6))


def put(lab: Lab, table: str, universe_id: str, security_id: int, start: date, end: date | None = None, **columns: Any) -> None:
    row = {"universe_id": universe_id, "security_id": security_id, "issuer_id": security_id, "bias_label": "PIT_FULL", "pit_grade": "B"}
    lab.put(f"core.{table}_membership", [{**row, "valid_from": start, "valid_to": end, **columns}])


def put_rule(lab: Lab, cohort_id: str, kind: str, base: str, *others: str) -> None:
    lab.put("raw.cohort_rule", [{"cohort_id": cohort_id, "kind": kind, "base_cohort_id": base, "other_cohort_id": " ".join(others)}])


def stays(lab: Lab, universe_id: str, columns: str = "security_id, valid_from, valid_to") -> list[tuple[Any, ...]]:
    return lab.rows(f"select {columns} from core.cohort_membership where universe_id = '{universe_id}' order by security_id, valid_from")


def test_cohorts_of_cohorts_of_every_kind(lab: Lab) -> None:
    put(lab, "list", "SP500", 1, JAN)
    put(lab, "list", "SP500", 2, JAN)
    put(lab, "rank", "RANK2000", 3, FEB, APR)
    put(lab, "screen", "BANKS", 3, JAN, MAR)
    put(lab, "screen", "BANKS", 2, MAR)
    put_rule(lab, "ANY", "OR", "SP500", "RANK2000")
    put_rule(lab, "ANY_BANK", "AND", "ANY", "BANKS")
    put_rule(lab, "NO_BANK", "MINUS", "ANY", "ANY_BANK")
    lab.fill("core.cohort_membership")
    assert stays(lab, "ANY") == [(1, FEB, APR), (2, FEB, APR), (3, FEB, APR)]
    assert stays(lab, "ANY_BANK") == [(2, MAR, APR), (3, FEB, MAR)]
    assert stays(lab, "NO_BANK") == [(1, FEB, APR), (2, FEB, MAR), (3, MAR, APR)]


def test_and_takes_any_number_of_operands_and_nothing_is_in_an_unknown_one(lab: Lab) -> None:
    for name, end in (("A", None), ("B", APR), ("C", MAR)):
        put(lab, "list", name, 1, JAN, end)
    put_rule(lab, "ALL", "AND", "A", "B", "C")
    put_rule(lab, "NONE", "AND", "A", "NOWHERE")
    put_rule(lab, "WHOLE", "MINUS", "A", "NOWHERE")
    lab.fill("core.cohort_membership")
    assert stays(lab, "ALL") == [(1, JAN, MAR)]
    assert stays(lab, "NONE") == []
    assert stays(lab, "WHOLE") == [(1, JAN, None)]


def test_an_empty_operand_leaves_nobody(lab: Lab) -> None:
    """A "small and mid" cohort that held no small company was labelled PIT_FULL."""
    put(lab, "rank", "REST", 1, JAN)
    put(lab, "rank", "SMALL", 2, FEB, MAR)
    put(lab, "rank", "SMALL", 3, APR)
    put(lab, "list", "LIST", 4, JAN)
    for name in ("REST", "SMALL"):
        lab.put("raw.cohort_rule", [{"cohort_id": name, "kind": "TOP_N"}])
    put_rule(lab, "SMALL_MID", "OR", "SMALL", "REST")
    put_rule(lab, "SMALL_MID_TOO", "OR", "SMALL_MID", "LIST")
    put_rule(lab, "LARGE", "MINUS", "LIST", "SMALL")
    lab.fill("core.cohort_membership")
    assert stays(lab, "SMALL_MID") == [(1, FEB, MAR), (1, APR, None), (2, FEB, MAR), (3, APR, None)]
    assert [stay[1:] for stay in stays(lab, "SMALL_MID_TOO") if stay[0] == 4] == [(FEB, MAR), (APR, None)]
    assert stays(lab, "LARGE") == [(4, FEB, MAR), (4, APR, None)]


def test_a_company_is_in_or_out_with_all_its_lines(lab: Lab) -> None:
    put(lab, "list", "SP500", 1, JAN)
    put(lab, "list", "NDX100", 2, FEB, MAR, issuer_id=1)
    put_rule(lab, "BOTH", "AND", "SP500", "NDX100")
    put_rule(lab, "WITHOUT", "MINUS", "SP500", "NDX100")
    put_rule(lab, "EITHER", "OR", "SP500", "NDX100")
    lab.fill("core.cohort_membership")
    assert stays(lab, "BOTH") == [(1, FEB, MAR)]
    assert stays(lab, "WITHOUT") == [(1, JAN, FEB), (1, MAR, None)]
    assert stays(lab, "EITHER") == [(1, FEB, MAR), (2, FEB, MAR)]


@pytest.mark.parametrize(("label", "joined"), [("PIT_FULL", "PIT_FULL"), (None, None), ("CURRENT_LIST", "CURRENT_LIST")])
def test_label_and_grade_are_the_worst_of_what_was_joined(lab: Lab, label: str | None, joined: str | None) -> None:
    put(lab, "list", "SP500", 1, JAN)
    put(lab, "screen", "TEST", 1, FEB, MAR, bias_label=label, pit_grade="D")
    for kind in ("AND", "OR", "MINUS"):
        put_rule(lab, kind, kind, "SP500", "TEST")
    lab.fill("core.cohort_membership")
    columns = "valid_from, valid_to, bias_label, pit_grade"
    worst, best = (FEB, MAR, joined, "D"), [(JAN, FEB, "PIT_FULL", "B"), (MAR, None, "PIT_FULL", "B")]
    assert stays(lab, "AND", columns) == [worst]
    assert stays(lab, "OR", columns) == [worst]  # while anybody is in both
    assert stays(lab, "MINUS", columns) == best


def test_a_cohort_falls_apart_into_what_it_shares_with_another_and_what_it_does_not(lab: Lab) -> None:
    """On random stays: A MINUS A is empty; A AND B with A MINUS B is A, line by line and day by day; OR is all of both."""
    random = Random(4)
    for name in ("A", "B"):
        for security_id in range(1, 41):
            edges = sorted(random.sample(range(120), 4))
            for start, end in (edges[:2], edges[2:]):
                issuer = {"issuer_id": security_id // 2, "pit_grade": random.choice("BD")}
                put(lab, "list", name, security_id, JAN + timedelta(start), JAN + timedelta(end), **issuer)
    for name, security_id in (("A", 96), ("A", 98), ("B", 98), ("B", 100)):  # nobody is ever alone, no part ever empty
        put(lab, "list", name, security_id, JAN, JAN + timedelta(120))
    for cohort_id, kind, base, other in (
        ("BOTH", "AND", "A", "B"),
        ("REST", "MINUS", "A", "B"),
        ("NONE", "MINUS", "A", "A"),
        ("ANY", "OR", "A", "B"),
    ):
        put_rule(lab, cohort_id, kind, base, other)
    put_rule(lab, "AGAIN", "OR", "BOTH", "REST")
    lab.fill("core.cohort_membership")
    days: dict[str, set[tuple[int, date]]] = defaultdict(set)
    for table in ("list", "cohort"):
        for name, security_id, start, end in lab.rows(
            f"select universe_id, security_id, valid_from, valid_to from core.{table}_membership"
        ):
            days[name] |= {(security_id, start + timedelta(day)) for day in range((end - start).days)}
    assert stays(lab, "NONE") == []
    assert not days["BOTH"] & days["REST"]
    assert days["BOTH"] | days["REST"] == days["AGAIN"] == days["A"]
    assert days["ANY"] == days["A"] | days["B"]
    assert days["BOTH"]
    assert days["REST"]
