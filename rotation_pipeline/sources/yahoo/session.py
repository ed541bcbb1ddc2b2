"""One session for a whole fetch: an even pace, waiting when Yahoo asks for it, and a count of what was requested."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from curl_cffi import requests
from curl_cffi.requests.exceptions import RequestException
from tenacity import RetryCallState, Retrying, retry_if_exception_type, retry_if_result, stop_after_attempt
from yfinance.exceptions import YFRateLimitError

from rotation_pipeline.sources.yahoo.faults import ServerFault

WAITS_WHEN_LIMITED = (30.0, 60.0, 120.0)  # seconds after the first, second and third 429 for one question
WAITS_WHEN_BROKEN = (2.0, 4.0, 8.0)  # after a 5xx or a dropped connection
LONGEST_WAIT = 600.0  # seconds; a longer Retry-After means the run is over


class PacedSession(requests.Session[requests.Response]):
    """A curl_cffi session that yfinance accepts and that spares Yahoo.

    Requests leave at most ``per_second`` a second over all threads. 429, 5xx and dropped connections are asked again here, with
    all threads waiting, because yfinance would repeat them at once. A 429 that outlasts the waits closes the session for the rest
    of the fetch: ``is_limited`` is then true and every further request raises YFRateLimitError without leaving the machine.
    """

    def __init__(
        self,
        inner: requests.Session[requests.Response] | None,
        pause: Callable[[float], None],
        per_second: float,
        clock: Callable[[], float],
    ) -> None:
        super().__init__()
        self.inner = inner if inner is not None else requests.Session(impersonate="chrome")
        self._cookies = self.inner._cookies  # one jar: yfinance keeps Yahoo's cookie through this session, requests go through inner
        self.counts: Counter[str] = Counter()
        self.is_limited = False
        self._pause, self._clock = pause, clock
        self._interval = 1 / per_second
        self._next_turn = float("-inf")
        self._lock = threading.Lock()

    @property
    def n_requests(self) -> int:
        """Requests that left the machine."""
        return sum(self.counts.values())

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Ask at our turn, and again after the waits. Raises YFRateLimitError or ServerFault when that does not help."""
        retrying = Retrying(
            stop=stop_after_attempt(1 + len(WAITS_WHEN_LIMITED)),
            wait=_wait,
            retry=retry_if_result(_is_busy) | retry_if_exception_type(RequestException),
            sleep=self._hold,
            retry_error_callback=self._give_up,
        )
        response: requests.Response = retrying(self._send, *args, **kwargs)
        return response

    def _send(self, *args: Any, **kwargs: Any) -> requests.Response:
        if self.is_limited:
            raise YFRateLimitError
        self._take_turn()
        url = kwargs.get("url") or args[1]
        with self._lock:
            self.counts[_endpoint(url)] += 1
        return self.inner.request(*args, **kwargs)

    def _take_turn(self) -> None:
        with self._lock:
            now = self._clock()
            turn = max(now, self._next_turn)
            self._next_turn = turn + self._interval * random.uniform(1.0, 1.2)
        if turn > now:
            self._pause(turn - now)

    def _hold(self, seconds: float) -> None:
        """Nobody's turn comes before ``seconds`` from now."""
        with self._lock:
            self._next_turn = max(self._next_turn, self._clock() + seconds)

    def _give_up(self, state: RetryCallState) -> requests.Response:
        assert state.outcome is not None
        if state.outcome.failed:
            raise state.outcome.exception() or ServerFault("no answer")
        response: requests.Response = state.outcome.result()
        if response.status_code == 429:
            self.is_limited = True
            raise YFRateLimitError
        raise ServerFault(
            f"HTTP {response.status_code} from {_endpoint(str(response.url))}, {state.attempt_number} times", response=response
        )


def _is_busy(response: requests.Response) -> bool:
    return response.status_code == 429 or response.status_code >= 500


def _wait(state: RetryCallState) -> float:
    assert state.outcome is not None
    nth = min(state.attempt_number, len(WAITS_WHEN_LIMITED)) - 1  # tenacity asks for a wait after the last attempt too
    if state.outcome.failed or state.outcome.result().status_code != 429:
        return WAITS_WHEN_BROKEN[nth] * random.uniform(1.0, 1.3)
    asked = str(state.outcome.result().headers.get("Retry-After", ""))
    if asked.isdigit():
        return min(float(asked), LONGEST_WAIT)
    return WAITS_WHEN_LIMITED[nth] * random.uniform(1.0, 1.3)


def _endpoint(url: str) -> str:
    """The kind of question: chart, quoteSummary, timeseries, quote, visualization, earnings, getcrumb or the host."""
    parts = urlsplit(url)
    known = ("chart", "quoteSummary", "timeseries", "quote", "visualization", "earnings", "getcrumb")
    return next((part for part in parts.path.split("/") if part in known), parts.netloc)
