"""What a build found, as Dagster's events."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from rotation_pipeline.assets.charts import chart_metadata
from rotation_pipeline.assets.keys import asset_key
from rotation_pipeline.warehouse import BEGINNING, BuildResult, CheckResult, Warehouse

IN_THIS_RUN = "in this run"
WHEN_LAST_CHANGED = "when the table last changed"

Event = dg.MaterializeResult[None] | dg.AssetCheckResult


def table_events(warehouse: Warehouse, result: BuildResult) -> Iterator[Event]:
    """The materialization of a table that is up to date now, and its checks; only the checks of one that is not.

    An unchanged table says so and keeps its data version, so that nothing downstream looks out of date because of it.
    """
    if result.status in ("built", "unchanged"):
        yield materialization(warehouse, result)
    if result.checks or result.status != "unchanged":
        yield from (check_event(check, IN_THIS_RUN) for check in result.checks)
    elif kept := kept_checks(warehouse, result.table):
        yield from (check_event(check, WHEN_LAST_CHANGED) for check in kept)
    else:
        yield from (check_event(check, IN_THIS_RUN) for check in warehouse.check(result.table))


def materialization(warehouse: Warehouse, result: BuildResult, **more: Any) -> dg.MaterializeResult[None]:
    """One table as it is now: rows, what was redone, since when it differs, a chart where the table has one."""
    n_rows, build_no = warehouse.rows("select n_rows, build_no from ops.table_state where table_name = $name", {"name": result.table})[0]
    model = warehouse.catalog.models[result.table]
    metadata: dict[str, Any] = {
        "dagster/row_count": int(n_rows),
        "status": "changed" if result.status == "built" else "unchanged: its inputs were taken in, its rows are the same",
        "seconds": round(result.seconds, 3),
    }
    if result.first is not None:
        metadata["redone from"] = _session(result.first)
    if result.changed_from is not None:
        metadata["differs from"] = _session(result.changed_from)
    return dg.MaterializeResult(
        asset_key=asset_key(result.table),
        metadata={**metadata, **more, **chart_metadata(warehouse, result.table)},
        data_version=dg.DataVersion(f"{model.code_version}.{build_no}"),
    )


def kept_checks(warehouse: Warehouse, table: str) -> tuple[CheckResult, ...]:
    """What the checks of a table found when it last changed.

    Nothing when that may no longer be so: a check is new, or broke, perhaps on rows that were rolled back.
    """
    sql = "select table_name, claim, is_passed, is_blocking, n_offending, sample from ops.check_result where table_name = $name"
    kept = {row[1]: CheckResult(*row) for row in warehouse.rows(sql, {"name": table})}
    declared = warehouse.catalog.models[table].claims
    if any(claim not in kept or not kept[claim].is_passed for claim in declared):
        return ()
    return tuple(kept[claim] for claim in declared)


def check_event(check: CheckResult, checked: str) -> dg.AssetCheckResult:
    """What one check found. A broken check that does not block is a warning."""
    metadata: dict[str, Any] = {"offending rows": check.n_offending, "checked": checked}
    if check.sample:
        metadata["for example"] = check.sample
    return dg.AssetCheckResult(
        asset_key=asset_key(check.table),
        check_name=check.claim,
        passed=check.is_passed,
        severity=dg.AssetCheckSeverity.ERROR if check.is_blocking else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def nothing_new(table: str) -> BuildResult:
    """The result of a raw table for which nothing landed."""
    return BuildResult(table, "unchanged")


def _session(day: object) -> str:
    return "all of history" if day == BEGINNING else str(day)
