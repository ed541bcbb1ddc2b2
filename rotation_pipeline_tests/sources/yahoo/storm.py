"""A Yahoo in bad weather that kills who asks, and the fetching process that goes on until everything is settled.

As a program: ``storm <address> <home> <start> <die at>`` fetches run after run, on a clock that jumps, from ``start`` on (seconds
since 1970), and kills itself before the ``die at``-th load is put in place (0: never).
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from curl_cffi import requests

from rotation_pipeline.errors import FetchFailed
from rotation_pipeline.landing import Held, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline_tests.sources.yahoo.loopback.naming import name_request
from rotation_pipeline_tests.sources.yahoo.loopback.replies import FAULTS, HTML, Reply
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo, RewritingSession

THROUGH = date(2026, 11, 13)  # a Friday: no session follows until the storm is over
SESSIONS = (date(2026, 11, 11), date(2026, 11, 12), THROUGH, date(2026, 11, 16))
START = datetime(2026, 11, 13, 23, 30, tzinfo=UTC).timestamp()
FUNDS = ("SPY", "QQQ", *(f"F{n:04}" for n in range(547)))  # new, as all below
COMPANIES = ("AAPL", *(f"C{n:02}" for n in range(29)))
HELD = tuple(f"H{n:04}" for n in range(2400))  # landed through Thursday: the sweep brings what is missing
DEAD = tuple(f"DEAD{n}" for n in range(10))
BROKEN = {**{f"BAD{n}": "500" for n in range(4)}, **{f"NULL{n}": "null" for n in range(4)}, "TORN": "torn", "GARBLED": "cut", "ODD": "odd"}
SYMBOLS = (*FUNDS, *COMPANIES, *HELD, *DEAD, *BROKEN)
PER_HOUR, PER_DAY = 250, 900

BURSTS = ((1, 60), (2, 39), (6, 1))  # lengths of bursts of 429, and how common they are
SPELL = 3  # answers between two bursts at least
LIMITED, DOWN, CUT = 0.20, 0.02, 0.01  # shares of all answers
RETRY_AFTER = ("", "", "5", "40", "date")
MOST_RUNS = 40


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it; ``at`` is the asking process's clock, ``life`` which process asked."""

    life: int
    at: float
    endpoint: str
    subject: str
    said: str  # ok, or what came instead


def weather(seed: int, n: int) -> list[str]:
    """What befalls each of ``n`` answers: an empty string, or the fault that comes in its place."""
    rng = random.Random(seed)
    lengths, weights = zip(*BURSTS, strict=True)
    gap = (1 - LIMITED) / LIMITED * sum(length * weight for length, weight in BURSTS) / sum(weights)
    out: list[str] = []
    while len(out) < n:
        quiet = SPELL + round(rng.expovariate(1 / (gap - SPELL)))
        out += [
            rng.choices(("", "500", "cut"), (1 - (DOWN + CUT) / (1 - LIMITED), DOWN / (1 - LIMITED), CUT / (1 - LIMITED)))[0]
            for _ in range(quiet)
        ]
        wait = rng.choice(RETRY_AFTER)
        out += [f"429 {wait}"] * rng.choices(lengths, weights)[0]
    return out[:n]


class StormyYahoo(LoopbackYahoo):
    """Serves what the weather leaves of it, and keeps a log by the asking process's clock.

    ``kill_at``: numbers of requests at which the process ``victim`` is killed, its question unanswered.
    """

    def __init__(self, sky: list[str], kill_at: frozenset[int]) -> None:
        super().__init__()
        self.sky, self.kill_at = sky, kill_at
        self.victim: int | None = None
        self.life = 0
        self.asked_log: list[Asked] = []
        self._turn = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, host: str, target: str, body: bytes) -> Reply:
        endpoint, subject, query = name_request(host, target, body)
        with self._turn:
            n = len(self.asked_log)
            is_fatal = n in self.kill_at and self.victim is not None
            fault = "killed" if is_fatal else self.sky[n] or (BROKEN.get(subject, "") if endpoint == "chart" else "")
            reply = FAULTS["drop"] if is_fatal else _fault(fault, float(query["asked_at"])) or super().answer(host, target, body)
            said = fault or ("ok" if reply.status == 200 else str(reply.status))
            self.asked_log.append(Asked(self.life, float(query["asked_at"]), endpoint, subject, said))
        if is_fatal:
            assert self.victim is not None
            os.kill(self.victim, signal.SIGKILL)
        return reply


def _fault(name: str, now: float) -> Reply | None:
    if not name.startswith("429"):
        return FAULTS[name] if name else None
    wait = name.removeprefix("429").strip()
    if wait == "date":
        wait = datetime.fromtimestamp(now + 20, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return Reply(429, HTML, b"Edge: Too Many Requests", {"Retry-After": wait} if wait else {})


class JumpingClock:
    """Time passes only while somebody waits. ``told`` is what the asking thread was told last."""

    def __init__(self, start: float) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._told = threading.local()

    def __call__(self) -> float:
        self._told.at = self._now
        return self._now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds

    @property
    def told(self) -> float:
        return float(self._told.at)


class StampingSession(RewritingSession):
    """Tells the server the clock that the budget was asked by."""

    def __init__(self, base: str, clock: JumpingClock) -> None:
        super().__init__(base)
        self._told_by = clock

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        stamp = f"{'&' if '?' in url else '?'}asked_at={self._told_by.told!r}"
        response: requests.Response = super().request(method, url + stamp, *args, **kwargs)
        return response


def fetch_until_settled(landing: Landing, source: Yahoo, clock: JumpingClock) -> None:
    """Run after run, each when the one before says, until a run leaves nothing behind but what is broken."""
    for _ in range(MOST_RUNS):
        now = datetime.fromtimestamp(clock(), UTC)
        held, cursor = Held(landing, source.name), landing.cursor(source.name)
        request = FetchRequest(THROUGH, SESSIONS, now, cursor, landing.last_sessions("raw.price_bar"), SYMBOLS, held=held)
        left: set[str] = set()
        try:
            for batch in source.fetch(request):
                landing.write(source.name, batch, datetime.fromtimestamp(clock(), UTC))
                left |= {entry.subject for entry in batch.ledger if entry.outcome in ("failed", "waiting")}
        except FetchFailed as error:
            left.add(error.problem)
        if left <= BROKEN.keys():
            return
        closed = source._one_client().session.closed
        clock.wait(3600 if closed is None else closed.resume_at.timestamp() - clock())
    raise AssertionError(f"not settled after {MOST_RUNS} runs: {sorted(left)}")


def _dying(die_at: int) -> Callable[..., None]:
    n_loads, replace = 0, os.replace

    def put_in_place(*args: Any, **kwargs: Any) -> None:
        nonlocal n_loads
        n_loads += 1
        if n_loads == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(*args, **kwargs)

    return put_in_place


def main(address: str, home: Path, start: float, die_at: int) -> None:
    """The fetching process."""
    clock = JumpingClock(start)
    landing = Landing(home / "landing", Catalog.load(home / "contracts").models)
    landing.sweep()
    os.replace = _dying(die_at)
    cache, session = home / "yahoo_cache", StampingSession(address, clock)
    source = Yahoo(cache, session, clock.wait, clock=clock, requests_per_hour=PER_HOUR, requests_per_day=PER_DAY, lookback_years=1)
    fetch_until_settled(landing, source, clock)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
