"""What a release says otherwise of the past than the one before it: told with its cause, or not published."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.errors import PublishRefused
from rotation_pipeline.landing import Batch, Landing
from rotation_pipeline.models import Catalog, sql_root
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask
from rotation_pipeline_tests.assets.toy import write_table, write_tables

EXAMPLE = Path(__file__).parents[2] / "docs" / "example_market"
FIRST, SECOND, THIRD = (datetime(2026, 1, day, 2, tzinfo=UTC) for day in (15, 22, 31))
LATE, WRONG, BENT = date(2026, 1, 8), date(2026, 1, 7), date(2026, 1, 13)
JOINED, LEFT = date(2026, 1, 5), date(2026, 1, 13)
LATEST = """select session, sum(close order by symbol) as level
from (select symbol, session, arg_max(close, load_id) as close from raw.price_bar group by symbol, session)
group by session"""
Prices = Mapping[tuple[str, date], Mapping[str, str] | None]


@dataclass(frozen=True)
class Home:
    """A home over files of its own, with a catalog."""

    settings: Settings
    market: Path
    catalog: Catalog
    prices: Sequence[str] = tuple((EXAMPLE / "prices.csv").read_text().splitlines())

    def evening(self, now: datetime, through: date, changed: Prices, **settings: str) -> None:
        """Write the prices up to a session (rows of ``changed`` otherwise, None: without them), fetch, build and publish."""
        header, *lines = self.prices
        rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
        for row in rows:
            row.update(changed.get((row["symbol"], date.fromisoformat(row["date"])), None) or {})
        absent = {(symbol, str(day)) for (symbol, day), values in changed.items() if values is None}
        kept = [row for row in rows if row["date"] <= str(through) and (row["symbol"], row["date"]) not in absent]
        (self.market / "prices.csv").write_text("\n".join([header, *(",".join(row.values()) for row in kept)]) + "\n")
        quiet, own = pipeline.Quiet(), self.settings.model_copy(update=settings)
        pipeline.fetch(own, quiet, now, self.catalog)
        results = list(pipeline.build(own, quiet, catalog=self.catalog))
        assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
        pipeline.publish(own, quiet, now, self.catalog)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the published file."""
        return list(ask(self.settings.published / "rotation.duckdb", sql, 10_000).rows)


def make_home(folder: Path, catalog: Catalog) -> Home:
    market = Path(shutil.copytree(EXAMPLE, folder / "market"))
    return Home(Settings(home=folder / "home", source="files", config=market / "rotation.toml"), market, catalog)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Home:
    """Three evenings: then new sessions only; then a late bar, a corrected close, a bar that a person released, a list that was cut.

    DUSK, which nobody lists as a member, stops on the 6th and is given up on the 15th. On the third evening its listing is as before.
    CRUX is listed before it has prices, was OUST until the 5th, and on the third evening is told to have left its symbol on the 13th.
    """
    home = make_home(tmp_path_factory.mktemp("told"), catalog)
    dusk = [line.replace("CRUX", "DUSK") for line in home.prices if line.startswith("CRUX")]
    home = replace(home, prices=(*home.prices, *dusk))
    with (home.market / "listings.csv").open("a") as listings:
        listings.write("DUSK,Dusk Bank,EQUITY,Financial Services,Banks - Regional\n")
    stopped: Prices = {("DUSK", date(2026, 1, day)): None for day in range(7, 22)}
    bent: Prices = {("BOLT", BENT): {"high": "1.0"}}
    late: Prices = {("ACME", LATE): None}
    tell(home, FIRST - timedelta(hours=2), "raw.listing", {"symbol": "CRUX", "name": "Crux Bank", "kind": "EQUITY"})
    tell(home, FIRST - timedelta(hours=1), "raw.symbol_change", {"old_symbol": "OUST", "new_symbol": "CRUX", "changed_on": JOINED})
    home.evening(FIRST, date(2026, 1, 14), {**stopped, **bent, **late})
    tell_of_dusk(home, SECOND - timedelta(hours=1), date(2026, 1, 6), "UNKNOWN", date(2026, 1, 15))
    home.evening(SECOND, date(2026, 1, 21), {**stopped, **bent, **late})
    assert home.ask(OF_DUSK) == [(date(2026, 1, 15), -0.3)]
    tell_of_dusk(home, THIRD - timedelta(hours=1), None, None, None)  # in the same words as before it was given up
    tell(home, THIRD - timedelta(hours=1), "raw.symbol_change", {"old_symbol": "CRUX", "new_symbol": "FLED", "changed_on": LEFT})
    pipeline.decide(home.settings, "BOLT", BENT, "INCONSISTENT_BAR", "release", "a typing error", THIRD - timedelta(hours=1))
    members = home.market / "members.csv"
    members.write_text("\n".join(members.read_text().splitlines()[:-1]) + "\n")
    home.evening(THIRD, date(2026, 1, 30), {**stopped, **bent, ("CRUX", WRONG): {"close": "36.02"}})
    return home


