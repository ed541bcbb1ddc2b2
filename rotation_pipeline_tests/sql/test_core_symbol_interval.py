"""core.symbol_interval: who stood behind a symbol on a date. core.line_symbol: whose rows they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import IDENTITY, bar, bars, begin, build, listing

SINCE_EVER, FOR_GOOD = date(1900, 1, 1), date(9999, 12, 31)


def rename(old: str, new: str, changed_on: date, load_id: str = "01") -> dict[str, Any]:
    return {"old_symbol": old, "new_symbol": new, "changed_on": changed_on, "load_id": load_id}


def spells(lab: Lab) -> list[tuple[Any, ...]]:
    if not lab.rows("from raw.calendar_session"):
        begin(lab, [date(2013, 1, 2), date(2022, 1, 3), date(2025, 1, 2)])
    build(lab, IDENTITY)
    return lab.rows("select symbol, security_id, valid_from, valid_to from core.symbol_interval order by symbol, valid_from")


def owners(lab: Lab) -> list[tuple[Any, ...]]:
    return lab.rows("select symbol, security_id, valid_from, valid_to from core.line_symbol order by symbol, valid_from")


def test_a_renamed_symbol_is_a_spell_of_the_line_that_goes_on(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("META", date(2013, 1, 2), 10.0), bar("ZZ", date(2013, 1, 2), 10.0)])
    lab.put("raw.symbol_change", [rename("FB", "META", date(2022, 6, 9))])
    assert spells(lab) == [
        ("FB", 1, SINCE_EVER, date(2022, 6, 9)),
        ("META", 1, SINCE_EVER, None),  # many lists spell the past with the symbol of today
        ("ZZ", 2, SINCE_EVER, None),
    ]
    assert owners(lab) == [
        ("FB", 1, SINCE_EVER, date(2022, 6, 9)),  # what is told of FB later is of another company, or of nobody
        ("META", 1, SINCE_EVER, FOR_GOOD),
        ("ZZ", 2, SINCE_EVER, FOR_GOOD),
    ]


def test_renames_chain(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("C", date(2013, 1, 2), 10.0)])
    lab.put("raw.listing", [listing("B", load_id="00", fetched_at=date(2016, 1, 2))])  # the middle symbol, never a bar
    lab.put("raw.symbol_change", [rename("A", "B", date(2015, 1, 2)), rename("B", "C", date(2018, 1, 2))])
    assert spells(lab) == [
        ("A", 1, SINCE_EVER, date(2015, 1, 2)),
        ("B", 1, date(2015, 1, 2), date(2018, 1, 2)),
        ("C", 1, SINCE_EVER, None),  # the number of B, which was there first
    ]


def test_a_symbol_that_a_rename_took_away_binds_rows_by_time(lab: Lab) -> None:
    """B may be another company's after the line left it; what is told of it of earlier days is told under the symbol of a later one."""
    lab.put("raw.price_bar", [bar("C", date(2013, 1, 2), 10.0)])
    lab.put("raw.symbol_change", [rename("A", "B", date(2015, 1, 2)), rename("B", "C", date(2018, 1, 2))])
    spells(lab)
    assert owners(lab) == [
        ("A", 1, SINCE_EVER, date(2015, 1, 2)),
        ("B", 1, SINCE_EVER, date(2015, 1, 2)),
        ("B", 1, date(2015, 1, 2), date(2018, 1, 2)),
        ("C", 1, SINCE_EVER, FOR_GOOD),
    ]


def test_a_new_symbol_without_bars_is_the_old_lines_from_the_change_on(lab: Lab) -> None:
    """The prices go on under the old symbol; what is filed under the new one is of the same company, what was before is not."""
    lab.put("raw.price_bar", [bar("OLD", date(2013, 1, 2), 10.0), bar("OLD", date(2025, 1, 2), 11.0), bar("OTHER", date(2025, 1, 2), 11.0)])
    lab.put("raw.symbol_change", [rename("OLD", "NEW", date(2015, 1, 2)), rename("OTHER", "NEW", date(2020, 1, 2))])
    spells(lab)
    assert owners(lab) == [
        ("NEW", 1, date(2015, 1, 2), date(2020, 1, 2)),  # OTHER has no bar before: it is another company than the one renamed
        ("OLD", 1, SINCE_EVER, FOR_GOOD),
        ("OTHER", 3, SINCE_EVER, FOR_GOOD),  # 2 is kept for OLD after the change
    ]


