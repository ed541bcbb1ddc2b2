"""On a published simulated market: no check exists that cannot fail, and every question of sql/queries has an answer."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from rotation_pipeline.models import Catalog, Check, Question, load_questions
from rotation_pipeline.pipeline import find_transform
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import BEGINNING, Warehouse, ask
from rotation_pipeline.warehouse.checking import window_params

CHECKS = [check for model in Catalog.load().models.values() for check in model.checks]
# Tables that are rightly empty when nothing went wrong.
EMPTY_WHEN_ALL_IS_WELL = {"what_changed", "what_was_restated", "failed_fetches", "broken_checks", "suspected_renames"}


@pytest.fixture(scope="module")
def warehouse(demo_home: Settings, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A copy of the demo's working warehouse, free to be spoiled."""
    copy = tmp_path_factory.mktemp("spoiled") / "working.duckdb"
    shutil.copyfile(demo_home.warehouse, copy)
    with Warehouse(copy, catalog, find_transform) as opened:
        yield opened


def run(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    con = warehouse._con.duckdb
    return warehouse.rows(sql, window_params(con.extract_statements(sql)[0].named_parameters, BEGINNING, warehouse.last_session()))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.model}/{check.claim}")
def test_a_check_trips_when_its_table_is_spoiled(check: Check, warehouse: Warehouse) -> None:
    con = warehouse._con.duckdb
    assert run(warehouse, check.query) == [], "offends on a sound market"
    con.begin()
    try:
        run(warehouse, check.sabotage)
        assert run(warehouse, check.query), "the sabotage is not noticed"
    finally:
        con.rollback()


@pytest.mark.parametrize("question", load_questions(), ids=lambda question: question.name)
def test_a_question_is_answered(question: Question, demo_home: Settings) -> None:
    answer = ask(demo_home.published / "rotation.duckdb", question.sql)
    assert answer.columns
    assert bool(answer.rows) is (question.name not in EMPTY_WHEN_ALL_IS_WELL)


def test_every_mart_says_something(warehouse: Warehouse) -> None:
    marts = [name for name in warehouse.catalog.models if name.startswith("mart.")]
    assert [name for name in marts if warehouse.rows(f"select count(*) from {name}") == [(0,)]] == []
