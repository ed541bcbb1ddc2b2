"""What is left of the budget, over restarts and kills, on a clock of our own."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rotation_pipeline.errors import HomeUnusable
from rotation_pipeline.sources.yahoo.budget import DAY, HOUR, Budget

START = datetime(2026, 11, 13, 22, tzinfo=UTC).timestamp()


class Clock:
    """Seconds since 1970 that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(tmp_path: Path, clock: Clock) -> Iterator[Budget]:
    budget = Budget(tmp_path / "requests.sqlite", 10, 25, clock)
    yield budget
    budget.close()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_an_hour_holds_its_requests_and_not_one_more(budget: Budget, clock: Clock) -> None:
    for _ in range(10):
        assert budget.spend("chart")
        clock.now += 60
    assert not budget.spend("chart")
    assert budget.left() == 0
    clock.now = START + HOUR - 1
    assert not budget.spend("chart")
    clock.now = START + HOUR  # the first is an hour old now
    assert budget.left() == 1
    assert budget.spend("chart")
    assert not budget.spend("chart")


def test_a_spent_hour_is_resumed_when_half_of_it_is_free(budget: Budget, clock: Clock) -> None:
    assert budget.closed() is None
    assert budget.resume_at() is None
    for _ in range(10):
        budget.spend("chart")
        clock.now += 60
    closed = budget.closed()
    assert closed is not None
    assert str(closed) == "the budget of 10 requests in any hour is spent; asked for again after 2026-11-13 23:04 UTC"
    assert budget.resume_at() == at("2026-11-13 23:04")
    clock.now = at("2026-11-13 23:04").timestamp()
    assert budget.left() == 5


def test_the_day_counts_over_the_hours(budget: Budget, clock: Clock) -> None:
    for _ in range(3):
        for _ in range(10):
            budget.spend("chart")
        clock.now += HOUR
    assert budget.counts_since(DAY) == {"chart": 25}
    assert budget.left() == 0
    closed = budget.closed()
    assert closed is not None
    assert str(closed) == "the budget of 25 requests in any day is spent; asked for again after 2026-11-14 23:00 UTC"
    assert budget.describe() == f"requests left: 10 of 10 in the hour, 0 of 25 in the day; {closed}"


def test_the_breaker_lets_nothing_leave_and_is_found_again_by_the_next_process(budget: Budget, clock: Clock, tmp_path: Path) -> None:
    budget.open_breaker(START + 2700)
    budget.close()
    again = Budget(tmp_path / "requests.sqlite", 10, 25, clock)
    assert (again.left(), again.spend("chart")) == (0, False)
    assert str(again.closed()) == "Yahoo limits the rate (HTTP 429); asked for again after 2026-11-13 22:45 UTC"
    clock.now += 2700
    assert (again.left(), again.closed()) == (10, None)
    assert again.spend("chart")
    again.close()


def test_requests_are_counted_by_endpoint_over_restarts(budget: Budget, clock: Clock, tmp_path: Path) -> None:
    budget.spend("chart")
    clock.now += 2 * HOUR
    budget.spend("chart")
    budget.spend("screener")
    budget.close()
    again = Budget(tmp_path / "requests.sqlite", 10, 25, clock)
    assert again.counts_since(HOUR) == {"chart": 1, "screener": 1}
    assert again.counts_since(DAY) == {"chart": 2, "screener": 1}
    again.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from rotation_pipeline.sources.yahoo.budget import Budget
budget = Budget(Path(sys.argv[1]), 10, 25, lambda: float(sys.argv[2]))
for _ in range(7):
    budget.spend("chart")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_spent_stays_spent(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "requests.sqlite"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(START)], check=False)
    assert done.returncode == -signal.SIGKILL
    budget = Budget(path, 10, 25, clock)
    assert budget.left() == 3
    budget.close()


def test_threads_and_processes_share_one_budget(tmp_path: Path, clock: Clock) -> None:
    two = [Budget(tmp_path / "requests.sqlite", 50, 1000, clock) for _ in range(2)]
    said: list[bool] = []
    threads = [threading.Thread(target=lambda b=b: said.extend(b.spend("chart") for _ in range(30))) for b in two * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (said.count(True), said.count(False)) == (50, 70)
    for one in two:
        one.close()


def test_a_clock_that_was_wrong_does_not_close_the_budget_for_years(budget: Budget, clock: Clock, tmp_path: Path) -> None:
    clock.now = START + 400 * DAY
    for _ in range(10):
        budget.spend("chart")
    budget.open_breaker(clock.now + 2700)
    budget.close()
    clock.now = START
    again = Budget(tmp_path / "requests.sqlite", 10, 25, clock)
    assert again.resume_at() == at("2026-11-14 22:00")  # the breaker, cut to a day; the requests count as of now
    clock.now += DAY
    assert again.left() == 10
    again.close()


def test_a_log_that_cannot_be_used_stops_everything(tmp_path: Path, clock: Clock) -> None:
    damaged = tmp_path / "requests.sqlite"
    damaged.write_bytes(b"no database" * 100)
    with pytest.raises(HomeUnusable, match="the log of requests cannot be used"):
        Budget(damaged, 10, 25, clock)
    with pytest.raises(HomeUnusable):
        Budget(tmp_path / "no folder" / "requests.sqlite", 10, 25, clock)
