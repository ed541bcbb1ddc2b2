"""The picture that a table shows: sql/charts/<schema>/<table>.sql asks for its numbers, report draws them."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import dagster as dg

from rotation_pipeline.errors import BadModel
from rotation_pipeline.models import sql_root
from rotation_pipeline.report import Series, line_chart_svg, markdown_image, sparkline_svg
from rotation_pipeline.warehouse import Warehouse


@dataclass(frozen=True)
class ChartQuery:
    """What to draw: ``sql`` answers with session, series, value; its first series is the small picture."""

    title: str
    unit: str
    sql: str


def chart_query(table: str) -> ChartQuery | None:
    """The query of a table's chart file, if it has one. Raises BadModel for a file without title and unit."""
    path = chart_path(table)
    if not path.is_file():
        return None
    sql = path.read_text()
    title, unit, *_ = [*(line.removeprefix("--").strip() for line in sql.splitlines() if line.startswith("--")), "", ""]
    if not title or not unit.startswith("unit:"):
        raise BadModel(str(path), "does not say what it draws", "begin with '-- a title', then '-- unit: ...'")
    return ChartQuery(title, unit.removeprefix("unit:").strip(), sql)


def chart_path(table: str) -> Path:
    """Where the chart file of a table would be."""
    return sql_root() / "charts" / f"{table.replace('.', '/')}.sql"


def chart_series(warehouse: Warehouse, query: ChartQuery) -> list[Series]:
    """The lines of a chart, in the order in which the query gives them."""
    rows = warehouse.rows(query.sql)
    return [Series(name, tuple((row[0], row[2]) for row in points)) for name, points in groupby(rows, key=lambda row: row[1])]


def chart_metadata(warehouse: Warehouse, table: str) -> dict[str, Any]:
    """The chart of a table as two metadata entries, none without a chart.

    Dagster shows Markdown of fewer than 1,000 characters in place, and longer text behind a click.
    """
    query = chart_query(table)
    if query is None:
        return {}
    series = chart_series(warehouse, query)
    if not series:
        return {}
    small = sparkline_svg([value for _, value in series[0].points])
    large = line_chart_svg(query.title, query.unit, series)
    return {
        series[0].name: dg.MetadataValue.md(markdown_image(small, "small chart")),
        "chart": dg.MetadataValue.md(markdown_image(large, query.title)),
    }
