"""The budget of requests of the home's source, read without asking the source anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rotation_pipeline.settings import Settings

if TYPE_CHECKING:
    from rotation_pipeline.sources.yahoo.budget import Budget


@dataclass(frozen=True)
class Requests:
    """What the log of requests says. ``resume_at`` (UTC) is None while requests may leave."""

    left: str  # in words, by hour and day
    resume_at: datetime | None


def requests(settings: Settings, now: datetime) -> Requests | None:
    """The budget as of ``now``; None in a home whose source keeps none. Raises HomeUnusable when the log cannot be read."""
    with _log(settings, now) as log:
        return Requests(log.describe(), log.resume_at()) if log else None


def requests_since(settings: Settings, start: datetime, now: datetime) -> Mapping[str, int]:
    """Requests by endpoint from ``start`` to ``now``; empty in a home whose source keeps no log. Raises HomeUnusable."""
    with _log(settings, now) as log:
        return dict(log.counts_since((now - start).total_seconds())) if log else {}


@contextmanager
def _log(settings: Settings, now: datetime) -> Iterator[Budget | None]:
    path = settings.home / "yahoo_cache" / "requests.sqlite"
    if not path.is_file():
        yield None
        return
    from rotation_pipeline.sources.yahoo.budget import Budget

    log = Budget(path, settings.yahoo_requests_per_hour, settings.yahoo_requests_per_day, now.timestamp)
    try:
        yield log
    finally:
        log.close()
