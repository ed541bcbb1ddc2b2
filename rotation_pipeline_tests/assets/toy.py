"""A market of four tables over the real raw tables, to build quickly and to break on purpose."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg

from rotation_pipeline.definitions import build_definitions
from rotation_pipeline.models import Catalog, Fill

CONTRACT = """-- One row is one session.
-- key: session
create table {name} (
    session date not null, -- trading date
    level double not null, -- sum of closes
    is_valid boolean not null default true -- a usable price
);
insert into {name} by name
"""
TABLES = {
    "core.daily_price": "select session, sum(close) as level from raw.price_bar group by session",
    "mart.level": "select session, level from core.daily_price",
    "mart.level_twice": "select session, 2 * level as level from mart.level",
    "mart.apart": "select session, 1.0 as level from core.session",
}
POSITIVE = """-- A sum of closes is positive.
-- fails after:
update mart.level set level = -level;
select session from mart.level where level <= 0
"""
HEADLINE = """-- How high is the latest level?
select session, level from mart.level order by session desc limit 1
"""


def write_tables(root: Path, real: Path) -> None:
    """The kernel's own tables and core.session of the real sql/, four small ones, a check and a question."""
    for model in Catalog.load(real).models.values():
        if model.fill is Fill.KERNEL or model.name == "core.session":
            target = root / model.path.relative_to(real)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(model.path, target)
    for name, select in TABLES.items():
        write_table(root, name, select)
    add_check(root, "mart.level", "is_positive", POSITIVE)
    (root / "queries").mkdir()
    (root / "queries" / "headlines.sql").write_text(HEADLINE)
    shutil.copy(real / "queries" / "failed_fetches.sql", root / "queries")


def write_table(root: Path, name: str, select: str) -> None:
    """(Re)write one of the four."""
    path = root / f"{name.replace('.', '/')}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CONTRACT.format(name=name) + select + "\n")


def add_check(root: Path, table: str, claim: str, text: str) -> None:
    """Write a check of one of the four."""
    path = root / "checks" / table.replace(".", "/") / f"{claim}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def run_assets(root: Path, *tables: str) -> dg.ExecuteInProcessResult:
    """Materialize tables as the UI does, everything without names; the definitions are loaded anew as for every run."""
    job = build_definitions(Catalog.load(root)).resolve_job_def("__ASSET_JOB")
    keys = [dg.AssetKey(table.split(".")) for table in tables]
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(raise_on_error=False, instance=instance, asset_selection=keys or None)


def materialized(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, object]]:
    """Metadata by table."""
    return {
        ".".join(event.asset_key.path): {key: value.value for key, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }


def why_failed(result: dg.ExecuteInProcessResult) -> dict[str, str | None]:
    """Reason by step."""
    found: dict[str, str | None] = {}
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            found[str(event.step_key)] = data.user_failure_data.description if data.user_failure_data else str(data.error)
    return found
