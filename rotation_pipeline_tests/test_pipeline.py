"""The three verbs together, on small markets: incremental equals rebuild, nothing new changes nothing, bad input loses nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.errors import BadConfig, BadInput, HomeUnusable, MixedSources, RotationError
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask
from rotation_pipeline_tests.content import content

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parent.parent / "docs" / "example_market"


def simulated(home: Path, through: date) -> Settings:
    return Settings(home=home, source="simulated", names=60, years=2, through=through)


def files(home: Path, market: Path) -> Settings:
    return Settings(home=home, source="files", config=market / "rotation.toml")


def run(settings: Settings) -> pipeline.RunSummary:
    summary = pipeline.run(settings, pipeline.Quiet(), NOW)
    assert summary.failures == ()
    return summary


def published(settings: Settings) -> Path:
    return settings.published / "rotation.duckdb"


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """A copy of the worked example that a test may spoil."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "market"))


def test_session_by_session_equals_one_rebuild_from_landing(tmp_path: Path, catalog: Catalog) -> None:
    home = tmp_path / "home"
    for day in (date(2025, 12, 30), date(2025, 12, 31), date(2026, 1, 2), date(2026, 1, 12)):
        settings = simulated(home, day)
        assert run(settings).release is not None
    step_by_step = content(published(settings), catalog)
    shutil.rmtree(settings.warehouse.parent)
    run(settings)
    assert content(published(settings), catalog) == step_by_step
    other = simulated(tmp_path / "other", date(2026, 1, 12))
    run(other)
    fresh = content(published(other), catalog)
    by_load = {"core.security", "ops.quarantine"}  # numbered by, or naming, the load
    assert {name for name in fresh if fresh[name] != step_by_step[name]} <= by_load | tables_graded_by_fetch(catalog)


def tables_graded_by_fetch(catalog: Catalog) -> set[str]:
    """Tables whose rows say when they were fetched: two homes that fetched at other times differ there."""
    return {name for name, model in catalog.models.items() if any(column.name == "pit_grade" for column in model.columns)}


def test_a_second_run_with_nothing_new_changes_nothing(tmp_path: Path) -> None:
    settings = simulated(tmp_path, date(2026, 1, 12))
    run(settings)
    before = {path: path.stat().st_mtime_ns for path in (published(settings), *settings.landing.rglob("*.parquet"))}
    again = run(settings)
    assert (again.release, again.fetch.n_rows) == (None, 0)
    assert {result.status for result in again.builds} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_one_new_session_redoes_only_its_window(tmp_path: Path) -> None:
    run(simulated(tmp_path, date(2026, 1, 12)))
    again = run(simulated(tmp_path, date(2026, 1, 13)))
    redone = {result.table: result.changed_from for result in again.builds if result.status == "built" and result.table.startswith("core.")}
    assert redone["core.daily_price"] == date(2026, 1, 13)
    windowed = {name: first for name, first in redone.items() if Catalog.load().models[name].is_windowed}
    assert set(windowed.values()) == {date(2026, 1, 13)}, windowed


def test_the_worked_example_publishes(tmp_path: Path, market: Path) -> None:
    settings = files(tmp_path / "home", market)
    assert run(settings).release is not None
    answer = ask(published(settings), "select source, is_simulated from meta.release")
    assert answer.rows == (("files", False),)


def test_two_sources_in_one_home_are_refused(tmp_path: Path, market: Path) -> None:
    run(files(tmp_path / "home", market))
    with pytest.raises(MixedSources, match="home of its own"):
        pipeline.run(simulated(tmp_path / "home", date(2026, 1, 12)), pipeline.Quiet(), NOW)


def _spoil(market: Path, change: Callable[[list[str]], Sequence[str]]) -> None:
    path = market / "prices.csv"
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda lines: [*lines, lines[5]], None),
        (lambda lines: [lines[0], *reversed(lines[1:])], None),
        (lambda lines: [lines[0], _with(lines[0], lines[1], close="-5"), *lines[2:]], "price"),
        (lambda lines: [lines[0], _with(lines[0], lines[1], close="nan"), *lines[2:]], "finite"),
        (lambda lines: [*lines, _with(lines[0], lines[-1], date="2025-07-04")], "session"),
    ],
    ids=["duplicate row", "unsorted rows", "negative price", "NaN", "no session"],
)
def test_an_odd_row_is_used_once_or_quarantined_with_a_reason(
    tmp_path: Path, market: Path, spoil: Callable[[list[str]], Sequence[str]], reason: str | None
) -> None:
    good = files(tmp_path / "good", market)
    run(good)
    n_good = ask(published(good), "select count(*) from core.daily_price where is_valid").rows[0][0]
    _spoil(market, spoil)
    odd = files(tmp_path / "odd", market)
    run(odd)
    reasons = [row[0] for row in ask(published(odd), "select reason from ops.quarantine").rows]
    n_valid = ask(published(odd), "select count(*) from core.daily_price where is_valid").rows[0][0]
    if reason is None:
        assert n_valid == n_good
    else:
        assert any(reason in found.lower() for found in reasons), reasons
        assert n_valid in (n_good, n_good - 1)


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
    tmp_path: Path, market: Path, spoil: Callable[[Path], object], error: type[RotationError], catalog: Catalog
) -> None:
    settings = files(tmp_path / "home", market)
    run(settings)
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
