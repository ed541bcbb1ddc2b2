"""The fetch step: one question to the source, landed whole, then taken into the raw tables."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from rotation_pipeline import pipeline
from rotation_pipeline.assets.events import materialization, nothing_new
from rotation_pipeline.assets.failing import told
from rotation_pipeline.assets.keys import POOL, landed_models
from rotation_pipeline.assets.progress import Log
from rotation_pipeline.assets.specs import table_spec
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import FetchSummary
from rotation_pipeline.settings import load_settings

LEDGER = "ops.fetch_ledger"
MOST_FAILED = 20  # subjects shown
AGAIN = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def fetch_assets(catalog: Catalog) -> dg.AssetsDefinition:
    """All raw tables as one step that cannot be asked for in part: a source answers once, for every table it has."""
    landed = landed_models(catalog)

    @dg.multi_asset(
        name="fetch",
        specs=[table_spec(catalog, model, is_skippable=False) for model in landed],
        pool=POOL,
        retry_policy=AGAIN,
        description="Lands what is new at the source and in the reference, and appends it to the raw tables.",
    )
    def fetch(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        settings, reporter = load_settings(), Log(context.log)
        with told(), pipeline.home_lock(settings):
            summary = pipeline.fetch(settings, reporter)
            with pipeline.open_warehouse(settings, catalog) as warehouse:
                taken_in = {result.table: result for result in pipeline.build_in(warehouse, settings, reporter, select=frozenset())}
                for model in landed:
                    result = taken_in.get(model.name, nothing_new(model.name))
                    more = ledger_metadata(summary) if model.name == LEDGER else {}
                    yield materialization(warehouse, result, **{"new rows": result.n_rows, **more})

    return fetch


def ledger_metadata(summary: FetchSummary) -> dict[str, Any]:
    """What was asked for and what became of it, with the first subjects that failed."""
    metadata: dict[str, Any] = {
        "market": summary.description,
        "fetched through": str(summary.through),
        "landed": summary.n_landed,
        "excused": summary.n_excused,
        "failed": len(summary.failed),
    }
    if summary.failed:
        rows = [dict(zip(("dataset", "subject", "reason"), entry, strict=True)) for entry in summary.failed[:MOST_FAILED]]
        metadata["failed subjects"] = dg.MetadataValue.table([dg.TableRecord(row) for row in rows])
    return metadata
