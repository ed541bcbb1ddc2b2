"""Is the data complete, what is missing, what is tried next: the answers behind `rotation status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from rotation_pipeline import pipeline
from rotation_pipeline.freshness import Freshness, freshness
from rotation_pipeline.pipeline import Backlog, NeverMatched, Requests, Shortfall
from rotation_pipeline.release import Release
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask

State = Literal["COMPLETE", "PARTIAL", "DEGRADED", "BEHIND"]
N_SESSIONS = 10  # how far back holes are told

_HOLES = """
    with recent as (
        select session from core.session order by session desc limit {n}
    )
    select coverage.session, coverage.universe_id, coverage.n_expected, coverage.n_valid, coverage.missing
    from ops.universe_coverage as coverage
    join recent on recent.session = coverage.session
    where coverage.session < (select max(session) from core.session) and coverage.n_expected >= {least}
        and coverage.n_valid < {minimum} * coverage.n_expected
    order by coverage.session desc, coverage.universe_id
"""


@dataclass(frozen=True)
class Completeness:
    """Everything that `rotation status` tells about one home, as of one instant."""

    release: Release
    freshness: Freshness
    shortfalls: tuple[Shortfall, ...]  # on the last session of the release
    holes: tuple[Shortfall, ...]  # on the nine sessions before, the latest first
    backlog: Backlog
    requests: Requests | None  # None where the source keeps no budget
    never_matched: tuple[NeverMatched, ...] = ()  # cohorts that never had a member

    @property
    def state(self) -> State:
        """BEHIND before DEGRADED before PARTIAL: the gravest that holds."""
        if not self.freshness.is_fresh:
            return "BEHIND"
        if self.shortfalls or self.release.is_degraded:
            return "DEGRADED"
        return "PARTIAL" if self.backlog.pending or self.holes else "COMPLETE"

    @property
    def sentence(self) -> str:
        """Why, with numbers."""
        said = [self._behind(), self._priced(), self._holes(), self._backlog()]
        return "; ".join(part for part in said if part)

    def _behind(self) -> str:
        if self.freshness.is_fresh:
            return ""
        n = self.freshness.n_behind
        return f"{n} {'session' if n == 1 else 'sessions'} behind: {self.freshness.expected} is over"

    def _priced(self) -> str:
        session = self.release.last_session
        if self.shortfalls:
            least = min(self.shortfalls, key=lambda one: one.share)
            more = f" and {len(self.shortfalls) - 1} more" if len(self.shortfalls) > 1 else ""
            return f"{least.name}{more} short of prices on {session}, {least.share:.1%} at the least"
        if self.release.is_degraded:
            return f"it was published with prices missing: {self.release.quality_reason}"
        return f"every universe and kind is priced on {session}"

    def _holes(self) -> str:
        n = len({hole.session for hole in self.holes})
        return f"{n} of the {N_SESSIONS - 1} sessions before {'has' if n == 1 else 'have'} holes" if n else ""

    def _backlog(self) -> str:
        if not self.backlog.pending:
            return "nothing failed, nothing waits"
        return f"{self.backlog.count('failed')} failed, {self.backlog.count('waiting')} waiting"


def completeness(settings: Settings, release: Release, now: datetime) -> Completeness:
    """How complete ``release`` and what came after it are at ``now`` (aware). Raises RotationError for a damaged home."""
    return Completeness(
        release=release,
        freshness=freshness(settings, now),
        shortfalls=pipeline.shortfalls(lambda sql: _rows(settings, sql), settings.coverage_minimum),
        holes=_holes_of(settings),
        backlog=pipeline.backlog(settings),
        requests=pipeline.requests(settings, now),
        never_matched=pipeline.never_matched(lambda sql: _rows(settings, sql)),
    )


def _holes_of(settings: Settings) -> tuple[Shortfall, ...]:
    if not _rows(settings, "select 1 from duckdb_tables() where schema_name = 'ops' and table_name = 'universe_coverage'"):
        return ()
    rows = _rows(settings, _HOLES.format(n=N_SESSIONS, least=pipeline.LEAST_NAMES, minimum=settings.coverage_minimum))
    return tuple(Shortfall(name, session, n_expected, n_valid, missing or "") for session, name, n_expected, n_valid, missing in rows)


def _rows(settings: Settings, sql: str) -> Sequence[tuple[Any, ...]]:
    return ask(settings.published / "rotation.duckdb", sql).rows
