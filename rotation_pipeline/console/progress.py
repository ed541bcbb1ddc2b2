"""What a run shows while it works: progress bars on a terminal, plain lines in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

if TYPE_CHECKING:
    from rotation_pipeline.warehouse import BuildResult

LINES_A_STAGE = 10  # how many progress lines a log gets from one stage


class Bars:
    """Progress bars; use as a context manager."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
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
            self._progress.console.print(Text.assemble((f"{result.table} {result.status}", "red"), f": {result.reason}"))


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
        self._console.print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)
