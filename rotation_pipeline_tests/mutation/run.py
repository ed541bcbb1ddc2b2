"""Run the tests that must catch each bug, in a child with the bug in it, and write what became of them as JSON.

    python -m rotation_pipeline_tests.mutation.run RESULTS.json

Imports, the catalog and the plugins are shared: a child is a fork. A test that fails by anything but an assertion catches nothing:
a product that does not run at all proves nothing about its tests.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import tempfile
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline.reference.calendar import exchange, horizon_year
from rotation_pipeline_tests.mutation.breaking import ROOT, Bug, put_in
from rotation_pipeline_tests.mutation.bugs import BUGS

SHARED = ("polars", "exchange_calendars", "rotation_pipeline.pipeline", "rotation_pipeline_tests.lab")  # imported once, not in every child
LONGEST = 120  # seconds, after which a child is stopped: a bug may make an endless loop
WITHOUT = ("cacheprovider", "hypothesispytest", "anyio", "xdist")
QUIETLY = ("-q", "-x", "--assert=plain", "--rootdir", str(ROOT), *(word for plugin in WITHOUT for word in ("-p", f"no:{plugin}")))


class Outcomes:
    """A pytest plugin that keeps the node ids of tests that failed by assertion, and of those that failed otherwise, with the error."""

    def __init__(self) -> None:
        self.caught: list[str] = []
        self.broken: list[str] = []
        self.n_run = 0

    def pytest_exception_interact(self, node: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        assert call.excinfo is not None
        if issubclass(call.excinfo.type, AssertionError):
            self.caught.append(node.nodeid)
        else:
            self.broken.append(f"{node.nodeid}: {call.excinfo.exconly()[:300]}")

    def pytest_runtest_call(self) -> None:
        self.n_run += 1


def run_with(bug: Bug, result: Path, work: Path) -> None:
    """In a child: put the bug in, run its tests, write the outcome to ``result``."""
    outcomes = Outcomes()
    signal.alarm(LONGEST)
    try:
        put_in(bug, work)
        with (work / "output").open("w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            pytest.main([*QUIETLY, f"--basetemp={work / 'pytest'}", *bug.caught_by], plugins=[outcomes])
    except Exception as error:  # the child must tell, whatever it is
        outcomes.broken.append(f"{type(error).__name__}: {error}")
    result.write_text(json.dumps({"caught": outcomes.caught, "broken": outcomes.broken, "n_run": outcomes.n_run}))


def main(target: Path) -> None:
    """Every bug, one after the other."""
    os.chdir(ROOT)
    for module in SHARED:
        importlib.import_module(module)
    Catalog.load()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        exchange(horizon_year(datetime.now(UTC)))  # without Polars, whose threads no fork would have
    found: dict[str, Any] = {}
    for bug in BUGS:
        with tempfile.TemporaryDirectory() as folder:
            work, result = Path(folder) / "work", Path(folder) / "result.json"
            work.mkdir()
            child = os.fork()
            if child == 0:
                run_with(bug, result, work)
                os._exit(0)
            os.waitpid(child, 0)
            died = {"caught": [], "broken": ["the child died"], "n_run": 0}
            found[bug.sentence] = json.loads(result.read_text()) if result.exists() else died
    target.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
