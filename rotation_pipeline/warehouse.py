"""The one door to DuckDB: a table is built in one transaction, and rebuilt only from the session where its inputs changed.

Every build compares what a table held with what it holds now. The earliest session that differs is what the tables
downstream have to redo; a build that changes nothing stops there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

import duckdb

from rotation_pipeline.errors import BadModel, DamagedLoad, HomeBusy, HomeUnusable, NoSpace
from rotation_pipeline.models import SCHEMAS, Catalog, Check, Fill, Model

if TYPE_CHECKING:
    import polars as pl

    from rotation_pipeline.landing import Load

BEGINNING = date(1900, 1, 1)
NOT_YET = date(9999, 12, 31)
# The oldest storage version that DuckDB 1.2 and later clients can open: analysts' tools lag behind.
STORAGE_VERSION = "v1.2.0"

Transform = Callable[["pl.DataFrame"], "pl.DataFrame"]
Status = Literal["built", "unchanged", "failed", "skipped"]


@dataclass(frozen=True)
class CheckResult:
    """What one check of one build found."""

    table: str
    claim: str
    is_passed: bool
    is_blocking: bool
    n_offending: int
    sample: str | None


@dataclass(frozen=True)
class BuildResult:
    """What became of one table in one build."""

    table: str
    status: Status
    first: date | None = None  # first session that was redone; BEGINNING for all
    changed_from: date | None = None  # first session whose rows differ from before; None when nothing changed
    n_rows: int = 0
    seconds: float = 0.0
    checks: tuple[CheckResult, ...] = ()
    reason: str | None = None  # why it failed or was skipped


class _CheckBroken(Exception):
    """A blocking check found offending rows; carries the results so that they can be kept."""

    def __init__(self, checks: tuple[CheckResult, ...]) -> None:
        broken = [check for check in checks if check.is_blocking and not check.is_passed]
        super().__init__("; ".join(f"{c.claim}: {c.n_offending} rows, e.g. {c.sample}" for c in broken))
        self.checks = checks


class Warehouse:
    """The working warehouse of one home, held by one process. Use as a context manager.

    ``path`` None keeps it in memory. ``transform`` finds the Polars function of a table by its name. Raises HomeBusy when
    another process holds the file, HomeUnusable when it cannot be opened.
    """

    def __init__(self, path: Path | None, catalog: Catalog, transform: Callable[[str], Transform], memory_limit: str = "2GiB") -> None:
        self.catalog = catalog
        self.path = path
        self._transform = transform
        self._con = _connect(path, memory_limit)
        try:
            for schema in SCHEMAS:
                self._con.execute(f"create schema if not exists {schema}")
            self._create_kernel_tables()
        except BaseException:
            self._con.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Fold the write-ahead log into the file and let it go."""
        self._con.close()

    def rows(self, sql: str, params: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return self._con.execute(sql, dict(params or {})).fetchall()

    def frame(self, sql: str, params: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Run one query and return its rows as a Polars frame."""
        return self._fetch_frame(sql, params or {})

    def _fetch_frame(self, sql: str, params: Mapping[str, object]) -> pl.DataFrame:
        import polars as pl

        frame = pl.from_arrow(self._con.sql(sql, params=dict(params)).to_arrow_table())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Insert a frame by name into a table of the contract."""
        self._con.register("incoming", frame.to_arrow())
        try:
            self._con.execute(f"insert into {table} by name select * from incoming")
        finally:
            self._con.unregister("incoming")

    def last_session(self) -> date | None:
        """The last session that the warehouse holds."""
        if not self.exists("core.session"):
            return None
        last: date | None = self.rows("select max(session) from core.session")[0][0]
        return last

    def exists(self, table: str) -> bool:
        """Whether the table has been created."""
        schema, _, name = table.partition(".")
        found = "select count(*) from information_schema.tables where table_schema = $s and table_name = $t and table_catalog = 'rotation'"
        return bool(self.rows(found, {"s": schema, "t": name})[0][0])

    def create(self, name: str) -> None:
        """(Re)create one table empty, as its contract says, with its comments."""
        model = self.catalog.models[name]
        self._con.execute(f"drop table if exists {name}")
        self._con.execute(self._split(model)[0].query)
        self._con.execute(f"comment on table {name} is {_quoted(model.description)}")
        for column in model.columns:
            self._con.execute(f'comment on column {name}."{column.name}" is {_quoted(column.comment)}')

    def refill(self, name: str, first: date = BEGINNING) -> tuple[CheckResult, ...]:
        """Replace the rows of a table from ``first`` on and run its checks, outside any planning. Raises duckdb.Error."""
        model = self.catalog.models[name]
        self._replace_rows(model, first)
        return self._run_checks(model, first)

    def take_in(self, loads: Sequence[Load]) -> list[BuildResult]:
        """Append every landed file that a raw table does not hold yet, one transaction a table."""
        self._forget_removed_loads(loads)
        return [result for model in self._landed_models() if (result := self._take_in(model, loads)) is not None]

    def first_stale(self, name: str) -> date | None:
        """From which session the table has to be redone; None when it is up to date. Raises KeyError for an unbuilt input."""
        model = self.catalog.models[name]
        states = {row[0]: row[1:] for row in self.rows("select table_name, code_version, build_no from ops.table_state")}
        missing = sorted(model.reads - states.keys())
        if missing:
            raise KeyError(missing[0])
        if name not in states or states[name][0] != model.code_version:
            return BEGINNING
        sql = """
            select min(change.changed_from)
            from ops.table_input as input
            join ops.table_change as change on change.table_name = input.input_name and change.build_no > input.build_no
            where input.table_name = $name
        """
        first: date | None = self.rows(sql, {"name": name})[0][0]
        return first

    def build_stale(self, select: frozenset[str] | None = None) -> Iterator[BuildResult]:
        """Build what is stale, each table after its inputs; a failure spares everything that does not depend on it.

        ``select`` limits the tables that may be built; None means all.
        """
        broken: dict[str, str] = {}
        for name, model in self.catalog.models.items():
            if model.fill is Fill.KERNEL or (select is not None and name not in select):
                continue
            blocked = sorted(self.catalog.upstream(name) & broken.keys())
            result = BuildResult(name, "skipped", reason=f"{blocked[0]} failed") if blocked else self.build(name)
            if result.status in ("failed", "skipped"):
                broken[name] = result.reason or ""
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
            return BuildResult(name, "unchanged")
        if not model.is_windowed:
            first = BEGINNING
        first = min(first, self.last_session() or first)
        try:
            changed_from, checks = self._build_in_transaction(model, first)
        except (duckdb.Error, _CheckBroken) as error:
            return self._failed(name, first, error, time.perf_counter() - started)
        n_rows = int(self.rows("select n_rows from ops.table_state where table_name = $name", {"name": name})[0][0])
        status: Status = "unchanged" if changed_from is None else "built"
        return BuildResult(name, status, first, changed_from, n_rows, time.perf_counter() - started, checks)

    # --- one build -----------------------------------------------------------------------------------------------------

    def _build_in_transaction(self, model: Model, first: date) -> tuple[date | None, tuple[CheckResult, ...]]:
        self._con.begin()
        try:
            before = self._remember(model, first)
            if self._is_outdated(model):
                self.create(model.name)
            self._replace_rows(model, first)
            checks = self._run_checks(model, first)
            if any(check.is_blocking and not check.is_passed for check in checks):
                raise _CheckBroken(checks)
            changed_from = self._first_difference(model, first) if before else BEGINNING
            if changed_from is None:
                # The rows are the same: leave the file alone and only note that the inputs were taken in.
                self._con.rollback()
                self._con.begin()
            self._record(model, changed_from, checks)
            self._con.commit()
        except BaseException:
            self._con.rollback()
            raise
        finally:
            self._con.execute("drop table if exists temp.before")
        return changed_from, checks

    def _is_outdated(self, model: Model) -> bool:
        state = self.rows("select code_version from ops.table_state where table_name = $name", {"name": model.name})
        return not state or state[0][0] != model.code_version or not self.exists(model.name)

    def _replace_rows(self, model: Model, first: date) -> None:
        name = model.name
        self._con.execute(f"delete from {name} where {model.clock} >= $first", {"first": first}) if model.is_windowed else self._con.execute(
            f"delete from {name}"
        )
        statements = self._split(model)
        fill = statements[-1]
        params = self._window(fill.named_parameters, first)
        if model.fill is Fill.SQL:
            self._con.execute(fill.query, params)
        elif model.fill is Fill.POLARS:
            self.append(name, self._transform(model.table)(self._fetch_frame(fill.query, params)))

    def _window(self, wanted: set[str], first: date) -> dict[str, object]:
        unknown = wanted - {"first", "last"}
        if unknown:
            raise BadModel(", ".join(sorted(unknown)), "is no parameter of a model or check", "use $first and $last only")
        window = {"first": first, "last": self.last_session() if "last" in wanted else None}
        return {name: value for name, value in window.items() if name in wanted}

    def _split(self, model: Model) -> list[duckdb.Statement]:
        return self._con.extract_statements(model.sql)

    # --- what changed --------------------------------------------------------------------------------------------------

    def _remember(self, model: Model, first: date) -> bool:
        """Keep what the table holds from ``first`` on: a fingerprint a session, or the rows of an interval table."""
        known = {row[0] for row in self.rows("select column_name from information_schema.columns where table_catalog = 'rotation' "
                                             "and table_schema = $s and table_name = $t", {"s": model.schema, "t": model.table})}
        if known != {column.name for column in model.columns}:
            return False
        self._con.execute(f"create or replace temp table before as {self._content(model, first)}", {"first": first} if model.is_windowed else {})
        return True

    def _content(self, model: Model, first: date) -> str:
        columns = ", ".join(f'"{column.name}"' for column in model.columns)
        where = f"where {model.clock} >= $first" if model.is_windowed else ""
        if model.clock_end:
            return f"select {columns} from {model.name} {where}"
        clock = f"coalesce({model.clock}, date '{NOT_YET}')" if model.clock else f"date '{BEGINNING}'"
        return f"select {clock} as clock, count(*) as n_rows, sum(hash({columns})::hugeint) as content from {model.name} {where} group by 1"

    def _first_difference(self, model: Model, first: date) -> date | None:
        params = {"first": first} if model.is_windowed else {}
        self._con.execute(f"create or replace temp table after as {self._content(model, first)}", params)
        if model.clock_end:
            same = ", ".join(f'"{column.name}"' for column in model.columns if column.name != model.clock_end)
            key = ", ".join(model.key)
            sql = f"""
                with appeared as (select {same} from temp.after except all select {same} from temp.before),
                vanished as (select {same} from temp.before except all select {same} from temp.after),
                reclosed as (
                    select least(coalesce(a.{model.clock_end}, date '{NOT_YET}'), coalesce(b.{model.clock_end}, date '{NOT_YET}')) as clock
                    from temp.after as a join temp.before as b using ({key})
                    where a.{model.clock_end} is distinct from b.{model.clock_end}
                )
                select min(clock) from (
                    select {model.clock} as clock from appeared union all
                    select {model.clock} from vanished union all
                    select clock from reclosed
                )
            """
        else:
            sql = """
                select min(clock) from temp.after full join temp.before using (clock)
                where after.n_rows is distinct from before.n_rows or after.content is distinct from before.content
            """
        changed: date | None = self.rows(sql)[0][0]
        self._con.execute("drop table if exists temp.after")
        return changed

    def _record(self, model: Model, changed_from: date | None, checks: tuple[CheckResult, ...]) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        if changed_from is not None or self._is_outdated(model):
            self._note_change(model, changed_from, now)
        self._con.execute("delete from ops.table_input where table_name = $name", {"name": model.name})
        for name in sorted(model.reads):
            sql = "insert into ops.table_input select $name, table_name, build_no from ops.table_state where table_name = $input"
            self._con.execute(sql, {"name": model.name, "input": name})
        self._keep_checks(model.name, checks, now)

    def _note_change(self, model: Model, changed_from: date | None, now: datetime) -> None:
        before = self.rows("select build_no from ops.table_state where table_name = $name", {"name": model.name})
        build_no = (before[0][0] if before else 0) + (changed_from is not None)
        self._con.execute("delete from ops.table_state where table_name = $name", {"name": model.name})
        self._con.execute(
            f"insert into ops.table_state select $name, $version, $build_no, (select count(*) from {model.name}), $now",
            {"name": model.name, "version": model.code_version, "build_no": build_no, "now": now},
        )
        if changed_from is not None:
            sql = "insert into ops.table_change select $name, $build_no, $changed_from, $now"
            self._con.execute(sql, {"name": model.name, "build_no": build_no, "changed_from": changed_from, "now": now})

    def _failed(self, name: str, first: date, error: Exception, seconds: float) -> BuildResult:
        checks = error.checks if isinstance(error, _CheckBroken) else ()
        self._con.begin()
        self._keep_checks(name, checks, datetime.now(UTC).replace(tzinfo=None))
        self._con.commit()
        if "No space left on device" in str(error):
            raise NoSpace(str(self.path), "no room left on the disk", "free some space and run again; the last release is untouched") from error
        return BuildResult(name, "failed", first, None, 0, seconds, checks, str(error))

    # --- checks --------------------------------------------------------------------------------------------------------

    def _run_checks(self, model: Model, first: date) -> tuple[CheckResult, ...]:
        return (self._key_is_unique(model, first), *(self._run_check(check, first) for check in model.checks))

    def _key_is_unique(self, model: Model, first: date) -> CheckResult:
        key = ", ".join(model.key)
        where = f"where {model.clock} >= $first" if model.is_windowed else ""
        query = f"select {key}, count(*) as n from {model.name} {where} group by {key} having count(*) > 1"
        return self._offenders(model.name, "key_is_unique", True, query, {"first": first} if model.is_windowed else {})

    def _run_check(self, check: Check, first: date) -> CheckResult:
        named = self._con.extract_statements(check.query)[0].named_parameters
        return self._offenders(check.model, check.claim, check.is_blocking, check.query, self._window(named, first))

    def _offenders(self, table: str, claim: str, is_blocking: bool, query: str, params: Mapping[str, object]) -> CheckResult:
        result = self._con.execute(query, dict(params))
        names = [column[0] for column in result.description or []]
        rows = result.fetchmany(10_000)
        sample = ", ".join(f"{name} = {value}" for name, value in zip(names, rows[0], strict=True)) if rows else None
        return CheckResult(table, claim, not rows, is_blocking, len(rows), sample)

    def _keep_checks(self, name: str, checks: tuple[CheckResult, ...], now: datetime) -> None:
        for check in checks:
            key = {"name": name, "claim": check.claim}
            self._con.execute("delete from ops.check_result where table_name = $name and claim = $claim", key)
            self._con.execute(
                "insert into ops.check_result select $name, $claim, $passed, $blocking, $n, $sample, $now",
                {**key, "passed": check.is_passed, "blocking": check.is_blocking, "n": check.n_offending, "sample": check.sample, "now": now},
            )

    # --- raw tables ----------------------------------------------------------------------------------------------------

    def _landed_models(self) -> list[Model]:
        return [m for m in self.catalog.models.values() if m.fill is Fill.KERNEL and (m.schema == "raw" or m.name == "ops.fetch_ledger")]

    def _create_kernel_tables(self) -> None:
        bookkeeping = ("ops.table_state", "ops.table_change", "ops.table_input", "ops.load", "ops.check_result")
        kernel = [m for m in self.catalog.models.values() if m.fill is Fill.KERNEL]
        for model in sorted(kernel, key=lambda m: m.name not in bookkeeping):
            if not self.exists(model.name):
                self.create(model.name)
        for model in kernel:
            if self._is_outdated(model):
                self._adopt(model, is_landed=model in self._landed_models())

    def _adopt(self, model: Model, is_landed: bool) -> None:
        """A contract that changed: landed tables are emptied and read again from landing, the kernel's own keep their state."""
        if is_landed:
            self.create(model.name)
            self._con.execute("delete from ops.load where table_name = $name", {"name": model.name})
        self._note_change(model, BEGINNING, datetime.now(UTC).replace(tzinfo=None))

    def _take_in(self, model: Model, loads: Sequence[Load]) -> BuildResult | None:
        started = time.perf_counter()
        held = {row[0] for row in self.rows("select load_id from ops.load where table_name = $name", {"name": model.name})}
        new = [(load, file) for load in loads if load.load_id not in held for file in load.files if file.table == model.name]
        if not new:
            return None
        paths = [str(file.path) for _, file in new]
        order = f"order by {model.clock}" if model.clock else ""
        read = "read_parquet($paths, union_by_name = true)"
        self._con.begin()
        try:
            self._con.execute(f"insert into {model.name} by name select * from {read} {order}", {"paths": paths})
            clock = model.clock or f"date '{BEGINNING}'"
            changed_from = self.rows(f"select coalesce(min({clock}), date '{BEGINNING}') from {read}", {"paths": paths})[0][0]
            for load, file in new:
                fetched_at = load.fetched_at.astimezone(UTC).replace(tzinfo=None)
                values = {"id": load.load_id, "t": model.name, "s": load.source, "n": file.n_rows, "at": fetched_at}
                self._con.execute("insert into ops.load select $id, $t, $s, $n, $at", values)
            self._note_change(model, changed_from, datetime.now(UTC).replace(tzinfo=None))
            self._con.commit()
        except duckdb.Error as error:
            self._con.rollback()
            way_out = "restore the file from a backup, or move its load out of landing/"
            raise DamagedLoad(_culprit(str(error), paths), f"cannot be taken into {model.name} ({error})", way_out) from error
        n_rows = sum(file.n_rows for _, file in new)
        return BuildResult(model.name, "built", changed_from, changed_from, n_rows, time.perf_counter() - started)

    def _forget_removed_loads(self, loads: Sequence[Load]) -> None:
        """Loads that were moved out of landing/ on purpose: empty the tables that held them, so that they are read again."""
        present = {load.load_id for load in loads}
        held = self.rows("select distinct table_name, load_id from ops.load")
        for name in sorted({table for table, load_id in held if load_id not in present}):
            self._adopt(self.catalog.models[name], is_landed=True)


def open_release(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a published file; never blocks a writer, as the file is only ever replaced whole."""
    return duckdb.connect(str(path), read_only=True)


def _connect(path: Path | None, memory_limit: str) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:", config={"memory_limit": memory_limit, "autoinstall_known_extensions": "false"})
    target = ":memory:" if path is None else str(path).replace("'", "''")
    options = "" if path is None else f" (storage_version '{STORAGE_VERSION}')"
    try:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            con.execute(f"set temp_directory = '{target}.tmp'")
        con.execute(f"attach '{target}' as rotation{options}")
        con.execute("use rotation")
    except (duckdb.Error, OSError) as error:
        con.close()
        if "lock" in str(error).lower() or "already attached" in str(error):
            raise HomeBusy(str(path), "another run holds the warehouse", "wait for it to end, or stop it") from error
        raise HomeUnusable(str(path), f"cannot be opened ({error})", "make the home writable, or delete this derived file and run again") from error
    return con


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _culprit(message: str, paths: Sequence[str]) -> str:
    return next((path for path in paths if path in message), paths[0])
