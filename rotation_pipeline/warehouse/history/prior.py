"""The older release, attached beside the working warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rotation_pipeline.warehouse.connection import Connection


@dataclass(frozen=True)
class Prior:
    """An attached release: its last session, the end of closed history, and the columns of its tables."""

    last_session: date
    columns: dict[str, frozenset[str]]


@contextmanager
def attached(con: Connection, release: Path) -> Iterator[Prior | None]:
    """Attach a published file as ``prior``; None when it is not of this home's kind or closed no session."""
    quoted = str(release).replace("'", "''")
    con.execute(f"attach '{quoted}' as prior (read_only)")
    try:
        yield _described(con)
    finally:
        con.execute("detach prior")


def _described(con: Connection) -> Prior | None:
    columns: dict[str, set[str]] = {}
    listed = "select schema_name || '.' || table_name, column_name from duckdb_columns() where database_name = 'prior'"
    for table, column in con.rows(listed):
        columns.setdefault(table, set()).add(column)
    last = con.rows("select last_session from prior.meta.release")[0][0]
    return Prior(last, {table: frozenset(names) for table, names in columns.items()}) if last is not None else None
