"""A STRICT rebuild is the release that was published at that instant, made of what had landed by then, and touches nothing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from rotation_pipeline import cli, pipeline, reference
from rotation_pipeline.errors import BadConfig, BuildFailed, NoSpace
from rotation_pipeline.landing import Batch, Landing, Load
from rotation_pipeline.models import Catalog, sql_root
from rotation_pipeline.release import describe
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import BuildResult, ask
from rotation_pipeline_tests.content import everything
from rotation_pipeline_tests.narrow import evening, narrowed

EXAMPLE = Path(__file__).parents[2] / "docs" / "example_market"
HOUR = timedelta(hours=1)
BENT = date(2026, 1, 13)  # the high of ACME is below its close
LATE_SPLIT = date(2026, 1, 9)  # listed for ACME on the third evening; no close shows it
# Three evenings on which the example market was fetched and published, each with more sessions.
FIRST, SECOND, THIRD = (datetime(2026, 1, day, 2, tzinfo=UTC) for day in (15, 22, 31))
LATER = datetime(2026, 6, 1, tzinfo=UTC)
CHANGED = ("core.daily_price", "core.corporate_action", "core.list_membership", "core.quarantine_release")  # on the third evening
ASKED = ("core.earnings_event", "core.membership", "core.security")  # beside them


@dataclass(frozen=True)
class Story:
    """A home with a past, and the release that it showed after the second evening."""

    settings: Settings
    release: Path
    rebuilt: Path
    output: str  # of the command that rebuilt it


def write_prices(market: Path, through: date, corrected: bool = False) -> None:
    """The prices up to a session; one bar is inconsistent, and corrected prices change the close of another."""
    header, *lines = (EXAMPLE / "prices.csv").read_text().splitlines()
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    rows = [row for row in rows if row["date"] <= str(through)]
    for row in rows:
        if row["symbol"] == "ACME" and row["date"] == str(BENT):
            row["high"] = "1.0"
        if corrected and row["symbol"] == "ACME" and row["date"] == "2026-01-07":
            row["close"] = "81.11"
    (market / "prices.csv").write_text("\n".join([header, *(",".join(row.values()) for row in rows)]) + "\n")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Story:
    """Three evenings: a decision before the second; before the third more sessions, a correction, a split, a shorter list, another mind.

    The file is rebuilt by the command, over an old one, while another run holds the home. The first and third evening publish only the
    tables that are looked at; the second, which is rebuilt, all.
    """
    few = narrowed(catalog, *CHANGED, *ASKED, "ops.quarantine")
    assert few.macros == catalog.macros
    folder = tmp_path_factory.mktemp("story")
    market = Path(shutil.copytree(EXAMPLE, folder / "market"))
    settings = Settings(home=folder / "home", source="files", config=market / "rotation.toml")
    write_prices(market, date(2026, 1, 14))
    with pipeline.open_warehouse(settings, catalog):
        pass  # the books are of all tables, as any run begins them
    evening(settings, FIRST, few)
    pipeline.decide(settings, "ACME", BENT, "INCONSISTENT_BAR", "release", "the high is a typing error", SECOND - HOUR)
    write_prices(market, date(2026, 1, 21))
    run(settings, SECOND)
    shutil.copy(settings.published / "rotation.duckdb", folder / "second.duckdb")
    write_prices(market, date(2026, 1, 30), corrected=True)
    splits, members = market / "splits.csv", market / "members.csv"
    splits.write_text(splits.read_text() + f"ACME,{LATE_SPLIT},3,1\n")
    members.write_text("\n".join(members.read_text().splitlines()[:-1]) + "\n")
    pipeline.decide(settings, "ACME", BENT, "INCONSISTENT_BAR", "keep", "it was none", THIRD - HOUR)
    evening(settings, THIRD, few)
    rebuilt = folder / "out" / "rebuilt.duckdb"
    rebuilt.parent.mkdir()
    rebuilt.write_text("the old one")
    before = files_of(settings.home)
    with pipeline.home_lock(settings):
        output = command(settings, rebuilt, "--as-of", "2026-01-22T07:30+05:30", "--force")
    assert files_of(settings.home) == before
    return Story(settings, folder / "second.duckdb", rebuilt, output)


def files_of(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def command(settings: Settings, out: Path, *more: str) -> str:
    given = ["rebuild", "--out", str(out), "--home", str(settings.home), "--config", str(settings.config), *more]
    done = CliRunner().invoke(cli.app, given, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def run(settings: Settings, now: datetime) -> None:
    summary = pipeline.run(settings, pipeline.Quiet(), now)
    assert summary.failures == ()
    assert summary.release is not None


def rebuild(story: Story, out: Path, as_of: datetime = SECOND, **more: object) -> pipeline.Rebuilt:
    return pipeline.rebuild(story.settings, as_of, out, pipeline.Quiet(), **more)  # type: ignore[arg-type]


def test_it_is_the_release_of_that_instant(story: Story, catalog: Catalog) -> None:
    assert everything(story.rebuilt, catalog) == everything(story.release, catalog)
    now = everything(story.settings.published / "rotation.duckdb", catalog)
    changed = {name for name, held in everything(story.rebuilt, catalog).items() if now[name] != held}
    assert changed >= {*CHANGED, "raw.price_bar"}


def test_it_says_what_it_is(story: Story) -> None:
    said = "select mode, as_of, source, last_session from meta.release"
    assert ask(story.rebuilt, said).rows == (("STRICT", SECOND.replace(tzinfo=None), "files", date(2026, 1, 21)),)
    assert ask(story.release, said).rows == (("RECONSTRUCTED", None, "files", date(2026, 1, 21)),)
    assert ask(story.rebuilt, "select max(fetched_at) from ops.load").rows == ((SECOND.replace(tzinfo=None),),)
    assert describe(story.rebuilt).mode == "STRICT"
    assert "STRICT, as of 2026-01-22 02:00:00 UTC" in story.output
    assert f"{n_loads(story, SECOND)} loads, the last one fetched at 2026-01-22 02:00:00 UTC" in story.output
    assert "2026-01-02 to 2026-01-21" in story.output
    assert list(story.rebuilt.parent.iterdir()) == [story.rebuilt]


PRICES = """
    select security_id, symbol, session, close_usd from prices_asof(timestamp '2026-01-22 02:00')
    where quarantine_reason is null order by security_id, session
