"""One home: its lock, its market, its warehouse, its releases."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from rotation_pipeline.errors import BadConfig, HomeBusy, MixedSources
from rotation_pipeline.landing import Landing, disk_error
from rotation_pipeline.models import Catalog
from rotation_pipeline.release import Releases
from rotation_pipeline.settings import Settings, SourceName
from rotation_pipeline.sources.base import Source
from rotation_pipeline.warehouse import Transform, Warehouse, refuse_unsound

REFERENCE = "reference"
OPERATOR = "operator"  # stamped on the decisions of a person


def releases(settings: Settings) -> Releases:
    """The releases of the home."""
    return Releases(settings.published, settings.keep_releases)


def open_warehouse(settings: Settings, catalog: Catalog) -> Warehouse:
    """The working warehouse of the home. Raises HomeBusy or HomeUnusable."""
    return Warehouse(settings.warehouse, catalog, find_transform, settings.memory_limit, settings.threads)


def find_transform(table: str) -> Transform:
    """The Polars function that fills the table of this name."""
    transform: Transform = getattr(importlib.import_module(f"rotation_pipeline.transforms.{table}"), table)
    return transform


@contextmanager
def home_lock(settings: Settings) -> Iterator[None]:
    """Hold the home for one run; the operating system lets it go even when the process is killed.

    Raises HomeBusy, and UnsoundEngine before anything is fetched.
    """
    refuse_unsound()
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
    found = sorted({load.source for load in landing.loads()} - {REFERENCE, OPERATOR})
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

        per_hour, per_day = settings.yahoo_requests_per_hour, settings.yahoo_requests_per_day
        return Yahoo(settings.home / "yahoo_cache", requests_per_hour=per_hour, requests_per_day=per_day)
    return _simulated(settings, landing.cursor("simulated"))


def _simulated(settings: Settings, cursor: Mapping[str, str]) -> Source:
    """The market that lives in the home; what was asked for explicitly goes first, so that a conflict is reported."""
    from rotation_pipeline.sources.simulated import Simulated

    def size(name: str, kept_as: str) -> int:
        asked = int(getattr(settings, name))
        return asked if name in settings.model_fields_set else int(cursor.get(kept_as, asked))

    def flag(name: str, kept: bool) -> bool:
        asked: bool = getattr(settings, name)
        return asked if name in settings.model_fields_set or not cursor else kept

    kind = cursor.get("planted", "no")
    planted, noisy = flag("planted", kind != "no"), flag("noisy", kind != "noise-free")
    if not noisy and not planted:
        raise BadConfig("--noise-free / ROTATION_NOISY", "only a planted market can be without noise", "add --planted, or leave it out")
    return Simulated(
        n_names=size("names", "n_names"), n_years=size("years", "n_years"), seed=size("seed", "seed"), planted=planted, noisy=noisy
    )


def _config_path(settings: Settings) -> Path:
    candidates = [settings.config] if settings.config else [Path("rotation.toml"), settings.home / "rotation.toml"]
    for path in candidates:
        if path.is_file():
            return path
    looked = " or ".join(str(path) for path in candidates)
    raise BadConfig(looked, "is not there, and the files source needs it", "write one as the README shows, or name it with --config")
