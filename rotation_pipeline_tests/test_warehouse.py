"""The kernel on a warehouse of five tiny tables: what is stale, what is redone, what a failure leaves behind."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from rotation_pipeline.errors import BuildFailed, DamagedLoad, HomeBusy
from rotation_pipeline.landing import Batch, Landing
from rotation_pipeline.models import Catalog, Model
from rotation_pipeline.warehouse import BEGINNING, Warehouse, filling, state
from rotation_pipeline.warehouse.checking import run_checks
from rotation_pipeline.warehouse.connection import Connection

STAMPS = """
    source varchar not null, -- who
    load_id varchar not null, -- which load
    fetched_at timestamp not null -- when
"""
FILES = {
    "raw/bar.sql": f"""-- One row is one bar.
-- key: symbol, session, load_id
create table raw.bar (
    symbol varchar not null, -- symbol
    session date not null, -- day
    price double, -- USD
    {STAMPS}
);""",
    "core/session.sql": """-- One row is one session.
-- key: session
create table core.session (
    session date not null -- day
);
insert into core.session by name
select distinct session from raw.bar;""",
    "core/latest.sql": """-- One row is the last word on one bar.
-- key: symbol, session
create table core.latest (
    symbol varchar not null, -- symbol
    session date not null, -- day
    price double check (price > 0) -- USD
);
insert into core.latest by name
select symbol, session, arg_max(price, load_id) as price
from raw.bar
where session between $first and $last
group by symbol, session
order by session, symbol;""",
    "mart/total.sql": """-- One row is the sum of one day.
-- key: session
create table mart.total (
    session date not null, -- day
    total double not null -- USD
);
insert into mart.total by name
select session, sum(price) as total from core.latest where session >= $first group by session;""",
    "mart/change.sql": """-- One row is one day's change of the total.
-- key: session
create table mart.change (
    session date not null, -- day
    change double -- USD
);
select session, total from mart.total order by session;""",
    "checks/mart/total/total_is_small.sql": """-- A total stays below a thousand.
