"""The three verbs together, on small markets: incremental equals rebuild, nothing new changes nothing, bad input loses nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest

from rotation_pipeline import pipeline, reference
from rotation_pipeline.errors import BadConfig, BadInput, HomeUnusable, MixedSources, RotationError
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask
from rotation_pipeline_tests.content import content, everything
from rotation_pipeline_tests.evenings import EVENINGS, NOW, STEPS, TwoEvenings, simulated

EXAMPLE = Path(__file__).parent.parent / "docs" / "example_market"


def files(home: Path, market: Path) -> Settings:
    return Settings(home=home, source="files", config=market / "rotation.toml")


def run(settings: Settings, now: datetime = NOW) -> pipeline.RunSummary:
    summary = pipeline.run(settings, pipeline.Quiet(), now)
    assert summary.failures == ()
    return summary


def published(settings: Settings) -> Path:
    return settings.published / "rotation.duckdb"


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """A copy of the worked example that a test may spoil."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "market"))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the worked example is published; to be read or copied."""
    home = tmp_path_factory.mktemp("example")
    run(files(home, EXAMPLE))
    return home


@pytest.fixture
def own(evenings: TwoEvenings, tmp_path: Path) -> Settings:
    """The settings of the last evening for a copy of that home."""
    return simulated(Path(shutil.copytree(evenings.second, tmp_path / "home")), STEPS[-1])


def test_session_by_session_equals_one_rebuild_from_landing(own: Settings, catalog: Catalog) -> None:
    step_by_step = content(published(own), catalog)
    shutil.rmtree(own.warehouse.parent)
    assert run(own).release is not None
    assert content(published(own), catalog) == step_by_step


def test_a_rebuild_as_of_an_evening_is_its_release(evenings: TwoEvenings, tmp_path: Path, catalog: Catalog) -> None:
    out = tmp_path / "rebuilt.duckdb"
    pipeline.rebuild(simulated(evenings.second, STEPS[1]), EVENINGS[0], out, pipeline.Quiet(), catalog=catalog)
    assert everything(out, catalog) == everything(published(simulated(evenings.first, STEPS[0])), catalog)


def test_a_second_run_with_nothing_new_changes_nothing(own: Settings) -> None:
    before = {path: path.stat().st_mtime_ns for path in (published(own), *own.landing.rglob("*.parquet"))}
    again = run(own)
    assert (again.release, again.fetch.n_rows) == (None, 0)
    assert {result.status for result in again.builds} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_one_new_session_redoes_only_its_window(evenings: TwoEvenings, catalog: Catalog) -> None:
    builds = evenings.last.builds
    redone = {result.table: result.changed_from for result in builds if result.status == "built" and result.table.startswith("core.")}
    assert redone["core.daily_price"] == STEPS[-1]
    windowed = {name: first for name, first in redone.items() if catalog.models[name].is_windowed}
    assert set(windowed.values()) == {STEPS[-1]}, windowed


def test_the_worked_example_publishes(example: Path) -> None:
    answer = ask(example / "published" / "rotation.duckdb", "select source, is_simulated from meta.release")
    assert answer.rows == (("files", False),)


