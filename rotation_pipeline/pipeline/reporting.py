"""Where a run says what it is doing, and what it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from rotation_pipeline.pipeline.gate import NeverMatched
from rotation_pipeline.release import Release
from rotation_pipeline.warehouse import BuildResult


class Reporter(Protocol):
    """Where a run says what it is doing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A verb begins, of so many parts if that is known."""

    def advance(self, done: int, total: int, what: str) -> None:
        """Part of the stage is done."""

    def built(self, result: BuildResult) -> None:
        """A table was looked at."""


class Quiet:
    """A reporter that says nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Say nothing."""

    def advance(self, done: int, total: int, what: str) -> None:
        """Say nothing."""

    def built(self, result: BuildResult) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class FetchSummary:
    """What a fetch landed: loads, rows, and how many subjects landed, were excused, failed or wait for a later run."""

    source: str
    description: str
    is_simulated: bool
    through: date
    n_loads: int
    n_rows: int
    n_landed: int
    n_excused: int
    failed: tuple[tuple[str, str, str], ...]  # (dataset, subject, reason)
    waiting: tuple[tuple[str, str, str], ...] = ()  # the same of what was due and not asked for yet

    @property
    def is_partial(self) -> bool:
        """Whether something that was due did not land, and is asked for again."""
        return bool(self.failed or self.waiting)


@dataclass(frozen=True)
class RunSummary:
    """What one run did. ``release`` is None when nothing was new or something failed."""

    fetch: FetchSummary
    builds: tuple[BuildResult, ...]
    release: Release | None
    current: Release | None
    never_matched: tuple[NeverMatched, ...] = ()  # cohorts of ``current`` that never had a member

    @property
    def failures(self) -> tuple[BuildResult, ...]:
        """Tables that failed or were skipped because of one that did."""
        return tuple(result for result in self.builds if result.status in ("failed", "skipped"))
