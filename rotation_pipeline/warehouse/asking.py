"""Putting SQL to the published file, and giving the answer as a table, CSV, JSON or Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from rotation_pipeline.errors import BadInput, UnknownRelease
from rotation_pipeline.warehouse.connection import open_release

Format = Literal["table", "csv", "json", "parquet"]
_OPTIONS = {"csv": "format csv, header", "json": "format json, array", "parquet": "format parquet, compression zstd"}


@dataclass(frozen=True)
class Answer:
    """Rows of a query, with the names of their columns; ``is_cut`` when there were more than asked for."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool


def ask(published: Path, sql: str, most_rows: int = 200) -> Answer:
    """The first ``most_rows`` rows of the answer. Raises UnknownRelease without a release, BadInput for SQL that fails."""
    con = _open(published)
    try:
        result = con.execute(sql)
        columns = tuple(column[0] for column in result.description or [])
        rows = result.fetchmany(most_rows + 1)
    except duckdb.Error as error:
        raise _refused(error) from error
    finally:
        con.close()
    return Answer(columns, tuple(rows[:most_rows]), len(rows) > most_rows)


def export(published: Path, sql: str, form: Format, target: Path) -> None:
    """Write the whole answer to a file (``/dev/stdout`` for a pipe). Raises as ask does."""
    con = _open(published)
    quoted = str(target).replace("'", "''")
    try:
        con.execute(f"copy ({sql.strip().rstrip(';')}) to '{quoted}' ({_OPTIONS[form]})")
    except duckdb.Error as error:
        raise _refused(error) from error
    finally:
        con.close()


def _open(published: Path) -> duckdb.DuckDBPyConnection:
    if not published.exists():
        raise UnknownRelease(str(published), "has not been published yet", "run `rotation run` first, or point --home at another home")
    return open_release(published)


def _refused(error: duckdb.Error) -> BadInput:
    return BadInput(
        "the query", str(error).splitlines()[0], 'list tables with: rotation query "select table_name, description from meta.table_doc"'
    )