"""
TABLE_PRICES = """
    select price.security_id, security.symbol, price.session, price.close_usd
    from core.daily_price as price join core.security as security using (security_id)
    where price.close_usd is not null order by security_id, session
"""
EARNINGS = """
    select event_id, security_id, fiscal_period_end, announced_on, announced_at, timing, status
    from earnings_asof(timestamp '2026-01-22 02:00') order by event_id
"""
TABLE_EARNINGS = """
    select event_id, security_id, fiscal_period_end, announced_on, announced_at, timing, status from core.earnings_event order by event_id
"""
MEMBERS = """
    select security_id, bias_label, pit_grade from members_asof('EXAMPLE', date '2026-01-20', timestamp '2026-01-22 02:00')
    order by security_id
"""
TABLE_MEMBERS = """
    select security_id, bias_label, pit_grade from core.membership
    where universe_id = 'EXAMPLE' and valid_from <= date '2026-01-20' and date '2026-01-20' < coalesce(valid_to, date '9999-12-31')
    order by security_id
"""


@pytest.mark.parametrize(("asked", "told"), [(EARNINGS, TABLE_EARNINGS), (MEMBERS, TABLE_MEMBERS)], ids=["earnings", "members"])
def test_the_macros_of_today_answer_what_the_tables_of_then_tell(story: Story, asked: str, told: str) -> None:
    then = ask(story.rebuilt, told, 10_000).rows
    assert then
    assert ask(story.settings.published / "rotation.duckdb", asked, 10_000).rows == then
    assert ask(story.rebuilt, asked, 10_000).rows == then


def test_prices_as_of_then_but_for_what_is_judged_today(story: Story) -> None:
    """A decision is of today: the bar that was released then and is kept out now shows its reason, and so does the one of a split that
    was listed since and that its close does not show (A.6)."""
    then = ask(story.rebuilt, TABLE_PRICES, 10_000).rows
    assert ask(story.rebuilt, PRICES, 10_000).rows == then
    today = ask(story.settings.published / "rotation.duckdb", PRICES, 10_000).rows
    assert set(today) < set(then)
    assert sorted((symbol, session) for _, symbol, session, _ in set(then) - set(today)) == [("ACME", LATE_SPLIT), ("ACME", BENT)]
    stale = "select session from prices_asof(timestamp '2026-01-22 02:00') where symbol = 'ACME' and not is_latest_version order by session"
    assert (date(2026, 1, 7),) in ask(story.settings.published / "rotation.duckdb", stale).rows


def n_loads(story: Story, by: datetime) -> int:
    return sum(load.fetched_at <= by for load in Landing(story.settings.landing, {}).loads())


def test_parameters_are_method_and_those_of_today(story: Story, tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Today's SQL reads a parameter that had not been landed by then: the parameters of today are one load more, and the latest."""
    home = story.settings.model_copy(update={"home": Path(shutil.copytree(story.settings.home, tmp_path / "home"))})
    today = reference.read("raw.method_param")
    then = today.filter(pl.col("name") != "split.max_term")
    Landing(home.landing, catalog.models).write("reference", Batch({"raw.method_param": then}), THIRD + HOUR)
    given: list[tuple[str, list[str]]] = []

    def build_of(_warehouse: object, loads: Sequence[Load], _reporter: object) -> list[BuildResult]:
        paths = [(load, file.path) for load in loads for file in load.files if file.table == "raw.method_param"]
        given.extend((load.load_id, pl.read_parquet(path)["name"].to_list()) for load, path in paths)
        return [BuildResult("core.session", "failed", reason="enough is known")]

    monkeypatch.setattr("rotation_pipeline.pipeline.rebuilding.build_of", build_of)
    with pytest.raises(BuildFailed, match="enough is known"):
        pipeline.rebuild(home, THIRD + HOUR, tmp_path / "out.duckdb", pipeline.Quiet(), now=LATER, catalog=catalog)
    assert [names for _, names in given][-2:] == [then["name"].to_list(), today["name"].to_list()]
    assert max(given)[0].endswith("-method")


