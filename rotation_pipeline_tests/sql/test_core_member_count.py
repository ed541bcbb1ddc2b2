"""core.member_count: the one denominator. It forgets nobody, and every universe has its row on every session (0.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import assert_windowed_is_whole, put_sessions

COUNTS = "n_lines, n_gaps, n_unfilled, n_expected, n_issuers, n_expected_issuers, null_reason"
Row = tuple[Any, ...]


@pytest.fixture
def days(lab: Lab, xnys: Sequence[date]) -> Sequence[date]:
    """Sixty sessions; the first share has its first bar on the fifth, an index has been there since ever."""
    days = xnys[:60]
    put_sessions(lab, days)
    lab.warehouse.rows("update core.session set is_month_end = session_no in (20, 40)")
    put_line(lab, 1, days[4])
    lab.put("core.line", [{"security_id": 99, "issuer_id": 99, "kind": "INDEX", "first_session": days[0], "valid_from": days[0]}])
    return days


def put_line(lab: Lab, number: int, since: date, until: date | None = None, issuer: int | None = None) -> None:
    line = {"security_id": number, "issuer_id": issuer or number, "kind": "EQUITY", "valid_from": since, "first_session": since}
    lab.put("core.line", [line | {"valid_to": until, "is_primary": issuer is None}])


def put_stay(lab: Lab, universe: str, number: int, since: date, until: date | None = None, **columns: Any) -> None:
    stay = {
        "universe_id": universe,
        "security_id": number,
        "issuer_id": number,
        "valid_from": since,
        "valid_to": until,
        "known_from": since,
    }
    lab.put("core.membership", [stay | {"bias_label": "PIT_FULL", "pit_grade": "B"} | columns])


def put_rule(lab: Lab, universe: str, kind: str, **columns: Any) -> None:
    lab.put("raw.cohort_rule", [{"cohort_id": universe, "kind": kind, **columns}])


def counts(lab: Lab, universe: str) -> dict[date, Row]:
    lab.fill("core.cohort_part")
    lab.fill("core.member_count")
    return {row[0]: row[1:] for row in lab.rows(f"select session, {COUNTS} from core.member_count where universe_id = '{universe}'")}


def test_a_line_that_falls_silent_stays_expected_and_only_a_booked_end_is_an_exit(lab: Lab, days: Sequence[date]) -> None:
    put_line(lab, 2, days[4], until=days[30])  # last trade on the session before
    for number in (1, 2):
        put_stay(lab, "SP500", number, days[0], until=days[31] if number == 2 else None)
    lab.put("core.halt", [{"security_id": 1, "valid_from": days[20]}])
    found = counts(lab, "SP500")
    assert min(found) == days[4]  # an index is no market
    assert {found[day] for day in days[4:30]} == {(2, 0, 0, 2, 2, 2, None)}
    assert {found[day] for day in days[30:]} == {(1, 0, 0, 1, 1, 1, None)}  # not the session that books the delisting return


def test_list_entries_without_a_line_are_expected_and_classes_of_one_company_are_one(lab: Lab, days: Sequence[date]) -> None:
    put_line(lab, 2, days[4], issuer=1)
    for number in (1, 2):
        put_stay(lab, "SP500", number, days[0], issuer_id=1)
    lab.put("core.line_symbol", [{"security_id": 1, "symbol": "AA.A", "valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}])
    for key, symbols in (("AA", ("AA.A", "AA.C")), ("BB", ("BB.A", "BB.B"))):
        lab.put("raw.issuer_line", [{"symbol": symbol, "issuer_key": key} for symbol in symbols])
    for symbol, until in (("AA.C", None), ("BB.A", None), ("BB.B", days[30]), ("CC", days[40])):
        lab.put("core.membership_gap", [{"universe_id": "SP500", "symbol": symbol, "valid_from": days[0], "valid_to": until}])
    found = counts(lab, "SP500")
    assert found[days[29]] == (2, 4, 0, 6, 3, 3, None)
    assert found[days[30]] == (2, 3, 0, 5, 3, 3, None)
    assert found[days[40]] == (2, 2, 0, 4, 2, 2, None)


def test_a_class_means_its_company_also_after_the_other_class_gave_up_its_symbol(lab: Lab, days: Sequence[date]) -> None:
    """The count of before must not rise when the symbol ends later."""
    put_stay(lab, "SP500", 1, days[0])
    lab.put("core.line_symbol", [{"security_id": 1, "symbol": "AA.A", "valid_from": date(1900, 1, 1), "valid_to": days[50]}])
    lab.put("raw.issuer_line", [{"symbol": symbol, "issuer_key": "AA"} for symbol in ("AA.A", "AA.C")])
    lab.put("core.membership_gap", [{"universe_id": "SP500", "symbol": "AA.C", "valid_from": days[0], "valid_to": None}])
    assert counts(lab, "SP500")[days[29]] == (1, 1, 0, 2, 1, 1, None)


def test_a_cohort_without_members_has_its_rows_with_a_reason(lab: Lab, days: Sequence[date]) -> None:
    put_rule(lab, "MISSPELT", "SCREEN", base_cohort_id="SP500", sectors="Utilitties")
    put_rule(lab, "CHEAP", "SCREEN", base_cohort_id="SP500", above_median="earnings_yield")
    put_rule(lab, "LARGE", "CAP_SHARE")
    put_rule(lab, "NAMED", "FIXED", symbols="NEW", hindsight_before=days[30])
    put_rule(lab, "REST", "MINUS", base_cohort_id="DOW30", other_cohort_id="NAMED")
    put_stay(lab, "SP500", 1, days[0])
    put_stay(lab, "NAMED", 1, days[50])
    lab.put("raw.membership", [{"universe_id": "DOW30", "symbol": "NEW", "valid_from": days[55], "bias_label": "PIT_FULL"}])
    put_stay(lab, "DOW30", 1, days[55])

    def reasons(universe: str) -> list[str | None]:
        return [row[-1] for _, row in sorted(counts(lab, universe).items())]

    assert reasons("MISSPELT") == ["INSUFFICIENT_HISTORY"] * 16 + ["LOW_COUNT"] * 40
    assert reasons("CHEAP") == ["INSUFFICIENT_HISTORY"] * 16 + ["LOW_COVERAGE"] * 40
    assert reasons("LARGE") == ["INSUFFICIENT_HISTORY"] * 16 + ["UNAVAILABLE"] * 40  # a month end has passed, and nobody has a cap
    assert reasons("NAMED") == ["NOT_LISTED"] * 46 + [None] * 10
    assert reasons("DOW30") == reasons("REST")[:51] + [None] * 5 == ["UNAVAILABLE"] * 51 + [None] * 5
    labels = "select member_label, count(*) from core.member_count where universe_id = 'NAMED' group by 1 order by 1"
    assert lab.rows(labels) == [("HINDSIGHT_SELECTED", 26), ("PIT_FULL", 30)]


def test_a_universe_by_rank_expects_its_target_from_its_first_reconstitution_on(lab: Lab, days: Sequence[date]) -> None:
    put_rule(lab, "RANK3", "RANK", rank_from=1, rank_to=3)
    put_line(lab, 2, days[4], issuer=1)
    lab.put("core.month_end_cap", [{"session": days[39], "security_id": 1, "issuer_id": 1}])
    for number in (1, 2):
        put_stay(lab, "RANK3", number, days[40], issuer_id=1)
    found = counts(lab, "RANK3")
    assert found[days[19]] == (0, 0, 0, 0, 0, 0, "INSUFFICIENT_HISTORY")
    assert found[days[39]] == (0, 0, 0, 0, 0, 0, "UNAVAILABLE")
    assert found[days[40]] == found[days[59]] == (2, 0, 2, 4, 1, 3, None)  # two lines of one company, and two places


@pytest.mark.usefixtures("days")
def test_a_cohort_named_by_companies_says_so(lab: Lab) -> None:
    put_rule(lab, "NAMED", "FIXED", symbols="A")
    put_rule(lab, "TOP7", "TOP_N", base_cohort_id="SP500", rank_from=1, rank_to=7)
    counts(lab, "NAMED")
    assert lab.rows("select distinct universe_id, is_by_company from core.member_count order by 1") == [
        ("NAMED", True),
        ("TOP7", False),
    ]


def test_windowed_is_whole(lab: Lab, days: Sequence[date]) -> None:
    put_rule(lab, "RANK3", "RANK", rank_from=1, rank_to=3)
    put_stay(lab, "SP500", 1, days[0], until=days[50])
    lab.put("core.month_end_cap", [{"session": days[19], "security_id": 1, "issuer_id": 1}])
    for first in (days[10], days[45]):
        assert_windowed_is_whole(lab, "core.member_count", first)
