"""The build step: every table of sql/ in one process, each selectable and retryable by itself."""

from collections.abc import Iterator

import dagster as dg

from rotation_pipeline import pipeline
from rotation_pipeline.assets.events import IN_THIS_RUN, Event, check_event, table_events
from rotation_pipeline.assets.failing import refuse, told
from rotation_pipeline.assets.keys import POOL, built_models, table_name
from rotation_pipeline.assets.progress import Log
from rotation_pipeline.assets.specs import check_specs, table_spec
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import load_settings
from rotation_pipeline.warehouse import BuildResult, Warehouse


def table_assets(catalog: Catalog) -> dg.AssetsDefinition:
    """One step for all tables: one per table would start a process each, which takes ten times as long as the work."""
    models = built_models(catalog)

    @dg.multi_asset(
        name="build",
        specs=[table_spec(catalog, model, is_skippable=True) for model in models],
        check_specs=[spec for model in models for spec in check_specs(model)],
        can_subset=True,
        pool=POOL,
        description="Redoes the selected tables where their inputs changed: one transaction a table, checks included.",
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[Event]:
        settings = load_settings()
        selected = frozenset(table_name(key) for key in context.selected_asset_keys)
        failures: list[BuildResult] = []
        with told(), pipeline.home_lock(settings), pipeline.open_warehouse(settings, catalog) as warehouse:
            for result in pipeline.build_in(warehouse, settings, Log(context.log), selected):
                if result.table not in selected:  # a raw table for which something had landed since the last fetch step
                    continue
                if result.status in ("failed", "skipped"):
                    failures.append(result)
                yield from wanted(context, table_events(warehouse, result))
            yield from wanted(context, checks_alone(context, warehouse, selected))
        refuse(failures)

    return build


def checks_alone(context: dg.AssetExecutionContext, warehouse: Warehouse, selected: frozenset[str]) -> Iterator[Event]:
    """The checks of tables that are to be looked at but not redone: the Execute button of a check."""
    asked = {table_name(key.asset_key) for key in context.selected_asset_check_keys}
    for table in sorted(asked - selected):
        for check in warehouse.check(table):
            yield check_event(check, IN_THIS_RUN)


def wanted(context: dg.AssetExecutionContext, events: Iterator[Event]) -> Iterator[Event]:
    """The events without checks that this run was told to leave out."""
    for event in events:
        if isinstance(event, dg.AssetCheckResult) and check_key(event) not in context.selected_asset_check_keys:
            continue
        yield event


def check_key(result: dg.AssetCheckResult) -> dg.AssetCheckKey:
    """The key of the check that a result belongs to."""
    assert result.asset_key is not None
    assert result.check_name is not None
    return dg.AssetCheckKey(result.asset_key, result.check_name)
