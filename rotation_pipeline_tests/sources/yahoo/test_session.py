"""Pace, waits, the breaker, the budget and the count of requests, on a clock of our own."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from curl_cffi.requests.exceptions import RequestException
from yfinance.exceptions import YFRateLimitError

from rotation_pipeline.sources.yahoo.budget import Budget
from rotation_pipeline.sources.yahoo.faults import ServerFault, SessionClosed
from rotation_pipeline.sources.yahoo.pace import Pace, endpoint_of, seconds_for
from rotation_pipeline.sources.yahoo.session import PacedSession
from rotation_pipeline_tests.sources.yahoo.loopback.server import FAULTS, HTML, LoopbackYahoo, Reply

URL = "https://query2.finance.yahoo.com/v8/finance/chart/KO"
SUMMARY = "https://query2.finance.yahoo.com/v10/finance/quoteSummary/KO"
START = datetime(2026, 11, 13, 22, tzinfo=UTC).timestamp()


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = START
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds

    @property
    def passed(self) -> float:
        return self.now - START


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make(
    yahoo: LoopbackYahoo, clock: Clock, per_hour: int = 900, patience: float | None = None, path: str | Path = ":memory:"
) -> PacedSession:
    budget = Budget(Path(path), per_hour, 2000, clock)
    return PacedSession(yahoo.session(), Pace(clock.wait, clock), budget, clock, *([] if patience is None else [patience]))


@pytest.fixture
def session(yahoo: LoopbackYahoo, clock: Clock) -> PacedSession:
    return make(yahoo, clock)


def test_charts_leave_one_a_second(session: PacedSession, clock: Clock) -> None:
    for _ in range(11):
        session.get(URL)
    assert 10.0 <= clock.passed <= 12.0  # ten gaps of a second, up to a fifth longer
    assert session.n_requests == 11


def test_details_leave_one_in_three_seconds_and_do_not_hold_up_charts(session: PacedSession, clock: Clock) -> None:
    session.get(SUMMARY)
    session.get(URL)
    assert clock.passed == 0
    session.get(SUMMARY)
    assert 3.0 <= clock.passed <= 3.6


def test_every_hundred_requests_are_followed_by_a_rest(session: PacedSession, clock: Clock) -> None:
    for _ in range(100):
        session.get(URL)
    before = clock.passed
    session.get(URL)
    assert 20 <= clock.passed - before <= 30 + 1


def test_how_long_a_plan_takes_is_what_it_then_takes(yahoo: LoopbackYahoo, clock: Clock) -> None:
    session = make(yahoo, clock)
    for _ in range(150):
        session.get(URL)
    for _ in range(100):
        session.get(SUMMARY)
    assert clock.passed == pytest.approx(seconds_for({"chart": 150, "quoteSummary": 100}), rel=0.1)
    assert seconds_for({}) == 0
    assert seconds_for({"chart": 100}) == pytest.approx(110)
    assert seconds_for({"chart": 101}) == pytest.approx(111.1 + 25)
    assert seconds_for({"chart": 100}, requests_per_second=2) == pytest.approx(55)


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        (URL, "chart"),
        (SUMMARY, "quoteSummary"),
        ("https://query2.finance.yahoo.com/ws/fundamentals-timeseries/v1/finance/timeseries/KO?symbol=KO&type=x", "timeseries"),
        ("https://query1.finance.yahoo.com/v7/finance/quote?symbols=KO", "quote"),
        ("https://query1.finance.yahoo.com/v1/finance/screener", "screener"),
        ("https://query1.finance.yahoo.com/v1/finance/visualization?lang=en-US", "visualization"),
        ("https://finance.yahoo.com/calendar/earnings?symbol=KO", "earnings"),
        ("https://query1.finance.yahoo.com/v1/test/getcrumb", "getcrumb"),
        ("https://fc.yahoo.com", "fc.yahoo.com"),
    ],
)
def test_endpoints_have_names(url: str, endpoint: str) -> None:
    assert endpoint_of(url) == endpoint


def test_requests_are_counted_by_endpoint(session: PacedSession) -> None:
    session.get(URL)
    session.get("https://query1.finance.yahoo.com/v7/finance/quote", params={"symbols": "KO,PEP"})
    session.get("https://fc.yahoo.com")
    assert session.counts == {"chart": 1, "quote": 1, "fc.yahoo.com": 1}
    assert session.budget.counts_since(3600) == session.counts


def test_the_server_says_how_long_to_wait(session: PacedSession, yahoo: LoopbackYahoo, clock: Clock) -> None:
    yahoo.faults["chart", "KO"] = ["429 for 7 s"]
    assert session.get(URL).status_code == 404
    assert clock.passed == pytest.approx(7.0)


@pytest.mark.parametrize("status", [429, 503])
def test_the_server_says_until_when_to_wait(
    session: PacedSession, yahoo: LoopbackYahoo, clock: Clock, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    until = format_datetime(datetime(2026, 11, 13, 22, 1, 30, tzinfo=UTC), usegmt=True)
    monkeypatch.setitem(FAULTS, "dated", Reply(status, HTML, b"", {"Retry-After": until}))
    yahoo.faults["chart", "KO"] = ["dated"]
    assert session.get(URL).status_code == 404
    assert clock.passed == pytest.approx(90.0)


def test_a_retry_after_that_cannot_be_read_is_none(
    session: PacedSession, yahoo: LoopbackYahoo, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAULTS, "odd wait", Reply(429, HTML, b"", {"Retry-After": "soon"}))
    yahoo.faults["chart", "KO"] = ["odd wait"]
    assert session.get(URL).status_code == 404
    assert 30 <= clock.passed <= 39


def test_all_threads_wait_together(session: PacedSession, yahoo: LoopbackYahoo, clock: Clock) -> None:
    yahoo.faults["chart", "KO"] = ["429 for 7 s"]
    session.get(URL)
    asked_at = clock.passed
    yahoo.faults["quoteSummary", "KO"] = ["429"]
    session.get(SUMMARY)
    assert asked_at + 30 <= clock.passed  # the wait of one class ...
    before = clock.passed
    session.get(URL)
    assert clock.passed == before  # ... is over for the others too, and was not theirs to repeat
    session._pace.hold(50)
    session.get("https://query1.finance.yahoo.com/v7/finance/quote", params={"symbols": "KO"})
    assert clock.passed >= before + 50


def test_the_third_429_in_a_row_opens_the_breaker(session: PacedSession, yahoo: LoopbackYahoo, clock: Clock) -> None:
    yahoo.faults["chart", "KO"] = ["429"] * 9
    with pytest.raises(SessionClosed):
        session.get(URL)
    assert 30 + 60 <= clock.passed <= (30 + 60) * 1.3
    assert session.closed is not None
    assert session.closed.reason == "Yahoo limits the rate (HTTP 429)"
    assert session.closed.resume_at.timestamp() == pytest.approx(clock.now + 2700, abs=1)
    with pytest.raises(SessionClosed):
        session.get(SUMMARY)
    assert len(yahoo.log) == 3
    clock.now += 2701
    assert session.closed is None
    yahoo.faults.clear()
    assert session.get(URL).status_code == 404


def test_429s_that_are_not_in_a_row_do_not(session: PacedSession, yahoo: LoopbackYahoo) -> None:
    yahoo.faults["chart", "KO"] = ["429", "500", "429", "429"]
    with pytest.raises(YFRateLimitError) as raised:
        session.get(URL)
    assert not isinstance(raised.value, SessionClosed)
    assert session.closed is None


def test_a_longer_wait_than_we_are_ready_for_opens_the_breaker_at_once(session: PacedSession, yahoo: LoopbackYahoo, clock: Clock) -> None:
    yahoo.faults["chart", "KO"] = ["429 for 2 h"]
    with pytest.raises(SessionClosed, match="Too Many Requests"):
        session.get(URL)
    assert clock.passed == 0
    assert session.closed is not None
    assert session.closed.resume_at == datetime(2026, 11, 14, 0, tzinfo=UTC)


def test_a_restarted_process_finds_the_breaker_open(yahoo: LoopbackYahoo, clock: Clock, tmp_path: Path) -> None:
    yahoo.faults["chart", "KO"] = ["429"] * 3
    with pytest.raises(SessionClosed):
        make(yahoo, clock, path=tmp_path / "requests.sqlite").get(URL)
    again = make(yahoo, clock, path=tmp_path / "requests.sqlite")
    assert again.closed is not None
    with pytest.raises(SessionClosed):
        again.get(URL)
    assert len(yahoo.log) == 3


def test_a_spent_budget_closes_the_session(yahoo: LoopbackYahoo, clock: Clock) -> None:
    session = make(yahoo, clock, per_hour=5)
    for _ in range(5):
        session.get(URL)
    assert session.closed is None  # nobody has asked for a sixth yet
    with pytest.raises(SessionClosed) as raised:
        session.get(URL)
    assert raised.value.closed.reason == "the budget of 5 requests in any hour is spent"
    assert session.closed == raised.value.closed
    assert len(yahoo.log) == 5
    clock.now = session.closed.resume_at.timestamp()
    assert session.closed is None
    assert session.get(URL).status_code == 404


def test_asking_again_is_paid_for(yahoo: LoopbackYahoo, clock: Clock) -> None:
    session = make(yahoo, clock, per_hour=3)
    yahoo.faults["chart", "KO"] = ["500"] * 9
    with pytest.raises(SessionClosed):
        session.get(URL)
    assert len(yahoo.log) == 3


def test_a_server_that_stays_broken_is_asked_four_times(session: PacedSession, yahoo: LoopbackYahoo, clock: Clock) -> None:
    yahoo.faults["chart", "KO"] = ["500"] * 9
    with pytest.raises(ServerFault, match="HTTP 500 from chart, 4 times"):
        session.get(URL)
    assert yahoo.asked("chart") == 4
    assert 14 <= clock.passed <= 14 * 1.3
    assert session.closed is None


@pytest.mark.parametrize("fault", ["drop", "torn", "slow"])
def test_lost_answers_are_asked_for_again(yahoo: LoopbackYahoo, clock: Clock, fault: str) -> None:
    session = make(yahoo, clock, patience=0.2)
    yahoo.faults["chart", "KO"] = [fault]
    assert session.get(URL).status_code == 404
    yahoo.faults["chart", "KO"] = [fault] * 20
    with pytest.raises(RequestException):
        session.get(URL)
    assert session.closed is None
