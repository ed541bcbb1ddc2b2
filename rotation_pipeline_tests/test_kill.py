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

FIRST, SECOND = date(2026, 1, 8), date(2026, 1, 9)
AT = (0.02, 0.2, 0.45, 0.7, 0.9, 0.97, 0.99)  # of the calls of an undisturbed run


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
    n_killed = 0
    for share in AT:
        done = run(tmp_path, SECOND, int(share * undisturbed[1]))
        n_killed += done.returncode == -signal.SIGKILL
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        seen = describe(published)
        assert seen.last_session in (FIRST, SECOND)
        if seen.last_session == FIRST:
            assert content(published, catalog) == whole_first
    assert n_killed >= 4
    last = run(tmp_path, SECOND, 0)
    assert last.returncode == 0, last.stderr
    undisturbed_release = undisturbed[0] / "published" / "rotation.duckdb"
    assert content(published, catalog) == content(undisturbed_release, catalog)
    leftovers = [path.name for path in tmp_path.rglob(".*") if path.name != ".lock"]
    assert leftovers == []
    assert len(Releases(tmp_path / "published", 3).all()) == 2


def test_a_second_run_at_the_same_time_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, source="simulated", names=60, years=2)
    with pipeline.home_lock(settings):
        done = run(tmp_path, FIRST, 0)
    assert done.returncode == 1
    assert "another run is at work in this home" in done.stderr
