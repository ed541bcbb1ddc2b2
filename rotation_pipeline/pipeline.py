"""The three verbs: fetch writes landing files, build turns landing into tables, publish swaps the release that people read.

Each can be killed at any moment and run again. `rotation run` and Dagster's assets call the same functions.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from filelock import FileLock, Timeout

from rotation_pipeline import dictionary, reference
from rotation_pipeline.errors import BadConfig, HomeBusy, MixedSources, PublishRefused
from rotation_pipeline.landing import Batch, Landing, Load, disk_error
from rotation_pipeline.models import Catalog, Fill
from rotation_pipeline.release import Release, Releases, new_release_id, signature
from rotation_pipeline.settings import Settings, SourceName
from rotation_pipeline.sources.base import FetchRequest, Source
from rotation_pipeline.warehouse import BuildResult, Transform, Warehouse

if TYPE_CHECKING:
    import polars as pl

REFERENCE = "reference"
METHOD_VERSION = "1.0"  # of docs/methodology.md; any changed rule or default bumps it


class Reporter(Protocol):
    """Where a run says what it is doing."""

    def stage(self, name: str) -> None:
        """A verb begins."""

    def advance(self, done: int, total: int, what: str) -> None:
        """Part of the stage is done."""

    def built(self, result: BuildResult) -> None:
        """A table was looked at."""


class Quiet:
    """A reporter that says nothing."""

    def stage(self, name: str) -> None:
        """Say nothing."""

    def advance(self, done: int, total: int, what: str) -> None:
        """Say nothing."""

    def built(self, result: BuildResult) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class FetchSummary:
    """What a fetch landed: loads, rows, and how many subjects landed, were excused or failed."""

    source: str
    description: str
    is_simulated: bool
    through: date
    n_loads: int
    n_rows: int
    n_landed: int
    n_excused: int
    failed: tuple[tuple[str, str, str], ...]  # (dataset, subject, reason)


@dataclass(frozen=True)
class RunSummary:
    """What one run did. ``release`` is None when nothing was new or something failed."""

    fetch: FetchSummary
    builds: tuple[BuildResult, ...]
    release: Release | None
    current: Release | None

    @property
    def failures(self) -> tuple[BuildResult, ...]:
        """Tables that failed or were skipped because of one that did."""
        return tuple(result for result in self.builds if result.status in ("failed", "skipped"))


def run(settings: Settings, reporter: Reporter, now: datetime | None = None) -> RunSummary:
    """Fetch, build, publish. Safe to repeat: with nothing new it changes nothing.

    Raises RotationError for what the user can act on; failed tables are in the summary and keep the old release in place.
    """
    with home_lock(settings):
        fetched = fetch(settings, reporter, now)
        builds = tuple(build(settings, reporter))
        failed = any(result.status in ("failed", "skipped") for result in builds)
        release = None if failed else publish(settings, reporter, now)
        return RunSummary(fetched, builds, release, releases(settings).current())


def fetch(settings: Settings, reporter: Reporter, now: datetime | None = None) -> FetchSummary:
    """Land what is new: the reference when it changed, then the market source, batch by batch. No database is touched."""
    now = now or datetime.now(UTC)
    reporter.stage("fetch")
    catalog = Catalog.load()
    landing = Landing(settings.landing, catalog.models)
    landing.sweep()
    source = make_source(settings, landing)
    _land_reference(landing, source, now)
    sessions, through = _sessions_through(landing, settings, now)
    request = FetchRequest(
        through=through,
        sessions=sessions,
        now=now,
        cursor=landing.cursor(source.name),
        last_sessions=landing.last_sessions("raw.price_bar"),
        symbols=_vendor_symbols(landing, through) if source.name == "yahoo" else (),
        progress=reporter.advance,
    )
    batches = [(landing.write(source.name, batch, now), batch) for batch in source.fetch(request)]
    return _summary(source, through, batches)


def build(settings: Settings, reporter: Reporter, select: frozenset[str] | None = None) -> Iterator[BuildResult]:
    """Take in what landed and redo every stale table (of ``select``), in order. Yields one result a table."""
    with open_warehouse(settings, Catalog.load()) as warehouse:
        yield from build_in(warehouse, settings, reporter, select)


def build_in(warehouse: Warehouse, settings: Settings, reporter: Reporter, select: frozenset[str] | None = None) -> Iterator[BuildResult]:
    """As build, in a warehouse that is open, for those who want to look into it between two tables."""
    reporter.stage("build")
    loads = Landing(settings.landing, warehouse.catalog.models).loads()
    for result in warehouse.take_in(loads):
        reporter.built(result)
        yield result
    for result in warehouse.build_stale(select):
        reporter.built(result)
        yield result


def publish(settings: Settings, reporter: Reporter, now: datetime | None = None) -> Release | None:
    """Put the present state of the warehouse in place for analysts; None when that state is already published.

    Raises PublishRefused when a table is not up to date, because then the release would mix days.
    """
    now = now or datetime.now(UTC)
    reporter.stage("publish")
    home = releases(settings)
    home.sweep()
    catalog = Catalog.load()
    with open_warehouse(settings, catalog) as warehouse:
        stale = [name for name, model in catalog.models.items() if model.fill is not Fill.KERNEL and _is_stale(warehouse, name)]
        if stale:
            way_out = "run `rotation run`, and correct what it reports as failed"
            raise PublishRefused(", ".join(stale), "not up to date, so nothing is published and the last release stays", way_out)
        state = signature(warehouse)
        if home.holds(state):
            return None
        release_id = new_release_id(now, warehouse.last_session())
        dictionary.write(warehouse, catalog)
        _write_release(warehouse, settings, release_id, state, now)
        expected = {name: int(warehouse.rows(f"select count(*) from {name}")[0][0]) for name in catalog.models}
    return home.publish(settings.warehouse, release_id, expected)


def releases(settings: Settings) -> Releases:
    """The releases of the home."""
    return Releases(settings.published, settings.keep_releases)


def open_warehouse(settings: Settings, catalog: Catalog) -> Warehouse:
    """The working warehouse of the home. Raises HomeBusy or HomeUnusable."""
    return Warehouse(settings.warehouse, catalog, find_transform, settings.memory_limit)


def find_transform(table: str) -> Transform:
    """The Polars function that fills the table of this name."""
    transform: Transform = getattr(importlib.import_module(f"rotation_pipeline.transforms.{table}"), table)
    return transform


@contextmanager
def home_lock(settings: Settings) -> Iterator[None]:
    """Hold the home for one run; the operating system lets it go even when the process is killed. Raises HomeBusy."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(settings.home / ".lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise HomeBusy(str(settings.home), "another run is at work in this home", "wait for it to end, or stop it") from error
    except OSError as error:
        raise disk_error(settings.home, error) from error
    try:
        yield
    finally:
        lock.release()


