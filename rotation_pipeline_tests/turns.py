"""Which tests are of whole evenings, and who runs what on several workers (``-n 2 --dist loadfile``).

Tests that build a whole market several times, or a real one, take tens of seconds each, as the product does. They are more than half of
all time and have the mark ``evenings``: a run without ``-m`` leaves them out, .ci/run does not.

A worker takes a unit after the other. Of itself a unit is a file and those with most tests begin; then homes of a session are built by
both workers, and the files with the fewest and longest tests come at the end, when one worker has nothing left to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

HERE = Path(__file__).parent
# Files and folders whose tests have the mark (relative to this folder).
EVENINGS = (
    "assets/test_browser.py",
    "assets/test_daily.py",
    "pipeline/test_adding_a_cohort.py",
    "pipeline/test_change_log.py",
    "pipeline/test_cut_of_files.py",
    "pipeline/test_quarantine.py",
    "pipeline/test_rebuilding.py",
    "pipeline/test_refused_bars.py",
    "planted",
    "point_in_time",
    "properties",
    "real",
    "sources/yahoo/test_as_traded.py",
    "sources/yahoo/test_events_over_time.py",
    "sources/yahoo/test_faults_end_to_end.py",
    "sources/yahoo/test_run.py",
    "sources/yahoo/test_same_market.py",
    "sources/yahoo/test_storm.py",
    "test_kill.py",
    "test_new_session.py",
    "test_pipeline.py",
)
TOGETHER = ("assets", "planted", "properties", "real")  # folders whose files share what takes seconds to make
# What takes longest begins, longest first (relative to this folder); a file that is not named comes when it comes.
LONG = (
    "real",
    "properties",
    "assets",
    "sources/yahoo/test_same_market.py",
    "point_in_time/test_future.py",
    "test_cli.py",
    "sources/yahoo/test_storm.py",
    "test_pipeline.py",
    "test_kill.py",
    "pipeline/test_change_log.py",
    "point_in_time/test_arrival.py",
    "sources/yahoo/test_events_over_time.py",
    "sources/yahoo/test_faults_end_to_end.py",
    "pipeline/test_rebuilding.py",
    "pipeline/test_cut_of_files.py",
    "sources/yahoo/test_run.py",
    "pipeline/test_quarantine.py",
    "pipeline/test_refused_bars.py",
    "mutation/test_mutation.py",
    "test_release.py",
)


def unit_of(nodeid: str) -> str:
    """What a test is run with: its file, or the folder that goes together, relative to this one."""
    file = nodeid.split("::", 1)[0].removeprefix(f"{HERE.name}/")
    folder = file.split("/", 1)[0]
    return folder if folder in TOGETHER else file


def in_turn(nodeids: Sequence[str]) -> list[int]:
    """Indices of the tests in the order in which they should begin."""
    turn = {unit: number for number, unit in enumerate(LONG)}
    return sorted(range(len(nodeids)), key=lambda k: turn.get(unit_of(nodeids[k]), len(turn)))


def is_of_evenings(nodeid: str) -> bool:
    """Whether a test has the mark ``evenings``."""
    file = nodeid.split("::", 1)[0].removeprefix(f"{HERE.name}/")
    return file in EVENINGS or file.split("/", 1)[0] in EVENINGS


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Set the mark; put tests in turn. A run in one process keeps its order."""
    for item in items:
        if is_of_evenings(item.nodeid):
            item.add_marker(pytest.mark.evenings)
    if hasattr(config, "workerinput"):
        items[:] = [items[k] for k in in_turn([item.nodeid for item in items])]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Files as units but for TOGETHER, in the order of the collection."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class InTurn(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit_of(nodeid)

    config.option.loadscopereorder = False
    return InTurn(config, log)
