"""Any number of threads, and any cut into pieces, gives the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.landing import Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline.building import build_of
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import Warehouse, slices
from rotation_pipeline_tests.content import content_of

PIECES = 7  # of the largest table, over two years


@contextmanager
def built(settings: Settings, catalog: Catalog, threads: int) -> Iterator[Warehouse]:
    """A warehouse in memory made of what landed in a home."""
    loads = Landing(settings.landing, catalog.models).loads()
    with Warehouse(None, catalog, pipeline.find_transform, settings.memory_limit, threads) as warehouse:
        assert warehouse.rows("select current_setting('threads')") == [(threads,)]
        results = list(build_of(warehouse, loads, pipeline.Quiet()))
        assert {result.status for result in results} == {"built"}, [result.reason for result in results if result.reason]
        yield warehouse


def test_two_threads_in_pieces_give_the_tables_of_one_thread_in_one(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Settings(home=tmp_path, source="simulated", names=60, years=2)
    pipeline.fetch(home, pipeline.Quiet(), catalog=catalog)
    with built(home, catalog, threads=1) as warehouse:
        expected = content_of(warehouse)
        n_bars = warehouse.rows("select count(*) from raw.price_bar")[0][0]
        memory = warehouse.rows("select parse_formatted_bytes(current_setting('memory_limit'))")[0][0]
    assert all(count for count, _ in (expected[name] for name in ("core.market_cap", "mart.valuation", "mart.breadth")))  # type: ignore[misc]
    monkeypatch.setattr(slices, "BYTES_A_ROW", memory * PIECES / n_bars)
    n_pieces = set()
    cut = slices.slices

    def counted(*args: object) -> Iterator[object]:
        windows = list(cut(*args))  # type: ignore[arg-type]
        n_pieces.add(len(windows))
        yield from windows

    monkeypatch.setattr("rotation_pipeline.warehouse.build.slices", counted)
    with built(home, catalog, threads=2) as warehouse:
        assert content_of(warehouse) == expected
    assert max(n_pieces) >= PIECES