def test_a_parameter_of_a_newer_version_that_never_landed_stops_the_build(
    tmp_path: Path, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compared with a NULL, a table would be empty without a word. The next fetch lands it."""
    settings = files(Path(shutil.copytree(example, tmp_path / "home")), EXAMPLE)
    newer = reference.parameter_names() | {"shares.new_limit"}
    monkeypatch.setattr(reference, "parameter_names", lambda: newer)
    before = published(settings).read_bytes()
    with pytest.raises(BadInput, match=r"raw.method_param: the latest load lacks shares.new_limit\n.*rotation fetch"):
        list(pipeline.build(settings, pipeline.Quiet()))
    assert published(settings).read_bytes() == before


def test_two_sources_in_one_home_are_refused(example: Path) -> None:
    with pytest.raises(MixedSources, match="home of its own"):
        pipeline.run(simulated(example, date(2026, 1, 12)), pipeline.Quiet(), NOW)


def _spoil(market: Path, change: Callable[[list[str]], Sequence[str]]) -> None:
    path = market / "prices.csv"
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


def test_odd_rows_are_used_once_or_quarantined_with_a_reason(tmp_path: Path, market: Path, example: Path) -> None:
    """A bad first bar, a negative price, a NaN, a day off, a row twice, an unknown symbol's split, and all of it backwards."""

    def spoilt(lines: list[str]) -> list[str]:
        header, rows = lines[0], lines[1:]
        rows[0] = _with(header, rows[0], close="-5")
        rows[3] = _with(header, rows[3], close="-5")
        rows[5] = _with(header, rows[5], close="nan")
        rows.append(_with(header, rows[7], date="2026-01-10"))
        rows.append(rows[8])
        return [header, *reversed(rows)]

    _spoil(market, spoilt)
    splits = market / "splits.csv"
    splits.write_text(splits.read_text() + "NOBODY,2026-01-20,2,1\n")
    settings = files(tmp_path / "home", market)
    run(settings)
    found = ask(published(settings), "select symbol, session, reason from ops.quarantine order by session, symbol").rows
    assert found == (
        ("ACME", date(2026, 1, 2), "BEFORE_FIRST_PRICE"),
        ("ACME", date(2026, 1, 7), "NONPOSITIVE_PRICE"),
        ("ACME", date(2026, 1, 9), "NO_PRICE"),
        ("ACME", date(2026, 1, 10), "NON_SESSION"),
        ("ACME", date(2026, 1, 14), "DUPLICATE_ROW"),
        ("NOBODY", date(2026, 1, 20), "UNKNOWN_SYMBOL"),
    )
    n_valid = "select count(*) from core.daily_price where is_valid"
    n_good = ask(example / "published" / "rotation.duckdb", n_valid).rows[0][0]
    assert ask(published(settings), n_valid).rows == ((n_good - 3,),)


def _with(header: str, line: str, **values: str) -> str:
    cells = dict(zip(header.split(","), line.split(","), strict=True))
    return ",".join({**cells, **{name: value for name, value in values.items() if name in cells}}.values())


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda market: _spoil(market, lambda lines: [line.rsplit(",", 1)[0] for line in lines]), BadInput),
        (lambda market: _spoil(market, lambda lines: [lines[0], _with(lines[0], lines[1], close="dear"), *lines[2:]]), BadInput),
        (lambda market: _spoil(market, lambda lines: lines[:0]), BadInput),
        (lambda market: (market / "rotation.toml").write_text("[[prices]\n"), BadConfig),
        (lambda market: (market / "rotation.toml").unlink(), BadConfig),
    ],
    ids=["missing column", "wrong type", "empty file", "broken toml", "no toml"],
)
def test_unusable_input_is_an_error_and_the_last_release_stays(
    tmp_path: Path, market: Path, example: Path, spoil: Callable[[Path], object], error: type[RotationError], catalog: Catalog
) -> None:
    settings = files(Path(shutil.copytree(example, tmp_path / "home")), market)
    before = content(published(settings), catalog)
    n_loads = len(list(settings.landing.iterdir()))
    spoil(market)
    with pytest.raises(error, match="way out"):
        pipeline.run(settings, pipeline.Quiet(), NOW)
    assert content(published(settings), catalog) == before
    assert len(list(settings.landing.iterdir())) == n_loads


def test_a_session_that_is_not_over_cannot_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="not over yet"):
        pipeline.run(simulated(tmp_path, date(2026, 11, 20)), pipeline.Quiet(), NOW)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_home_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HomeUnusable, match="ROTATION_HOME"):
        pipeline.run(simulated(tmp_path / "home", date(2026, 1, 12)), pipeline.Quiet(), NOW)


def test_a_home_that_is_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(HomeUnusable, match="ROTATION_HOME"):
        pipeline.run(simulated(tmp_path / "home", date(2026, 1, 12)), pipeline.Quiet(), NOW)
