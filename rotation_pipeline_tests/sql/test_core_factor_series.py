"""core.factor_series: which factors there are at a formation, and why one has nothing to sort."""

from __future__ import annotations

from datetime import date

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import put_sessions

DAYS = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 28), date(2024, 4, 1)]


def put_characteristic(lab: Lab, formation: date, characteristic: str, is_eligible: bool, **columns: object) -> None:
    lab.put(
        "core.characteristic", [{"formation_session": formation, "characteristic": characteristic, "is_eligible": is_eligible, **columns}]
    )


def reasons(lab: Lab, factor_id: str, variant: str) -> list[tuple[date, str]]:
    return lab.rows(
        "select formation_session, missing_reason from core.factor_series"
        f" where factor_id = '{factor_id}' and variant = '{variant}' order by 1"
    )


def test_a_factor_begins_with_its_sort_and_says_why_nothing_was_sorted(lab: Lab) -> None:
    put_sessions(lab, DAYS)
    put_characteristic(lab, DAYS[0], "momentum", False, is_screened=False)
    put_characteristic(lab, DAYS[1], "momentum", True, is_screened=True, exchange="NMS")
    put_characteristic(lab, DAYS[1], "earnings_yield", False, is_screened=True, exclusion_reason="UNAVAILABLE")
    lab.fill("core.factor_series")
    assert reasons(lab, "UMD", "cap90") == [(DAYS[0], "INSUFFICIENT_HISTORY"), (DAYS[1], "LOW_COUNT"), (DAYS[2], "UNAVAILABLE")]
    assert reasons(lab, "UMD", "nyse") == [(DAYS[0], "INSUFFICIENT_HISTORY"), (DAYS[1], "UNAVAILABLE"), (DAYS[2], "UNAVAILABLE")]
    assert reasons(lab, "SMB", "univ") == [(DAYS[1], "UNAVAILABLE"), (DAYS[2], "UNAVAILABLE")]
    assert reasons(lab, "HML_BM", "cap90") == []
    sizes = lab.rows("select distinct factor_id, sort_id from core.factor_series where is_size order by all")
    assert sizes == [("SMB", "HML_EP"), ("SMB_UMD", "UMD")]


def test_lists_are_a_sort_of_two_portfolios(lab: Lab) -> None:
    put_sessions(lab, DAYS)
    for formation, is_eligible in ((DAYS[0], False), (DAYS[1], True)):
        lab.put("core.size_list", [{"formation_session": formation, "universe_id": "SP600", "is_eligible": is_eligible}])
    lab.fill("core.factor_series")
    assert reasons(lab, "SMB", "list_ew")[:2] == [(DAYS[0], "INSUFFICIENT_HISTORY"), (DAYS[1], "LOW_COUNT")]
    assert lab.rows("select distinct factor_id, sort_id, n_portfolios from core.factor_series") == [("SMB", "SMB", 2)]
