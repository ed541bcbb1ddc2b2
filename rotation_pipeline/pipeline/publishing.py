"""Publish: the present state of the tables becomes the release that people read."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata

from rotation_pipeline import dictionary
from rotation_pipeline.errors import PublishRefused
from rotation_pipeline.landing import Landing
from rotation_pipeline.models import Catalog, Fill
from rotation_pipeline.pipeline.home import make_source, open_warehouse, releases
from rotation_pipeline.pipeline.reporting import Reporter
from rotation_pipeline.release import Release, new_release_id, signature
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import Warehouse

METHOD_VERSION = "1.0"  # of docs/methodology.md; any changed rule or default bumps it


def publish(settings: Settings, reporter: Reporter, now: datetime | None = None, catalog: Catalog | None = None) -> Release | None:
    """Put the present state of the warehouse in place for analysts; None when that state is already published.

    Raises PublishRefused when a table is not up to date, because then the release would mix days.
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
        state = signature(warehouse)
        if home.holds(state):
            return None
        release_id = new_release_id(now, warehouse.last_session())
        dictionary.write(warehouse, catalog)
        _write_release(warehouse, settings, release_id, state, now)
        expected = {name: int(warehouse.rows(f"select count(*) from {name}")[0][0]) for name in catalog.models}
    return home.publish(settings.warehouse, release_id, expected)


def _is_stale(warehouse: Warehouse, name: str) -> bool:
    try:
        return warehouse.first_stale(name) is not None
    except KeyError:
        return True


def _write_release(warehouse: Warehouse, settings: Settings, release_id: str, state: str, now: datetime) -> None:
    source = make_source(settings, Landing(settings.landing, warehouse.catalog.models))
    span = warehouse.rows("select min(session), max(session) from core.daily_price where is_valid")[0]
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
