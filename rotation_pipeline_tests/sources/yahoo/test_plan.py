"""What is due, from the cursor and what was landed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import plan

FRI = date(2026, 11, 13)


def request(symbols: Sequence[str], cursor: Mapping[str, str] | None = None, last: Mapping[str, date] | None = None) -> FetchRequest:
    sessions = [date(2026, 11, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]
    return FetchRequest(FRI, sessions, datetime(2026, 11, 13, 23, 30, tzinfo=UTC), cursor or {}, last or {}, symbols)


def test_sentinels_come_first_and_then_fifty_at_a_time() -> None:
    todo = plan.what_is_due(request([*(f"S{n:03}" for n in range(120)), "SPY", "aapl ", "SPY"]))
    assert [len(chunk) for chunk in todo.chunks()] == [2, 50, 50, 20]
    assert next(todo.chunks()) == ("AAPL", "SPY")


def test_without_sentinels_the_first_four_symbols_stand_in() -> None:
    assert [len(chunk) for chunk in plan.what_is_due(request([f"S{n}" for n in range(9)])).chunks()] == [4, 5]


def test_what_was_answered_is_not_due() -> None:
    cursor = {
        "bars:KO": "2026-11-13",
        "listing:KO": "2026-11-09",
        "details:KO": "2026-11-06",
        "calendar": "2026-11-13",
        "bars:PEP": "2026-11-12",
    }
    todo = plan.what_is_due(request(["KO", "PEP"], cursor))
    assert (todo.bars, todo.listings, todo.details, todo.is_calendar_due) == (("PEP",), {"PEP"}, {"KO", "PEP"}, False)


def test_nothing_asked_for_is_nothing_to_do() -> None:
    assert plan.what_is_due(request([])).is_nothing


def test_a_known_symbol_starts_ten_sessions_back_and_a_new_one_at_the_look_back() -> None:
    asked = request(["KO"], last={"KO": FRI, "PEP": date(2026, 11, 4)})
    assert plan.first_wanted(asked, "NEW", 10) == date(2016, 11, 13)
    assert plan.first_wanted(asked, "KO", 10) == date(2026, 10, 24)  # only nine sessions are known before it: twenty days
    assert plan.session_before(asked.sessions, FRI, 9) == date(2026, 11, 2)
