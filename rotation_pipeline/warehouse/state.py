"""The books of the kernel: by which version a table was filled, how often it changed, what it has taken in.

They are tables, read once by whoever holds the warehouse: nobody else writes them. What is noted goes into both; a transaction that
is rolled back forgets what was read.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, date, datetime

from rotation_pipeline.models import Model
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.results import BEGINNING

BOOKS = ("ops.table_state", "ops.table_change", "ops.table_input", "ops.load", "ops.check_result", "ops.absurd_cell")


def utc_now() -> datetime:
    """The present instant as the warehouse keeps instants: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class TableState:
    """One row of ops.table_state: the version that filled the table, how many builds changed it, its rows."""

    code_version: str
    build_no: int
    n_rows: int


@dataclass(frozen=True)
class Books:
    """What the books say now."""

    tables: dict[str, TableState]
    inputs: dict[str, Set[str]]  # whose builds a table has taken in
    changed_from: dict[str, date]  # of a table: the earliest session of its inputs that changed since it took them in

    def changes(self, name: str, first: date) -> None:
        """Tell those that have taken in a table that it changed from a session on."""
        for reader in (reader for reader, inputs in self.inputs.items() if name in inputs):
            self.changed_from[reader] = min(first, self.changed_from.get(reader, first))


def books(con: Connection) -> Books:
    """The books, read from their tables unless that was done before."""
    if con.books is None:
        states = con.rows("select table_name, code_version, build_no, n_rows from ops.table_state")
        inputs = con.rows("select table_name, list(input_name) from ops.table_input group by table_name")
        newer = """
            select input.table_name, min(change.changed_from)
            from ops.table_input as input
            join ops.table_change as change on change.table_name = input.input_name and change.build_no > input.build_no
            group by input.table_name
        """
        con.books = Books(
            {name: TableState(*state) for name, *state in states}, {name: set(names) for name, names in inputs}, dict(con.rows(newer))
        )
    return con.books


def is_outdated(con: Connection, model: Model) -> bool:
    """Whether the table is missing or was filled by another version of its file."""
    state = books(con).tables.get(model.name)
    return state is None or state.code_version != model.code_version or not con.columns(model.name)


def first_stale(con: Connection, model: Model) -> date | None:
    """From which session the table has to be redone; None when it is up to date. Raises KeyError for an unbuilt input."""
    known = books(con)
    missing = sorted(model.reads - known.tables.keys())
    if missing:
        raise KeyError(missing[0])
    state = known.tables.get(model.name)
    return BEGINNING if state is None or state.code_version != model.code_version else known.changed_from.get(model.name)


def n_rows(con: Connection, name: str) -> int:
    """How many rows the table held after its last build."""
    state = books(con).tables.get(name)
    return state.n_rows if state else 0


def note_change(con: Connection, model: Model, changed_from: date | None) -> None:
    """Write down the table's new state; ``changed_from`` None says that its rows are those of the build before."""
    now, known = utc_now(), books(con)
    con.is_noted = True
    before = known.tables.get(model.name)
    n_held = int(con.rows(f"select count(*) from {model.name}")[0][0])
    state = TableState(model.code_version, (before.build_no if before else 0) + (changed_from is not None), n_held)
    if before:
        con.execute("delete from ops.table_state where table_name = $name", {"name": model.name})
    con.execute(
        "insert into ops.table_state values ($name, $version, $build_no, $n_rows, $now)",
        {"name": model.name, "version": state.code_version, "build_no": state.build_no, "n_rows": n_held, "now": now},
    )
    known.tables[model.name] = state
    if changed_from is not None:
        sql = "insert into ops.table_change values ($name, $build_no, $changed_from, $now)"
        con.execute(sql, {"name": model.name, "build_no": state.build_no, "changed_from": changed_from, "now": now})
        known.changes(model.name, changed_from)


def note_inputs(con: Connection, model: Model) -> None:
    """Write down which builds of its inputs the table has taken in."""
    known = books(con)
    con.is_noted = True
    taken_in = {name: known.tables[name].build_no for name in sorted(model.reads)}
    if known.inputs.pop(model.name, None):
        con.execute("delete from ops.table_input where table_name = $name", {"name": model.name})
    if taken_in:
        sql = "insert into ops.table_input select $name, unnest($inputs), unnest($builds)"
        con.execute(sql, {"name": model.name, "inputs": list(taken_in), "builds": list(taken_in.values())})
        known.inputs[model.name] = model.reads
    known.changed_from.pop(model.name, None)