def tell_of_dusk(home: Home, now: datetime, last_session: date | None, reason: str | None, decided_on: date | None) -> None:
    """Land a listing of DUSK."""
    said = {"symbol": "DUSK", "name": "Dusk Bank", "kind": "EQUITY", "sector": "Financial Services", "industry": "Banks - Regional"}
    tell(home, now, "raw.listing", {**said, "last_session": last_session, "delist_reason": reason, "decided_on": decided_on})


def tell(home: Home, now: datetime, table: str, row: Mapping[str, Any]) -> None:
    """Land one row."""
    kinds = {
        name: pl.String if name == "delist_reason" else pl.Date for name in ("last_session", "delist_reason", "decided_on") if name in row
    }
    frame = pl.DataFrame([row], schema_overrides=kinds)
    Landing(home.settings.home / "landing", home.catalog.models).write("files", Batch({table: frame}), now)


OF_DUSK = """
    select price.session, price.total_return
    from core.daily_price as price
    join core.security as security on security.security_id = price.security_id
    where security.symbol = 'DUSK' and price.session between date '2026-01-07' and date '2026-01-21' and price.total_return is not null
"""


def test_new_sessions_change_nothing_of_the_past(told: Home) -> None:
    """The second release tells that DUSK was given up, and nothing else."""
    releases = told.ask("select distinct release_id from ops.change_log order by 1")
    assert [release_id[-10:] for (release_id,) in releases] == ["2026-01-21", "2026-01-30"]
    second = told.ask("select table_name, change, cause from ops.change_log where release_id like '%2026-01-21'")
    assert second == [("core.line_end", "APPEARED", "DELISTED")]


@pytest.mark.parametrize(
    ("symbol", "session", "column", "cause", "subject", "came_by"),
    [
        ("CRUX", WRONG, "close_usd", "CORRECTION", "CRUX", "raw.price_bar"),
        ("ACME", LATE, "close_usd", "LATE_ROW", "ACME", "raw.price_bar"),
        ("ACME", LATE, "is_valid", "LATE_ROW", "ACME", "raw.price_bar"),
        ("BOLT", BENT, "is_valid", "DECISION", "BOLT", "raw.quarantine_decision"),
    ],
)
def test_a_price_of_the_past_says_why_it_moved(
    told: Home, symbol: str, session: date, column: str, cause: str, subject: str, came_by: str
) -> None:
    rows = told.ask(f"""
        select log.change, log.cause, cause.subject, cause.table_name, log.old_value is distinct from log.new_value, log.n_changes
        from ops.change_log as log
        join ops.change_cause as cause using (release_id, cause_no)
        join core.security as security on security.security_id = cast(log.row_key->>'security_id' as integer)
        where log.table_name = 'core.daily_price' and log.column_name = '{column}' and log.session = date '{session}'
            and security.symbol = '{symbol}'
    """)
    assert rows == [("CHANGED", cause, subject, came_by, True, 1)]


def test_old_and_new_value_are_told(told: Home) -> None:
    found = told.ask(f"""
        select old_value, new_value from ops.change_log
        where table_name = 'core.daily_price' and column_name = 'close_usd' and session = date '{WRONG}'
    """)
    before = next(line.split(",")[5] for line in (EXAMPLE / "prices.csv").read_text().splitlines() if line.startswith(f"CRUX,{WRONG}"))
    assert found == [(before, "36.02")]


def test_a_rename_that_is_told_later_gives_nobody_another_number(told: Home) -> None:
    """The number of CRUX is as old as its listing, and that is of the days after the rename when this is known."""
    assert told.ask("select symbol, valid_from from core.symbol_piece where number = 1") == [("CRUX", JOINED)]


