"""Runs the pipeline and kills its own process, as hard as the system can, before the n-th thing that it does to the disk.

As a program it makes one run for each line of its input (JSON: home, last session, now, n, whether only what is done to files counts,
file for what the run says), each in a fork, and answers each with the exit code. What a run has to import and read first, it has
imported and read.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rotation_pipeline import pipeline
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.transaction import Transaction
from rotation_pipeline_tests.warm import in_a_fork, say_into, warm_up

# Everything between two of these leaves the disk as it is: files renamed, linked, flushed or copied, statements, commits.
OF_FILES: tuple[tuple[Any, str], ...] = ((os, "replace"), (os, "link"), (os, "fsync"), (shutil, "copyfile"))
EFFECTS = (*OF_FILES, (Connection, "execute"), (Connection, "insert"), (Transaction, "__exit__"))


def run_once(home: str, through: str, now: str, kill_at: int, of_files: bool) -> None:
    """Run through a session; die before the ``kill_at``-th effect, or print how many there were."""
    n_effects = 0

    def counted(effect: Callable[..., Any]) -> Callable[..., Any]:
        def before(*args: Any, **kwargs: Any) -> Any:
            nonlocal n_effects
            n_effects += 1
            if n_effects == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return effect(*args, **kwargs)

        return before

    for owner, name in OF_FILES if of_files else EFFECTS:
        setattr(owner, name, counted(getattr(owner, name)))
    settings = Settings(home=Path(home), source="simulated", names=60, years=2, through=date.fromisoformat(through))
    summary = pipeline.run(settings, pipeline.Quiet(), datetime.fromisoformat(now))
    assert not summary.failures, summary.failures
    print(n_effects)


def main() -> None:
    """One run a line, until there are no more."""
    catalog = warm_up()
    for name in catalog.models:
        catalog.lineage(name)
    for line in sys.stdin:
        *order, output = json.loads(line)

        def run(order: list[Any] = order, output: str = output) -> None:
            say_into(Path(output))
            run_once(*order)

        print(in_a_fork(run), flush=True)


if __name__ == "__main__":
    main()
