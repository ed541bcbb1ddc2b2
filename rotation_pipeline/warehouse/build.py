"""The one door to the working warehouse: a table is built in one transaction, and redone only from where its inputs changed.

Every build compares what a table held with what it holds now. The earliest session that differs is what the tables
downstream have to redo; a build that changes nothing stops there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb

from rotation_pipeline.errors import BuildFailed
from rotation_pipeline.models import HAS_ROWS, SCHEMAS, Catalog, Fill, Model
from rotation_pipeline.warehouse import changes, checking, filling, intake, state
from rotation_pipeline.warehouse.connection import Connection, refuse_full_disk
from rotation_pipeline.warehouse.history import Recorded, record
from rotation_pipeline.warehouse.results import BEGINNING, BuildResult, CheckBroken, CheckResult, Status
from rotation_pipeline.warehouse.slices import slices
from rotation_pipeline.warehouse.transaction import Transaction

if TYPE_CHECKING:
    import polars as pl

    from rotation_pipeline.landing import Load

Transform = Callable[["pl.DataFrame"], "pl.DataFrame"]


class Warehouse:
    """The working warehouse of one home, held by one process. Use as a context manager.

    ``path`` None keeps it in memory. ``transform`` finds the Polars function of a table by its name. Raises HomeBusy when
    another process holds the file, HomeUnusable when it cannot be opened. ``threads`` None: as many as there are cores.
    """

    def __init__(
        self,
        path: Path | None,
        catalog: Catalog,
        transform: Callable[[str], Transform],
        memory_limit: str = "1536MiB",
        threads: int | None = None,
    ) -> None:
        self.catalog = catalog
        self._transform = transform
        self._con = Connection(path, memory_limit, threads)
        try:
            for schema in SCHEMAS:
                self._con.execute(f"create schema if not exists {schema}")
            self._create_kernel_tables()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file and let it go."""
        self._con.duckdb.close()

    def settle(self) -> None:
        """Fold the write-ahead log into the file now, so that a full disk is told: raises NoSpace, where close() would be silent."""
        try:
            self._con.execute("checkpoint rotation")
        except duckdb.Error as error:
            refuse_full_disk(self._con.path, error)
            raise

    def rows(self, sql: str, params: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return self._con.rows(sql, params)

    def frame(self, sql: str, params: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Run one query and return its rows as a Polars frame."""
        return self._con.frame(sql, params)

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Insert a frame by name into a table of the contract."""
        self._con.insert(table, frame)

    def last_session(self) -> date | None:
        """The last session that the warehouse holds."""
        if not self.exists("core.session"):
            return None
        last: date | None = self.rows("select max(session) from core.session")[0][0]
        return last

    def exists(self, table: str) -> bool:
        """Whether the table has been created."""
        return bool(self._con.columns(table))

    def create(self, name: str) -> None:
        """(Re)create one table empty, as its contract says, with its comments."""
        model = self.catalog.models[name]
        self._con.remakes(name)
        self._con.execute(f"drop table if exists {name}")
        self._con.execute(self._con.statements(model.sql)[0])
        comments = [f"comment on table {name} is {_quoted(model.description)}"]
        comments += [f'comment on column {name}."{column.name}" is {_quoted(column.comment)}' for column in model.columns]
        self._con.execute("; ".join(comments))

    def refill(self, name: str, first: date = BEGINNING) -> tuple[CheckResult, ...]:
        """Replace the rows of a table from ``first`` on and run its checks, outside any planning. Raises duckdb.Error."""
        model = self.catalog.models[name]
        self._replace_rows(model, first)
        return checking.run_checks(self._con, model, first, self.last_session())

    def check(self, name: str) -> tuple[CheckResult, ...]:
        """Run the checks of a table on all the rows it has now, and keep what they found. The rows stay, whatever that is."""
        with self._transaction():
            checks = self._checked(self.catalog.models[name], BEGINNING)
            checking.keep_results(self._con, checks, state.utc_now())
        return checks

    def replace(self, name: str, frame: pl.DataFrame) -> None:
        """Replace all rows of a table that the kernel itself fills (meta), in one transaction; nothing if they are the same."""
        model = self.catalog.models[name]
        with self._transaction():
            changes.remember(self._con, model, BEGINNING)
            self._con.execute(f"delete from {name}")
            self._con.insert(name, frame)
            changed_from = changes.first_difference(self._con, model, BEGINNING)
            if changed_from is not None:
                state.note_change(self._con, model, changed_from)

    def record_changes(self, release: Path, release_id: str) -> Recorded:
        """Write into ops.change_log what the present state says otherwise of the past than the published file, and because of what."""
        return record(self._con, self.catalog, release, release_id)

    def define_macros(self) -> None:
        """Make the table macros of the file those of the catalog, in one transaction."""
        made = "select function_name from duckdb_functions() where database_name = 'rotation' and function_type = 'table_macro'"
        with self._transaction():
            for name in sorted({row[0] for row in self.rows(made)} - {macro.name for macro in self.catalog.macros}):
                self._con.execute(f"drop macro table {name}")
            for macro in self.catalog.macros:
                self._con.execute(macro.sql)

    def take_in(self, loads: Sequence[Load]) -> list[BuildResult]:
        """Append every landed file that a raw table does not hold yet, one transaction a table.

        Loads that were moved out of landing/ on purpose leave the tables too.
        """
        present = {load.load_id for load in loads}
        held = self.rows("select distinct table_name, load_id from ops.load")
        for name in sorted({table for table, load_id in held if load_id not in present}):
            self._adopt(self.catalog.models[name])
        return [
            result
            for model in self._landed()
            if (result := intake.take_in(self._con, model, loads, self.catalog.models.get(intake.ABSURD))) is not None
        ]

    def first_stale(self, name: str) -> date | None:
        """From which session the table has to be redone; None when it is up to date. Raises KeyError for an unbuilt input."""
        return state.first_stale(self._con, self.catalog.models[name])

    def build_stale(self, select: frozenset[str] | None = None) -> Iterator[BuildResult]:
        """Build what is stale, each table after its inputs; a failure spares everything that does not depend on it.

        ``select`` limits the tables that may be built; None means all.
        """
        broken: set[str] = set()
        for name, model in self.catalog.models.items():
            if model.fill is Fill.KERNEL or (select is not None and name not in select):
                continue
            blocked = sorted(self.catalog.upstream(name) & broken)
            result = BuildResult(name, "skipped", reason=f"{blocked[0]} failed") if blocked else self.build(name)
            if result.status in ("failed", "skipped"):
                broken.add(name)
            yield result

    def build(self, name: str, full: bool = False) -> BuildResult:
        """Bring one table up to date in one transaction: contract, fill, comments, checks, commit.

        A broken constraint or blocking check rolls back: the last good table stays and the result says ``failed``.
        """
        started = time.perf_counter()
        model = self.catalog.models[name]
        try:
            first = BEGINNING if full else self.first_stale(name)
        except KeyError as missing:
            return BuildResult(name, "skipped", reason=f"{missing.args[0]} has not been built")
        if first is None:
            looked = self._look_again(model)
            if all(check.claim != HAS_ROWS or check.is_passed for check in looked.checks):
                return looked
            first = BEGINNING  # it was emptied by an accident: make it again
        first = min(first, self.last_session() or first) if model.is_windowed else BEGINNING
        try:
            changed_from, checks = self._build_in_transaction(model, first)
        except (duckdb.Error, CheckBroken, BuildFailed) as error:
            return self._failed(name, first, error, time.perf_counter() - started)
        status: Status = "unchanged" if changed_from is None else "built"
        seconds = time.perf_counter() - started
        return BuildResult(name, status, first, changed_from, state.n_rows(self._con, name), seconds, checks)

    def _look_again(self, model: Model) -> BuildResult:
        """A table that is up to date is left alone, but a check that is new, or was last seen broken, is run on it."""
        sql = "select claim from ops.check_result where table_name = $name and (is_passed or not is_blocking)"
        settled = {row[0] for row in self.rows(sql, {"name": model.name})}
        if settled.issuperset(model.claims):
            return BuildResult(model.name, "unchanged")
        checks = self.check(model.name)
        broken = CheckBroken(checks)
        status: Status = "failed" if any(check.is_blocking and not check.is_passed for check in checks) else "unchanged"
        return BuildResult(model.name, status, checks=checks, reason=str(broken) or None)

    def _build_in_transaction(self, model: Model, first: date) -> tuple[date | None, tuple[CheckResult, ...]]:
        with self._transaction() as transaction:
            had_rows = changes.remember(self._con, model, first)
            is_outdated = state.is_outdated(self._con, model)
            if is_outdated:
                self.create(model.name)
            self._replace_rows(model, first)
            checks = self._checked(model, first)
            if any(check.is_blocking and not check.is_passed for check in checks):
                raise CheckBroken(checks)
            changed_from = changes.first_difference(self._con, model, first) if had_rows else BEGINNING
            if changed_from is None and not is_outdated:
                # The rows are the same: leave the file alone and only note that the inputs were taken in.
                transaction.start_again()
            else:
                state.note_change(self._con, model, changed_from)
            state.note_inputs(self._con, model)
            checking.keep_results(self._con, checks, state.utc_now())
        return changed_from, checks

    def _checked(self, model: Model, first: date) -> tuple[CheckResult, ...]:
        """Every claim about a table that was built, the rows from ``first`` on."""
        checks = checking.run_checks(self._con, model, first, self.last_session())
        return checks if model.may_be_empty else (checks[0], checking.has_rows(self._con, self.catalog, model), *checks[1:])

    def _replace_rows(self, model: Model, first: date) -> None:
        where = f"where {model.clock} >= $first" if model.is_windowed else ""
        self._con.execute(f"delete from {model.name} {where}", {"first": first} if model.is_windowed else {})
        fill = self._con.statements(model.sql)[-1]
        n_inserted = 0
        if model.fill is Fill.SQL:
            windows = tuple(slices(self._con, self.catalog, model, fill.named_parameters, first, self.last_session()))
            n_inserted = filling.fill_in_pieces(self._con, model, fill, windows, lambda: self.create(model.name))
        elif model.fill is Fill.POLARS:
            params = checking.window_params(fill.named_parameters, first, self.last_session())
            made = self._transformed(model, self._con.frame(fill.query, params))
            self.append(model.name, made)
            n_inserted = made.height
        filling.compare(self._con, model, n_inserted, first)

    def _transformed(self, model: Model, rows: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        try:
            return self._transform(model.table)(rows)
        except pl.exceptions.PolarsError as error:
            way_out = f"see rotation_pipeline/transforms/{model.table}.py"
            raise BuildFailed(model.name, f"its transform failed ({error})", way_out) from error

    def _failed(self, name: str, first: date, error: duckdb.Error | CheckBroken | BuildFailed, seconds: float) -> BuildResult:
        refuse_full_disk(self._con.path, error)
        checks = error.checks if isinstance(error, CheckBroken) else ()
        with self._transaction():
            checking.keep_results(self._con, checks, state.utc_now())
        return BuildResult(name, "failed", first, None, 0, seconds, checks, str(error))

    def _transaction(self) -> Transaction:
        return Transaction(self._con)

    def _landed(self) -> list[Model]:
        return [m for m in self.catalog.models.values() if m.is_landed]

    def _create_kernel_tables(self) -> None:
        kernel = [m for m in self.catalog.models.values() if m.fill is Fill.KERNEL]
        with self._transaction():
            for model in sorted(kernel, key=lambda m: m.name not in state.BOOKS):
                if not self.exists(model.name):
                    self.create(model.name)
            for model in kernel:
                if state.is_outdated(self._con, model):
                    self._adopt(model)

    def _adopt(self, model: Model) -> None:
        """Start a table over: a landed one is emptied to be read again from landing, the kernel's own books keep their rows."""
        if model.name not in state.BOOKS:
            self.create(model.name)
            self._con.execute("delete from ops.load where table_name = $name", {"name": model.name})
            if self.exists(intake.ABSURD):
                self._con.execute(f"delete from {intake.ABSURD} where table_name = $name", {"name": model.name})
        state.note_change(self._con, model, BEGINNING)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