def test_a_list_that_is_cut_is_a_cause(told: Home) -> None:
    stay = told.ask("select change, cause, n_changes from ops.change_log where table_name = 'core.membership' and row_key like '%EXAMPLE%'")
    assert stay == [("VANISHED", "MEMBERSHIP", 1)]


def test_what_is_made_of_prices_is_told_too_and_all_of_it_is_explained(told: Home) -> None:
    tables = {name for (name,) in told.ask("select distinct table_name from ops.change_log")}
    assert {"core.daily_price", "core.universe_return", "core.membership"} <= tables
    assert told.ask("select count(*) from ops.change_log where cause = 'UNEXPLAINED' or cause_no is null") == [(0,)]
    assert told.ask("""
        select count(*) from ops.change_log as log join ops.change_cause as cause using (release_id, cause_no)
        where cause.first_session > log.session
    """) == [(0,)]  # fmt: skip


def test_giving_a_line_up_moves_no_past_price_and_taking_it_back_says_so(told: Home) -> None:
    assert told.ask(OF_DUSK) == []
    assert told.ask("select count(*) from core.line_end") == [(0,)]
    kinds = told.ask("select kind, subject from ops.change_cause where table_name = 'raw.listing' order by release_id, cause_no")
    assert kinds == [("DELISTED", "DUSK"), ("REVIVED", "DUSK")]
    moved = """
        select distinct log.cause from ops.change_log as log
        join core.security as security on security.security_id = try_cast(log.row_key->>'security_id' as integer)
        where log.table_name = 'core.daily_price' and security.symbol = 'DUSK'
    """
    assert told.ask(moved) == [("REVIVED",)]


def make_small(folder: Path) -> tuple[Home, Path]:
    root = folder / "sql"
    write_tables(root, sql_root())
    write_table(root, "core.daily_price", LATEST)  # a file that changed lands whole again
    return make_home(folder, Catalog.load(root)), root


@pytest.fixture
def small(tmp_path: Path) -> tuple[Home, Path]:
    """A home over the toy tables, whose files can be rewritten."""
    return make_small(tmp_path)


