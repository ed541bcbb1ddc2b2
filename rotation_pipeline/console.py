"""What a run shows: progress bars on a terminal, plain lines in a log, and a summary at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from rotation_pipeline.pipeline import FetchSummary, RunSummary
    from rotation_pipeline.release import Release
    from rotation_pipeline.warehouse import Answer, BuildResult

SIMULATED = "SIMULATED MARKET: every number below is made up"
LINES_A_STAGE = 10  # how many progress lines a log gets from one stage


class Bars:
    """Progress bars; use as a context manager."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task: TaskID | None = None
        self._name = ""

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a bar."""
        self._name = name
        if self._task is not None:
            self._progress.update(self._task, visible=False)
        self._task = self._progress.add_task(name, total=total)

    def advance(self, done: int, total: int, what: str) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total, description=f"{self._name} {what}")

    def built(self, result: BuildResult) -> None:
        """One more table."""
        if self._task is not None:
            self._progress.update(self._task, advance=1, description=f"{self._name} {result.table}")
        if result.status in ("failed", "skipped"):
            self._progress.console.print(f"[red]{result.table} {result.status}[/red]: {result.reason}", highlight=False)


class Lines:
    """Plain lines for a log; use as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last_tenth = -1

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def stage(self, name: str, total: int | None = None) -> None:
        """Say that a verb begins; a log has no use for how much there is to do."""
        del total
        self._last_tenth = -1
        self._say(name)

    def advance(self, done: int, total: int, what: str) -> None:
        """Say so now and then, not for every symbol."""
        tenth = done * LINES_A_STAGE // max(total, 1)
        if tenth != self._last_tenth:
            self._last_tenth = tenth
            self._say(f"  {done} of {total} {what}")

    def built(self, result: BuildResult) -> None:
        """Say what became of a table, unless nothing did."""
        if result.status == "built":
            self._say(f"  built {result.table}: {result.n_rows:,} rows, changed from {result.changed_from}, {result.seconds:.2f} s")
        elif result.status != "unchanged":
            self._say(f"  {result.status} {result.table}: {result.reason}")

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


def print_summary(console: Console, summary: RunSummary, headlines: Answer | None) -> None:
    """The end of a run: source, sessions, coverage, failures, checks, release, a few readings."""
    fetch = summary.fetch
    if fetch.is_simulated:
        console.print(f"[bold yellow]{SIMULATED}[/bold yellow]")
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in _facts(summary):
        table.add_row(f"[bold]{name}[/bold]", value)
    console.print(table)
    print_failed_subjects(console, fetch)
    if headlines is not None and headlines.rows:
        console.print(answer_table(headlines))


def print_failed_subjects(console: Console, fetch: FetchSummary, most: int = 10) -> None:
    """The first of what a source failed to deliver."""
    for dataset, subject, reason in fetch.failed[:most]:
        console.print(f"  [red]failed[/red] {subject} ({dataset}): {reason}", highlight=False)
    if len(fetch.failed) > most:
        console.print(
            f"  ... and {len(fetch.failed) - most} more: select * from ops.fetch_ledger where outcome = 'failed'", highlight=False
        )


def answer_table(answer: Answer) -> Table:
    """Rows as a table for the eye."""
    table = Table()
    for column in answer.columns:
        table.add_column(column, overflow="fold")  # a narrow terminal may break a value over lines, never cut it
    for row in answer.rows:
        table.add_row(*(_shown(value) for value in row))
    return table


def releases_table(releases: Sequence[Release], current: Release | None) -> Table:
    """Releases, oldest first, the current one marked."""
    table = Table("", "release", "source", "last session", "published (UTC)")
    for release in releases:
        mark = "now" if current and release.release_id == current.release_id else ""
        table.add_row(mark, release.release_id, release.source, str(release.last_session), f"{release.created_at:%Y-%m-%d %H:%M:%S}")
    return table


def _facts(summary: RunSummary) -> list[tuple[str, str]]:
    fetch = summary.fetch
    built = [result for result in summary.builds if result.status == "built"]
    checks = [check for result in summary.builds for check in result.checks]
    broken = [check for check in checks if not check.is_passed]
    fate = f"{fetch.n_landed} landed, {fetch.n_excused} excused, {len(fetch.failed)} failed"
    facts = [
        ("source", fetch.description),
        ("fetched", f"{fetch.n_rows:,} rows in {fetch.n_loads} loads; {fate}"),
        ("tables", f"{len(built)} changed, {len(summary.failures)} failed or skipped"),
        ("checks", f"{len(checks)} run, {len(broken)} broken" + "".join(f"; {c.table}: {c.claim} ({c.n_offending})" for c in broken[:5])),
    ]
    if summary.current is None:
        return [*facts, ("release", "none yet")]
    current = summary.current
    state = "published" if summary.release else ("kept: see the failures above" if summary.failures else "already up to date")
    return [*facts, ("sessions", f"{current.first_session} to {current.last_session}"), ("release", f"{current.release_id} ({state})")]


def _shown(value: object) -> str:
    if value is None:
        return "NULL"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
