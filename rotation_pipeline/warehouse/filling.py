"""Filling a table, and asking it afterwards whether it knows what it was given.

What was inserted is counted by the inserts themselves; what the table then answers may come from its statistics. A DuckDB whose
statistics are wrong makes a full table look empty to every query after it (2.0.0 did: an insert of no row in order, then one of
many), so the two are compared while the transaction can still be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import duckdb

from rotation_pipeline.errors import BuildFailed
from rotation_pipeline.models import Model
from rotation_pipeline.warehouse.checking import window_params
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.results import BEGINNING

Window = tuple[date, date | None]
WAY_OUT = (
    "what it held before was kept; delete the working file (it is derived, landing/ makes it anew) and run again, and if it comes back "
    "say so to the authors with this line and the version of DuckDB"
)


def fill_in_pieces(con: Connection, model: Model, fill: duckdb.Statement, windows: Sequence[Window], make_anew: Callable[[], None]) -> int:
    """Insert one window after the other; how many rows came. A table that is still empty after a piece is made anew before the next."""
    n_inserted = 0
    for n, window in enumerate(windows):
        if n and not n_inserted and not con.rows(f"select 1 from {model.name} limit 1"):
            make_anew()
        n_inserted += _counted(con.execute(fill, window_params(fill.named_parameters, *window)))
    return n_inserted


def compare(con: Connection, model: Model, n_inserted: int, first: date = BEGINNING) -> None:
    """Raise BuildFailed where the table does not answer with the rows that it was given from ``first`` on."""
    where = f"where {model.clock} >= $first" if model.is_windowed else ""
    params = {"first": first} if model.is_windowed else {}
    if model.clock is None:
        answered = con.rows(f"select count(*) from {model.name} {where}", params)[0][0]
        if answered != n_inserted:
            raise _contradiction(model, f"{n_inserted:,} rows", f"{answered:,}")
        return
    said = con.rows(f"select count(*), min({model.clock}), max({model.clock}) from {model.name} {where}", params)[0]
    # Days since the beginning are no column: they have no statistics, so the rows themselves are read.
    days = f"date_diff('day', date '{BEGINNING}', {model.clock})"
    scanned = f"where {days} >= date_diff('day', date '{BEGINNING}', $first)" if model.is_windowed else ""
    lowest, highest = con.rows(f"select min({days}), max({days}) from {model.name} {scanned}", params)[0]
    given = n_inserted, _day(lowest), _day(highest)
    if said != given:
        raise _contradiction(model, _told(*given), _told(*said))


def _contradiction(model: Model, given: str, said: str) -> BuildFailed:
    return BuildFailed(model.name, f"was given {given} and answers {said}: what DuckDB says of its own table is wrong", WAY_OUT)


def _told(n_rows: int, first: date | None, last: date | None) -> str:
    return f"{n_rows:,} rows of {first} to {last}"


def _day(days: int | None) -> date | None:
    return None if days is None else BEGINNING + timedelta(days=days)


def _counted(result: duckdb.DuckDBPyConnection) -> int:
    return int(result.fetchall()[0][0])
