"""The daily job over the real tables."""

from __future__ import annotations

from rotation_pipeline.assets.charts import chart_path
from rotation_pipeline.assets.keys import asset_tables
from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.assets.conftest import DailyRun
from rotation_pipeline_tests.assets.toy import materialized, why_failed

CHARTED = ("mart.breadth", "mart.style_spread", "mart.factor_return", "mart.valuation_gap")


def test_it_fills_an_empty_home_and_publishes(daily_run: DailyRun, catalog: Catalog) -> None:
    assert daily_run.first.success, why_failed(daily_run.first)
    done = materialized(daily_run.first)
    assert done.keys() == asset_tables(catalog) | {"published.rotation"}
    assert done["published.rotation"]["last session"] == "2026-06-30"
    assert "SIMULATED" in done["published.rotation"]
    assert done["published.rotation"]["quality"] == "COMPLETE"
    assert done["ops.fetch_ledger"]["state"] == "COMPLETE"
    assert done["core.session"]["dagster/row_count"] > 0  # type: ignore[operator]
    assert (daily_run.home / "published" / "rotation.duckdb").is_file()


def test_every_check_reports_and_the_release_is_fresh(daily_run: DailyRun, catalog: Catalog) -> None:
    found = daily_run.first.get_asset_check_evaluations()
    built = [model for model in catalog.models.values() if model.name in asset_tables(catalog) and not model.is_landed]
    n_declared = sum(len(model.claims) for model in built)
    assert len(found) == n_declared + 2
    assert [check.passed for check in found if check.check_name in ("is_fresh", "is_complete")] == [True, True]


def test_the_second_run_changes_nothing(daily_run: DailyRun) -> None:
    assert daily_run.second.success, why_failed(daily_run.second)
    done = materialized(daily_run.second)
    assert str(done["published.rotation"]["status"]).startswith("nothing new")
    assert not [table for table, metadata in done.items() if metadata.get("status") == "changed"]


def test_charts_stand_in_place_and_larger_behind_a_click(daily_run: DailyRun) -> None:
    for table in ("mart.breadth", "mart.style_spread"):
        pictures = [str(v) for v in materialized(daily_run.first)[table].values() if "data:image/svg+xml" in str(v)]
        assert len(pictures) == 2, table
        assert len(pictures[0]) < 1_000
    for table in CHARTED:
        assert chart_path(table).is_file()
