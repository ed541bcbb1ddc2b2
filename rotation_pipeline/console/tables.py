"""Answers, releases, quarantined rows and the plan of a fetch as tables for the eye.

What comes from data or files is put into a Text, here and in the modules beside: a string in brackets would be taken for markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rotation_pipeline.pipeline import Flagged
    from rotation_pipeline.release import Release
    from rotation_pipeline.sources.base import FetchPlan
    from rotation_pipeline.warehouse import Answer


def answer_table(answer: Answer) -> Table:
    """Rows as a table for the eye."""
    table = Table()
    for column in answer.columns:
        table.add_column(Text(column), overflow="fold")  # a narrow terminal may break a value over lines, never cut it
    for row in answer.rows:
        table.add_row(*(Text(_shown(value)) for value in row))
    return table


def releases_table(releases: Sequence[Release], current: Release | None) -> Table:
    """Releases, oldest first, the current one marked. An id begins with the UTC instant of publishing, and fits 80 columns whole."""
    table = Table("", "release", "source", "last session", "quality", box=None, pad_edge=False)
    for release in releases:
        mark = "now" if current and release.release_id == current.release_id else ""
        table.add_row(mark, Text(release.release_id), release.source, str(release.last_session), release.quality or "not judged")
    return table


def quarantine_table(rows: Sequence[Flagged]) -> Table:
    """Quarantined rows with what was decided about them."""
    table = Table("symbol", "session", "reason", "decision", "what it says")
    for row in rows:
        decision = row.decision or ("open" if row.is_releasable else "not releasable")
        table.add_row(Text(row.symbol), str(row.session), Text(row.reason), Text(decision), Text(row.value))
    return table


def print_plan(console: Console, plan: FetchPlan) -> None:
    """What a fetch would ask for now, what that costs, what waits for a later run."""
    table = Table("what", "why", "subjects", "requests", "waiting", "the first")
    for line in plan.lines:
        counts = [f"{n:,}" for n in (line.n_subjects, line.n_requests, line.n_waiting)]
        table.add_row(line.what, Text(line.why), *counts, Text(" ".join(line.first_subjects)))
    if plan.lines:
        console.print(table)
    n_requests, n_waiting = sum(line.n_requests for line in plan.lines), sum(line.n_waiting for line in plan.lines)
    minutes = f"about {round(plan.seconds / 60):,} min" if plan.seconds >= 90 else "a minute or less"
    console.print(f"{n_requests:,} requests, {minutes}; {_waiting(n_waiting)}", highlight=False)
    if plan.budget:
        console.print(Text(plan.budget))


def _waiting(n: int) -> str:
    return f"{n:,} subjects wait for a later run" if n else "nothing waits for a later run"


def _shown(value: object) -> str:
    if value is None:
        return "NULL"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
