"""The planted market as a vendor tells it in steps, landed and built by the real pipeline."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from rotation_pipeline import reference
from rotation_pipeline.landing import Batch, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import find_transform
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.warehouse import Warehouse
from rotation_pipeline_tests.planted.bench import END, NOT_PLANTED, planted_source
from rotation_pipeline_tests.point_in_time.view import View, view_of

# At 0 nothing of the past is judged by what follows it: no bad print by its reversal (A.8), no split by later filings (A.6).
LOOKS_AHEAD = ("price.reversal_sessions", "split.share_window_sessions")
BEFORE = datetime(2020, 1, 1, tzinfo=UTC)  # when the reference lands: before all of the market


@dataclass(frozen=True)
class Told:
    """What the vendor tells on the evening of ``through``, of everything that it has not told before."""

    through: date
    batch: Batch

    @property
    def evening(self) -> datetime:
        """The instant of the fetch."""
        return evening_of(self.through)


def evening_of(session: date) -> datetime:
    """A session's final prices are out by then."""
    return datetime(session.year, session.month, session.day, 23, 30, tzinfo=UTC)


def sessions_of(source: Simulated, xnys: Sequence[date]) -> list[date]:
    """The sessions of the market."""
    return [session.item() for session in source.planted_market(tuple(xnys)).market.clock.sessions]


def random_cuts(source: Simulated, xnys: Sequence[date], count: int, seed: int) -> list[date]:
    """``count`` sessions at which to cut the market, ascending: from the first line that ended to the last session but one.

    Before a line has ended the size universes are labelled otherwise (see test_labels), and the bars of the outage are known a
    session late: these are no cuts.
    """
    planted = source.planted_market(tuple(xnys))
    sessions = planted.market.clock.sessions
    inside = np.setdiff1d(np.arange(first_end(source, xnys) + 1, len(sessions) - 1), planted.faults.outage_at)
    chosen = np.random.default_rng(seed).choice(inside, count, replace=False)
    return [sessions[k].item() for k in sorted(chosen.tolist())]


def first_end(source: Simulated, xnys: Sequence[date]) -> int:
    """Index of the session after the first last session of a line."""
    return int(source.planted_market(tuple(xnys)).plan.last.min()) + 1


def tell(xnys: Sequence[date], steps: Iterable[date], source: Simulated | None = None) -> Iterator[Told]:
    """The market fetched on the evenings of ``steps``, in batches."""
    source, cursor = source or planted_source(), {}
    for through in steps:
        for batch in source.fetch(FetchRequest(through, tuple(xnys), evening_of(through), cursor)):
            cursor = dict(batch.cursor)
            yield Told(through, batch)


def never_corrected(told: Iterable[Told]) -> Iterator[Told]:
    """The same by knowledge date: a bar is known on its session or never, so that nothing is put right after the cut (A.8)."""
    before = date.min
    for step in told:
        frames = {table: frame for table, frame in step.batch.frames.items() if table != "raw.restatement"}
        if "raw.price_bar" in frames:
            frames["raw.price_bar"] = frames["raw.price_bar"].filter(pl.col("session") > before)
        before = step.through
        yield replace(step, batch=replace(step.batch, frames=frames))


class Bench:
    """A landing, and a warehouse over it; what is landed is built on demand. ``tables`` None: all of the catalog.

    ``file`` None keeps the warehouse in memory. ``is_frozen`` turns off the corrections of A.8, which alone may look ahead.
    """

    def __init__(
        self, folder: Path, catalog: Catalog, tables: frozenset[str] | None = None, file: Path | None = None, is_frozen: bool = False
    ) -> None:
        self.landing = Landing(folder / "landing", catalog.models)
        self.tables = tables
        self._file = file
        self.warehouse = Warehouse(file, catalog, find_transform)
        known = reference.batch(evening_of(END), {})
        assert known is not None
        frames = {table: frame for table, frame in known.frames.items() if table not in NOT_PLANTED}
        if is_frozen:
            frames["raw.method_param"] = frames["raw.method_param"].with_columns(
                pl.when(pl.col("name").is_in(LOOKS_AHEAD)).then(0.0).otherwise("value").alias("value")
            )
        self.landing.write("reference", replace(known, frames=frames, ledger=()), BEFORE)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.warehouse.close()

    def land(self, batch: Batch, at: datetime) -> None:
        """Write one load."""
        self.landing.write("simulated", batch, at)

    def build(self) -> None:
        """Take in what landed and redo what is stale; every blocking check must pass."""
        results = [*self.warehouse.take_in(self.landing.loads()), *self.warehouse.build_stale(self.tables)]
        broken = [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")]
        assert broken == [], broken

    def view(self, through: date) -> View:
        """What the derived tables that are built here say of everything up to a session."""
        tables = derived(self.warehouse.catalog)
        return view_of(self.warehouse, tables & self.tables if self.tables else tables, through)

    @contextmanager
    def rebuilt(self) -> Iterator[Bench]:
        """The same landing built once, from nothing."""
        other = copy(self)
        other.warehouse = Warehouse(None, self.warehouse.catalog, find_transform)
        with other:
            other.build()
            yield other

    @contextmanager
    def elsewhere(self, folder: Path) -> Iterator[Bench]:
        """A copy, in which other things may happen, of a bench in a file."""
        assert self._file is not None
        self.warehouse.settle()
        shutil.copytree(self.landing.root, folder / "landing")
        other = copy(self)
        other.landing = Landing(folder / "landing", self.warehouse.catalog.models)
        other.warehouse = Warehouse(Path(shutil.copy(self._file, folder)), self.warehouse.catalog, find_transform)
        with other:
            yield other


def derived(catalog: Catalog) -> frozenset[str]:
    """The tables that are made of others: core and mart."""
    return frozenset(name for name in catalog.models if name.startswith(("core.", "mart.")))
