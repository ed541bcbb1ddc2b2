"""SIGKILL at any point of fetch, build or publish leaves the last release whole, and the next run completes it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.release import Releases, describe
from rotation_pipeline_tests.content import content
from rotation_pipeline_tests.evenings import EVENINGS, STEPS, TwoEvenings, simulated

FIRST, SECOND = STEPS
IN_FETCH = 6  # effects into a run: a load is being written


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, or less than 0 the signal that killed it, and what it had said."""

    returncode: int
    said: str


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs in a home through a session in a process of their own, killed before their n-th effect (0: never)."""
    output = tmp_path_factory.mktemp("killer") / "output"
    command = [sys.executable, "-m", "rotation_pipeline_tests.killer"]
    killer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    assert killer.stdin is not None
    assert killer.stdout is not None
    orders, answers, runs = killer.stdin, killer.stdout, count(1)

    def in_a_process(home: Path, through: date, kill_at: int, *, of_files: bool = False) -> Ended:
        now = EVENINGS[STEPS.index(through)] + timedelta(seconds=next(runs))  # no two at one instant
        order = [str(home), str(through), str(now), kill_at, of_files, str(output)]
        print(json.dumps(order), file=orders, flush=True)
        return Ended(int(answers.readline()), output.read_text())

    yield in_a_process
    killer.communicate(timeout=60)
    assert killer.returncode == 0


def test_killed_again_and_again_nothing_is_lost_or_doubled(run: Run, evenings: TwoEvenings, tmp_path: Path, catalog: Catalog) -> None:
    home = Path(shutil.copytree(evenings.first, tmp_path / "home"))
    published = home / "published" / "rotation.duckdb"
    whole_first = content(published, catalog)
    kill_at, n_killed = IN_FETCH, 0
    while (done := run(home, SECOND, kill_at)).returncode == -signal.SIGKILL:
        n_killed += 1
        assert describe(published).last_session == FIRST
        assert content(published, catalog) == whole_first
        kill_at += evenings.n_effects // 3
    assert done.returncode == 0, done.said
    assert 2 <= n_killed <= 4
    assert content(published, catalog) == content(evenings.second / "published" / "rotation.duckdb", catalog)
    is_in_order(home)


def is_in_order(home: Path) -> None:
    """A home with both sessions published, and nothing in it that was left half done."""
    assert describe(home / "published" / "rotation.duckdb").last_session == SECOND
    assert [path.name for path in home.rglob(".*") if path.name != ".lock"] == []
    assert [release.last_session for release in Releases(home / "published", 3).all()] == [FIRST, SECOND]


def test_at_every_step_of_publishing_one_release_or_the_other_is_there_and_the_next_run_completes_it(
    run: Run, evenings: TwoEvenings, tmp_path: Path
) -> None:
    """Killed before each thing that is done to a file, from a home in which all is built and nothing of the session published.

    The next run is tried after the last kill that left the first release and after the first that left the second.
    """
    built = evenings.built
    whole = run(Path(shutil.copytree(built, tmp_path / "whole")), SECOND, 0, of_files=True)
    assert whole.returncode == 0, whole.said
    seen = []
    left: dict[date | None, Path] = {}  # by last session that is published
    for kill_at in range(1, int(whole.said) + 1):
        home = Path(shutil.copytree(built, tmp_path / f"killed_{kill_at}"))
        assert run(home, SECOND, kill_at, of_files=True).returncode == -signal.SIGKILL
        seen.append(describe(home / "published" / "rotation.duckdb").last_session)
        if SECOND in left:
            shutil.rmtree(home)
        else:
            left[seen[-1]] = home
    assert seen == sorted(seen, key=str)
    assert left.keys() == {FIRST, SECOND}
    for home in left.values():
        done = run(home, SECOND, 0)
        assert done.returncode == 0, done.said
        is_in_order(home)


def test_a_second_run_at_the_same_time_is_refused(run: Run, tmp_path: Path) -> None:
    with pipeline.home_lock(simulated(tmp_path, FIRST)):
        done = run(tmp_path, FIRST, 0)
    assert done.returncode == 1
    assert "another run is at work in this home" in done.said
