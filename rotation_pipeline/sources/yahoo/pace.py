"""When the next request may leave: one token bucket a class of endpoints, with jitter, and a rest after every hundred requests."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

REST_AFTER = 100  # requests, of all classes together
REST = (20.0, 30.0)  # seconds
LONGEST_TURN = 600.0  # seconds; a turn further away comes from a clock that was set back
JITTER = (1.0, 1.2)  # times the interval
_INTERVALS = {"chart": 1.0, "data": 1.0, "page": 3.0}  # seconds between two requests of a class
_CLASSES = {
    "chart": "chart",
    "quote": "data",
    "screener": "data",
    "visualization": "data",
    "timeseries": "data",
    "quoteSummary": "page",
    "earnings": "page",
    "getcrumb": "page",  # limited more strictly than any other
}


def endpoint_of(url: str) -> str:
    """The kind of question: chart, quoteSummary, timeseries, quote, screener, visualization, earnings, getcrumb, or the host."""
    parts = urlsplit(url)
    return next((part for part in parts.path.split("/") if part in _CLASSES), parts.netloc)


def seconds_for(counts: Mapping[str, int], requests_per_second: float = 1.0) -> float:
    """How long so many requests by endpoint take on average, one after the other, with the rests between."""
    jitter, rest = sum(JITTER) / 2, sum(REST) / 2
    waiting = sum(n * _INTERVALS[_class_of(endpoint)] for endpoint, n in counts.items()) * jitter / requests_per_second
    n_rests = max(0, sum(counts.values()) - 1) // REST_AFTER
    return waiting + n_rests * rest


class Pace:
    """Hands out turns over all threads. ``pause`` waits, ``clock`` tells, both in seconds; ``requests_per_second`` scales every class."""

    def __init__(self, pause: Callable[[float], None], clock: Callable[[], float], requests_per_second: float = 1.0) -> None:
        self._pause, self._clock = pause, clock
        self._intervals = {name: seconds / requests_per_second for name, seconds in _INTERVALS.items()}
        self._next = dict.fromkeys(_INTERVALS, float("-inf"))
        self._n_turns = 0
        self._lock = threading.Lock()

    def take_turn(self, endpoint: str) -> None:
        """Wait until a request to ``endpoint`` may leave."""
        kind = _class_of(endpoint)
        with self._lock:
            now = self._clock()
            turn = min(max(now, self._next[kind]), now + LONGEST_TURN)
            self._next[kind] = turn + self._intervals[kind] * random.uniform(*JITTER)
            self._n_turns += 1
            if self._n_turns % REST_AFTER == 0:
                self._hold_until(turn + random.uniform(*REST))
        if turn > now:
            self._pause(turn - now)

    def hold(self, seconds: float) -> None:
        """Nobody's turn comes before ``seconds`` from now."""
        with self._lock:
            self._hold_until(self._clock() + seconds)

    def _hold_until(self, instant: float) -> None:
        for kind, turn in self._next.items():
            self._next[kind] = max(turn, instant)


def _class_of(endpoint: str) -> str:
    return _CLASSES.get(endpoint, "page")