-- fails after:
update mart.total set total = 1000;
select session, total from mart.total where total >= 1000;
""",
}


def change(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("session", pl.col("total").diff().alias("change"))


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    for name, text in FILES.items():
        path = tmp_path / "sql" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    transforms = tmp_path / "transforms"
    transforms.mkdir()
    (transforms / "change.py").write_text("")
    monkeypatch.setattr("rotation_pipeline.models.reading.transform_path", lambda table: transforms / f"{table}.py")
    for name in ("table_state", "table_change", "table_input", "load", "check_result", "fetch_ledger"):
        source = Path(__file__).parent.parent / "sql" / "ops" / f"{name}.sql"
        target = tmp_path / "sql" / "ops" / f"{name}.sql"
        target.parent.mkdir(exist_ok=True)
        target.write_text(source.read_text())
    return Catalog.load(tmp_path / "sql")


@pytest.fixture
def landing(tmp_path: Path, catalog: Catalog) -> Landing:
    return Landing(tmp_path / "landing", catalog.models)


@pytest.fixture
def warehouse(tmp_path: Path, catalog: Catalog) -> Iterator[Warehouse]:
    """After each test: the books that were kept in mind say what their tables say."""
    with Warehouse(tmp_path / "working.duckdb", catalog, lambda _: change) as opened:
        yield opened
        with suppress(duckdb.ConnectionException):  # the test closed it itself
            known, opened._con.books = state.books(opened._con), None
            read = state.books(opened._con)
            assert known == read


def land(landing: Landing, rows: list[tuple[str, int, float]]) -> None:
    schema = {"symbol": pl.String, "session": pl.Date, "price": pl.Float64}
    frame = pl.DataFrame([(symbol, date(2026, 1, day), price) for symbol, day, price in rows], schema=schema, orient="row")
    landing.write("files", Batch({"raw.bar": frame}), datetime(2026, 2, 1, tzinfo=UTC))


def run(warehouse: Warehouse, landing: Landing) -> Mapping[str, tuple[str, date | None]]:
    warehouse.take_in(landing.loads())
    return {result.table: (result.status, result.changed_from) for result in warehouse.build_stale()}


def test_first_run_builds_all_and_the_second_changes_nothing(warehouse: Warehouse, landing: Landing) -> None:
    land(landing, [("a", 5, 1.0), ("a", 6, 2.0), ("b", 6, 3.0)])
    assert {status for status, _ in run(warehouse, landing).values()} == {"built"}
    assert warehouse.rows("select session, change from mart.change order by session") == [(date(2026, 1, 5), None), (date(2026, 1, 6), 4.0)]
    assert {status for status, _ in run(warehouse, landing).values()} == {"unchanged"}


def test_a_table_is_there_when_it_is_made_and_not_when_that_is_undone(warehouse: Warehouse) -> None:
    assert not warehouse.exists("core.latest")
    with warehouse._transaction() as transaction:
        warehouse.create("core.latest")
        assert warehouse.exists("core.latest")
        transaction.start_again()
    assert not warehouse.exists("core.latest")
    warehouse.create("core.latest")
    assert warehouse._con.columns("core.latest") == {"symbol", "session", "price"}


def test_a_late_row_is_redone_from_its_session_and_no_earlier(warehouse: Warehouse, landing: Landing) -> None:
    land(landing, [("a", 5, 1.0), ("a", 6, 2.0), ("a", 7, 3.0)])
    run(warehouse, landing)
    land(landing, [("a", 6, 2.5)])
    done = run(warehouse, landing)
    assert done["core.latest"] == ("built", date(2026, 1, 6))
    assert done["mart.total"] == ("built", date(2026, 1, 6))
    assert done["mart.change"] == ("built", date(2026, 1, 6))
    assert done["core.session"] == ("unchanged", None)


def test_an_identical_row_stops_where_nothing_changed(warehouse: Warehouse, landing: Landing) -> None:
    land(landing, [("a", 5, 1.0), ("a", 6, 2.0)])
    run(warehouse, landing)
    land(landing, [("a", 6, 2.0)])
    assert run(warehouse, landing)["core.latest"] == ("unchanged", None)
    assert warehouse.first_stale("mart.total") is None
    assert warehouse.first_stale("core.latest") is None


def test_any_order_of_arrival_gives_the_tables_of_one_rebuild(catalog: Catalog, landing: Landing, warehouse: Warehouse) -> None:
    for day in (9, 5, 8, 6):
        land(landing, [("a", day, float(day)), ("b", day, 1.0)])
        run(warehouse, landing)
    with Warehouse(None, catalog, lambda _: change) as rebuilt:
        run(rebuilt, landing)
        for table in ("core.latest", "mart.total", "mart.change"):
            assert warehouse.rows(f"select * from {table} order by all") == rebuilt.rows(f"select * from {table} order by all")


def test_a_broken_constraint_keeps_the_old_table_and_spares_what_does_not_depend_on_it(warehouse: Warehouse, landing: Landing) -> None:
    land(landing, [("a", 5, 1.0)])
    run(warehouse, landing)
    land(landing, [("a", 6, -1.0)])
    done = run(warehouse, landing)
    assert done["core.latest"][0] == "failed"
    assert done["mart.total"][0] == "skipped"
    assert done["core.session"] == ("built", date(2026, 1, 6))
    assert warehouse.rows("select price from core.latest") == [(1.0,)]


def test_a_broken_check_keeps_the_old_table_and_its_result(warehouse: Warehouse, landing: Landing) -> None:
    land(landing, [("a", 5, 1.0)])
    run(warehouse, landing)
    land(landing, [("a", 6, 5000.0)])
    assert run(warehouse, landing)["mart.total"][0] == "failed"
    assert warehouse.rows("select total from mart.total") == [(1.0,)]
    assert warehouse.rows("select is_passed, n_offending from ops.check_result where claim = 'total_is_small'") == [(False, 1)]
    land(landing, [("a", 6, 2.0)])
    assert run(warehouse, landing)["mart.total"] == ("built", date(2026, 1, 6))


def test_a_duplicate_key_is_always_caught(catalog: Catalog, landing: Landing, warehouse: Warehouse) -> None:
    land(landing, [("a", 5, 1.0)])
    run(warehouse, landing)
    warehouse.append("mart.total", warehouse.frame("select session, total from mart.total"))
    failed = [check for check in run_checks(warehouse._con, catalog.models["mart.total"], BEGINNING, None) if not check.is_passed]
    assert [(check.claim, check.n_offending) for check in failed] == [("key_is_unique", 1)]


def test_a_changed_file_rebuilds_its_table_but_stops_where_the_rows_are_the_same(
    landing: Landing, warehouse: Warehouse, tmp_path: Path
) -> None:
    land(landing, [("a", 5, 1.0)])
    run(warehouse, landing)
    warehouse.close()
    path = tmp_path / "sql" / "core" / "latest.sql"
    path.write_text(path.read_text().replace("One row is the last word", "One row is the final word"))
    with Warehouse(tmp_path / "working.duckdb", Catalog.load(tmp_path / "sql"), lambda _: change) as reopened:
        assert reopened.first_stale("core.latest") == BEGINNING
        assert {status for status, _ in run(reopened, landing).values()} == {"unchanged"}
        assert reopened.first_stale("core.latest") is None


def test_a_truncated_file_is_named_and_the_table_keeps_its_rows(warehouse: Warehouse, landing: Landing) -> None:
    land(landing, [("a", 5, 1.0)])
    run(warehouse, landing)
    land(landing, [("a", 6, 2.0)])
    path = landing.loads()[-1].files[0].path
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(DamagedLoad, match=path.name):
        warehouse.take_in(landing.loads())
    assert warehouse.rows("select count(*) from raw.bar") == [(1,)]
    path.write_bytes(b"x")
    with pytest.raises(DamagedLoad, match="1 bytes where its manifest says"):
        landing.loads()


def test_a_load_that_is_moved_away_leaves_the_tables(warehouse: Warehouse, landing: Landing) -> None:
    land(landing, [("a", 5, 1.0)])
    land(landing, [("a", 5, 7.0)])
    run(warehouse, landing)
    loads = landing.loads()
    warehouse.take_in(loads[:1])
    list(warehouse.build_stale())
    assert warehouse.rows("select price from core.latest") == [(1.0,)]


@pytest.mark.usefixtures("warehouse")
def test_a_second_process_is_told_who_is_in_the_way(catalog: Catalog, tmp_path: Path) -> None:
    code = f"import duckdb; duckdb.connect({str(tmp_path / 'working.duckdb')!r})"
    assert "lock" in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr
    with pytest.raises(HomeBusy):
        Warehouse(tmp_path / "working.duckdb", catalog, lambda _: change)


def test_no_piece_without_a_row_stands_before_the_first_that_has_one(
    landing: Landing, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB 2.0.0 took a table for empty for good once nothing had been inserted into it in order."""
    made: list[str] = []
    create = Warehouse.create
    land(landing, [("a", day, float(day)) for day in (5, 6, 7, 8)])
    run(warehouse, landing)
    days = [date(2026, 1, day) for day in (1, 3, 5, 6, 7)]
    windows = [(day, end) for day, end in zip(days, [*(date(2026, 1, day) for day in (2, 4, 5, 6)), date(2026, 1, 8)], strict=True)]
    monkeypatch.setattr("rotation_pipeline.warehouse.build.slices", lambda *_: iter(windows))
    monkeypatch.setattr(Warehouse, "create", lambda self, name: (made.append(name), create(self, name)))
    warehouse.refill("core.latest")
    assert made == ["core.latest"] * 2  # made anew after each of the two pieces before the first bar
    assert warehouse.rows("select count(*), min(session), max(session) from core.latest") == [(4, date(2026, 1, 5), date(2026, 1, 8))]


