"""What a run says when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rotation_pipeline.console.backlog import backlog_table
from rotation_pipeline.console.tables import answer_table

if TYPE_CHECKING:
    from rotation_pipeline.pipeline import FetchSummary, NeverMatched, RunSummary
    from rotation_pipeline.warehouse import Answer

SIMULATED = "SIMULATED MARKET: every number below is made up"
MOST_PAIRS = 5


def print_summary(console: Console, summary: RunSummary, headlines: Answer | None, renames: Answer | None = None) -> None:
    """The end of a run: source, sessions, coverage, failures, checks, release, symbols that seem to be one company's, a few readings."""
    print_fetch(console, summary.fetch, _facts(summary) + _suspicions(renames))
    if headlines is not None and headlines.rows:
        console.print(answer_table(headlines))


def print_fetch(console: Console, fetch: FetchSummary, more: Sequence[tuple[str, str]] = ()) -> None:
    """What a fetch landed, whatever else is to be said of the run, and what did not land."""
    if fetch.is_simulated:
        console.print(Text(SIMULATED, "bold yellow"))
    fate = f"{fetch.n_landed} landed, {fetch.n_excused} excused, {len(fetch.failed)} failed, {len(fetch.waiting)} waiting"
    fetched = f"{'PARTIAL: ' if fetch.is_partial else ''}{fetch.n_rows:,} rows in {fetch.n_loads} loads; {fate}"
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in [("source", fetch.description), ("fetched", fetched), *more]:
        table.add_row(Text(name, "bold"), Text(value))
    console.print(table)
    if fetch.is_partial:
        outcomes = (("failed", fetch.failed), ("waiting", fetch.waiting))
        console.print(backlog_table((outcome, *entry) for outcome, entries in outcomes for entry in entries))


def _suspicions(renames: Answer | None) -> list[tuple[str, str]]:
    """Pairs of symbols that move as one company, the latest found first; nothing where there is none."""
    if renames is None or not renames.rows:
        return []
    found = [f"{symbol} and {other}" for symbol, other, *_ in reversed(renames.rows)]
    more = f" and {len(found) - MOST_PAIRS} more" if len(found) > MOST_PAIRS else ""
    said = f"{', '.join(found[:MOST_PAIRS])}{more} move as one company: tell the rename, or leave one out"
    return [("one company?", f"{said}; rotation query suspected_renames")]


def _facts(summary: RunSummary) -> list[tuple[str, str]]:
    built = [result for result in summary.builds if result.status == "built"]
    checks = [check for result in summary.builds for check in result.checks]
    broken = [check for check in checks if not check.is_passed]
    facts = [
        ("tables", f"{len(built)} changed, {len(summary.failures)} failed or skipped"),
        ("checks", f"{len(checks)} run, {len(broken)} broken" + "".join(f"; {c.table}: {c.claim} ({c.n_offending})" for c in broken[:5])),
    ]
    if summary.current is None:
        return [*facts, ("release", "none yet")]
    current = summary.current
    state = "published" if summary.release else ("kept: see the failures above" if summary.failures else "already up to date")
    facts += [("sessions", f"{current.first_session} to {current.last_session}"), ("release", f"{current.release_id} ({state})")]
    if summary.release and current.n_past_changes:
        facts.append(("the past", f"{current.n_past_changes:,} values of sessions published before changed; rotation query what_changed"))
    if summary.never_matched:
        facts.append(("warning", never_matched_line(summary.never_matched)))
    return [*facts, ("quality", f"DEGRADED: {current.quality_reason}")] if current.is_degraded else facts


def never_matched_line(cohorts: Sequence[NeverMatched]) -> str:
    """Which cohorts never had a member, by the reason that their rows give."""
    by_reason: dict[str, list[str]] = {}
    for one in cohorts:
        by_reason.setdefault(_why_empty(one), []).append(f"{one.name} ({one.kind})")
    told = "; ".join(f"{', '.join(names)}: {why}" for why, names in sorted(by_reason.items()))
    return f"cohorts that never had a member, so that all their values are NULL: {told}"


def _why_empty(cohort: NeverMatched) -> str:
    if cohort.null_reason == "LOW_COVERAGE":
        return "a company whose market cap or yield is unknown could be in it (LOW_COVERAGE)"
    if cohort.null_reason == "UNAVAILABLE":
        return "the source does not tell what it is chosen by (UNAVAILABLE)"
    if cohort.null_reason == "INSUFFICIENT_HISTORY":
        return "nothing has been chosen yet (INSUFFICIENT_HISTORY)"
    if cohort.kind == "RANK":
        return f"too few companies for its ranks ({cohort.null_reason})"
    if cohort.kind in ("AND", "MINUS", "OR"):
        return f"a cohort that it is made of has no member ({cohort.null_reason})"
    return f"look for a misspelt name in its definition ({cohort.null_reason})"
