"""A home of its own for every test; the toy market; one daily run of the real tables, kept for those that only look."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from rotation_pipeline.models import catalog as models
from rotation_pipeline_tests.assets import toy

REPOSITORY = Path(__file__).resolve().parents[2]
RECORDED = ("core.session", "mart.breadth", "published.rotation")  # what the browser looks at
SMALL = {"ROTATION_SOURCE": "simulated", "ROTATION_NAMES": "60", "ROTATION_YEARS": "2"}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Dagster prints a line an event."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for a small simulated market."""
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ROTATION_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def empty_toy(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy market's sql folder in the place of the real one, and nothing in the home."""
    assert not home.exists()
    toy.write_tables(tmp_path / "sql", models.sql_root())
    monkeypatch.setattr(models, "sql_root", lambda: tmp_path / "sql")
    return tmp_path / "sql"


@pytest.fixture(scope="session")
def published_toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy market's sql and a home in which it is published; to be copied."""
    folder = tmp_path_factory.mktemp("toy")
    toy.write_tables(folder / "sql", models.sql_root())
    logging.disable(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "sql_root", lambda: folder / "sql")
        for name, value in {**SMALL, "ROTATION_HOME": str(folder / "home")}.items():
            patch.setenv(name, value)
        assert toy.why_failed(toy.run_assets(folder / "sql")) == {}
    return folder


@pytest.fixture
def toy_sql(tmp_path: Path, home: Path, published_toy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The toy market's sql folder in the place of the real one, and the toy market published in the home."""
    shutil.copytree(published_toy, tmp_path, dirs_exist_ok=True)
    assert home.is_dir()
    monkeypatch.setattr(models, "sql_root", lambda: tmp_path / "sql")
    return tmp_path / "sql"


@dataclass(frozen=True)
class DailyRun:
    """What runs over the real tables left behind: a daily one in an empty home, one with nothing new, one that was recorded."""

    dagster_home: Path
    home: Path
    first: dg.ExecuteInProcessResult
    second: dg.ExecuteInProcessResult


@pytest.fixture(scope="session")
def daily_run(tmp_path_factory: pytest.TempPathFactory) -> DailyRun:
    """The daily job twice, then a few assets recorded in a Dagster home as shipped (which writes every event through to disk)."""
    from rotation_pipeline.definitions import defs

    dagster_home, home = tmp_path_factory.mktemp("dagster"), tmp_path_factory.mktemp("market") / "home"
    shutil.copy(REPOSITORY / "deploy" / "dagster.yaml", dagster_home)
    daily, ad_hoc = defs.resolve_job_def("daily"), defs.resolve_job_def("__ASSET_JOB")
    logging.disable(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**SMALL, "ROTATION_HOME": str(home)}.items():
            patch.setenv(name, value)
        with dg.DagsterInstance.ephemeral() as instance:
            first = daily.execute_in_process(raise_on_error=False, instance=instance)
            second = daily.execute_in_process(raise_on_error=False, instance=instance)
        with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
            recorded = ad_hoc.execute_in_process(
                raise_on_error=False, instance=instance, asset_selection=[dg.AssetKey(key.split(".")) for key in RECORDED]
            )
    assert toy.why_failed(recorded) == {}
    return DailyRun(dagster_home, home, first, second)
