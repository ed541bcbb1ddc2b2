"""A long window in pieces that fit in memory.

A file whose fill names $last as well as $first promises the rows of that window alone, made of rows up to its end. So a long
window is filled in pieces, one after the other, in the same transaction, with the rows that one statement would give.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, timedelta

from rotation_pipeline.models import Model
from rotation_pipeline.warehouse.connection import Connection

BYTES_A_ROW = 500  # of an input, held while a piece is filled: measured on core.price_bar and core.daily_price
WINDOW = {"first", "last"}


def slices(con: Connection, model: Model, wanted: set[str], first: date, last: date | None) -> Iterator[tuple[date, date | None]]:
    """First and last day of each piece of the window; the whole of it where the fill does not name both ends.

    ``wanted``: the parameters that the fill names. The pieces follow one another without a gap, also over days without a session.
    """
    days = _sessions(con, first, last) if wanted >= WINDOW and last is not None else []
    length = (_sessions_that_fit(con, model) if days else 0) or 1
    for start in range(length, len(days), length):
        end = days[start] - timedelta(days=1)
        yield first, end
        first = days[start]
    yield first, last


def _sessions(con: Connection, first: date, last: date) -> list[date]:
    days = [row[0] for row in con.rows("select session from core.session order by session")] if con.columns("core.session") else []
    return [day for day in days[bisect_left(days, first) :] if day <= last]


def _sessions_that_fit(con: Connection, model: Model) -> int:
    """How many sessions of the largest input fit in DuckDB's memory; so many as there are where the books know no size."""
    sql = """
        select
            parse_formatted_bytes(current_setting('memory_limit')) / $bytes_a_row,
            max(state.n_rows),
            (select count(*) from core.session)
        from ops.table_state as state
        where state.table_name in (select unnest($inputs))
    """
    rows_that_fit, n_rows, n_sessions = con.rows(sql, {"bytes_a_row": BYTES_A_ROW, "inputs": sorted(model.reads)})[0]
    return max(1, int(n_sessions * rows_that_fit / n_rows)) if n_rows else int(n_sessions)
