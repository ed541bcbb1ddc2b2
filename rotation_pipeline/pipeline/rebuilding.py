"""Rebuild: what was known at an instant, as a file of its own (STRICT, methodology 0.3).

Yesterday's knowledge under today's method: the loads are those that had been fetched by the instant, whatever brought them; SQL,
transforms and method parameters are those of this version. Nothing of the home is written. Its lock is not needed either: a load
never changes and appears whole, by a rename. Only an instant after the beginning of a fetch that is still running sees part of it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rotation_pipeline import reference
from rotation_pipeline.errors import BadConfig, BuildFailed, NoSpace
from rotation_pipeline.landing import Batch, Landing, Load, disk_error
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import gate
from rotation_pipeline.pipeline.building import PARAMETERS, build_of
from rotation_pipeline.pipeline.home import OPERATOR, REFERENCE, find_transform, make_source
from rotation_pipeline.pipeline.publishing import counts_of, describe_in
from rotation_pipeline.pipeline.reporting import Reporter
from rotation_pipeline.release import Release, audit, describe
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import BuildResult, Warehouse

if TYPE_CHECKING:
    import polars as pl

METHOD = "method"  # stamped on the parameters of this version, where those that had been landed are others


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild made: the file, and of how much."""

    release: Release
    as_of: datetime  # aware
    n_loads: int
    last_fetch: datetime  # aware instant of the youngest load that is in
    builds: tuple[BuildResult, ...]


def rebuild(
    settings: Settings,
    as_of: datetime,
    out: Path,
    reporter: Reporter,
    force: bool = False,
    now: datetime | None = None,
    catalog: Catalog | None = None,
) -> Rebuilt:
    """Build ``out`` from the loads with fetched_at <= ``as_of`` (aware), through the build, checks and documentation of a release.

    ``force`` replaces an ``out`` that exists. Offline. The file appears whole, by a rename, or not at all. Raises BadConfig for an
    instant or a file that cannot be used, BuildFailed naming tables and checks, NoSpace.
    """
    now = now or datetime.now(UTC)
    landing = Landing(settings.landing, {})
    known = _known_by(landing, as_of, now)
    _refuse_target(settings, out, force)
    source = make_source(settings, landing)
    catalog = catalog or Catalog.load()
    # A look back is marked, not refused, where a release would have been.
    lenient = settings.model_copy(update={"on_low_coverage": "degraded"})
    with _folder_beside(out) as folder:
        working = folder / "rebuilt.duckdb"
        loads = [*known, *_parameters_of_today(Landing(folder / "landing", catalog.models), known, now)]
        with Warehouse(working, catalog, find_transform, settings.memory_limit, settings.threads) as warehouse:
            builds = tuple(build_of(warehouse, loads, reporter))
            _refuse_failures(builds)
            release_id = describe_in(warehouse, source, gate.judge(warehouse.rows, lenient), now, as_of)
            expected = counts_of(warehouse)
            warehouse.settle()
        audit(working, release_id, expected)
        _put_in_place(working, out)
    return Rebuilt(describe(out), as_of, len(known), max(load.fetched_at for load in known), builds)


def _known_by(landing: Landing, as_of: datetime, now: datetime) -> list[Load]:
    if as_of.tzinfo is None:
        raise BadConfig("--as-of", f"{as_of} has no zone", f"add one: {as_of:%Y-%m-%dT%H:%M}Z is UTC")
    if as_of > now:
        raise BadConfig("--as-of", f"{as_of} is in the future", f"ask for {now:%Y-%m-%dT%H:%MZ} or earlier")
    loads = landing.loads()
    market = [load for load in loads if load.source not in (REFERENCE, OPERATOR)]
    if not market:
        raise BadConfig(str(landing.root), "holds nothing of a market", "run `rotation run` first, or point --home at another home")
    first = min(load.fetched_at for load in market)
    if first > as_of:
        problem = f"nothing of the market had been fetched by {as_of}"
        raise BadConfig("--as-of", problem, f"ask for {first.astimezone(UTC).isoformat()}, the first fetch, or later")
    return [load for load in loads if load.fetched_at <= as_of]


def _refuse_target(settings: Settings, out: Path, force: bool) -> None:
    for own in (settings.landing, settings.warehouse.parent, settings.published):
        if out.resolve().is_relative_to(own.resolve()):
            raise BadConfig("--out", f"{out} lies in a folder that the pipeline itself keeps", "name a file elsewhere")
    if out.is_dir():
        raise BadConfig("--out", f"{out} is a folder", "name a file")
    if out.exists() and not force:
        raise BadConfig("--out", f"{out} exists", "name another file, or add --force to replace it")


@contextmanager
def _folder_beside(out: Path) -> Iterator[Path]:
    """A temporary folder on the disk of ``out``, gone afterwards whatever happens but a kill."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.absolute().parent))
    except OSError as error:
        raise _refused(out, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _parameters_of_today(aside: Landing, known: Sequence[Load], now: datetime) -> list[Load]:
    """One more load with the parameters of this version, where the latest that were landed are others: parameters are method."""
    import polars as pl

    today = reference.read(PARAMETERS)
    paths = [file.path for load in known for file in load.files if file.table == PARAMETERS]
    if paths and _values(pl.read_parquet(paths[-1])) == _values(today):
        return []
    return [aside.write(METHOD, Batch({PARAMETERS: today}), now)]


def _values(parameters: pl.DataFrame) -> dict[str, float]:
    return dict(zip(parameters["name"].to_list(), parameters["value"].to_list(), strict=True))


def _refuse_failures(builds: Sequence[BuildResult]) -> None:
    failed = [build for build in builds if build.status == "failed"]
    if failed:
        reasons = "; ".join(f"{build.table}: {build.reason}" for build in failed)
        way_out = "nothing was kept; if these checks did not exist at that instant, the data of then do not satisfy them"
        raise BuildFailed(", ".join(build.table for build in failed), reasons, way_out)


def _put_in_place(working: Path, out: Path) -> None:
    try:
        with working.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(working, out)
    except OSError as error:
        raise _refused(out, error) from error


def _refused(out: Path, error: OSError) -> NoSpace | BadConfig:
    refusal = disk_error(out, error)
    if isinstance(refusal, NoSpace):
        return refusal
    return BadConfig("--out", f"{out} cannot be written ({error.strerror})", "name a file in a folder that exists and may be written")
