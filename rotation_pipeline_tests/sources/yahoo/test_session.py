"""Pace, waits and the count of requests, on a clock of our own."""

from __future__ import annotations

import pytest
from yfinance.exceptions import YFRateLimitError

from rotation_pipeline.sources.yahoo.session import PacedSession
from rotation_pipeline_tests.sources.yahoo.replay import LoopbackYahoo

URL = "https://query2.finance.yahoo.com/v8/finance/chart/KO"


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(yahoo: LoopbackYahoo, clock: Clock) -> PacedSession:
    return PacedSession(yahoo.session(), clock.wait, 2.0, clock)


def test_requests_leave_at_the_pace_asked_for(session: PacedSession, clock: Clock) -> None:
    for _ in range(11):
        session.get(URL)
    assert 5.0 <= clock.now <= 6.0  # ten gaps of half a second, up to a fifth longer
    assert session.n_requests == 11


def test_the_server_says_how_long_to_wait(session: PacedSession, yahoo: LoopbackYahoo, clock: Clock) -> None:
    yahoo.faults["chart", "KO"] = ["429 for 7 s"]
    assert session.get(URL).status_code == 404
    assert clock.now == pytest.approx(7.0)


def test_waits_grow_from_half_a_minute_to_two_minutes_and_then_the_session_closes(
    session: PacedSession, yahoo: LoopbackYahoo, clock: Clock
) -> None:
    yahoo.faults["chart", "KO"] = ["429"] * 9
    with pytest.raises(YFRateLimitError):
        session.get(URL)
    assert 210 <= clock.now <= 210 * 1.3
    assert session.is_limited
    with pytest.raises(YFRateLimitError):
        session.get(URL)
    assert yahoo.asked("chart") == 4


def test_requests_are_counted_by_endpoint(session: PacedSession) -> None:
    session.get(URL)
    session.get("https://query1.finance.yahoo.com/v7/finance/quote", params={"symbols": "KO,PEP"})
    session.get("https://fc.yahoo.com")
    assert session.counts == {"chart": 1, "quote": 1, "fc.yahoo.com": 1}
