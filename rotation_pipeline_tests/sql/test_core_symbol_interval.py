"""core.symbol_interval: who stood behind a symbol on a date."""

from __future__ import annotations

from datetime import date
from typing import Any

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import bar, listing

SINCE_EVER = date(1900, 1, 1)


def rename(old: str, new: str, changed_on: date) -> dict[str, Any]:
    return {"old_symbol": old, "new_symbol": new, "changed_on": changed_on, "load_id": "01"}


def spells(lab: Lab) -> list[tuple[Any, ...]]:
    lab.fill("core.symbol_interval")
    return lab.rows("select symbol, security_id, valid_from, valid_to from core.symbol_interval order by symbol, valid_from")


def test_a_renamed_symbol_is_a_spell_of_the_line_that_goes_on(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("META", date(2013, 1, 2), 10.0), bar("ZZ", date(2013, 1, 2), 10.0)])
    lab.put("raw.symbol_change", [rename("FB", "META", date(2022, 6, 9))])
    assert spells(lab) == [
        ("FB", 1, SINCE_EVER, date(2022, 6, 9)),
        ("META", 1, SINCE_EVER, None),  # many lists spell the past with the symbol of today
        ("ZZ", 2, SINCE_EVER, None),
    ]


def test_renames_chain(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("C", date(2013, 1, 2), 10.0)])
    lab.put("raw.listing", [listing("B", load_id="00")])  # an early load saw the middle symbol, never a bar
    lab.put("raw.symbol_change", [rename("A", "B", date(2015, 1, 2)), rename("B", "C", date(2018, 1, 2))])
    assert spells(lab) == [
        ("A", 2, SINCE_EVER, date(2015, 1, 2)),
        ("B", 2, date(2015, 1, 2), date(2018, 1, 2)),
        ("C", 2, SINCE_EVER, None),
    ]


def test_two_symbols_with_bars_stay_two_securities(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("OLD", date(2013, 1, 2), 10.0), bar("NEW", date(2013, 1, 2), 10.0)])
    lab.put("raw.symbol_change", [rename("OLD", "NEW", date(2015, 1, 2))])
    assert spells(lab) == [("NEW", 1, SINCE_EVER, None), ("OLD", 2, SINCE_EVER, None)]


def test_a_symbol_taken_over_by_another_company_is_a_new_security_from_then_on(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("META", date(2013, 1, 2), 10.0), bar("FB", date(2025, 1, 2), 10.0)])
    lab.put("raw.symbol_change", [rename("FB", "META", date(2022, 6, 9))])
    assert spells(lab) == [
        ("FB", 2, SINCE_EVER, date(2022, 6, 9)),
        ("FB", 1, date(2022, 6, 9), None),
        ("META", 2, SINCE_EVER, None),
    ]


def test_a_rename_to_a_symbol_nobody_holds_changes_nothing(lab: Lab) -> None:
    lab.put("raw.listing", [listing("OLD")])
    lab.put("raw.symbol_change", [rename("OLD", "NEW", date(2015, 1, 2)), rename("GONE", "NEW", date(2014, 1, 2))])
    assert spells(lab) == [("OLD", 1, SINCE_EVER, None)]


def test_a_rename_and_back_is_one_line(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("A", date(2013, 1, 2), 10.0)])
    lab.put("raw.symbol_change", [rename("A", "B", date(2015, 1, 2)), rename("B", "A", date(2016, 1, 4))])
    assert spells(lab) == [("A", 1, SINCE_EVER, None), ("B", 1, date(2015, 1, 2), date(2016, 1, 4))]


def test_ids_follow_the_first_load_and_never_move(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("M", date(2013, 1, 2), 10.0, load_id="01"), bar("A", date(2013, 1, 2), 10.0, load_id="02")])
    assert [row[:2] for row in spells(lab)] == [("A", 2), ("M", 1)]
    lab.put("raw.price_bar", [bar("A", date(2012, 1, 3), 10.0, load_id="03"), bar("B", date(2012, 1, 3), 10.0, load_id="03")])
    assert [row[:2] for row in spells(lab)] == [("A", 2), ("B", 3), ("M", 1)]
