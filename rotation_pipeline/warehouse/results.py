"""What builds and checks report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

BEGINNING = date(1900, 1, 1)  # "all of history"
NOT_YET = date(9999, 12, 31)  # the clock of a row that is not known yet

Status = Literal["built", "unchanged", "failed", "skipped"]


@dataclass(frozen=True)
class CheckResult:
    """What one check of one build found."""

    table: str
    claim: str
    is_passed: bool
    is_blocking: bool
    n_offending: int
    sample: str | None


@dataclass(frozen=True)
class BuildResult:
    """What became of one table in one build."""

    table: str
    status: Status
    first: date | None = None  # first session that was redone; BEGINNING for all
    changed_from: date | None = None  # first session whose rows differ from before; None when nothing changed
    n_rows: int = 0
    seconds: float = 0.0
    checks: tuple[CheckResult, ...] = ()
    reason: str | None = None  # why it failed or was skipped


class CheckBroken(Exception):
    """A blocking check found offending rows; carries the results so that they can be kept."""

    def __init__(self, checks: tuple[CheckResult, ...]) -> None:
        broken = [check for check in checks if check.is_blocking and not check.is_passed]
        super().__init__("; ".join(f"{c.claim}: {c.n_offending} rows, e.g. {c.sample}" for c in broken))
        self.checks = checks
