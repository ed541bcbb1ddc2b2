"""Steps: everything, one table, a broken check, a home in use. On the toy market, with real fetch, build and publish."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.settings import load_settings
from rotation_pipeline_tests.assets.toy import add_check, materialized, run_assets, why_failed, write_table

OLD, NEW = "select session, level from core.daily_price", "select session, -level as level from core.daily_price"
FRESH = {("published.rotation", "is_fresh"): True, ("published.rotation", "is_complete"): True}
BUILT = {"core.session", "core.daily_price", "mart.level", "mart.level_twice", "mart.apart"}
KERNEL = {(table, claim): True for table in BUILT for claim in ("key_is_unique", "has_rows")}


def working(home: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse" / "working.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def release_id() -> str:
    current = pipeline.releases(load_settings()).current()
    assert current is not None
    return current.release_id


def checks(result: object) -> dict[tuple[str, str], bool]:
    found = result.get_asset_check_evaluations()  # type: ignore[attr-defined]
    return {(".".join(check.asset_key.path), check.check_name): check.passed for check in found}


def test_a_broken_check_keeps_the_old_table_and_the_old_release_and_says_so(toy_sql: Path, home: Path) -> None:
    before, release = working(home, "from mart.level_twice order by session"), release_id()

    write_table(toy_sql, "mart.level", NEW)
    write_table(toy_sql, "mart.apart", "select session, 2.0 as level from core.session")
    result = run_assets(toy_sql)

    assert not result.success
    assert checks(result)["mart.level", "is_positive"] is False
    assert {"mart.level", "mart.level_twice", "published.rotation"}.isdisjoint(materialized(result))
    assert materialized(result)["mart.apart"]["status"] == "changed"
    assert working(home, "select distinct level from mart.apart") == [(2.0,)]
    assert working(home, "from mart.level_twice order by session") == before
    assert working(home, "select min(level) > 0 from mart.level") == [(True,)]
    assert release_id() == release
    said = why_failed(result)["build"]
    assert "mart.level failed: is_positive: " in said
    assert "mart.level_twice was not built: mart.level failed" in said
    assert "last release stays" in said

    write_table(toy_sql, "mart.level", OLD)
    again = run_assets(toy_sql, "mart.level", "mart.level_twice", "published.rotation")
    assert again.success
    assert materialized(again).keys() == {"mart.level", "mart.level_twice", "published.rotation"}
    assert release_id() != release


def test_one_table_alone_is_built_on_what_is_there(toy_sql: Path, home: Path) -> None:
    release = release_id()
    write_table(toy_sql, "core.daily_price", "select session, 1 + sum(close) as level from raw.price_bar group by session")
    write_table(toy_sql, "mart.level_twice", "select session, 3 * level as level from mart.level")

    alone = run_assets(toy_sql, "mart.level_twice")

    assert alone.success
    assert materialized(alone).keys() == {"mart.level_twice"}
    assert checks(alone).keys() == {("mart.level_twice", "key_is_unique"), ("mart.level_twice", "has_rows")}
    difference = "select max(abs(three.level - 3 * one.level)) from mart.level as one join mart.level_twice as three using (session)"
    assert working(home, difference) == [(0.0,)]
    assert release_id() == release

    refused = run_assets(toy_sql, "published.rotation")  # the rest is not up to date
    assert "core.daily_price" in why_failed(refused)["published__rotation"]
    assert release_id() == release


def test_nothing_new_is_said_and_the_checks_of_the_last_build_still_stand(toy_sql: Path) -> None:
    first, second = run_assets(toy_sql), run_assets(toy_sql)
    done = materialized(second)
    assert done.keys() >= BUILT
    for table in BUILT:
        assert str(done[table]["status"]).startswith("unchanged")
        assert done[table]["dagster/row_count"] > 0  # type: ignore[operator]
    assert done["raw.price_bar"]["new rows"] == 0
    assert str(done["published.rotation"]["status"]).startswith("nothing new")
    assert len(done["published.rotation"]["headlines"].records) == 1  # type: ignore[attr-defined]
    assert checks(second) == {("mart.level", "is_positive"): True} | KERNEL | FRESH
    assert data_versions(second) == data_versions(first)


def test_a_check_can_be_asked_for_alone(toy_sql: Path, home: Path) -> None:
    import dagster as dg

    from rotation_pipeline.definitions import build_definitions
    from rotation_pipeline.models import Catalog

    with duckdb.connect(str(home / "warehouse" / "working.duckdb")) as con:
        con.execute("update mart.level set level = -level")
    key = dg.AssetCheckKey(dg.AssetKey(["mart", "level"]), "is_positive")
    job = dg.define_asset_job("look", selection=dg.AssetSelection.checks(key))
    defs = dg.Definitions.merge(build_definitions(Catalog.load(toy_sql)), dg.Definitions(jobs=[job]))
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("look").execute_in_process(raise_on_error=False, instance=instance)
    assert checks(result) == {("mart.level", "is_positive"): False}
    assert materialized(result) == {}


def test_a_check_that_is_new_runs_on_an_unchanged_table(toy_sql: Path) -> None:
    add_check(toy_sql, "mart.level", "is_empty", "-- There are no sums.\n-- fails after:\nselect 1;\nselect level from mart.level")
    result = run_assets(toy_sql, "mart.level")
    claims = ("key_is_unique", "has_rows", "is_positive", "is_empty")
    assert checks(result) == {("mart.level", claim): claim != "is_empty" for claim in claims}


def test_a_table_whose_input_was_never_built_says_which(empty_toy: Path) -> None:
    assert "core.daily_price has not been built" in why_failed(run_assets(empty_toy, "mart.level"))["build"]


@pytest.mark.parametrize("table", ["mart.level", "published.rotation"])
def test_a_home_in_use_is_not_touched(toy_sql: Path, table: str) -> None:
    step = {"mart.level": "build"}.get(table, "published__rotation")
    with pipeline.home_lock(load_settings()):
        assert "another run is at work in this home" in why_failed(run_assets(toy_sql, table))[step]


def data_versions(result: object) -> dict[str, str]:
    return {
        ".".join(event.asset_key.path): event.materialization.tags["dagster/data_version"]
        for event in result.get_asset_materialization_events()  # type: ignore[attr-defined]
    }
