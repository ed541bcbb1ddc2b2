"""Rows with exactly the columns and types of a raw table, or an error that names the column that does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from rotation_pipeline.errors import BadInput
from rotation_pipeline.landing.batch import LedgerEntry

if TYPE_CHECKING:
    import polars as pl

    from rotation_pipeline.models import Model

STAMPS = ("source", "load_id", "fetched_at")  # columns that landing itself fills
LEDGER = "ops.fetch_ledger"


def conform(model: Model, frame: pl.DataFrame, stamps: Mapping[str, object]) -> pl.DataFrame:
    """The frame with exactly the contract's columns and types, or BadInput naming the column that does not fit."""
    import polars as pl

    wanted = {column.name for column in model.columns}
    extra = [name for name in frame.columns if name not in wanted or name in stamps]
    if extra:
        raise BadInput(model.name, f"has no column {', '.join(extra)}", f"hand over only: {', '.join(sorted(wanted - set(STAMPS)))}")
    columns: list[pl.Expr] = []
    for column in model.columns:
        dtype = _polars_type(column.type)
        if column.name in stamps:
            columns.append(pl.lit(stamps[column.name], dtype=dtype).alias(column.name))
        elif column.name in frame.columns:
            columns.append(pl.col(column.name).cast(dtype, strict=True))
        elif column.default is not None:
            columns.append(pl.lit(column.default).cast(dtype).alias(column.name))
        elif column.is_nullable:
            columns.append(pl.lit(None, dtype=dtype).alias(column.name))
        else:
            raise BadInput(model.name, f"column {column.name} is missing", "name it in the mapping, or give it a constant")
    try:
        out = frame.select(columns)
    except pl.exceptions.PolarsError as error:
        raise BadInput(
            model.name, f"a column has the wrong type: {str(error).splitlines()[0]}", "correct the values or the mapping"
        ) from error
    for column in model.columns:
        if not column.is_nullable and (n_null := out[column.name].null_count()):
            raise BadInput(
                model.name, f"{n_null} of {out.height} rows have no {column.name}", "drop those rows at the source, or map another column"
            )
    return out


def empty(model: Model) -> pl.DataFrame:
    """No rows, with the contract's columns and types."""
    import polars as pl

    return pl.DataFrame(schema={column.name: _polars_type(column.type) for column in model.columns})


def ledger_frame(entries: Iterable[LedgerEntry]) -> pl.DataFrame:
    import polars as pl

    schema = {
        "dataset": pl.String(),
        "subject": pl.String(),
        "outcome": pl.String(),
        "n_rows": pl.Int64(),
        "first_session": pl.Date(),
        "last_session": pl.Date(),
        "reason": pl.String(),
        "n_attempts": pl.Int32(),
    }
    return pl.DataFrame([asdict(entry) for entry in entries], schema=schema)


def _polars_type(duckdb_type: str) -> pl.DataType:
    import polars as pl

    return {
        "varchar": pl.String(),
        "date": pl.Date(),
        "timestamp": pl.Datetime("us"),
        "double": pl.Float64(),
        "smallint": pl.Int16(),
        "integer": pl.Int32(),
        "bigint": pl.Int64(),
        "boolean": pl.Boolean(),
    }[duckdb_type.lower()]
