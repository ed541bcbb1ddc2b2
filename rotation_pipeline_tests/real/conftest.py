"""The real market data beside the checkout, described as a rotation.toml, and one run over them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from filelock import FileLock

from rotation_pipeline import pipeline
from rotation_pipeline.settings import Settings


@pytest.fixture(scope="session")
def shared_toml(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rotation.toml over the shared data."""
    template = (Path(__file__).parent / "shared_data.toml").read_text()
    config = tmp_path_factory.mktemp("shared") / "rotation.toml"
    config.write_text(template.replace("{shared_data}", str(shared_data)))
    return config


@pytest.fixture(scope="session")
def release(shared_toml: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The published file of the real market, built once; only to be read. Workers of one test run share it."""
    own = tmp_path_factory.getbasetemp()
    is_shared = "PYTEST_XDIST_WORKER" in os.environ
    home = (own.parent if is_shared else own) / "real_market"
    settings = Settings(home=home, source="files", config=shared_toml, through=date(2026, 1, 30))
    published = settings.published / "rotation.duckdb"
    with FileLock(f"{home}.lock"):
        if not published.exists():
            summary = pipeline.run(settings, pipeline.Quiet())
            assert not summary.failures, [f"{result.table}: {result.reason}" for result in summary.failures]
            shutil.rmtree(home / "landing")
            shutil.rmtree(home / "warehouse")
    yield published
    if not is_shared:
        shutil.rmtree(home)
