"""Yahoo Finance through the real yfinance client. Importing this package imports neither yfinance nor pandas nor polars."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rotation_pipeline.errors import HomeUnusable
from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.base import FetchPlan, FetchRequest

if TYPE_CHECKING:
    from curl_cffi.requests import Response, Session

    from rotation_pipeline.sources.yahoo.budget import Budget
    from rotation_pipeline.sources.yahoo.client import Client


class Yahoo:
    """Live prices, actions, earnings, share counts and statements of the symbols it is asked for.

    ``cache_dir`` holds yfinance's cookies, one folder a process, and the log of requests behind the budget of
    ``requests_per_hour`` and ``requests_per_day``. ``session`` carries the requests (default: a browser-like curl_cffi session);
    pacing and waiting are put around it. ``requests_per_second`` is the pace of charts. ``pause`` waits, in seconds; ``clock``
    tells seconds since 1970.
    """

    name = "yahoo"
    description = "Yahoo Finance through yfinance: live daily bars, earnings, share counts and statements"
    is_simulated = False

    def __init__(
        self,
        cache_dir: Path,
        session: Session[Response] | None = None,
        pause: Callable[[float], None] = time.sleep,
        requests_per_second: float = 1.0,
        n_threads: int = 2,
        lookback_years: int = 10,
        clock: Callable[[], float] = time.time,
        requests_per_hour: int = 900,
        requests_per_day: int = 2000,
    ) -> None:
        self._cache_dir = cache_dir
        self._session = session
        self._pause = pause
        self._requests_per_second = requests_per_second
        self._n_threads = n_threads
        self._lookback_years = lookback_years
        self._clock = clock
        self._requests_per_hour = requests_per_hour
        self._requests_per_day = requests_per_day
        self._client: Client | None = None

    def fetch(self, request: FetchRequest) -> Iterator[Batch]:
        """Yield what is due: the sweep of the market, the earnings calendar, charts and details, some fifty symbols at a time.

        Everything that is due is in the ledger as landed, failed, excused or waiting. Raises FetchFailed when none of the
        first symbols could be had (then Yahoo is out of reach and the rest is not tried), HomeUnusable for the cache folder.
        """
        from rotation_pipeline.sources.yahoo.rehearsal import is_anything_due
        from rotation_pipeline.sources.yahoo.run import Run
        from rotation_pipeline.sources.yahoo.standing import stand

        standing = stand(request)
        if is_anything_due(request, standing, self._lookback_years):
            yield from Run(self._one_client(), request, standing, self._n_threads, self._lookback_years).batches()

    def plan(self, request: FetchRequest) -> FetchPlan:
        """What ``fetch`` would ask for now, by kind and reason, cut where the budget ends. Raises HomeUnusable."""
        from rotation_pipeline.sources.yahoo.rehearsal import rehearse
        from rotation_pipeline.sources.yahoo.standing import stand

        return rehearse(request, stand(request), self._budget(), self._lookback_years)

    def _one_client(self) -> Client:
        """The client of this process, made when it is first needed. Raises HomeUnusable."""
        if self._client is None:
            from rotation_pipeline.sources.yahoo.client import Client
            from rotation_pipeline.sources.yahoo.pace import Pace
            from rotation_pipeline.sources.yahoo.session import PacedSession

            pace = Pace(self._pause, self._clock, self._requests_per_second)
            session = PacedSession(self._session, pace, self._budget(), self._clock)
            self._client = Client(self._cache_dir, session, self._pause)
        return self._client

    def _budget(self) -> Budget:
        from rotation_pipeline.sources.yahoo.budget import Budget

        try:
            self._cache_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HomeUnusable(
                str(self._cache_dir), f"cannot be written ({error.strerror})", "make it writable, or choose another --home"
            ) from error
        return Budget(self._cache_dir / "requests.sqlite", self._requests_per_hour, self._requests_per_day, self._clock)
