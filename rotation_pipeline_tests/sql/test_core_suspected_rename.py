"""core.suspected_rename: two lines with equal large moves over a year are one company that no source called renamed (A.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import put_params, put_sessions

# A year of calm with a large move every tenth session.
LARGE = [0.05 if n % 10 == 9 else 0.001 * (n % 3 - 1) for n in range(260)]
OLD, NEW, OTHER = 1, 2, 3


def put_returns(lab: Lab, days: Sequence[date], returns: Mapping[int, Sequence[float | None]], kind: str = "EQUITY") -> None:
    for line, moves in returns.items():
        lab.put("core.line", [{"security_id": line, "kind": kind}])
        lab.put(
            "core.daily_price",
            [
                {"security_id": line, "session": day, "session_no": n, "is_valid": True, "gap_sessions": 1, "total_return": move}
                for n, (day, move) in enumerate(zip(days, moves, strict=True), 1)
                if move is not None
            ],
        )


def pairs(lab: Lab) -> list[tuple[Any, ...]]:
    lab.fill("core.suspected_rename")
    return lab.rows("select security_id, other_security_id, known_from, n_equal_moves, n_large_moves from core.suspected_rename")


@pytest.fixture
def days(lab: Lab, xnys: Sequence[date]) -> Sequence[date]:
    put_params(lab)
    put_sessions(lab, xnys[:260])
    return xnys[:260]


def test_equal_moves_are_reported_on_the_session_that_completes_them(lab: Lab, days: Sequence[date]) -> None:
    almost = [move + 0.00005 for move in LARGE]
    put_returns(lab, days, {OLD: LARGE, NEW: almost, OTHER: [-move for move in LARGE]})
    assert pairs(lab) == [(OLD, NEW, days[49], 5, 5)]
    assert lab.rows("select largest_difference from core.suspected_rename") == [(pytest.approx(0.00005),)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _, move: move + 0.0002, "share classes are near to one another, and not equal"),
        (lambda n, move: move if n < 45 else 0.0, "four moves may be chance"),
        (lambda n, move: move if n % 20 == 9 else 0.0, "every other move is its own"),
        (lambda n, move: 0.07 if n % 20 == 9 else move, "so is a large move of the other line alone"),
    ],
)
def test_lines_that_are_only_alike_are_two(lab: Lab, days: Sequence[date], change: Any, reason: str) -> None:
    put_returns(lab, days, {OLD: LARGE, NEW: [change(n, move) for n, move in enumerate(LARGE)]})
    assert pairs(lab) == [], reason


def test_sessions_on_which_one_has_no_return_do_not_count(lab: Lab, days: Sequence[date]) -> None:
    put_returns(lab, days, {OLD: LARGE, NEW: [None] * 100 + LARGE[100:]})
    assert pairs(lab) == [(OLD, NEW, days[149], 5, 5)]


def test_moves_of_more_than_a_year_ago_are_no_evidence(lab: Lab, days: Sequence[date]) -> None:
    lab.param(identity__twin_sessions=40)
    put_returns(lab, days, {OLD: LARGE, NEW: LARGE})
    assert pairs(lab) == []


def test_funds_of_one_index_move_alike(lab: Lab, days: Sequence[date]) -> None:
    put_returns(lab, days, {OLD: LARGE, NEW: LARGE}, kind="ETF")
    assert pairs(lab) == []


def test_what_comes_later_changes_no_row_and_windowed_is_whole(lab: Lab, days: Sequence[date]) -> None:
    """The lines part after the fiftieth session: the pair stays as it was told then."""
    put_returns(lab, days, {OLD: LARGE, NEW: LARGE[:60] + [0.0] * 200, OTHER: [0.0] * 60 + LARGE[60:], 4: [0.0] * 60 + LARGE[60:]})
    whole = pairs(lab)
    assert [row[:3] for row in whole] == [(OLD, NEW, days[49]), (OTHER, 4, days[109])]
    for first in (40, 49, 50, 105, 200):
        lab.fill("core.suspected_rename", days[first])
        assert (
            lab.rows(
                "select security_id, other_security_id, known_from, n_equal_moves, n_large_moves from core.suspected_rename order by 1"
            )
            == whole
        )
