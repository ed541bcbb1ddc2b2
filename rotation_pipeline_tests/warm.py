"""A process that has imported and read what every run of the product begins with, so that runs in forks of it begin at once.

It must not have used DuckDB or Polars: their threads do not live on in a fork.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rotation_pipeline.models import Catalog
from rotation_pipeline.reference.calendar import exchange, horizon_year

MODULES = ("polars", "exchange_calendars", "rotation_pipeline.pipeline", "rotation_pipeline_tests.lab")
LONGEST = 120  # seconds, after which a fork is stopped: a bug may make an endless loop


def warm_up() -> Catalog:
    """Import, read sql/, make the calendar. Returns the catalog, which the product will find as it is."""
    for module in MODULES:
        importlib.import_module(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        exchange(horizon_year(datetime.now(UTC)))
    return Catalog.load()


def in_a_fork(work: Callable[[], object]) -> int:
    """Do the work in a fork of this process. Returns its exit code (1: it raised, and said what on stderr), or less than 0: the signal."""
    child = os.fork()
    if child == 0:
        code = 1
        signal.alarm(LONGEST)
        try:
            work()
            code = 0
        except BaseException:  # the child must end here, whatever it is
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def say_into(output: Path) -> None:
    """Everything that this process prints from now on goes into a file."""
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