def test_a_rename_that_is_not_believed_changes_no_spell(lab: Lab, xnys: Sequence[date]) -> None:
    """It cuts the life of a symbol that an earlier rename brought, and its spell since ever stays."""
    begin(lab, xnys[:30])
    closes = [10.0 + n for n in range(30)]
    lab.put("raw.price_bar", [*bars("OLD", xnys[:10], closes[:10]), *bars("NEW", xnys[10:30], closes[10:])])
    found = []
    for number, (old, new, day) in enumerate([("OLD", "NEW", xnys[10]), ("NEW", "UNHEARD", xnys[20])]):
        lab.put("raw.symbol_change", [rename(old, new, day, f"0{number + 1}")])
        found.append(spells(lab))
    assert found[0] == found[1]


def test_a_symbol_with_bars_goes_on_under_the_new_one(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:20])
    lab.put("raw.price_bar", bars("OLD", xnys[:10], [10.0 + n for n in range(10)]))
    lab.put("raw.price_bar", [bar("MID", xnys[2], 1.0, load_id="02")])
    lab.put("raw.price_bar", bars("NEW", xnys[:20], [10.0 + n for n in range(20)], load_id="03"))
    lab.put("raw.symbol_change", [rename("OLD", "NEW", xnys[10], "03")])
    assert spells(lab) == [("MID", 2, SINCE_EVER, None), ("NEW", 1, SINCE_EVER, None), ("OLD", 1, SINCE_EVER, xnys[10])]


def test_two_lines_that_a_rename_mixes_up_stay_two(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:20])
    lab.put("raw.price_bar", bars("OLD", xnys[:10], [10.0 + n % 3 for n in range(10)]))
    lab.put("raw.price_bar", bars("NEW", xnys[:20], [10.0 + n % 4 for n in range(20)]))
    lab.put("raw.symbol_change", [rename("OLD", "NEW", xnys[10])])
    # 2 is kept for what NEW served after the change, should that turn out to be another line than before.
    assert spells(lab) == [("NEW", 1, SINCE_EVER, None), ("OLD", 3, SINCE_EVER, None)]


def test_a_symbol_taken_over_by_another_company_is_a_new_security_from_then_on(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("META", date(2013, 1, 2), 10.0), bar("FB", date(2025, 1, 2), 10.0)])
    lab.put("raw.symbol_change", [rename("FB", "META", date(2022, 6, 9))])
    assert spells(lab) == [
        ("FB", 2, SINCE_EVER, date(2022, 6, 9)),
        ("FB", 1, date(2022, 6, 9), None),
        ("META", 2, SINCE_EVER, None),
    ]


def test_the_old_symbol_is_used_again_while_both_have_bars(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:40])
    lab.put("raw.price_bar", bars("OLD", xnys[:10], [10.0 + n for n in range(10)]))
    lab.put("raw.price_bar", bars("NEW", xnys[:40], [10.0 + n for n in range(40)], load_id="02"))
    lab.put("raw.symbol_change", [rename("OLD", "NEW", xnys[10], "02")])
    lab.put("raw.price_bar", bars("OLD", xnys[30:40], [90.0] * 10, load_id="03"))
    assert spells(lab) == [("NEW", 1, SINCE_EVER, None), ("OLD", 1, SINCE_EVER, xnys[10]), ("OLD", 4, xnys[10], None)]


def test_bars_that_still_come_under_the_old_symbol_are_the_same_line(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:20])
    lab.put("raw.price_bar", bars("OLD", xnys[:14], [10.0 + n for n in range(14)]))
    lab.put("raw.price_bar", bars("NEW", xnys[:20], [10.0 + n for n in range(20)], load_id="02"))
    lab.put("raw.symbol_change", [rename("OLD", "NEW", xnys[10], "02")])
    assert spells(lab) == [("NEW", 1, SINCE_EVER, None), ("OLD", 1, SINCE_EVER, xnys[10])]
    assert [row for row in owners(lab) if row[0] == "OLD"] == [
        ("OLD", 1, SINCE_EVER, xnys[10]),
        ("OLD", 1, xnys[10], FOR_GOOD),
    ]


