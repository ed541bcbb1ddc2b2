"""M-10 and M-11: cut off the future, or replace it by garbage, and no row of the past changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.planted.bench import END, planted_source
from rotation_pipeline_tests.point_in_time.market import Bench, Told, derived, first_end, never_corrected, random_cuts, sessions_of, tell
from rotation_pipeline_tests.point_in_time.poison import poisoned
from rotation_pipeline_tests.point_in_time.view import OF_TODAY, WITHOUT, View, differences

SEED = 20260122
FEW, MANY = 1, 25
GRADED = [name for name in WITHOUT if name != "core.sort_breakpoint"]
LEFT_OUT = " union ".join(f"select pit_grade from {name} where variant = 'nyse' and pit_grade is not null" for name in GRADED)
# What garbage reaches, so that it is known to be taken in.
TOUCHED = {
    "core.daily_price.total_return",
    "core.corporate_action.split_ratio",
    "core.share_count.shares_reported",
    "core.trailing_fundamental.net_income_usd",
    "core.earnings_result.eps_actual_fwd",
    "core.list_membership.valid_from",
    "core.delisting.session",
    "mart.breadth.pct_above_50",
    "mart.valuation.value",
    "mart.factor_return.ret",
}


@dataclass(frozen=True)
class Walk:
    """What the tables said of everything up to each cut: built then, at the end, and with garbage after it."""

    told: tuple[Told, ...]
    then: dict[date, View]
    at_the_end: dict[date, View]
    poisoned: dict[date, View]
    truth: View  # of everything, at the end
    garbage: tuple[View, ...]  # of everything, after each poison
    left_out: tuple[str, ...]  # grades of the rows that are left out because they are of today


@pytest.fixture(scope="module", params=[FEW, pytest.param(MANY, marks=pytest.mark.long)], ids=["few", "many"])
def walk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, xnys: Sequence[date]) -> Walk:
    """The market told in steps, cut after each; a copy of every cut is poisoned."""
    folder, source = tmp_path_factory.mktemp("walk"), planted_source()
    cuts = random_cuts(source, xnys, request.param, SEED)
    told = tuple(never_corrected(tell(xnys, [*cuts, END], source)))
    then, bad, garbage = {}, {}, []
    with Bench(folder, catalog, derived(catalog), folder / "warehouse.duckdb", is_frozen=True) as bench:
        for number, step in enumerate(told):
            bench.land(step.batch, step.evening)
            bench.build()
            if step.through != END:
                then[step.through] = bench.view(step.through)
                bad[step.through], everything = _after_garbage(bench, folder / f"poison{number}", told, number, xnys)
                garbage.append(everything)
        at_the_end = {cut: bench.view(cut) for cut in cuts}
        left_out = tuple(row[0] for row in bench.warehouse.rows(LEFT_OUT))
        return Walk(told, then, at_the_end, bad, bench.view(END), tuple(garbage), left_out)


def _after_garbage(bench: Bench, folder: Path, told: tuple[Told, ...], number: int, xnys: Sequence[date]) -> tuple[View, View]:
    cut, known = told[number].through, [step.batch.frames for step in told[: number + 1]]
    *_, rest = never_corrected(tell(xnys, [cut, END]))
    with bench.elsewhere(folder) as other:
        other.land(poisoned(rest.batch, known, cut, SEED + number), rest.evening)
        other.build()
        return other.view(cut), other.view(END)


def _changed(then: Mapping[date, View], now: Mapping[date, View]) -> dict[date, list[str]]:
    return {cut: found for cut, view in then.items() if (found := differences(view, now[cut]))}


def test_without_the_future_every_row_of_the_past_is_the_same(walk: Walk) -> None:
    assert _changed(walk.then, walk.at_the_end) == {}


def test_garbage_in_the_future_changes_no_row_of_the_past(walk: Walk) -> None:
    assert _changed(walk.then, walk.poisoned) == {}
    assert {name for view in walk.garbage for name in differences(walk.truth, view)} >= TOUCHED


def test_the_label_of_a_size_universe_does_not_wait_for_the_first_delisting(tmp_path: Path, catalog: Catalog, xnys: Sequence[date]) -> None:
    source = planted_source()
    cut = sessions_of(source, xnys)[first_end(source, xnys) - 5]
    tables = frozenset(catalog.upstream("core.rank_membership") | {"core.rank_membership"})
    views = []
    with Bench(tmp_path, catalog, tables, is_frozen=True) as bench:
        for step in never_corrected(tell(xnys, [cut, END], source)):
            bench.land(step.batch, step.evening)
            bench.build()
            views.append(bench.view(cut))
    assert differences(*views) == []


def test_rows_that_are_left_out_are_graded_as_of_today(walk: Walk) -> None:
    assert walk.left_out == ("D",)


@pytest.mark.long
def test_built_from_nothing_at_a_cut_is_what_was_built_in_steps(walk: Walk, tmp_path: Path, catalog: Catalog) -> None:
    for cut in list(walk.then)[::5]:
        with Bench(tmp_path / str(cut), catalog, derived(catalog), is_frozen=True) as bench:
            for step in walk.told:
                if step.through <= cut:
                    bench.land(step.batch, step.evening)
            bench.build()
            assert differences(bench.view(cut), walk.then[cut]) == []


def test_what_is_of_today_says_so(catalog: Catalog) -> None:
    """Whatever a cut may change is told by the comment of its column, or by the header of its table."""
    for name, columns in OF_TODAY.items():
        comments = {column.name: column.comment for column in catalog.models[name].columns}
        for column, reason in columns.items():
            assert reason in comments[column] or reason in catalog.models[name].description, f"{name}.{column}"