def home_source(landing: Landing) -> str | None:
    """The market source that the home was filled from, if any."""
    found = sorted({load.source for load in landing.loads()} - {REFERENCE})
    return found[0] if found else None


def make_source(settings: Settings, landing: Landing) -> Source:
    """The market source of the settings, or of the home. Raises MixedSources, BadConfig."""
    held = home_source(landing)
    wanted: SourceName | str = settings.source or held or "simulated"
    if held is not None and held != wanted:
        way_out = f"use --source {held}, or give {wanted} a home of its own with --home"
        raise MixedSources(str(settings.home), f"holds the {held} market; {wanted} was asked for", way_out)
    if wanted == "files":
        from rotation_pipeline.sources.files import Files

        return Files(_config_path(settings))
    if wanted == "yahoo":
        from rotation_pipeline.sources.yahoo import Yahoo

        return Yahoo(settings.home / "yahoo_cache")
    return _simulated(settings, landing.cursor("simulated"))


def _simulated(settings: Settings, cursor: Mapping[str, str]) -> Source:
    """The market that lives in the home; a size that was asked for explicitly goes first, so that a conflict is reported."""
    from rotation_pipeline.sources.simulated import Simulated

    def size(name: str, kept_as: str) -> int:
        asked = int(getattr(settings, name))
        return asked if name in settings.model_fields_set else int(cursor.get(kept_as, asked))

    return Simulated(n_names=size("names", "n_names"), n_years=size("years", "n_years"), seed=size("seed", "seed"))


