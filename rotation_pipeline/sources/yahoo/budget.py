"""How many requests may still leave: any hour's and any day's share, and Yahoo's own no, on disk so that no restart forgets it."""

from __future__ import annotations

import math
import sqlite3
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rotation_pipeline.errors import HomeUnusable

HOUR, DAY = 3600.0, 86400.0  # seconds
LONGEST_REST = DAY  # seconds; a breaker that is open for longer comes from a clock that was wrong
KEPT = 7 * DAY  # seconds that the log of requests reaches back
FREE_AGAIN = 0.5  # a spent budget is worth resuming when this share of it is free; the first free request alone is not

_TABLES = """
create table if not exists request (at real not null, endpoint text not null);
create index if not exists request_at on request (at);
create table if not exists breaker (until real not null, why text not null);
"""


@dataclass(frozen=True)
class Closed:
    """Why nothing is asked for now, and from when on it is worth asking again (UTC, a whole second)."""

    reason: str
    resume_at: datetime

    def __str__(self) -> str:
        return f"{self.reason}; asked for again after {self.resume_at:%Y-%m-%d %H:%M} UTC"


class Budget:
    """The log of requests in the SQLite file ``path``, and what it leaves of ``per_hour`` and ``per_day``.

    The hour and the day slide: they end now. Each request is written before it leaves, so a process that is killed cannot
    spend twice; several threads and processes may share the file. ``clock`` tells seconds since 1970, UTC. Every method
    raises HomeUnusable when the file cannot be read or written: what cannot be counted is not asked.
    """

    def __init__(self, path: Path, per_hour: int, per_day: int, clock: Callable[[], float]) -> None:
        self._path = path
        self._windows = ((HOUR, per_hour, "hour"), (DAY, per_day, "day"))
        self._clock = clock
        self._lock = threading.Lock()
        with self._refusing():
            # Transactions are ours. WAL without a sync for each commit survives kill -9; a power cut can lose the last few.
            self._connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
            self._finalize = weakref.finalize(self, self._connection.close)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = normal")
            self._connection.executescript(_TABLES)
        self._tidy()

    def spend(self, endpoint: str) -> bool:
        """Write one request to ``endpoint`` down. False, with nothing written: the budget is spent or Yahoo wants a rest."""
        with self._transaction() as connection:
            now = self._clock()
            if self._rest_until(now) or any(self._used(now, seconds) >= limit for seconds, limit, _ in self._windows):
                return False
            connection.execute("insert into request values (?, ?)", (now, endpoint))
            return True

    def open_breaker(self, until: float, why: str = "Yahoo limits the rate (HTTP 429)") -> None:
        """Let nothing leave before ``until``, in seconds since 1970."""
        with self._transaction() as connection:
            connection.execute("insert into breaker values (?, ?)", (min(until, self._clock() + LONGEST_REST), why))

    def left(self) -> int:
        """Requests that may leave now."""
        with self._transaction():
            now = self._clock()
            return 0 if self._rest_until(now) else max(0, min(limit - self._used(now, seconds) for seconds, limit, _ in self._windows))

    def closed(self) -> Closed | None:
        """None while requests may leave; else what forbids them for longest."""
        with self._transaction():
            now = self._clock()
            rest = self._rest_until(now)
            reasons = [rest] if rest else []
            for seconds, limit, name in self._windows:
                if self._used(now, seconds) >= limit:
                    reasons.append((self._free_again(now, seconds, limit), f"the budget of {limit:,} requests in any {name} is spent"))
        if not reasons:
            return None
        until, reason = max(reasons)
        return Closed(reason, datetime.fromtimestamp(math.ceil(until), UTC))

    def resume_at(self) -> datetime | None:
        """None while requests may leave; else the instant (UTC) from which a run is worth while."""
        closed = self.closed()
        return None if closed is None else closed.resume_at

    def counts_since(self, seconds: float) -> Counter[str]:
        """Requests of the last ``seconds`` (at most a week) by endpoint."""
        with self._transaction() as connection:
            rows = connection.execute(
                "select endpoint, count(*) from request where at > ? group by endpoint", (self._clock() - seconds,)
            ).fetchall()
        return Counter(dict(rows))

    def describe(self) -> str:
        """What is left, in words."""
        with self._transaction():
            now = self._clock()
            left = [f"{max(0, limit - self._used(now, seconds)):,} of {limit:,} in the {name}" for seconds, limit, name in self._windows]
        closed = self.closed()
        return f"requests left: {', '.join(left)}" + (f"; {closed}" if closed else "")

    def close(self) -> None:
        """Let go of the file."""
        self._finalize()

    def _rest_until(self, now: float) -> tuple[float, str] | None:
        rows = self._connection.execute("select until, why from breaker where until > ? order by until desc limit 1", (now,)).fetchall()
        return rows[0] if rows else None

    def _used(self, now: float, seconds: float) -> int:
        n: int = self._connection.execute("select count(*) from request where at > ?", (now - seconds,)).fetchone()[0]
        return n

    def _free_again(self, now: float, seconds: float, limit: int) -> float:
        """When so many of the window's requests are older than it that FREE_AGAIN of ``limit`` is free."""
        n_kept = min(int(limit * (1 - FREE_AGAIN)), limit - 1)
        newest_to_go = self._connection.execute(
            "select at from request where at > ? order by at desc limit 1 offset ?", (now - seconds, n_kept)
        ).fetchone()
        return float(newest_to_go[0]) + seconds

    def _tidy(self) -> None:
        """Forget what is old. What lies in the future was written under a clock that was wrong: count it as of now."""
        with self._transaction() as connection:
            now = self._clock()
            connection.execute("delete from request where at <= ?", (now - KEPT,))
            connection.execute("update request set at = ? where at > ?", (now, now))
            connection.execute("delete from breaker where until <= ?", (now,))
            connection.execute("update breaker set until = ? where until > ?", (now + LONGEST_REST, now + LONGEST_REST))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One thread and one process at a time between counting and writing."""
        with self._lock, self._refusing():
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            finally:
                self._connection.execute("commit")

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise HomeUnusable(
                str(self._path),
                f"the log of requests cannot be used ({error})",
                "make it writable, free some space, or delete it if damaged",
            ) from error
