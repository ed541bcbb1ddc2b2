"""core.issuer_membership: a company with two lines is one member, with the worst label and grade of its lines."""

from datetime import date

from rotation_pipeline_tests.lab import Lab

JAN, FEB, MAR, APR = (date(2024, month, 2) for month in (1, 2, 3, 4))


def line(security_id: int, valid_from: date, valid_to: date | None, label: str = "PIT_FULL", grade: str = "B") -> dict[str, object]:
    stay = {"universe_id": "U", "issuer_id": 1, "security_id": security_id, "valid_from": valid_from, "valid_to": valid_to}
    return {**stay, "known_from": valid_from, "bias_label": label, "pit_grade": grade}


def spells(lab: Lab) -> list[tuple[object, ...]]:
    lab.fill("core.issuer_membership")
    return lab.rows("select valid_from, valid_to, n_lines, bias_label, pit_grade from core.issuer_membership order by valid_from")


def test_two_lines_are_one_company_and_spells_do_not_overlap(lab: Lab) -> None:
    lab.put("core.membership", [line(1, JAN, MAR), line(2, FEB, None)])
    assert spells(lab) == [(JAN, FEB, 1, "PIT_FULL", "B"), (FEB, MAR, 2, "PIT_FULL", "B"), (MAR, None, 1, "PIT_FULL", "B")]


def test_a_company_that_leaves_and_returns_has_a_gap(lab: Lab) -> None:
    lab.put("core.membership", [line(1, JAN, FEB), line(1, MAR, APR)])
    assert spells(lab) == [(JAN, FEB, 1, "PIT_FULL", "B"), (MAR, APR, 1, "PIT_FULL", "B")]


def test_worst_label_and_grade_of_the_lines(lab: Lab) -> None:
    lab.put("core.membership", [line(1, JAN, None), line(2, JAN, FEB, "CURRENT_LIST", "D"), line(3, JAN, FEB, "HINDSIGHT_SELECTED", "C")])
    assert spells(lab) == [(JAN, FEB, 3, "HINDSIGHT_SELECTED", "D"), (FEB, None, 1, "PIT_FULL", "B")]