class Forgetful:
    """A connection whose statistics are wrong: to a question that they can answer, it answers as if there were no row."""

    def __init__(self, con: Connection, answer: str, instead: str) -> None:
        self._con, self._answer, self._instead = con, answer, instead

    def __getattr__(self, name: str) -> object:
        return getattr(self._con, name)

    def rows(self, sql: str, params: Mapping[str, object] | None = None) -> list[tuple[object, ...]]:
        return self._con.rows(self._instead if sql.startswith(self._answer) else sql, params)


@pytest.mark.parametrize(
    ("table", "answer", "instead", "told"),
    [
        ("mart.total", "select count(*)", "select 0, null, null where $first is not null", "1 rows of .*-06 to .*-06 and answers 0 rows"),
        (
            "core.session",
            "select count(*), min",
            "select 2, date '2026-01-05', date '2026-01-05'",
            "2 rows of .* and answers 2 rows of .*-05 to .*-05",
        ),
        ("mart.change", "select min(date_diff", "select null, null", "2 rows of None to None and answers 2 rows of .*-05"),
    ],
    ids=["count", "range", "rows that no scan finds"],
)
def test_a_table_that_does_not_know_what_it_was_given_fails_and_keeps_what_it_held(
    landing: Landing, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, table: str, answer: str, instead: str, told: str
) -> None:
    land(landing, [("a", 5, 1.0)])
    run(warehouse, landing)
    land(landing, [("a", 6, 2.0)])
    compare = filling.compare

    def forgetful(con: Connection, model: Model, n_inserted: int, first: date = BEGINNING) -> None:
        compare(Forgetful(con, answer, instead) if model.name == table else con, model, n_inserted, first)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(filling, "compare", forgetful)
        warehouse.take_in(landing.loads())
        failed = next(result for result in warehouse.build_stale() if result.table == table)
    assert failed.status == "failed"
    assert failed.reason is not None
    assert re.search(rf"(?s){table}: was given {told}.*way out: .*delete the working file", failed.reason)
    assert warehouse.rows(f"select count(*) from {table}") == [(1,)]
    assert run(warehouse, landing)[table][0] == "built"


