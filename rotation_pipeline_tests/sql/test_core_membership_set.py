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
