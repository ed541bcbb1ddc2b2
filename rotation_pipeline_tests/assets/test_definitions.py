"""The definitions: loaded quietly and from nothing, one asset a table, the same by every way of loading."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import yaml

from rotation_pipeline.assets.keys import RELEASE, asset_key, asset_tables
from rotation_pipeline.definitions import defs
from rotation_pipeline.models import Catalog, Fill
from rotation_pipeline_tests.assets.conftest import REPOSITORY

GRAPH = defs.resolve_asset_graph()


def specs() -> dict[str, dg.AssetSpec]:
    return {".".join(spec.key.path): spec for spec in defs.resolve_all_asset_specs()}


def test_they_load_without_a_warning_a_home_or_a_database(tmp_path: Path) -> None:
    code = "import sys, rotation_pipeline.definitions as d; print(sorted({'yfinance', 'exchange_calendars'} & set(sys.modules)))"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(tmp_path), "ROTATION_HOME": str(tmp_path / "none")}
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert list(tmp_path.iterdir()) == []


def test_every_table_that_is_landed_or_built_is_an_asset_with_its_dependencies(catalog: Catalog) -> None:
    tables = asset_tables(catalog)
    assert specs().keys() == tables | {"published.rotation"}
    for name in tables:
        model, spec = catalog.models[name], specs()[name]
        assert {dep.asset_key for dep in spec.deps} == {asset_key(read) for read in model.reads & tables}
        assert (spec.group_name, spec.code_version) == (model.schema, model.code_version)


def test_the_release_comes_after_every_table(catalog: Catalog) -> None:
    upstream = GRAPH.get_ancestor_asset_keys(RELEASE)
    assert upstream == {asset_key(name) for name in asset_tables(catalog)}


def test_a_table_shows_its_columns_their_origin_and_its_statement(catalog: Catalog) -> None:
    spec = specs()["core.session"]
    columns = {column.name: column for column in spec.metadata["dagster/column_schema"].columns}
    assert columns["session"].type == "date"
    assert not columns["session"].constraints.nullable
    assert columns["session"].constraints.unique
    assert "from raw.calendar_session.session" in (columns["session"].description or "")
    assert "insert into core.session by name" in (spec.description or "")
    assert "create table" not in (spec.description or "")
    polars = next(model for model in catalog.models.values() if model.fill is Fill.POLARS)
    assert specs()[polars.name].kinds == {"duckdb", "polars"}


def test_every_check_is_an_asset_check_and_blocks_unless_it_only_warns(catalog: Catalog) -> None:
    built = [model for model in catalog.models.values() if model.fill is not Fill.KERNEL]
    wanted = {(model.name, "key_is_unique"): True for model in built}
    wanted |= {(model.name, "has_rows"): not model.seldom_empty for model in built if not model.may_be_empty}
    wanted |= {(check.model, check.claim): check.is_blocking for model in catalog.models.values() for check in model.checks}
    found = {(".".join(k.asset_key.path), k.name): GRAPH.get(k).blocking for k in GRAPH.asset_check_keys}
    assert found == {**wanted, ("published.rotation", "is_fresh"): False, ("published.rotation", "is_complete"): False}


def test_workspace_and_pyproject_name_the_same_location_and_module() -> None:
    workspace = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text())["load_from"][0]["python_module"]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["dagster"]
    assert workspace["location_name"] == project["code_location_name"]
    for module_name in (workspace["module_name"], project["module_name"]):
        loaded = importlib.import_module(module_name).defs
        assert loaded.resolve_asset_graph().get_all_asset_keys() == GRAPH.get_all_asset_keys()


def test_a_daily_run_starts_one_process_and_is_retried_from_what_is_missing() -> None:
    job = defs.resolve_job_def("daily")
    assert job.executor_def.name == "in_process"
    assert job.tags["dagster/retry_strategy"] == "FROM_ASSET_FAILURE"
    looks = {"published__rotation_is_fresh", "published__rotation_is_complete"}
    assert {node.name for node in job.nodes} == {"fetch", "build", "published__rotation", *looks}


def test_the_shipped_dagster_yaml_is_accepted_and_calls_nobody(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text((REPOSITORY / "deploy" / "dagster.yaml").read_text())
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.get_settings("telemetry") == {"enabled": False}
        assert instance.get_settings("nux") == {"enabled": False}
        assert instance.run_monitoring_enabled
        assert instance.run_monitoring_max_runtime_seconds == 14_400
        assert instance.get_settings("run_retries")["retry_on_asset_or_op_failure"] is False
