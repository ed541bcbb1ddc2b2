"""The product with fewer tables: what a build costs goes by their number, and many a claim is about a few of them."""

from __future__ import annotations

from datetime import datetime

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog, Fill
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import BuildResult


def with_inputs(catalog: Catalog, *tables: str) -> frozenset[str]:
    """The tables and everything that they are made of."""
    return frozenset(tables).union(*(catalog.upstream(name) for name in tables))


def narrowed(catalog: Catalog, *tables: str) -> Catalog:
    """A catalog of these tables, of what they are made of, of meta and the pipeline's own books, and of the macros that read no others."""
    always = (name for name, model in catalog.models.items() if model.fill is Fill.KERNEL or model.schema == "meta")
    kept = with_inputs(catalog, *tables, *always)
    few = Catalog(
        [model for name, model in catalog.models.items() if name in kept], [macro for macro in catalog.macros if macro.reads <= kept]
    )
    few._lineage = catalog._lineage  # where a column comes from does not depend on who else reads, and takes seconds to find out
    return few


def evening(settings: Settings, now: datetime, catalog: Catalog) -> tuple[BuildResult, ...]:
    """Fetch, build and publish what the catalog holds, under the lock, as a run does; every check must pass."""
    quiet = pipeline.Quiet()
    with pipeline.home_lock(settings):
        pipeline.fetch(settings, quiet, now, catalog)
        results = tuple(pipeline.build(settings, quiet, catalog=catalog))
        assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
        pipeline.publish(settings, quiet, now, catalog)
    return results
