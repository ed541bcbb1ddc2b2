"""M-12 to M-14: however the loads arrive, what is built day by day is what one rebuild makes of them; telling again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import numpy as np
import polars as pl
import pytest

from rotation_pipeline.landing import Batch
from rotation_pipeline.models import Catalog, Model
from rotation_pipeline.warehouse import build, slices
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline_tests.content import content_of
from rotation_pipeline_tests.planted.bench import END, planted_source
from rotation_pipeline_tests.point_in_time.market import Bench, evening_of, sessions_of, tell

SEED = 20260123
TOLD_AGAIN = 5  # of the batches that came last
REDONE_FROM = date(2026, 6, 1)
IN_PIECES = {"core.price_bar", "core.daily_price", "core.market_cap", "core.issuer_valuation", "core.universe_breadth", "core.cohort_cap"}


@dataclass(frozen=True)
class Order:
    """How many of the last sessions are fetched alone, and after how many arrivals a build follows. What comes before is one fetch."""

    n_alone: int
    every: int


class Arrivals:
    """A bench on which loads arrive one after the other, all of them after the last session."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._instants = (evening_of(END) + timedelta(minutes=n) for n in count())

    def land(self, batches: Sequence[Batch]) -> None:
        """Land the batches in this order, then build."""
        for batch in batches:
            self.bench.land(batch, next(self._instants))
        self.bench.build()


@pytest.fixture(
    scope="module",
    params=[Order(n_alone=15, every=8), pytest.param(Order(n_alone=299, every=5), marks=pytest.mark.long)],
    ids=["last sessions", "all sessions"],
)
def arrived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, xnys: Sequence[date]
) -> Iterator[tuple[Arrivals, list[Batch]]]:
    """The vendor's batches, corrections, late rows and the outage among them, arrived in random order and built as they came."""
    order, source = request.param, planted_source()
    steps = sessions_of(source, xnys)[-order.n_alone - 1 :]
    first, *others = [step.batch for step in tell(xnys, steps, source)]
    shuffled = [first, *(others[k] for k in np.random.default_rng(SEED).permutation(len(others)))]
    with Bench(tmp_path_factory.mktemp("arrived"), catalog) as bench:
        arrivals = Arrivals(bench)
        for start in range(0, len(shuffled), order.every):
            arrivals.land(shuffled[start : start + order.every])
        yield arrivals, shuffled


def test_any_order_of_arrival_ends_where_a_rebuild_does(arrived: tuple[Arrivals, list[Batch]]) -> None:
    bench = arrived[0].bench
    with bench.rebuilt() as rebuilt:
        assert content_of(bench.warehouse) == content_of(rebuilt.warehouse)


def test_redoing_a_part_of_history_changes_nothing(arrived: tuple[Arrivals, list[Batch]], catalog: Catalog) -> None:
    warehouse = arrived[0].bench.warehouse
    before = content_of(warehouse)
    assert {result.status for result in warehouse.build_stale()} == {"unchanged"}
    for name, model in catalog.models.items():
        if model.is_windowed:
            warehouse.refill(name, REDONE_FROM)
    assert content_of(warehouse) == before


def test_history_in_pieces_is_history(arrived: tuple[Arrivals, list[Batch]], catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that are too long for the memory are filled piece by piece: with so little memory, in pieces of a quarter."""
    monkeypatch.setattr(slices, "BYTES_A_ROW", 200_000)
    filled: Counter[str] = Counter()
    cut = slices.slices

    def counted(con: Connection, catalog: Catalog, model: Model, *window: Any) -> Iterator[tuple[date, date | None]]:
        for piece in cut(con, catalog, model, *window):
            filled[model.name] += 1
            yield piece

    monkeypatch.setattr(build, "slices", counted)
    warehouse = arrived[0].bench.warehouse
    before = content_of(warehouse)
    for name, model in catalog.models.items():
        if model.is_windowed:
            warehouse.refill(name)
    assert content_of(warehouse) == before
    assert {name for name, n in filled.items() if n >= 3} >= IN_PIECES


def test_what_is_told_again_is_no_news(arrived: tuple[Arrivals, list[Batch]]) -> None:
    """A later fetch that brings the same, and every row of it twice: no table changes, so that there is no new version either."""
    arrivals, batches = arrived
    before = content_of(arrivals.bench.warehouse)
    arrivals.land([_again(batch) for batch in batches[-TOLD_AGAIN:]])
    now = content_of(arrivals.bench.warehouse)
    assert {table for table in now if now[table] != before[table]} == {"ops.quarantine"}  # it counts rows that came twice


def _again(batch: Batch) -> Batch:
    """The rows twice. A source reports no restatement of what is as it was."""
    frames = {table: pl.concat([frame, frame]) for table, frame in batch.frames.items() if table != "raw.restatement"}
    return replace(batch, frames=frames, ledger=())
