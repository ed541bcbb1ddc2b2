"""Run the tests that must catch each bug, in a child with the bug in it, and write what became of them as JSON.

    python -m rotation_pipeline_tests.mutation.run RESULTS.json

Imports, the catalog and the plugins are shared: a child is a fork. A test that fails by anything but an assertion catches nothing:
a product that does not run at all proves nothing about its tests.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline_tests.mutation.breaking import ROOT, Bug, put_in
from rotation_pipeline_tests.mutation.bugs import BUGS
from rotation_pipeline_tests.warm import in_a_fork, say_into, warm_up

WITHOUT = ("cacheprovider", "unraisableexception", "threadexception", "hypothesispytest", "anyio", "xdist")
QUIETLY = (
    "-q",
    "-x",
    "--assert=plain",
    "--tb=no",
    "--rootdir",
    str(ROOT),
    *(word for plugin in WITHOUT for word in ("-p", f"no:{plugin}")),
)


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
    try:
        put_in(bug, work)
        say_into(work / "output")
        pytest.main([*QUIETLY, f"--basetemp={work / 'pytest'}", *bug.caught_by], plugins=[outcomes])
    except Exception as error:  # the child must tell, whatever it is
        outcomes.broken.append(f"{type(error).__name__}: {error}")
    result.write_text(json.dumps({"caught": outcomes.caught, "broken": outcomes.broken, "n_run": outcomes.n_run}))


def main(target: Path) -> None:
    """Every bug, one after the other."""
    os.chdir(ROOT)
    warm_up()
    found: dict[str, Any] = {}
    for bug in BUGS:
        with tempfile.TemporaryDirectory() as folder:
            work, result = Path(folder) / "work", Path(folder) / "result.json"
            work.mkdir()
            in_a_fork(partial(run_with, bug, result, work))
            died = {"caught": [], "broken": ["the child died"], "n_run": 0}
            found[bug.sentence] = json.loads(result.read_text()) if result.exists() else died
    target.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
