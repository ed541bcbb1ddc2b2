"""The books of the kernel: by which version a table was filled, how often it changed, what it has taken in."""

from __future__ import annotations

from datetime import UTC, date, datetime

from rotation_pipeline.models import Model
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.results import BEGINNING

BOOKS = ("ops.table_state", "ops.table_change", "ops.table_input", "ops.load", "ops.check_result", "ops.absurd_cell")


def utc_now() -> datetime:
    """The present instant as the warehouse keeps instants: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def is_outdated(con: Connection, model: Model) -> bool:
    """Whether the table is missing or was filled by another version of its file."""
    state = con.rows("select code_version from ops.table_state where table_name = $name", {"name": model.name})
    return not state or state[0][0] != model.code_version or not con.columns(model.name)


def first_stale(con: Connection, model: Model) -> date | None:
    """From which session the table has to be redone; None when it is up to date. Raises KeyError for an unbuilt input."""
    states = dict(con.rows("select table_name, code_version from ops.table_state"))
    missing = sorted(model.reads - states.keys())
    if missing:
        raise KeyError(missing[0])
    if states.get(model.name) != model.code_version:
        return BEGINNING
    sql = """
        select min(change.changed_from)
        from ops.table_input as input
        join ops.table_change as change on change.table_name = input.input_name and change.build_no > input.build_no
        where input.table_name = $name
    """
    first: date | None = con.rows(sql, {"name": model.name})[0][0]
    return first


def n_rows(con: Connection, name: str) -> int:
    """How many rows the table held after its last build."""
    found = con.rows("select n_rows from ops.table_state where table_name = $name", {"name": name})
    return int(found[0][0]) if found else 0


def note_change(con: Connection, model: Model, changed_from: date | None) -> None:
    """Write down the table's new state; ``changed_from`` None says that its rows are those of the build before."""
    now = utc_now()
    before = con.rows("select build_no from ops.table_state where table_name = $name", {"name": model.name})
    build_no = (before[0][0] if before else 0) + (changed_from is not None)
    con.execute("delete from ops.table_state where table_name = $name", {"name": model.name})
    con.execute(
        f"insert into ops.table_state select $name, $version, $build_no, (select count(*) from {model.name}), $now",
        {"name": model.name, "version": model.code_version, "build_no": build_no, "now": now},
    )
    if changed_from is not None:
        sql = "insert into ops.table_change select $name, $build_no, $changed_from, $now"
        con.execute(sql, {"name": model.name, "build_no": build_no, "changed_from": changed_from, "now": now})


def note_inputs(con: Connection, model: Model) -> None:
    """Write down which builds of its inputs the table has taken in."""
    con.execute("delete from ops.table_input where table_name = $name", {"name": model.name})
    sql = """
        insert into ops.table_input
        select $name, table_name, build_no from ops.table_state where table_name in (select unnest($inputs)) order by table_name
    """
    con.execute(sql, {"name": model.name, "inputs": sorted(model.reads)})
