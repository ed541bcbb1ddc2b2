"""The planted market of the properties, untouched: its raw frames, and what is built of them, once a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.properties.market import Built, Frames, build, derived, planted_frames

Build = Callable[..., Built]


@pytest.fixture(scope="session")
def frames(xnys: Sequence[date]) -> Frames:
    return planted_frames(xnys)


@pytest.fixture(scope="session")
def untouched(frames: Frames, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    built = build(tmp_path_factory.mktemp("untouched"), catalog, [frames], derived(catalog))
    yield built
    built.warehouse.close()


@pytest.fixture
def built(catalog: Catalog, tmp_path: Path) -> Iterator[Build]:
    """Builds a changed market: ``built(*fetches, tables=...)``; all core and mart tables unless told otherwise."""
    made: list[Built] = []

    def make(*fetches: Frames, tables: Sequence[str] | None = None) -> Built:
        made.append(build(tmp_path / str(len(made)), catalog, fetches, tables or derived(catalog)))
        return made[-1]

    yield make
    for one in made:
        one.warehouse.close()
