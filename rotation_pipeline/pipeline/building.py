"""Build: what landed becomes tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rotation_pipeline import reference
from rotation_pipeline.errors import BadInput
from rotation_pipeline.landing import Landing, Load
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline.home import open_warehouse
from rotation_pipeline.pipeline.reporting import Reporter
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import BuildResult, Warehouse

PARAMETERS = "raw.method_param"


def build(
    settings: Settings, reporter: Reporter, select: frozenset[str] | None = None, catalog: Catalog | None = None
) -> Iterator[BuildResult]:
    """Take in what landed and redo every stale table (of ``select``), in order. Yields one result a table."""
    with open_warehouse(settings, catalog or Catalog.load()) as warehouse:
        yield from build_in(warehouse, settings, reporter, select)


def build_in(warehouse: Warehouse, settings: Settings, reporter: Reporter, select: frozenset[str] | None = None) -> Iterator[BuildResult]:
    """As build, in a warehouse that is open, for those who want to look into it between two tables."""
    yield from build_of(warehouse, Landing(settings.landing, warehouse.catalog.models).loads(), reporter, select)


def build_of(
    warehouse: Warehouse, loads: Sequence[Load], reporter: Reporter, select: frozenset[str] | None = None
) -> Iterator[BuildResult]:
    """As build_in, of these loads and no others. Raises BadInput when they lack a parameter that this version reads."""
    reporter.stage("build", len(warehouse.catalog.models))
    for result in warehouse.take_in(loads):
        reporter.built(result)
        yield result
    _refuse_unknown_parameters(warehouse)
    for result in warehouse.build_stale(select):
        reporter.built(result)
        yield result


def _refuse_unknown_parameters(warehouse: Warehouse) -> None:
    """A comparison with a parameter that never landed is NULL: tables would be empty without a word."""
    if PARAMETERS not in warehouse.catalog.models:
        return
    sql = f"select name from {PARAMETERS} where load_id = (select max(load_id) from {PARAMETERS})"
    landed = {row[0] for row in warehouse.rows(sql)}
    missing = sorted(reference.parameter_names() - landed) if landed else []
    if missing:
        raise BadInput(PARAMETERS, f"the latest load lacks {', '.join(missing)}", "run `rotation fetch`: it lands what this version reads")
