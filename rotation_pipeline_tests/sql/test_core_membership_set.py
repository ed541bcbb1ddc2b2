"""core.membership_set: spells of a line with equal stays, from which sums over a universe are made."""

from datetime import date

from rotation_pipeline_tests.lab import Lab

JAN, FEB, MAR, APR = (date(2024, month, 2) for month in (1, 2, 3, 4))


def stay(universe: str, valid_from: date, valid_to: date | None, grade: str = "B", security_id: int = 1) -> dict[str, object]:
    line = {"universe_id": universe, "issuer_id": 1, "security_id": security_id, "valid_from": valid_from, "valid_to": valid_to}
    return {**line, "known_from": valid_from, "bias_label": "PIT_FULL", "pit_grade": grade}


def spells(lab: Lab) -> list[tuple[object, ...]]:
    lab.fill("core.membership_set")
    return lab.rows("select valid_from, valid_to, universe_ids, pit_grades from core.membership_set order by security_id, valid_from")


def test_a_spell_ends_where_the_set_of_universes_changes(lab: Lab) -> None:
    lab.put("core.membership", [stay("V", JAN, MAR, "C"), stay("U", FEB, None)])
    assert spells(lab) == [(JAN, FEB, ["V"], ["C"]), (FEB, MAR, ["U", "V"], ["B", "C"]), (MAR, None, ["U"], ["B"])]


def test_a_line_that_leaves_and_returns_is_in_no_set_between(lab: Lab) -> None:
    lab.put("core.membership", [stay("U", JAN, FEB), stay("U", MAR, APR)])
    assert spells(lab) == [(JAN, FEB, ["U"], ["B"]), (MAR, APR, ["U"], ["B"])]


def test_a_new_grade_is_a_new_spell(lab: Lab) -> None:
    lab.put("core.membership", [stay("U", JAN, FEB, "D"), stay("U", FEB, None)])
    assert spells(lab) == [(JAN, FEB, ["U"], ["D"]), (FEB, None, ["U"], ["B"])]


def test_lines_are_apart(lab: Lab) -> None:
    lab.put("core.membership", [stay("U", JAN, None), stay("U", FEB, None, security_id=2)])
    assert spells(lab) == [(JAN, None, ["U"], ["B"]), (FEB, None, ["U"], ["B"])]


def test_of_a_cohort_that_is_named_by_companies_one_line_of_each_is_counted(lab: Lab) -> None:
    """The primary line from the day on which it is in, the first one before; a list counts lines, as exchanges do."""
    lab.put("raw.cohort_rule", [{"cohort_id": "NAMED", "kind": "FIXED"}])
    lab.put("core.line", [{"security_id": number, "issuer_id": 1, "is_primary": number == 3, "kind": "EQUITY"} for number in (1, 2, 3)])
    lab.put(
        "core.membership", [stay(u, since, None, "B", line) for u in ("LIST", "NAMED") for line, since in ((1, JAN), (2, JAN), (3, FEB))]
    )
    lab.fill("core.membership_set")
    found = lab.rows(
        "select security_id, valid_from, valid_to, universe_ids, counted_ids, counted_grades from core.membership_set order by 1, 2"
    )
    both, one = ["LIST", "NAMED"], ["LIST"]
    assert found == [
        (1, JAN, FEB, both, both, ["B", "B"]),
        (1, FEB, None, both, one, ["B"]),
        (2, JAN, FEB, both, one, ["B"]),
        (2, FEB, None, both, one, ["B"]),
        (3, FEB, None, both, both, ["B", "B"]),
    ]
