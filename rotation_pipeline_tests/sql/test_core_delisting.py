"""core.delisting: the return after the last trade, on the session on which it is booked (A.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import put_sessions


def test_the_return_belongs_to_the_session_after_the_last_trade(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:3]
    put_sessions(lab, days)
    ended = {"kind": "EQUITY", "delist_return": -0.3, "is_delist_return_assumed": True}
    lab.put("core.security", [
        {"security_id": 1, "kind": "EQUITY"},
        {"security_id": 2, **ended, "delist_session": days[0]},
        {"security_id": 3, **ended, "delist_session": days[2]},  # its session has not come yet
    ])  # fmt: skip
    lab.fill("core.delisting")
    assert lab.rows("select security_id, session, delist_return, is_assumed from core.delisting") == [(2, days[1], -0.3, True)]


def test_a_line_that_was_given_up_tells_whose_price_its_weight_is(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:30]
    put_sessions(lab, days)
    ended = {"kind": "EQUITY", "delist_return": -0.3, "is_delist_return_assumed": True, "delist_session": days[24]}
    lab.put("core.security", [{"security_id": 1, **ended}, {"security_id": 2, **ended}])
    end = {"session": days[24], "reason": "UNKNOWN"}
    lab.put("core.line_end", [
        {"security_id": 1, **end, "decided_on": days[25], "last_session": days[3]},
        {"security_id": 2, **end, "last_session": days[24]},
    ])  # fmt: skip
    lab.fill("core.delisting")
    assert lab.rows("select security_id, session, last_session from core.delisting") == [(1, days[25], days[3]), (2, days[25], None)]
