"""Run the tests that must catch each bug, in a child with the bug in it, and write what became of them as JSON.

    python -m rotation_pipeline_tests.mutation.run RESULTS.json

Imports, the catalog and the plugins are shared: a child is a fork. Bugs of models follow one another in one child, whose warehouse in
memory they share; any other bug has a child of its own. A test that fails by anything but an assertion catches nothing: a product that
does not run at all proves nothing about its tests.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline_tests.mutation.breaking import ROOT, Bug, broken_by, put_in
from rotation_pipeline_tests.mutation.bugs import BUGS
from rotation_pipeline_tests.warm import LONGEST, in_a_fork, say_into, warm_up

WITHOUT = ("cacheprovider", "unraisableexception", "threadexception", "hypothesispytest", "anyio", "xdist")
QUIETLY = (
    "-q",
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

    def told(self) -> dict[str, Any]:
        return {"caught": self.caught, "broken": self.broken, "n_run": self.n_run}


def run_with(bug: Bug, result: Path, work: Path) -> None:
    """In a child: put the bug in, run its tests, write the outcome to ``result``."""
    outcomes = Outcomes()
    try:
        put_in(bug, work)
        say_into(work / "output")
        pytest.main([*QUIETLY, "-x", f"--basetemp={work / 'pytest'}", *bug.caught_by], plugins=[outcomes])
    except Exception as error:  # the child must tell, whatever it is
        outcomes.broken.append(f"{type(error).__name__}: {error}")
    result.write_text(json.dumps(outcomes.told()))


class InTurn:
    """A pytest plugin that runs the tests of each bug with the bug in it, up to the first that fails, and writes the outcomes."""

    def __init__(self, bugs: Sequence[Bug], result: Path, work: Path) -> None:
        self.bugs, self.result, self.work = bugs, result, work
        self.outcomes = Outcomes()
        self.found: dict[str, Any] = {}

    def pytest_exception_interact(self, node: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        self.outcomes.pytest_exception_interact(node, call)

    def pytest_runtest_call(self) -> None:
        self.outcomes.pytest_runtest_call()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for number, bug in enumerate(self.bugs):
            signal.alarm(LONGEST)
            self.outcomes = Outcomes()
            with broken_by(bug, self.work / str(number)):
                for item in (item for test in bug.caught_by for item in session.items if item.nodeid.partition("[")[0] == test):
                    # What is of the session stays, what is of a module goes: the next bug may have made it otherwise.
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=session)
                    if self.outcomes.caught or self.outcomes.broken:
                        break
            self.found[bug.sentence] = self.outcomes.told()
            self.result.write_text(json.dumps(self.found))
        return True


def run_in_turn(bugs: Sequence[Bug], result: Path, work: Path) -> None:
    """In a child: bugs of models, one after the other."""
    say_into(work / "output")
    tests = dict.fromkeys(test for bug in bugs for test in bug.caught_by)
    pytest.main([*QUIETLY, f"--basetemp={work / 'pytest'}", *tests], plugins=[InTurn(bugs, result, work)])


def main(target: Path) -> None:
    """Every bug, one after the other."""
    os.chdir(ROOT)
    warm_up()
    died = {"caught": [], "broken": ["the child died"], "n_run": 0}
    with tempfile.TemporaryDirectory() as folder:
        work, result = Path(folder) / "work", Path(folder) / "result.json"
        work.mkdir()
        in_a_fork(partial(run_in_turn, [bug for bug in BUGS if bug.is_of_a_model], result, work))
        found: dict[str, Any] = json.loads(result.read_text()) if result.exists() else {}
    for bug in BUGS:
        if bug.is_of_a_model:
            found.setdefault(bug.sentence, died)
            continue
        with tempfile.TemporaryDirectory() as folder:
            work, result = Path(folder) / "work", Path(folder) / "result.json"
            work.mkdir()
            in_a_fork(partial(run_with, bug, result, work))
            found[bug.sentence] = json.loads(result.read_text()) if result.exists() else died
    target.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
