"""A bench for one table: literal rows in, the real SQL, literal rows out."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from rotation_pipeline.models import Catalog, Column
from rotation_pipeline.warehouse import BEGINNING, CheckResult, Transform, Warehouse

# What a NOT NULL column holds when a test does not care.
DONT_CARE: Mapping[str, Any] = {
    "varchar": "x",
    "date": date(2020, 1, 1),
    "timestamp": datetime(2020, 1, 1),  # noqa: DTZ001 the warehouse keeps naive UTC
    "double": 0.0,
    "integer": 0,
    "smallint": 0,
    "bigint": 0,
    "boolean": False,
}
AT_ONCE = 200  # rows of an insert


def find_transform(table: str) -> Transform:
    """The Polars function of a table, as the pipeline finds it."""
    transform: Transform = getattr(importlib.import_module(f"rotation_pipeline.transforms.{table}"), table)
    return transform


class Lab:
    """A warehouse in memory with every table of sql/; fill the inputs, fill one table, look.

    The order of labels and the list of factors are there, every other table is empty.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.warehouse = Warehouse(None, catalog, find_transform)
        for name in catalog.models:
            if not self.warehouse.exists(name):
                self.warehouse.create(name)
        self.warehouse.define_macros()
        for name in ("core.bias_label", "core.factor"):  # say the same in every warehouse
            self.fill(name)

    def put(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows; columns left out are NULL, or a harmless value where the contract forbids NULL."""
        columns = {column.name: column for column in self.catalog.models[table].columns}
        alike: dict[tuple[str, ...], list[Any]] = {}  # values by the columns that are given
        for row in rows:
            assert row.keys() <= columns.keys(), f"{table} has no column {sorted(row.keys() - columns.keys())}"
            filled = {name: row[name] if name in row else _harmless(column) for name, column in columns.items()}
            given = {name: value for name, value in filled.items() if name in row or value is not None}
            alike.setdefault(tuple(given), []).extend(given.values())
        for names, values in alike.items():
            one = f"({', '.join('?' for _ in names)})"
            for start in range(0, len(values), AT_ONCE * len(names)):
                part = values[start : start + AT_ONCE * len(names)]
                sql = f"insert into {table} ({', '.join(names)}) values {', '.join([one] * (len(part) // len(names)))}"
                self.warehouse._con.duckdb.execute(sql, part)

    def put_frame(self, table: str, frame: pl.DataFrame) -> None:
        """Insert many rows at once; columns left out as in put."""
        missing = [c for c in self.catalog.models[table].columns if c.name not in frame.columns]
        self.warehouse.append(table, frame.with_columns(pl.lit(_harmless(c)).alias(c.name) for c in missing if _harmless(c) is not None))

    def param(self, **values: float) -> None:
        """Set method parameters; double underscores stand for the dot: breadth__min_names=1."""
        for name, value in values.items():
            dotted = name.replace("__", ".", 1)
            self.warehouse.rows("delete from raw.method_param where name = $name", {"name": dotted})
            self.put("raw.method_param", [{"name": dotted, "value": value}])

    def fill(self, table: str, first: date = BEGINNING) -> tuple[CheckResult, ...]:
        """Run the table's own SQL (and transform) from ``first`` on; every blocking check must pass."""
        checks = self.warehouse.refill(table, first)
        broken = [check for check in checks if check.is_blocking and not check.is_passed]
        assert not broken, broken
        return checks

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        return self.warehouse.rows(sql)

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a query as dictionaries."""
        return self.warehouse.frame(sql).to_dicts()


def _harmless(column: Column) -> Any:
    return None if column.is_nullable or column.default is not None else DONT_CARE[column.type]