def test_the_new_symbol_was_a_fund_before(lab: Lab, xnys: Sequence[date]) -> None:
    """A fund gave its symbol up for a company to take: the fund's bars stay the fund's."""
    begin(lab, xnys[:60])
    lab.put("raw.price_bar", bars("FB", xnys[:40], [300.0 + n % 7 for n in range(40)]))
    lab.put("raw.price_bar", bars("META", xnys[:20], [15.0 - n % 3 for n in range(20)]))
    lab.put("raw.price_bar", bars("META", xnys[40:60], [300.0 + n % 7 for n in range(20)], load_id="02"))
    lab.put("raw.symbol_change", [rename("FB", "META", xnys[40], "02")])
    assert spells(lab) == [("FB", 1, SINCE_EVER, xnys[40]), ("META", 2, SINCE_EVER, xnys[40]), ("META", 1, xnys[40], None)]
    assert lab.rows("select security_id, symbol, first_session from core.security order by security_id") == [
        (1, "META", xnys[0]),
        (2, "META", xnys[0]),
    ]


def test_a_rename_to_a_symbol_nobody_holds_changes_nothing(lab: Lab) -> None:
    lab.put("raw.listing", [listing("OLD")])
    lab.put("raw.price_bar", [bar("ZZ", date(2025, 1, 2), 10.0, load_id="02")])
    lab.put("raw.symbol_change", [rename("OLD", "NEW", date(2015, 1, 2)), rename("GONE", "NEW", date(2014, 1, 2))])
    assert spells(lab) == [("OLD", 1, SINCE_EVER, None), ("ZZ", 2, SINCE_EVER, None)]


def test_a_rename_and_back_is_one_line(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("A", date(2013, 1, 2), 10.0)])
    lab.put("raw.symbol_change", [rename("A", "B", date(2015, 1, 2)), rename("B", "A", date(2016, 1, 4))])
    assert spells(lab) == [("A", 1, SINCE_EVER, None), ("B", 1, date(2015, 1, 2), date(2016, 1, 4))]


def test_a_symbol_passes_on_the_day_its_line_leaves_it(lab: Lab, xnys: Sequence[date]) -> None:
    """A becomes B on the day on which B becomes C."""
    begin(lab, xnys[:20])
    lab.put("raw.price_bar", bars("A", xnys[:10], [10.0] * 10) + bars("B", xnys[:10], [20.0 + n for n in range(10)]))
    lab.put("raw.price_bar", bars("B", xnys[10:20], [10.0] * 10, load_id="02") + bars("C", xnys[10:20], [30.0] * 10, load_id="02"))
    lab.put("raw.symbol_change", [rename("A", "B", xnys[10], "02"), rename("B", "C", xnys[10], "02")])
    assert spells(lab) == [
        ("A", 1, SINCE_EVER, xnys[10]),
        ("B", 2, SINCE_EVER, xnys[10]),
        ("B", 1, xnys[10], None),
        ("C", 2, SINCE_EVER, None),
    ]


def test_ids_follow_the_first_load_and_never_move(lab: Lab) -> None:
    lab.put("raw.price_bar", [bar("M", date(2013, 1, 2), 10.0, load_id="01"), bar("A", date(2013, 1, 2), 10.0, load_id="02")])
    assert [row[:2] for row in spells(lab)] == [("A", 2), ("M", 1)]
    lab.put("raw.price_bar", [bar("A", date(2012, 1, 3), 10.0, load_id="03"), bar("B", date(2012, 1, 3), 10.0, load_id="03")])
    assert [row[:2] for row in spells(lab)] == [("A", 2), ("B", 3), ("M", 1)]


def test_a_rename_that_becomes_known_later_renumbers_nobody(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:20])
    lab.put("raw.price_bar", bars("OLD", xnys[:10], [10.0 + n for n in range(10)]) + bars("KO", xnys[:20], [50.0] * 20))
    lab.put("raw.price_bar", bars("NEW", xnys[:20], [10.0 + n for n in range(20)], load_id="02"))
    lab.put("raw.price_bar", [bar("PEP", xnys[0], 1.0, load_id="03")])
    assert [row[:2] for row in spells(lab)] == [("KO", 1), ("NEW", 3), ("OLD", 2), ("PEP", 4)]
    lab.put("raw.symbol_change", [rename("OLD", "NEW", xnys[10], "04")])
    assert [row[:2] for row in spells(lab)] == [("KO", 1), ("NEW", 2), ("OLD", 2), ("PEP", 4)]
    lab.put("raw.price_bar", [bar("WMT", xnys[0], 1.0, load_id="05")])
    assert ("WMT", 6) in [row[:2] for row in spells(lab)]  # 5 is kept for NEW after the change