@pytest.fixture(scope="module")
def first_evening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of such a home after its first evening; to be copied."""
    folder = tmp_path_factory.mktemp("first_evening")
    make_small(folder)[0].evening(FIRST, date(2026, 1, 14), {})
    return folder


@pytest.fixture
def published(first_evening: Path, tmp_path: Path) -> tuple[Home, Path]:
    """A home over the toy tables after its first evening, whose files can be rewritten."""
    shutil.copytree(first_evening, tmp_path, dirs_exist_ok=True)
    settings = Settings(home=tmp_path / "home", source="files", config=tmp_path / "market" / "rotation.toml")
    return Home(settings, tmp_path / "market", Catalog.load(tmp_path / "sql")), tmp_path / "sql"


def log_of(home: Home, columns: str = "table_name, cause, count(*)") -> list[tuple[Any, ...]]:
    return sorted(home.ask(f"select {columns} from ops.change_log group by all"))


def test_a_table_that_looks_ahead_is_not_published_and_what_can_be_done_is_said(small: tuple[Home, Path]) -> None:
    home, root = small
    write_table(root, "mart.level_twice", "select session, lead(level, 1, level) over (order by session) as level from mart.level")
    home = Home(home.settings, home.market, Catalog.load(root))
    home.evening(FIRST, date(2026, 1, 14), {})
    before = home.ask("select release_id from meta.release")
    with pytest.raises(PublishRefused, match=r"mart\.level_twice on 2026-01-1\d.*level: .* -> .*(?s:.)*way out") as refused:
        home.evening(SECOND, date(2026, 1, 21), {})
    assert "run once with ROTATION_ON_UNEXPLAINED_CHANGE=publish" in refused.value.fix
    assert "put files that were edited back" in refused.value.fix
    assert "correct its file" not in refused.value.fix
    assert home.ask("select release_id from meta.release") == before
    home.evening(SECOND, date(2026, 1, 21), {}, on_unexplained_change="publish")
    assert [(table, cause) for table, cause, _ in log_of(home)] == [("mart.level_twice", "UNEXPLAINED")]


def test_a_value_that_comes_back_is_a_correction_like_any_other(published: tuple[Home, Path]) -> None:
    """An older load had it once: what counts is that it is not what stood."""
    home, _ = published
    wrong = {("ACME", WRONG): {"close": "80.5"}}
    before = home.ask("select level from mart.level order by session")
    home.evening(SECOND, date(2026, 1, 14), wrong)
    home.evening(THIRD, date(2026, 1, 14), {})
    assert home.ask("select level from mart.level order by session") == before
    told = log_of(home, "release_id, table_name, cause, session, count(*)")
    assert [row[1:] for row in told] == 2 * [
        (name, "CORRECTION", WRONG, 1) for name in ("core.daily_price", "mart.level", "mart.level_twice")
    ]
    subjects = home.ask("select table_name, subject, first_session, n_rows from ops.change_cause order by release_id")
    assert subjects == 2 * [("raw.price_bar", "ACME", WRONG, 1)]


def test_a_member_that_comes_back_is_a_cause_like_one_that_goes(small: tuple[Home, Path]) -> None:
    home, root = small
    newest = "select * from raw.membership where load_id = (select max(load_id) from raw.membership)"
    member = f"join ({newest}) as stay on stay.valid_from <= session.session and session.session < coalesce(stay.valid_to, '9999-12-31')"
    write_table(root, "mart.apart", f"select session.session, count(*) as level from core.session as session {member} group by 1")
    home = Home(home.settings, home.market, Catalog.load(root))
    members = home.market / "members.csv"
    whole = members.read_text()
    for now, text in ((FIRST, whole), (SECOND, "\n".join(whole.splitlines()[:-1]) + "\n"), (THIRD, whole)):
        members.write_text(text)
        home.evening(now, date(2026, 1, 14), {})
    assert {row[1:] for row in log_of(home, "release_id, table_name, cause")} == {("mart.apart", "MEMBERSHIP")}
    assert home.ask("select count(distinct release_id) from ops.change_log") == [(2,)]


def test_another_version_of_a_file_is_the_cause_of_its_table_and_of_those_behind_it(published: tuple[Home, Path]) -> None:
    home, root = published
    write_table(root, "mart.level", "select session, level + 1 as level from core.daily_price")
    Home(home.settings, home.market, Catalog.load(root)).evening(SECOND, date(2026, 1, 14), {})
    sessions = home.ask("select count(*) from mart.level")[0][0]
    assert log_of(home) == [("mart.level", "METHOD", sessions), ("mart.level_twice", "METHOD", sessions)]
    assert home.ask("select distinct kind, table_name from ops.change_cause") == [("METHOD", "mart.level")]


def test_a_warehouse_made_anew_keeps_the_log_and_adds_nothing(published: tuple[Home, Path]) -> None:
    home, _ = published
    home.evening(SECOND, date(2026, 1, 21), {("ACME", WRONG): {"close": "80.5"}})
    told = home.ask("from ops.change_log order by all")
    assert {row[2] for row in told} == {"core.daily_price", "mart.level", "mart.level_twice"}
    home.settings.warehouse.unlink()
    home.evening(THIRD, date(2026, 1, 30), {("ACME", WRONG): {"close": "80.5"}})
    assert home.ask("from ops.change_log order by all") == told


def test_a_load_that_was_taken_away_is_a_cause(published: tuple[Home, Path]) -> None:
    home, _ = published
    home.evening(SECOND, date(2026, 1, 21), {("ACME", WRONG): {"close": "80.5"}})
    loads: Sequence[Path] = sorted(path for path in home.settings.landing.iterdir() if "files" in path.name)
    shutil.rmtree(loads[-1])
    home.evening(THIRD, date(2026, 1, 30), {})
    newest = home.ask("select max(release_id) from ops.change_log")[0][0]
    causes = home.ask(f"select distinct cause from ops.change_log where release_id = '{newest}'")
    assert causes in ([("REMOVED_LOAD",)], [("CORRECTION",)])
    assert home.ask(f"select count(*) > 0 from ops.change_cause where release_id = '{newest}' and kind = 'REMOVED_LOAD'") == [(True,)]


def test_more_changes_than_are_told_are_counted(published: tuple[Home, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    home, root = published
    monkeypatch.setattr("rotation_pipeline.warehouse.history.log.MOST_ROWS", 3)
    write_table(root, "mart.apart", "select session, 2.0 as level from core.session")
    Home(home.settings, home.market, Catalog.load(root)).evening(SECOND, date(2026, 1, 14), {})
    n_sessions = home.ask("select count(*) from mart.apart where session <= date '2026-01-14'")[0][0]
    assert log_of(home, "change, n_changes, count(*)") == [("CHANGED", 1, 3), ("MORE", n_sessions - 3, 1)]
