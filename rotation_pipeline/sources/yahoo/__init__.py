"""Yahoo Finance through the real yfinance client. Importing this package imports neither yfinance nor pandas nor polars."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rotation_pipeline.errors import HomeUnusable
from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.base import FetchRequest

if TYPE_CHECKING:
    from curl_cffi.requests import Response, Session


class Yahoo:
    """Live prices, actions, earnings, share counts and statements of the symbols it is asked for.

    ``cache_dir`` holds yfinance's cookies, one folder a process. ``session`` carries the requests (default: a browser-like
    curl_cffi session); pacing and waiting are put around it. ``pause`` waits, in seconds; ``clock`` tells seconds.
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache_dir = cache_dir
        self._session = session
        self._pause = pause
        self._requests_per_second = requests_per_second
        self._n_threads = n_threads
        self._lookback_years = lookback_years
        self._clock = clock

    def fetch(self, request: FetchRequest) -> Iterator[Batch]:
        """Yield what is due: bars and listings, then details, some fifty symbols at a time, and the earnings calendar.

        Every symbol that was asked for is in the ledger as landed, failed or excused. Raises FetchFailed when none of the
        first symbols could be had (then Yahoo is out of reach and the rest is not tried), HomeUnusable for the cache folder.
        """
        from rotation_pipeline.sources.yahoo import plan
        from rotation_pipeline.sources.yahoo.client import Client
        from rotation_pipeline.sources.yahoo.run import Run
        from rotation_pipeline.sources.yahoo.session import PacedSession

        todo = plan.what_is_due(request)
        if todo.is_nothing:
            return
        try:
            self._cache_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HomeUnusable(
                str(self._cache_dir), f"cannot be written ({error.strerror})", "make it writable, or choose another --home"
            ) from error
        session = PacedSession(self._session, self._pause, self._requests_per_second, self._clock)
        client = Client(self._cache_dir, session, self._pause)
        yield from Run(client, request, todo, self._n_threads, self._lookback_years).batches()
