"""The fetch step: one question to the source, landed whole, then taken into the raw tables."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from rotation_pipeline import pipeline
from rotation_pipeline.assets.events import materialization, nothing_new
from rotation_pipeline.assets.failing import told
from rotation_pipeline.assets.keys import POOL, landed_models
from rotation_pipeline.assets.progress import Log
from rotation_pipeline.assets.specs import table_spec
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import FetchSummary, Requests
from rotation_pipeline.settings import load_settings

LEDGER = "ops.fetch_ledger"
MOST_SHOWN = 20  # subjects that did not land
AGAIN = dg.RetryPolicy(max_retries=2, delay=60, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)


def fetch_assets(catalog: Catalog) -> dg.AssetsDefinition:
    """All raw tables as one step that cannot be asked for in part: a source answers once, for every table it has."""
    landed = landed_models(catalog)

    @dg.multi_asset(
        name="fetch",
        specs=[table_spec(catalog, model, is_skippable=False) for model in landed],
        pool=POOL,
        retry_policy=AGAIN,
        description="Lands what is new at the source and in the reference, and appends it to the raw tables. What did not come "
        "is told, and asked for again: that alone fails no run.",
    )
    def fetch(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        settings, reporter = load_settings(), Log(context.log)
        start = datetime.now(UTC)
        with told(), pipeline.home_lock(settings):
            summary = pipeline.fetch(settings, reporter)
            now = datetime.now(UTC)
            told_of_fetch = {
                **ledger_metadata(summary),
                **request_metadata(pipeline.requests(settings, now), pipeline.requests_since(settings, start, now)),
            }
            with pipeline.open_warehouse(settings, catalog) as warehouse:
                taken_in = {result.table: result for result in pipeline.build_in(warehouse, settings, reporter, select=frozenset())}
                for model in landed:
                    result = taken_in.get(model.name, nothing_new(model.name))
                    more = told_of_fetch if model.name == LEDGER else {}
                    yield materialization(warehouse, result, **{"new rows": result.n_rows, **more})

    return fetch


def ledger_metadata(summary: FetchSummary) -> dict[str, Any]:
    """What was due and what became of it, with the first subjects that did not land and why."""
    metadata: dict[str, Any] = {
        "state": "PARTIAL" if summary.is_partial else "COMPLETE",
        "market": summary.description,
        "fetched through": str(summary.through),
        "landed": summary.n_landed,
        "excused": summary.n_excused,
        "failed": len(summary.failed),
        "waiting": len(summary.waiting),
    }
    for name, entries in (("failed subjects", summary.failed), ("waiting subjects", summary.waiting)):
        if entries:
            rows = [dict(zip(("dataset", "subject", "reason"), entry, strict=True)) for entry in entries[:MOST_SHOWN]]
            metadata[name] = dg.MetadataValue.table([dg.TableRecord(row) for row in rows])
    return metadata


def request_metadata(requests: Requests | None, by_endpoint: Mapping[str, int]) -> dict[str, Any]:
    """What the fetch spent of the source's budget, what is left, and when what waits is asked for; nothing without a budget."""
    if requests is None:
        return {}
    spent = [dg.TableRecord({"endpoint": endpoint, "requests": n}) for endpoint, n in sorted(by_endpoint.items())]
    return {
        "requests": sum(by_endpoint.values()),
        **({"requests by endpoint": dg.MetadataValue.table(spent)} if spent else {}),
        "budget": requests.left,
        "tried next": f"{requests.resume_at:%Y-%m-%d %H:%M} UTC" if requests.resume_at else "with the next run",
    }