def test_a_failed_check_is_reported_and_nothing_kept(story: Story, tmp_path: Path) -> None:
    root = Path(shutil.copytree(sql_root(), tmp_path / "sql"))
    claim = root / "checks" / "core" / "session" / "there_is_none.sql"
    claim.parent.mkdir(parents=True, exist_ok=True)
    claim.write_text("-- There is no session.\n-- fails after:\ndelete from core.session;\nselect session from core.session;\n")
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(BuildFailed, match=r"core\.session: there_is_none: .* rows") as failure:
        rebuild(story, folder / "out.duckdb", catalog=Catalog.load(root))
    assert failure.value.culprit == "core.session"
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.duckdb"
    out.write_text("the old one")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("rotation_pipeline.pipeline.rebuilding.tempfile.mkdtemp", full)
    with pytest.raises(NoSpace):
        rebuild(story, out, force=True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["the old one"]


@pytest.mark.parametrize(
    ("as_of", "problem"),
    [
        (datetime(2026, 1, 14, 22), "has no zone\n  way out: add one: 2026-01-14T22:00Z"),  # noqa: DTZ001 that is the mistake
        (datetime(2999, 1, 1, tzinfo=UTC), "is in the future"),
        (FIRST - HOUR, r"nothing of the market had been fetched by .*\n  way out: ask for 2026-01-15T02:00:00\+00:00"),
    ],
    ids=["no zone", "future", "too early"],
)
def test_an_instant_that_cannot_be_asked_for(story: Story, tmp_path: Path, as_of: datetime, problem: str) -> None:
    with pytest.raises(BadConfig, match=problem):
        rebuild(story, tmp_path / "out.duckdb", as_of)


def test_a_file_that_cannot_be_written(story: Story, tmp_path: Path) -> None:
    (tmp_path / "old.duckdb").write_text("the old one")
    refusals: Sequence[tuple[Path, str]] = [
        (tmp_path / "old.duckdb", "exists\n  way out: name another file, or add --force"),
        (tmp_path, "is a folder"),
        (tmp_path / "nowhere" / "out.duckdb", "cannot be written"),
        (tmp_path / "old.duckdb" / "out.duckdb", "cannot be written"),
        (story.settings.published / "rotation.duckdb", "the pipeline itself keeps"),
        (story.settings.landing / "out.duckdb", "the pipeline itself keeps"),
    ]
    for out, problem in refusals:
        with pytest.raises(BadConfig, match=problem):
            rebuild(story, out)
    assert (tmp_path / "old.duckdb").read_text() == "the old one"


def test_a_home_without_a_market(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="holds nothing of a market"):
        pipeline.rebuild(Settings(home=tmp_path / "home"), SECOND, tmp_path / "out.duckdb", pipeline.Quiet())
    assert not (tmp_path / "home").exists()


def test_an_instant_that_is_none(story: Story, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="no instant"):
        command(story.settings, tmp_path / "out.duckdb", "--as-of", "yesterday")
