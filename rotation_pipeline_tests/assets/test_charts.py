"""Chart files: each belongs to a table, says what it draws, and its query runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from rotation_pipeline.assets import charts
from rotation_pipeline.errors import BadModel
from rotation_pipeline.models import sql_root
from rotation_pipeline_tests.lab import Lab

FILES = sorted((sql_root() / "charts").glob("*/*.sql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_chart_file_asks_a_table_for_sessions_series_and_values(lab: Lab, path: Path) -> None:
    table = f"{path.parent.name}.{path.stem}"
    assert table in lab.catalog.models
    query = charts.chart_query(table)
    assert query is not None
    assert lab.warehouse.frame(query.sql).columns == ["session", "series", "value"]
    assert charts.chart_metadata(lab.warehouse, table) == {}  # of an empty table


def test_a_chart_file_that_does_not_say_what_it_draws_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "chart_path", lambda _table: tmp_path / "chart.sql")
    (tmp_path / "chart.sql").write_text("-- A title\nselect 1")
    with pytest.raises(BadModel, match="does not say what it draws"):
        charts.chart_query("mart.breadth")
