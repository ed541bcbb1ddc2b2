"""`rotation status`: the answer first, then what is missing, then what is tried next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rotation_pipeline.console.backlog import backlog_table
from rotation_pipeline.console.summary import SIMULATED, never_matched_line
from rotation_pipeline.console.tables import answer_table

if TYPE_CHECKING:
    from rotation_pipeline.completeness import Completeness
    from rotation_pipeline.pipeline import Backlog, Requests, Shortfall
    from rotation_pipeline.warehouse import Answer

COLOURS = {"COMPLETE": "green", "PARTIAL": "yellow", "DEGRADED": "red", "BEHIND": "red"}


def print_status(console: Console, found: Completeness, broken_checks: Answer) -> None:
    """One home on one screen."""
    release = found.release
    if release.is_simulated:
        console.print(Text(SIMULATED, "bold yellow"))
    console.print(Text.assemble((found.state, f"bold {COLOURS[found.state]}"), f" {found.sentence}"))
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in _facts(found):
        table.add_row(Text(name, "bold"), Text(value))
    console.print(table)
    if found.shortfalls:
        console.print(Text(f"\nmissing on {release.last_session}", "bold"))
        console.print(_shortfall_table(found.shortfalls))
    print_backlog(console, found.backlog, found.requests)
    if found.holes:
        console.print(Text("\nholes in the sessions before", "bold"))
        console.print(_hole_table(found.holes))
    if broken_checks.rows:
        console.print(Text("\nbroken checks", "bold red"))
        console.print(answer_table(broken_checks))


def print_backlog(console: Console, backlog: Backlog, requests: Requests | None) -> None:
    """What is tried next, and when; nothing when nothing is."""
    if not backlog.pending:
        return
    console.print(Text("\ntried next", "bold"))
    console.print(backlog_table((one.outcome, one.dataset, one.subject, one.reason) for one in backlog.pending))
    if requests and requests.resume_at:
        console.print(f"not before {requests.resume_at:%Y-%m-%d %H:%M} UTC; a run that starts earlier leaves them waiting", highlight=False)
    else:
        console.print("with the next run; nothing holds it back", highlight=False)


def _facts(found: Completeness) -> list[tuple[str, str]]:
    release, backlog = found.release, found.backlog
    facts = [("release", f"{release.release_id}, {release.source}"), ("sessions", f"{release.first_session} to {release.last_session}")]
    if backlog.last_fetch is not None:
        facts.append(("last fetch", f"{backlog.last_fetch:%Y-%m-%d %H:%M} UTC; published {release.created_at:%Y-%m-%d %H:%M} UTC"))
    if release.n_past_changes:
        facts.append(("the past", f"{release.n_past_changes:,} values changed with this release; rotation query what_changed"))
    if found.never_matched:
        facts.append(("warning", never_matched_line(found.never_matched)))
    if found.requests:
        facts.append(("requests left", found.requests.left.removeprefix("requests left: ")))
    return facts


def _shortfall_table(shortfalls: Sequence[Shortfall]) -> Table:
    table = Table("of", "expected", "priced", "share", "missing")
    for one in shortfalls:
        table.add_row(Text(one.name), f"{one.n_expected:,}", f"{one.n_valid:,}", f"{one.share:.1%}", Text(one.missing))
    return table


def _hole_table(holes: Sequence[Shortfall]) -> Table:
    """A line a session; the missing are those of the group that has the least."""
    table = Table("session", "priced", "missing")
    for session, group in groupby(holes, key=lambda hole: hole.session):
        short = sorted(group, key=lambda hole: (hole.share, hole.name))
        table.add_row(str(session), Text(", ".join(f"{hole.name} {hole.share:.1%}" for hole in short)), Text(short[0].missing))
    return table
