"""Taking landed loads into the raw tables, append-only, one transaction a table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date
from typing import TYPE_CHECKING

import duckdb

from rotation_pipeline.errors import DamagedLoad
from rotation_pipeline.models import Model
from rotation_pipeline.warehouse import filling, state
from rotation_pipeline.warehouse.connection import Connection, refuse_full_disk
from rotation_pipeline.warehouse.results import BEGINNING, BuildResult
from rotation_pipeline.warehouse.transaction import Transaction

if TYPE_CHECKING:
    from rotation_pipeline.landing import LandedFile, Load


def take_in(con: Connection, model: Model, loads: Sequence[Load]) -> BuildResult | None:
    """Append every landed file that the table does not hold yet; None when there is none.

    Raises DamagedLoad naming the file that cannot be read; the table then keeps what it had.
    """
    started = time.perf_counter()
    held = {row[0] for row in con.rows("select load_id from ops.load where table_name = $name", {"name": model.name})}
    new = [(load, file) for load in loads if load.load_id not in held for file in load.files if file.table == model.name]
    if not new:
        return None
    try:
        with Transaction(con):
            changed_from = _append(con, model, new)
    except duckdb.Error as error:
        refuse_full_disk(con.path, error)
        way_out = "restore the file from a backup, or move its load out of landing/"
        raise DamagedLoad(_culprit(str(error), new), f"cannot be taken into {model.name} ({error})", way_out) from error
    n_rows = sum(file.n_rows for _, file in new)
    return BuildResult(model.name, "built", changed_from, changed_from, n_rows, time.perf_counter() - started)


def _append(con: Connection, model: Model, new: Sequence[tuple[Load, LandedFile]]) -> date:
    paths = {"paths": [str(file.path) for _, file in new]}
    order = f"order by {model.clock}" if model.clock else ""
    read = "read_parquet($paths, union_by_name = true)"
    held = con.rows(f"select count(*) from {model.name}")[0][0]
    con.execute(f"insert into {model.name} by name select * from {read} {order}", paths)
    filling.compare(con, model, held + sum(file.n_rows for _, file in new))
    clock = model.clock or f"date '{BEGINNING}'"
    changed_from: date = con.rows(f"select coalesce(min({clock}), date '{BEGINNING}') from {read}", paths)[0][0]
    for load, file in new:
        fetched_at = load.fetched_at.astimezone(UTC).replace(tzinfo=None)
        values = {"id": load.load_id, "t": model.name, "s": load.source, "n": file.n_rows, "at": fetched_at}
        con.execute("insert into ops.load select $id, $t, $s, $n, $at", values)
    state.note_change(con, model, changed_from)
    return changed_from


def _culprit(message: str, new: Sequence[tuple[Load, LandedFile]]) -> str:
    paths = [str(file.path) for _, file in new]
    return next((path for path in paths if path in message), paths[0])
