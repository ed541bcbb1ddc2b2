"""core.equal_weight_reset: after which closes, and at whose prices, weights are made equal (C.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import put_sessions

FOUND = "select session, reset_session, reference_session from core.equal_weight_reset order by session"


def resets(lab: Lab, xnys: Sequence[date], first: str, last: str) -> list[tuple[date, ...]]:
    put_sessions(lab, [day for day in xnys if date.fromisoformat(first) <= day <= date.fromisoformat(last)])
    lab.fill("core.equal_weight_reset")
    return lab.rows(FOUND)


def test_third_fridays_and_the_first_session_of_all(lab: Lab, xnys: Sequence[date]) -> None:
    assert resets(lab, xnys, "2025-12-01", "2026-06-22") == [
        (date(2025, 12, 2), date(2025, 12, 1), date(2025, 12, 1)),
        (date(2025, 12, 22), date(2025, 12, 19), date(2025, 12, 12)),
        (date(2026, 3, 23), date(2026, 3, 20), date(2026, 3, 13)),
        (date(2026, 6, 22), date(2026, 6, 18), date(2026, 6, 12)),  # 19 June 2026 is a holiday
    ]


def test_a_reset_is_there_once_a_session_earns_with_it(lab: Lab, xnys: Sequence[date]) -> None:
    """Before the history begins there is no reference session: the reset's own prices count."""
    assert resets(lab, xnys, "2025-12-17", "2025-12-19") == [(date(2025, 12, 18), date(2025, 12, 17), date(2025, 12, 17))]
    lab.warehouse.rows("delete from core.session")
    assert resets(lab, xnys, "2025-12-17", "2025-12-22")[1:] == [(date(2025, 12, 22), date(2025, 12, 19), date(2025, 12, 19))]
