"""members_asof: who was in a list, as the lists that had been fetched told it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from rotation_pipeline_tests.lab import Lab

DAY = date(2026, 1, 9)
MONDAY, TUESDAY, FRIDAY = (datetime(2026, 1, day, 22) for day in (12, 13, 16))  # noqa: DTZ001 the warehouse keeps naive UTC


def stay(symbol: str, fetched_at: datetime, valid_from: date = date(2020, 1, 1), **values: Any) -> dict[str, Any]:
    row = {"universe_id": "LIST", "symbol": symbol, "valid_from": valid_from, "valid_to": None, "bias_label": "PIT_FULL"}
    return row | {"source": "reference", "load_id": f"{fetched_at:%Y%m%dT%H%M}", "fetched_at": fetched_at} | values


def rule(cohort_id: str, kind: str, **values: Any) -> dict[str, Any]:
    return {"cohort_id": cohort_id, "kind": kind, "label": cohort_id, "load_id": "20260112T2200", "fetched_at": MONDAY} | values


def members(lab: Lab, ts: datetime, universe: str = "LIST", day: date = DAY, columns: str = "symbol") -> list[tuple[Any, ...]]:
    return lab.rows(f"select {columns} from members_asof('{universe}', date '{day}', timestamp '{ts}') order by symbol")


def test_a_list_reads_as_the_one_fetched_last_by_then(lab: Lab) -> None:
    lab.put("raw.membership", [stay("AAA", MONDAY), stay("BBB", MONDAY), stay("BBB", FRIDAY, valid_to=DAY), stay("CCC", FRIDAY)])
    assert members(lab, MONDAY.replace(hour=21)) == []
    assert members(lab, TUESDAY) == [("AAA",), ("BBB",)]
    assert members(lab, FRIDAY) == [("CCC",)]
    assert members(lab, FRIDAY, day=date(2026, 1, 8)) == [("BBB",), ("CCC",)]


def test_rows_of_a_market_replace_the_reference_once_they_are_there(lab: Lab) -> None:
    lab.put("raw.membership", [stay("AAA", MONDAY), stay("BBB", TUESDAY, source="files", load_id="files", bias_label="CURRENT_LIST")])
    assert members(lab, MONDAY, columns="symbol, bias_label, pit_grade") == [("AAA", "PIT_FULL", "B")]
    assert members(lab, TUESDAY, columns="symbol, bias_label, pit_grade") == [("BBB", "CURRENT_LIST", "D")]


def test_a_fixed_cohort_is_hindsight_before_it_was_chosen(lab: Lab) -> None:
    lab.put("raw.cohort_rule", [rule("SEVEN", "FIXED", symbols="AAA BBB", hindsight_before=DAY)])
    assert members(lab, MONDAY, "SEVEN", DAY, "symbol, bias_label, pit_grade") == [("AAA", "PIT_FULL", "B"), ("BBB", "PIT_FULL", "B")]
    assert members(lab, MONDAY, "SEVEN", date(2026, 1, 8), "distinct on (bias_label) bias_label, pit_grade") == [
        ("HINDSIGHT_SELECTED", "D")
    ]
    assert members(lab, MONDAY.replace(hour=21), "SEVEN") == []


def test_a_fixed_cohort_has_the_label_that_its_file_gives_it(lab: Lab) -> None:
    lab.put("raw.cohort_rule", [rule("PICKED", "FIXED", symbols="AAA", bias_label="CURRENT_LIST")])
    assert members(lab, MONDAY, "PICKED", columns="symbol, bias_label, pit_grade") == [("AAA", "CURRENT_LIST", "D")]


def test_the_security_is_the_holder_of_the_symbol_when_the_stay_began(lab: Lab) -> None:
    spells = [(1, date(1900, 1, 1), date(2015, 1, 1)), (2, date(2015, 1, 1), date(9999, 12, 31))]
    lab.put("core.line_symbol", [{"symbol": "AAA", "security_id": n, "valid_from": start, "valid_to": end} for n, start, end in spells])
    lab.put("raw.membership", [stay("AAA", MONDAY, date(2010, 1, 1), valid_to=date(2014, 1, 1)), stay("AAA", MONDAY), stay("NEW", MONDAY)])
    assert members(lab, MONDAY, columns="symbol, security_id") == [("AAA", 2), ("NEW", None)]
    assert members(lab, MONDAY, day=date(2012, 1, 3), columns="symbol, security_id") == [("AAA", 1)]


def test_a_universe_without_a_list_is_an_error_that_says_where_its_members_are(lab: Lab) -> None:
    lab.put("raw.cohort_rule", [rule("TOP7", "TOP_N", base_cohort_id="LIST")])
    lab.put("raw.membership", [stay("AAA", MONDAY)])
    with pytest.raises(duckdb.InvalidInputException, match=r"TOP7 is no list of this release; .* rotation rebuild --as-of"):
        members(lab, MONDAY, "TOP7")
