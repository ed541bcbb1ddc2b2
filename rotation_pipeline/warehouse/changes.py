"""From which session on a table differs from what it held before its rebuild."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rotation_pipeline.models import Model
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.results import BEGINNING, NOT_YET


def remember(con: Connection, model: Model, first: date) -> bool:
    """Keep what the table holds from ``first`` on: a fingerprint a session, or the rows of an interval table.

    False when the table is not there yet or has other columns: then everything counts as changed.
    """
    if con.columns(model.name) != {column.name for column in model.columns}:
        return False
    con.execute(f"create or replace temp table before as {_content(model)}", _window(model, first))
    return True


def first_difference(con: Connection, model: Model, first: date) -> date | None:
    """The earliest clock value whose rows differ from what was remembered; None when none does."""
    con.execute(f"create or replace temp table after as {_content(model)}", _window(model, first))
    changed: date | None = con.rows(_interval_difference(model) if model.clock_end else _session_difference())[0][0]
    con.execute("drop table if exists temp.after")
    return changed


def forget(con: Connection) -> None:
    """Drop what was remembered."""
    con.execute("drop table if exists temp.before")


def _window(model: Model, first: date) -> Mapping[str, object]:
    return {"first": first} if model.is_windowed else {}


def _content(model: Model) -> str:
    columns = ", ".join(f'"{column.name}"' for column in model.columns)
    where = f"where {model.clock} >= $first" if model.is_windowed else ""
    if model.clock_end:
        return f"select {columns} from {model.name} {where}"
    clock = f"coalesce({model.clock}, date '{NOT_YET}')" if model.clock else f"date '{BEGINNING}'"
    return f"select {clock} as clock, count(*) as n_rows, sum(hash({columns})::hugeint) as content from {model.name} {where} group by 1"


def _session_difference() -> str:
    return """
        select min(clock) from temp.after full join temp.before using (clock)
        where after.n_rows is distinct from before.n_rows or after.content is distinct from before.content
    """


def _interval_difference(model: Model) -> str:
    """A spell that was only closed or reopened changes nothing before its earlier end, so ends are compared apart."""
    end = model.clock_end
    same = ", ".join(f'"{column.name}"' for column in model.columns if column.name != end)
    key = ", ".join(model.key)
    return f"""
        with appeared as (select {same} from temp.after except all select {same} from temp.before),
        vanished as (select {same} from temp.before except all select {same} from temp.after),
        reclosed as (
            select least(coalesce(a.{end}, date '{NOT_YET}'), coalesce(b.{end}, date '{NOT_YET}')) as clock
            from temp.after as a join temp.before as b using ({key})
            where a.{end} is distinct from b.{end}
        )
        select min(clock) from (
            select {model.clock} as clock from appeared union all
            select {model.clock} from vanished union all
            select clock from reclosed
        )
    """
