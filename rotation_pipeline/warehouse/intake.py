"""Taking landed loads into the raw tables, append-only, one transaction a table."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date
from typing import TYPE_CHECKING

import duckdb

from rotation_pipeline.errors import DamagedLoad
from rotation_pipeline.models import INSTEAD, Bound, Model
from rotation_pipeline.warehouse import filling, state
from rotation_pipeline.warehouse.connection import Connection, refuse_full_disk
from rotation_pipeline.warehouse.results import BEGINNING, BuildResult
from rotation_pipeline.warehouse.transaction import Transaction

if TYPE_CHECKING:
    from rotation_pipeline.landing import LandedFile, Load


ABSURD = "ops.absurd_cell"
# Of which date a row is: the first of these that it has.
DATES = ("session", "ex_date", "announced_on", "as_of", "fiscal_period_end", "observed_on", "last_session")


def take_in(con: Connection, model: Model, loads: Sequence[Load], absurd: Model | None = None) -> BuildResult | None:
    """Append every landed file that the table does not hold yet; None when there is none.

    ``absurd`` is the table that keeps the cells that are out of bounds. Raises DamagedLoad naming the file that cannot be read; the
    table then keeps what it had.
    """
    started = time.perf_counter()
    held = {row[0] for row in con.rows("select load_id from ops.load where table_name = $name", {"name": model.name})}
    new = [(load, file) for load in loads if load.load_id not in held for file in load.files if file.table == model.name]
    if not new:
        return None
    try:
        with Transaction(con):
            changed_from = _append(con, model, new, absurd)
    except duckdb.Error as error:
        refuse_full_disk(con.path, error)
        way_out = "restore the file from a backup, or move its load out of landing/"
        raise DamagedLoad(_culprit(str(error), new), f"cannot be taken into {model.name} ({error})", way_out) from error
    n_rows = sum(file.n_rows for _, file in new)
    return BuildResult(model.name, "built", changed_from, changed_from, n_rows, time.perf_counter() - started)


def _append(con: Connection, model: Model, new: Sequence[tuple[Load, LandedFile]], absurd: Model | None) -> date:
    paths = {"paths": [str(file.path) for _, file in new]}
    order = f"order by {model.clock}" if model.clock else ""
    read = "read_parquet($paths, union_by_name = true)"
    held = con.rows(f"select count(*) from {model.name}")[0][0]
    bounds = _bounds_of(con, model, read, paths) if absurd is not None else []
    con.execute(f"insert into {model.name} by name {_within(bounds, read)} {order}", paths)
    n_left_out = _keep_absurd(con, model, absurd, bounds, read, paths) if absurd is not None and bounds else 0
    filling.compare(con, model, held + sum(file.n_rows for _, file in new) - n_left_out)
    clock = model.clock or f"date '{BEGINNING}'"
    changed_from: date = con.rows(f"select coalesce(min({clock}), date '{BEGINNING}') from {read}", paths)[0][0]
    for load, file in new:
        fetched_at = load.fetched_at.astimezone(UTC).replace(tzinfo=None)
        values = {"id": load.load_id, "t": model.name, "s": load.source, "n": file.n_rows, "at": fetched_at}
        con.execute("insert into ops.load select $id, $t, $s, $n, $at", values)
    state.note_change(con, model, changed_from)
    return changed_from


def _bounds_of(con: Connection, model: Model, read: str, paths: Mapping[str, object]) -> list[Bound]:
    """The bounds of the columns that the files have."""
    if not model.bounds:
        return []
    there = {row[0] for row in con.rows(f"describe select * from {read}", paths)}
    return [bound for bound in model.bounds if bound.column in there]


def _within(bounds: Sequence[Bound], read: str) -> str:
    """The landed rows without the cells that are out of bounds, or no number."""
    cells: dict[str, list[str]] = {}
    for bound in bounds:
        cases = cells.setdefault(bound.column, [])
        if not cases and bound.instead != "no number":
            cases.append(f"when isnan({bound.column}) then null")
        if INSTEAD[bound.instead] is not None:
            cases.append(f"when {bound.broken} then {INSTEAD[bound.instead]}")
    left_out = [bound.broken for bound in bounds if INSTEAD[bound.instead] is None]
    values = ", ".join(f"case {' '.join(cases)} else {column} end as {column}" for column, cases in cells.items())
    replaced = f" replace ({values})" if values else ""
    return f"select *{replaced} from {read}" + (f" where not ({' or '.join(left_out)})" if left_out else "")


def _keep_absurd(con: Connection, model: Model, absurd: Model, bounds: Sequence[Bound], read: str, paths: Mapping[str, object]) -> int:
    """Write the cells that are out of bounds into ops.absurd_cell; how many rows were left out because of one."""
    found = f"create or replace temp table absurd as select * from {read} where {' or '.join(bound.broken for bound in bounds)}"
    if not con.rows(found, paths)[0][0]:
        return 0
    columns = {column.name for column in model.columns}
    day = ", ".join([*(name for name in DATES if name in columns), "cast(fetched_at as date)"])
    row_key = ", ".join(f'"{name}" := "{name}"' for name in model.key)
    cells = " union all ".join(
        f"""
        select '{model.name}' as table_name, symbol, coalesce({day}) as session, '{bound.column}' as column_name, {bound.column} as value,
            '{bound.reason}' as reason, cast(to_json(struct_pack({row_key})) as varchar) as row_key, load_id
        from temp.absurd where {bound.broken}"""
        for bound in bounds
    )
    con.execute(f"create or replace temp table absurd_cell as select distinct * from ({cells})")
    con.execute(f"insert into {absurd.name} by name select * from temp.absurd_cell order by all")
    state.note_change(con, absurd, con.rows("select min(session) from temp.absurd_cell")[0][0])
    left_out = [bound.broken for bound in bounds if INSTEAD[bound.instead] is None]
    n_left_out = int(con.rows(f"select count(*) from temp.absurd where {' or '.join(left_out) or 'false'}")[0][0])
    con.execute("drop table temp.absurd; drop table temp.absurd_cell")
    return n_left_out


def _culprit(message: str, new: Sequence[tuple[Load, LandedFile]]) -> str:
    paths = [str(file.path) for _, file in new]
    return next((path for path in paths if path in message), paths[0])
