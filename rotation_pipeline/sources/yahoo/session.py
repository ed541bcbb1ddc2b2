"""The one session of a process: each request leaves at its turn, within the budget, and again when Yahoo is busy."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from curl_cffi import requests
from curl_cffi.requests.exceptions import RequestException
from tenacity import RetryCallState, Retrying
from yfinance.exceptions import YFRateLimitError

from rotation_pipeline.sources.yahoo.budget import Budget, Closed
from rotation_pipeline.sources.yahoo.faults import ServerFault, SessionClosed
from rotation_pipeline.sources.yahoo.pace import Pace, endpoint_of

N_ATTEMPTS = 4  # requests for one question, if the faults are 5xx and dropped connections
N_LIMITED = 3  # 429s in a row for one question open the breaker
WAITS_WHEN_LIMITED = (30.0, 60.0, 120.0)  # seconds after the first 429, the second ...
WAITS_WHEN_BROKEN = (2.0, 4.0, 8.0)  # after a 5xx or a dropped connection
LONGEST_WAIT = 600.0  # seconds; a longer Retry-After opens the breaker
BREAK = 2700.0  # seconds that the breaker stays open, unless Retry-After asks for more
TIMEOUT = 30.0  # seconds for one answer


class PacedSession(requests.Session[requests.Response]):
    """A curl_cffi session that yfinance accepts and that spares Yahoo.

    Requests leave at the turns of ``pace`` over all threads, and each is written to ``budget`` first. 429, 5xx and dropped
    connections are asked again here, with all threads waiting. The third 429 in a row for one question, a Retry-After beyond
    LONGEST_WAIT, and a spent budget close the session: ``closed`` says why and until when, and every request raises
    SessionClosed without leaving the machine. ``clock`` tells seconds since 1970.
    """

    def __init__(
        self,
        inner: requests.Session[requests.Response] | None,
        pace: Pace,
        budget: Budget,
        clock: Callable[[], float],
        timeout: float = TIMEOUT,
    ) -> None:
        super().__init__()
        self.inner = inner if inner is not None else requests.Session(impersonate="chrome")
        self._cookies = self.inner._cookies  # one jar: yfinance keeps Yahoo's cookie through this session, requests go through inner
        self.counts: Counter[str] = Counter()  # requests of this session by endpoint
        self.budget = budget
        self.clock = clock
        self._pace, self._timeout = pace, timeout
        self._shut = budget.closed()
        self._lock = threading.Lock()

    @property
    def n_requests(self) -> int:
        """Requests that left the machine."""
        return sum(self.counts.values())

    @property
    def closed(self) -> Closed | None:
        """Why nothing leaves now, and from when on it does again; None while requests leave."""
        closed = self._shut
        return closed if closed is not None and self.clock() < closed.resume_at.timestamp() else None

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Ask at our turn, and again after the waits. Raises SessionClosed, ServerFault or what curl says when that does not help."""
        patience = _Patience(self.clock)
        retrying = Retrying(
            retry=patience.may_pass,
            wait=patience.seconds,
            stop=patience.is_over,
            sleep=self._pace.hold,
            retry_error_callback=lambda state: self._give_up(state, patience),
        )
        response: requests.Response = retrying(self._send, *args, **kwargs)
        return response

    def _send(self, *args: Any, **kwargs: Any) -> requests.Response:
        endpoint = endpoint_of(kwargs.get("url") or args[1])
        self._refuse_if_closed()
        self._pace.take_turn(endpoint)
        self._refuse_if_closed()  # another thread may have hit the end while this one waited for its turn
        while not self.budget.spend(endpoint):
            self._shut = self.budget.closed()
            self._refuse_if_closed()
        with self._lock:
            self.counts[endpoint] += 1
        return self.inner.request(*args, **{**kwargs, "timeout": self._timeout})

    def _refuse_if_closed(self) -> None:
        if (closed := self.closed) is not None:
            raise SessionClosed(closed)

    def _give_up(self, state: RetryCallState, patience: _Patience) -> requests.Response:
        assert state.outcome is not None
        if patience.is_limit_reached:
            self.budget.open_breaker(self.clock() + max(BREAK, patience.asked))
            self._shut = self.budget.closed()
            self._refuse_if_closed()
        response: requests.Response = state.outcome.result()  # raises what curl raised
        if response.status_code == 429:
            raise YFRateLimitError
        where = endpoint_of(str(response.url))
        raise ServerFault(f"HTTP {response.status_code} from {where}, {state.attempt_number} times", response=response)


class _Patience:
    """What is borne from Yahoo for one question: how long to wait after each answer, and when enough is enough."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._n_limited = 0  # in a row
        self.asked = 0.0  # seconds that the last answer asked us to wait

    @property
    def is_limit_reached(self) -> bool:
        return self._n_limited >= N_LIMITED or (self._n_limited > 0 and self.asked > LONGEST_WAIT)

    def may_pass(self, state: RetryCallState) -> bool:
        """Whether the answer is one that asking again can change."""
        assert state.outcome is not None
        if state.outcome.failed:
            self._n_limited, self.asked = 0, 0.0
            return isinstance(state.outcome.exception(), RequestException)
        response = state.outcome.result()
        self._n_limited = self._n_limited + 1 if _is_limited(response) else 0
        self.asked = _retry_after(response, self._clock())
        return self._n_limited > 0 or response.status_code >= 500

    def seconds(self, state: RetryCallState) -> float:
        if self.asked:
            return min(self.asked, LONGEST_WAIT)
        waits = WAITS_WHEN_LIMITED if self._n_limited else WAITS_WHEN_BROKEN
        nth = self._n_limited or state.attempt_number
        return waits[min(nth, len(waits)) - 1] * random.uniform(1.0, 1.3)

    def is_over(self, state: RetryCallState) -> bool:
        return self.is_limit_reached or self.asked > LONGEST_WAIT or state.attempt_number >= N_ATTEMPTS


def _is_limited(response: requests.Response) -> bool:
    """429; and the crumb's own way to say it, a text with status 200."""
    if response.status_code == 429:
        return True
    return endpoint_of(str(response.url)) == "getcrumb" and "Too Many Requests" in response.text


def _retry_after(response: requests.Response, now: float) -> float:
    """Seconds that the header Retry-After asks for, as a number or as a date; 0 without one that can be read."""
    said = str(response.headers.get("Retry-After") or "").strip()
    if said.isdigit():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    return max(0.0, (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now)
