"""A long window in pieces that fit in memory.

A file whose fill names $last as well as $first promises the rows of that window alone, made of rows up to its end. So a long
window is filled in pieces, one after the other, in the same transaction, with the rows that one statement would give.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, timedelta

from rotation_pipeline.models import Catalog, Model
from rotation_pipeline.warehouse.connection import Connection

BYTES_A_ROW = 500  # of an input, held while a piece is filled: measured on core.price_bar and core.daily_price
WINDOW = {"first", "last"}


def slices(
    con: Connection, catalog: Catalog, model: Model, wanted: set[str], first: date, last: date | None
) -> Iterator[tuple[date, date | None]]:
    """First and last day of each piece of the window; the whole of it where the fill does not name both ends.

    ``wanted``: the parameters that the fill names. The pieces follow one another without a gap, also over days without a session.
    """
    largest = _largest_input(con, catalog, model) if wanted >= WINDOW else None
    if largest is not None and last is not None:
        table, n_rows = largest
        sessions = _sessions_of(con, table, catalog.models[table].clock)
        days = sessions[bisect_left(sessions, first) : bisect_right(sessions, last)]
        length = max(1, int(len(sessions) * _rows_that_fit(con) / n_rows))
        for start in range(length, len(days), length):
            yield first, days[start] - timedelta(days=1)
            first = days[start]
    yield first, last


def _largest_input(con: Connection, catalog: Catalog, model: Model) -> tuple[str, int] | None:
    """The input with most rows, and how many; None where the books know no size."""
    sql = "select table_name, n_rows from ops.table_state where table_name in (select unnest($inputs)) and n_rows > 0 order by 2 desc, 1"
    found = con.rows(sql, {"inputs": sorted(name for name in model.reads if catalog.models[name].clock)})
    return found[0] if found else None


def _sessions_of(con: Connection, table: str, clock: str | None) -> list[date]:
    """The sessions from the first one on that the table has rows of."""
    return [row[0] for row in con.rows(f"select session from core.session where session >= (select min({clock}) from {table}) order by 1")]


def _rows_that_fit(con: Connection) -> float:
    """How many rows of an input fit in DuckDB's memory."""
    fit: float = con.rows("select parse_formatted_bytes(current_setting('memory_limit'))")[0][0] / BYTES_A_ROW
    return fit