def _config_path(settings: Settings) -> Path:
    candidates = [settings.config] if settings.config else [Path("rotation.toml"), settings.home / "rotation.toml"]
    for path in candidates:
        if path.is_file():
            return path
    looked = " or ".join(str(path) for path in candidates)
    raise BadConfig(looked, "is not there, and the files source needs it", "write one as the README shows, or name it with --config")


def _land_reference(landing: Landing, source: Source, now: datetime) -> None:
    batch = reference.batch(now, landing.cursor(REFERENCE))
    if batch is None:
        return
    if source.is_simulated:
        # A simulated market has its own members; the real lists would only be members without prices.
        real = ("raw.membership", "raw.symbol_change")
        frames = {table: frame for table, frame in batch.frames.items() if table not in real}
        batch = replace(batch, frames=frames, ledger=tuple(entry for entry in batch.ledger if entry.dataset not in real))
    landing.write(REFERENCE, batch, now)


def _sessions_through(landing: Landing, settings: Settings, now: datetime) -> tuple[list[date], date]:
    calendar = _reference_frame(landing, "raw.calendar_session").sort("session")
    sessions: list[date] = calendar["session"].to_list()
    last = reference.last_completed_session(sessions, calendar["close_at"].to_list(), now)
    if settings.through is None:
        return sessions, last
    if settings.through > last:
        raise BadConfig("--through / ROTATION_THROUGH", f"{settings.through} is not over yet", f"ask for {last} or earlier")
    return sessions, max(session for session in sessions if session <= settings.through)


def _reference_frame(landing: Landing, table: str) -> pl.DataFrame:
    import polars as pl

    paths = [file.path for load in landing.loads() if load.source == REFERENCE for file in load.files if file.table == table]
    return pl.read_parquet(paths[-1])


def _vendor_symbols(landing: Landing, on: date) -> tuple[str, ...]:
    return tuple(reference.symbols_for_vendor(_reference_frame(landing, "raw.membership"), on))


def _is_stale(warehouse: Warehouse, name: str) -> bool:
    try:
        return warehouse.first_stale(name) is not None
    except KeyError:
        return True


def _write_release(warehouse: Warehouse, settings: Settings, release_id: str, state: str, now: datetime) -> None:
    source = make_source(settings, Landing(settings.landing, warehouse.catalog.models))
    span = warehouse.rows("select min(session), max(session) from core.daily_price")[0]
    row = {
        "release_id": release_id,
        "source": source.name,
        "source_description": source.description,
        "is_simulated": source.is_simulated,
        "first_session": span[0],
        "last_session": span[1],
        "created_at": now.astimezone(UTC).replace(tzinfo=None),
        "signature": state,
        "package_version": metadata.version("rotation-pipeline"),
        "method_version": METHOD_VERSION,
    }
    warehouse.replace("meta.release", dictionary.one_row(row))


def _summary(source: Source, through: date, batches: list[tuple[Load, Batch]]) -> FetchSummary:
    entries = [entry for _, batch in batches for entry in batch.ledger]
    counts = {outcome: sum(entry.outcome == outcome for entry in entries) for outcome in ("landed", "excused")}
    return FetchSummary(
        source=source.name,
        description=source.description,
        is_simulated=source.is_simulated,
        through=through,
        n_loads=len(batches),
        n_rows=sum(file.n_rows for load, _ in batches for file in load.files if file.table.startswith("raw.")),
        n_landed=counts["landed"],
        n_excused=counts["excused"],
        failed=tuple((entry.dataset, entry.subject, entry.reason or "") for entry in entries if entry.outcome == "failed"),
    )
