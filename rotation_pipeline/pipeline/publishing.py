"""Publish: the present state of the tables becomes the release that people read."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata

from rotation_pipeline import dictionary
from rotation_pipeline.errors import PublishRefused
from rotation_pipeline.landing import Landing
from rotation_pipeline.models import Catalog, Fill
from rotation_pipeline.pipeline import gate
from rotation_pipeline.pipeline.home import make_source, open_warehouse, releases
from rotation_pipeline.pipeline.reporting import Reporter
from rotation_pipeline.release import Release, Releases, new_release_id, signature
from rotation_pipeline.settings import Settings
from rotation_pipeline.sources.base import Source
from rotation_pipeline.warehouse import Warehouse

METHOD_VERSION = "1.0"  # of docs/methodology.md; any changed rule or default bumps it


def publish(settings: Settings, reporter: Reporter, now: datetime | None = None, catalog: Catalog | None = None) -> Release | None:
    """Put the present state of the warehouse in place for analysts; None when that state is already published.

    Raises PublishRefused when a table is not up to date, because then the release would mix days, and when prices are missing
    and settings.on_low_coverage is "fail".
    """
    now = now or datetime.now(UTC)
    reporter.stage("publish")
    home = releases(settings)
    home.sweep()
    catalog = catalog or Catalog.load()
    with open_warehouse(settings, catalog) as warehouse:
        stale = [name for name, model in catalog.models.items() if model.fill is not Fill.KERNEL and _is_stale(warehouse, name)]
        if stale:
            way_out = "run `rotation run`, and correct what it reports as failed"
            raise PublishRefused(", ".join(stale), "not up to date, so nothing is published and the last release stays", way_out)
        quality = gate.judge(warehouse.rows, settings)
        if home.holds(signature_of(warehouse, quality)):
            return None
        n_changes = _record_changes(warehouse, home, settings, now)
        source = make_source(settings, Landing(settings.landing, catalog.models))
        release_id = describe_in(warehouse, source, quality, now, n_past_changes=n_changes)
        expected = counts_of(warehouse)
        warehouse.settle()
    return home.publish(settings.warehouse, release_id, expected)


def _record_changes(warehouse: Warehouse, home: Releases, settings: Settings, now: datetime) -> int:
    """Fill ops.change_log against the release that people see now; how many values changed.

    Raises PublishRefused where the past moved for no reason.
    """
    if not home.current_path.exists():
        return 0
    found = warehouse.record_changes(home.current_path, new_release_id(now, warehouse.last_session()))
    if found.n_unexplained and settings.on_unexplained_change == "refuse":
        way_out = (
            "to take the new numbers, run once with ROTATION_ON_UNEXPLAINED_CHANGE=publish: both then stand side by side in ops.change_log "
            "(rotation query what_changed); to keep the old ones, put files that were edited back as they were and run again; until "
            "then the last release stays. Published numbers should never move by themselves: please report it with this message"
        )
        problem = f"{found.n_unexplained} values of sessions already published changed, and nothing that landed since explains them: "
        raise PublishRefused("ops.change_log", problem + "; ".join(found.unexplained), way_out)
    return found.n_changes


def counts_of(warehouse: Warehouse) -> dict[str, int]:
    """How many rows each table holds: what the copy of it has to hold."""
    return {name: int(warehouse.rows(f"select count(*) from {name}")[0][0]) for name in warehouse.catalog.models}


def _is_stale(warehouse: Warehouse, name: str) -> bool:
    try:
        return warehouse.first_stale(name) is not None
    except KeyError:
        return True


def signature_of(warehouse: Warehouse, quality: gate.Quality) -> str:
    """A digest of what a release of this state would hold: its tables, its macros, its quality."""
    macros = (f"{macro.name} {macro.code_version}" for macro in warehouse.catalog.macros)
    return signature(warehouse, quality.state, quality.reason, *macros)


def describe_in(
    warehouse: Warehouse,
    source: Source,
    quality: gate.Quality,
    now: datetime,
    as_of: datetime | None = None,
    n_past_changes: int = 0,
) -> str:
    """Write into a built warehouse what makes it a release: its documentation, its macros, its row of meta.release. Returns its id.

    ``as_of`` is the aware instant of a STRICT rebuild; None says that everything fetched is in.
    """
    dictionary.write(warehouse, warehouse.catalog)
    warehouse.define_macros()
    first, last = warehouse.rows("select min(session), max(session) from core.daily_price where is_valid")[0]
    row = {
        "release_id": new_release_id(now, warehouse.last_session()),
        "source": source.name,
        "source_description": source.description,
        "is_simulated": source.is_simulated,
        "first_session": first,
        "last_session": last,
        "created_at": now.astimezone(UTC).replace(tzinfo=None),
        "signature": signature_of(warehouse, quality),
        "mode": "STRICT" if as_of else "RECONSTRUCTED",
        "as_of": as_of.astimezone(UTC).replace(tzinfo=None) if as_of else None,
        "quality": quality.state,
        "quality_reason": quality.reason,
        "n_past_changes": n_past_changes,
        "package_version": metadata.version("rotation-pipeline"),
        "method_version": METHOD_VERSION,
    }
    warehouse.replace("meta.release", dictionary.one_row(row))
    return str(row["release_id"])
