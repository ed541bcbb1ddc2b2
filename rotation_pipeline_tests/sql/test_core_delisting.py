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
