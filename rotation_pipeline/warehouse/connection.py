"""Opening DuckDB files: the working warehouse by its one writer, a release by any reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from rotation_pipeline.errors import HomeBusy, HomeUnusable, NoSpace
from rotation_pipeline.warehouse.engine import refuse_unsound

if TYPE_CHECKING:
    import polars as pl

    from rotation_pipeline.warehouse.state import Books

# The oldest storage version that clients from DuckDB 1.2 on can open: analysts' tools lag behind.
STORAGE_VERSION = "v1.2.0"
# After two seconds DuckDB draws a bar on standard output, where the rows of an export may be going.
_NO_BAR = "set enable_progress_bar = false"


class Connection:
    """The working file attached as ``rotation`` to a DuckDB in memory; ``path`` None keeps it all in memory.

    Raises HomeBusy when another process holds the file, HomeUnusable when it cannot be opened, UnsoundEngine for a DuckDB that
    answers wrongly.
    """

    def __init__(self, path: Path | None, memory_limit: str, threads: int | None = None) -> None:
        refuse_unsound()
        self.path = path
        self._known_columns: dict[str, frozenset[str]] = {}
        self._is_known = False  # whether they have been asked for
        self._stale: set[str] = set()  # tables whose columns are to be asked for again
        self._statements: dict[str, Sequence[duckdb.Statement]] = {}
        self._remade: set[str] = set()  # tables made anew since the last commit or rollback
        self.books: Books | None = None  # what was read of the kernel's own tables
        self.is_noted = False  # whether something was noted in them since the last commit or rollback
        self.duckdb = duckdb.connect(":memory:", config={"memory_limit": memory_limit, "autoinstall_known_extensions": "false"})
        if threads is not None:
            self.execute(f"set threads = {threads}")
        self.execute(_NO_BAR)
        try:
            self._attach()
        except (duckdb.Error, OSError) as error:
            self.duckdb.close()
            if "lock" in str(error).lower() or "already attached" in str(error):
                raise HomeBusy(str(path), "another run holds the warehouse", "wait for it to end, or stop it") from error
            way_out = "make the home writable, or delete this derived file and run again"
            raise HomeUnusable(str(path), f"cannot be opened ({error})", way_out) from error

    def statements(self, sql: str) -> Sequence[duckdb.Statement]:
        """The statements of a text, read once."""
        if sql not in self._statements:
            self._statements[sql] = self.duckdb.extract_statements(sql)
        return self._statements[sql]

    def execute(self, sql: str | duckdb.Statement, params: Mapping[str, object] | None = None) -> duckdb.DuckDBPyConnection:
        """Run one statement."""
        return self.duckdb.execute(sql, dict(params or {}))

    def rows(self, sql: str, params: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        return self.execute(sql, params).fetchall()

    def frame(self, sql: str, params: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Run one query and return its rows as a Polars frame, over Arrow."""
        import polars as pl

        frame = pl.from_arrow(self.duckdb.sql(sql, params=dict(params or {})).to_arrow_table())
        assert isinstance(frame, pl.DataFrame)
        return frame

    def insert(self, table: str, frame: pl.DataFrame) -> None:
        """Insert a frame by name; a map comes as text, as Polars has none."""
        self.duckdb.register("incoming", frame.to_arrow())
        try:
            self.execute(f"insert into {table} by name {self._incoming(table, frame)}")
        finally:
            self.duckdb.unregister("incoming")

    def _incoming(self, table: str, frame: pl.DataFrame) -> str:
        """The frame as a query. Many rows have the same map, and reading one from text is slow: each text is read once."""
        found = self.rows("select name, type from pragma_table_info($table)", {"table": table})
        maps = {name: kind for name, kind in found if kind.startswith("MAP") and name in frame.columns}
        read = ", ".join(f"{name}_read.meaning as {name}" for name in maps)
        joins = " ".join(
            f"left join (select said, cast(said as {kind}) as meaning from (select distinct {name} as said from incoming)) as {name}_read"
            f" on {name}_read.said is not distinct from incoming.{name}"
            for name, kind in maps.items()
        )
        return f"select incoming.* exclude ({', '.join(maps)}), {read} from incoming {joins}" if maps else "select * from incoming"

    def columns(self, table: str) -> frozenset[str]:
        """The columns that a table has now; empty when it does not exist. Asked again when it is made anew: nobody else writes the file."""
        if not self._is_known:
            self._known_columns, self._is_known = self._columns_of_all(), True
        elif table in self._stale:
            self._known_columns[table] = self._columns(table)
        self._stale.discard(table)
        return self._known_columns.get(table, frozenset())

    def remakes(self, table: str) -> None:
        """The table is made anew: what was known of its columns is not."""
        self._stale.add(table)
        self._remade.add(table)

    def settled(self) -> None:
        """A transaction is over: what it made anew is there, or is again what it was."""
        self._stale |= self._remade
        self._remade.clear()
        self.is_noted = False

    def undone(self) -> None:
        """A transaction was rolled back: the books are what they were before it."""
        if self.is_noted:
            self.books = None
        self.settled()

    def _columns_of_all(self) -> dict[str, frozenset[str]]:
        """Of every table in one question: to ask for one table takes half as long."""
        all_columns = (
            "select schema_name || '.' || table_name, list(column_name) from duckdb_columns()"
            " where database_name = 'rotation' group by schema_name, table_name"
        )
        return {table: frozenset(names) for table, names in self.rows(all_columns)}

    def _columns(self, table: str) -> frozenset[str]:
        schema, _, name = table.partition(".")
        # Asked first, because the pragma's error for a missing table would end the transaction that it is asked in.
        exists = "select 1 from duckdb_tables() where database_name = 'rotation' and schema_name = $schema and table_name = $name"
        if not self.rows(exists, {"schema": schema, "name": name}):
            return frozenset()
        return frozenset(row[0] for row in self.rows("select name from pragma_table_info($table)", {"table": table}))

    def _attach(self) -> None:
        if self.path is None:
            self.execute("attach ':memory:' as rotation")
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            target = str(self.path).replace("'", "''")
            self.execute(f"set temp_directory = '{target}.tmp'")
            self.execute(f"attach '{target}' as rotation (storage_version '{STORAGE_VERSION}')")
        self.execute("use rotation")


def refuse_full_disk(path: Path | None, error: BaseException) -> None:
    """Raise NoSpace when this is what DuckDB's error is about; it rolls back and nothing is lost."""
    if "No space left on device" in str(error) or "File too large" in str(error):
        way_out = "free some space and run again; the last release is untouched"
        raise NoSpace(str(path), "no room left on the disk", way_out) from error


def open_release(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a published file; never blocks a writer, as the file is only ever replaced whole.

    DuckDB opens the path three times: what it is, its header, its blocks. A release that takes the place in between would give the
    header of one file and the blocks of another, so the connection is made again until the file is one. Raises UnsoundEngine.
    """
    refuse_unsound()
    while True:
        opened = path.stat().st_ino
        try:
            con = duckdb.connect(str(path), read_only=True)
        except duckdb.Error:
            if path.stat().st_ino == opened:
                raise
            continue
        if path.stat().st_ino == opened:
            con.execute(_NO_BAR)
            return con
        con.close()
