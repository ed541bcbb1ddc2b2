"""core.line_end: ends that are told, and those that a source decided on because nobody told one (A.5, A.9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import put_sessions


def listing(security: int, told_on: date, **said: object) -> dict[str, object]:
    return {"security_id": security, "symbol": f"S{security}", "told_on": told_on, "is_last": True, "kind": "EQUITY", **said}


def ends(lab: Lab) -> list[tuple[object, ...]]:
    lab.fill("core.line_end")
    return lab.rows("select security_id, session, reason, decided_on, last_session from core.line_end order by security_id")


def test_a_line_that_is_given_up_is_there_until_the_session_before_the_decision(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:60]
    put_sessions(lab, days)
    told = {"last_session": days[4], "delist_reason": "UNKNOWN"}
    lab.put("core.line_listing", [
        listing(1, days[10], **told),
        listing(2, days[30], **told, decided_on=days[30]),
        listing(3, days[59], **told, decided_on=days[59]),  # decided on the last session
        listing(4, days[30], **told, decided_on=days[30]),
        listing(4, days[40]),  # it came back
        listing(5, days[59], last_session=days[59], delist_reason="UNKNOWN"),  # not over yet
    ])  # fmt: skip
    assert ends(lab) == [
        (1, days[4], "UNKNOWN", None, days[4]),
        (2, days[29], "UNKNOWN", days[30], days[4]),
        (3, days[58], "UNKNOWN", days[59], days[4]),
    ]


def test_an_end_that_is_decided_later_is_none_before(lab: Lab, xnys: Sequence[date]) -> None:
    """The sessions up to a day know no end that is decided after it."""
    put_sessions(lab, xnys[:30])
    lab.put("core.line_listing", [listing(1, xnys[40], last_session=xnys[4], delist_reason="UNKNOWN", decided_on=xnys[40])])
    assert ends(lab) == []


def test_another_company_under_the_symbol_dates_the_end(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:60]
    put_sessions(lab, days)
    lab.put("core.line_listing", [listing(1, days[30], last_session=days[4], delist_reason="UNKNOWN", decided_on=days[30])])
    reused = {"symbol": "S1", "changed_on": days[41], "is_applied": True, "verdict": "OTHER_NAME"}
    lab.put("core.symbol_reuse", [reused | {"last_before": days[4], "first_after": days[41]}])
    held = {"security_id": 1, "symbol": "S1"}
    lab.put("core.line_symbol", [held | {"valid_from": date(1900, 1, 1), "valid_to": days[41]}])
    lab.put("core.last_symbol", [held])
    assert ends(lab) == [(1, days[4], "UNKNOWN", None, days[4])]
