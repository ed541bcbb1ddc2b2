"""The one reader of the cited files in ``data/``: one CSV file a raw table, and a folder of cohorts."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from rotation_pipeline.errors import BadInput
from rotation_pipeline.reference.cohorts import read_rules

if TYPE_CHECKING:
    import polars as pl

DATA = Path(__file__).parent / "data"

FILES = {
    "raw.method_param": "method_params.csv",
    "raw.cohort_rule": "cohorts",
    "raw.cohort_pair": "cohort_pairs.csv",
    "raw.etf_spread": "etf_spreads.csv",
    "raw.issuer_line": "issuer_lines.csv",
}


def read(table: str, folder: Path = DATA) -> pl.DataFrame:
    """The rows of the file, or folder, behind ``table`` (a key of FILES), with the contract's columns less the stamps.

    Empty cells are NULL. Raises BadInput naming the file when it is missing, a cell does not have its column's type, or the
    header is not the expected one.
    """
    import polars as pl

    path = folder / FILES[table]
    if table == "raw.cohort_rule":
        return read_rules(path)
    schema = _schema(table)
    try:
        header = pl.read_csv(path, comment_prefix="#", infer_schema=False, n_rows=0).columns
        if header != list(schema):
            raise BadInput(str(path), f"has the columns {', '.join(header)}", f"its columns are {', '.join(schema)}")
        return pl.read_csv(path, comment_prefix="#", schema=schema)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0]
        raise BadInput(str(path), f"cannot be read ({reason})", "correct the row, or reinstall the package to restore the file") from error


def parameter_names(folder: Path = DATA) -> frozenset[str]:
    """Names of the method parameters that this version reads."""
    with (folder / FILES["raw.method_param"]).open(newline="") as file:
        return frozenset(row["name"] for row in csv.DictReader(line for line in file if not line.startswith("#")))


def _schema(table: str) -> dict[str, pl.DataType]:
    import polars as pl

    text, number, day, flag = pl.String(), pl.Float64(), pl.Date(), pl.Boolean()
    schemas: dict[str, dict[str, pl.DataType]] = {
        "raw.method_param": {"name": text, "value": number, "unit": text, "meaning": text},
        "raw.cohort_pair": {"cohort_a": text, "cohort_b": text, "meaning": text},
        "raw.etf_spread": {
            "spread_id": text,
            "long_symbol": text,
            "short_symbol": text,
            "measures": text,
            "caution": text,
            "break_on": day,
        },
        "raw.issuer_line": {"symbol": text, "issuer_key": text, "is_primary": flag},
    }
    return schemas[table]
