"""SIGKILL at any point of fetch, build or publish leaves the last release whole, and the next run completes it."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.release import Releases, describe
from rotation_pipeline.settings import Settings
from rotation_pipeline_tests.content import content

FIRST, SECOND, THIRD = date(2026, 1, 8), date(2026, 1, 9), date(2026, 1, 12)
IN_FETCH = 6  # effects into a run: a load is being written
BEFORE_THE_END = 5  # effects before the end of a run: the release is being put in place


def run(home: Path, through: date, kill_at: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rotation_pipeline_tests.killer", str(home), str(through), str(kill_at)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent, timeout=120)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    home = tmp_path_factory.mktemp("undisturbed")
    run(home, FIRST, 0)
    done = run(home, SECOND, 0)
    assert done.returncode == 0, done.stderr
    return home, int(done.stdout)


def test_killed_again_and_again_nothing_is_lost_or_doubled(undisturbed: tuple[Path, int], tmp_path: Path, catalog: Catalog) -> None:
    first = run(tmp_path, FIRST, 0)
    assert first.returncode == 0, first.stderr
    published = tmp_path / "published" / "rotation.duckdb"
    whole_first = content(published, catalog)
    n_effects = undisturbed[1]
    kill_at, n_killed = IN_FETCH, 0
    while (done := run(tmp_path, SECOND, kill_at)).returncode == -signal.SIGKILL:
        n_killed += 1
        assert describe(published).last_session == FIRST
        assert content(published, catalog) == whole_first
        kill_at += n_effects // 3
    assert done.returncode == 0, done.stderr
    assert 2 <= n_killed <= 4
    assert content(published, catalog) == content(undisturbed[0] / "published" / "rotation.duckdb", catalog)

    run(tmp_path, THIRD, n_effects - BEFORE_THE_END)
    assert describe(published).last_session in (SECOND, THIRD)
    last = run(tmp_path, THIRD, 0)
    assert last.returncode == 0, last.stderr
    assert describe(published).last_session == THIRD
    assert [path.name for path in tmp_path.rglob(".*") if path.name != ".lock"] == []
    assert [release.last_session for release in Releases(tmp_path / "published", 3).all()] == [FIRST, SECOND, THIRD]


def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, source="simulated", names=60, years=2)
    with pipeline.home_lock(settings):
        done = run(tmp_path, FIRST, 0)
    assert done.returncode == 1
    assert "another run is at work in this home" in done.stderr