def test_a_landed_file_is_asked_for_too(landing: Landing, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    land(landing, [("a", 5, 1.0)])
    compare = filling.compare
    monkeypatch.setattr(filling, "compare", lambda con, model, n_inserted: compare(con, model, n_inserted + 1))
    with pytest.raises(BuildFailed, match=r"raw\.bar: was given 2 rows of .* and answers 1 rows"):
        warehouse.take_in(landing.loads())
    assert warehouse.rows("select count(*) from raw.bar") == [(0,)]


def empty(path: Path, name: str, says: str = "") -> Catalog:
    """The catalog in which the table takes no row, and says ``says`` of it."""
    file = path / "sql" / f"{name.replace('.', '/')}.sql"
    text = file.read_text().replace("-- key:", f"{says}-- key:")
    file.write_text(text.replace("group by", "and false group by").replace("from mart.total", "from mart.total where false"))
    return Catalog.load(path / "sql")


@pytest.mark.parametrize("table", ["core.latest", "mart.total", "mart.change"])
def test_a_table_that_is_empty_while_its_inputs_have_rows_fails_its_check(
    landing: Landing, warehouse: Warehouse, tmp_path: Path, table: str
) -> None:
    land(landing, [("a", 5, 1.0)])
    warehouse.close()
    with Warehouse(tmp_path / "working.duckdb", empty(tmp_path, table), lambda _: change) as opened:
        opened.take_in(landing.loads())
        done = {result.table: result for result in opened.build_stale()}
    assert done[table].status == "failed"
    assert f"has_rows: 1 rows, e.g. empty_table = {table}, although_there_are_rows_in = " in (done[table].reason or "")


def test_a_table_may_be_empty_where_its_file_says_why_and_is_told_of_where_it_seldom_is(
    landing: Landing, tmp_path: Path, catalog: Catalog
) -> None:
    assert catalog.models["mart.total"].claims == ("key_is_unique", "has_rows", "total_is_small")
    land(landing, [("a", 5, 1.0)])
    found = {}
    for says in ("-- may be empty: no day may have a bar\n", "-- seldom empty: no day may have a bar\n"):
        again = tmp_path / says[3:6]
        shutil.copytree(tmp_path / "sql", again / "sql")
        with Warehouse(None, empty(again, "mart.total", says), lambda _: change) as opened:
            opened.take_in(landing.loads())
            done = {result.table: result for result in opened.build_stale()}
        assert [done[table].status for table in ("mart.total", "mart.change")] == ["built", "built"]
        found[says[3:6]] = {check.claim: (check.is_passed, check.is_blocking) for check in done["mart.total"].checks}
    assert found["may"].keys() == {"key_is_unique", "total_is_small"}
    assert found["sel"]["has_rows"] == (False, False)


def test_a_table_without_rows_because_nothing_was_told_is_no_offence(landing: Landing, warehouse: Warehouse) -> None:
    land(landing, [])
    assert {status for status, _ in run(warehouse, landing).values()} == {"built"}
    assert warehouse.rows("select distinct is_passed from ops.check_result") == [(True,)]


def test_a_table_that_lost_its_rows_by_accident_is_made_again(landing: Landing, warehouse: Warehouse) -> None:
    """Up to date by the books, and never looked at for its rows: so stood the tables that DuckDB 2.0.0 left behind."""
    land(landing, [("a", 5, 1.0), ("a", 6, 2.0)])
    run(warehouse, landing)
    warehouse.rows("delete from mart.total")
    warehouse.rows("delete from ops.check_result where claim = 'has_rows'")
    assert run(warehouse, landing)["mart.total"] == ("built", date(2026, 1, 5))
    assert warehouse.rows("select count(*) from mart.total") == [(2,)]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from rotation_pipeline.landing import Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.warehouse import Warehouse
folder = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
catalog = Catalog.load(folder / "sql")
with Warehouse(folder / "working.duckdb", catalog, None) as warehouse:
    n_bytes = int(sys.argv[2]) * (folder / "working.duckdb").stat().st_size + int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))
    warehouse.take_in(Landing(folder / "landing", catalog.models).loads())
    warehouse.settle()
"""


@pytest.mark.parametrize(
    ("n_rows", "n_files", "n_bytes", "n_kept"),
    [(300_000, 1, 300_000, 0), (3, 0, 100, 0), (3, 1, 100_000, 3)],
    ids=["while rows come in", "at the commit", "when the log is folded in"],
)
def test_a_full_disk_is_no_damaged_load(
    landing: Landing, catalog: Catalog, tmp_path: Path, n_rows: int, n_files: int, n_bytes: int, n_kept: int
) -> None:
    """No file may grow beyond ``n_files`` times the file of the warehouse plus ``n_bytes``."""
    land(landing, [(f"symbol {n}", 5, n * 1.1) for n in range(n_rows)])
    (tmp_path / "sql" / "mart" / "change.sql").unlink()  # its transform is not known to another process
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), str(n_files), str(n_bytes)]
    filling = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "NoSpace" in filling.stderr, filling.stderr
    assert "free some space" in filling.stderr
    with Warehouse(tmp_path / "working.duckdb", catalog, lambda _: change) as warehouse:
        assert warehouse.rows("select count(*) from raw.bar") == [(n_kept,)]
        assert run(warehouse, landing)["core.session"] == ("built", BEGINNING)
