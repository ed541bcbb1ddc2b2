"""The one small protocol that every market source obeys; the contract suite in the tests runs over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from rotation_pipeline.landing import Batch, Held


def _silent(_done: int, _total: int, _what: str) -> None:
    """No progress display."""


@dataclass(frozen=True)
class FetchRequest:
    """What the pipeline asks a source for: everything up to a session that has not been landed yet."""

    through: date  # last completed session (XNYS) to be fetched
    sessions: Sequence[date]  # XNYS sessions in date order, from before the first wanted one to after `through`
    now: datetime  # aware UTC instant of the fetch
    cursor: Mapping[str, str] = field(default_factory=dict)  # what earlier batches of this source asked to remember
    last_sessions: Mapping[str, date] = field(default_factory=dict)  # per symbol the last session of raw.price_bar that was landed
    # symbols of the configured universe and of the funds and indices; a source with a universe of its own ignores them
    symbols: Sequence[str] = ()
    market: Literal["members", "us"] = "members"  # yahoo: only `symbols`, or every company that a sweep of the US market finds too
    held: Held | None = None  # reads what landed before; None: nothing is held
    progress: Callable[[int, int, str], None] = _silent  # (done, total, what is being fetched)


@dataclass(frozen=True)
class PlanLine:
    """Things of one kind that are due for one reason, and what asking for them costs."""

    what: str  # charts, pages of the sweep, calendar days, details, files ...
    why: str  # new, daily, suspect, gap, monthly re-read, failed before ...
    n_subjects: int  # asked for in the next run
    n_requests: int  # requests that takes
    n_waiting: int = 0  # subjects beyond the budget: they wait for a later run
    first_subjects: tuple[str, ...] = ()  # a few of them, by name


@dataclass(frozen=True)
class FetchPlan:
    """What a fetch would do now, before any request."""

    lines: tuple[PlanLine, ...]
    seconds: float  # how long it would take, at the allowed pace
    budget: str  # what is left of it, in words; empty for a source without one


class Source(Protocol):
    """Where a market comes from.

    ``fetch`` yields batches; each is landed as one load before the next is asked for, so that a killed fetch keeps what it
    has. Asked again with nothing new it yields nothing. It touches no database.
    """

    name: str  # simulated, files or yahoo; stamped on every row
    description: str  # one line for banners and release notes
    is_simulated: bool

    def fetch(self, request: FetchRequest) -> Iterator[Batch]:
        """Yield what is new since the cursor. Raises BadInput, BadConfig or FetchFailed."""
        ...

    def plan(self, request: FetchRequest) -> FetchPlan:
        """What ``fetch`` would ask for, without asking. Raises BadInput or BadConfig."""
        ...
