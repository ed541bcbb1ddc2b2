"""On the real data, too, threads and pieces change nothing: there the default memory holds no table of prices whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline_tests.content import content

pytestmark = pytest.mark.long


@pytest.mark.parametrize(("threads", "memory_limit"), [(1, "1536MiB"), (2, "6GiB")], ids=["one thread", "without pieces"])
def test_the_default_run_equals_one_with_other_threads_and_pieces(
    release: Path, shared_toml: Path, catalog: Catalog, tmp_path: Path, threads: int, memory_limit: str
) -> None:
    settings = Settings(
        home=tmp_path, source="files", config=shared_toml, through=date(2026, 1, 30), threads=threads, memory_limit=memory_limit
    )
    summary = pipeline.run(settings, pipeline.Quiet())
    assert not summary.failures, [f"{result.table}: {result.reason}" for result in summary.failures]
    assert content(settings.published / "rotation.duckdb", catalog) == content(release, catalog)
