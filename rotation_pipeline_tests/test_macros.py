"""A file of sql/macros is read as written; one that breaks the house rules is named with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from rotation_pipeline import dictionary
from rotation_pipeline.errors import BadModel
from rotation_pipeline.models import Catalog, Term
from rotation_pipeline.models.macros import read_macro
from rotation_pipeline.pipeline import find_transform
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import Warehouse, ask

BASE = """-- One row is one thing.
-- key: id
create table raw.base (
    id integer not null, -- number
    known_at timestamp not null -- UTC
);"""
MACRO = """-- One row is one thing that was known.
--
-- Nothing more.
create or replace macro things_asof(
    ts, -- UTC instant
    least -- smallest number
) as table
with known as (select id from raw.base where known_at <= ts)
select
    id, -- number
    id * 2 as twice -- twice the number
from known
where id >= least;
"""


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    for name, text in {"raw/base.sql": BASE, "macros/things_asof.sql": MACRO}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_file_becomes_a_macro(sql: Path) -> None:
    (macro,) = Catalog.load(sql).macros
    assert (macro.name, macro.call, macro.reads) == ("things_asof", "things_asof(ts, least)", frozenset({"raw.base"}))
    assert macro.description == "One row is one thing that was known.\n\nNothing more."
    assert macro.parameters == (Term("ts", "UTC instant"), Term("least", "smallest number"))
    assert macro.columns == (Term("id", "number"), Term("twice", "twice the number"))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (" -- UTC instant", "", "parameter ts: has no comment"),
        (" -- twice the number", "", "column twice: has no comment"),
        ("-- One row is one thing", "-- Things", "has no first comment 'One row is ...'"),
        ("things_asof", "other", "creates other"),
        ("raw.base", "raw.gone", "reads raw.gone, which no file describes"),
        (" as table", " as", "cannot be read"),
        ("or replace ", "", "is not one table macro"),
        ("where id", "where id >= 0; select 1 where id", "is not one table macro"),
    ],
)
def test_a_file_that_breaks_the_rules_is_named(sql: Path, old: str, new: str, problem: str) -> None:
    path = sql / "macros" / "things_asof.sql"
    path.write_text(MACRO.replace(old, new, 1))
    with pytest.raises(BadModel, match=problem.replace("(", r"\(")) as error:
        Catalog.load(sql)
    assert "things_asof.sql" in error.value.culprit


def test_the_file_holds_the_macros_of_the_catalog_and_no_others(tmp_path: Path, catalog: Catalog) -> None:
    made = "select function_name from duckdb_functions() where database_name = 'rotation' and function_type = 'table_macro'"
    working = tmp_path / "working.duckdb"
    for name in ("things_asof", "renamed_asof"):
        path = tmp_path / f"{name}.sql"
        path.write_text(MACRO.replace("things_asof", name).replace("raw.base", "(select 3 as id, timestamp '2026-01-02' as known_at)"))
        with Warehouse(working, Catalog(catalog.models.values(), [read_macro(path)]), find_transform) as warehouse:
            warehouse.define_macros()
            assert warehouse.rows(made) == [(name,)]
    assert ask(working, "select id, twice from renamed_asof(timestamp '2026-01-02', 1)").rows == ((3, 6),)
    assert ask(working, "select id, twice from renamed_asof(timestamp '2026-01-01', 1)").rows == ()


def test_a_release_documents_its_macros(demo_home: Settings, catalog: Catalog) -> None:
    published = demo_home.published / "rotation.duckdb"
    told = ask(published, "select macro_name, call, parameters, columns from meta.macro_doc order by macro_name").rows
    assert [row[:2] for row in told] == [(macro.name, macro.call) for macro in catalog.macros]
    for macro, (_, _, parameters, columns) in zip(catalog.macros, told, strict=True):
        assert parameters == "\n".join(f"{term.name}: {term.meaning}" for term in macro.parameters)
        assert columns == "\n".join(f"{term.name}: {term.meaning}" for term in macro.columns)
        assert f"### {macro.call}\n" in dictionary.as_markdown(catalog)


def test_every_macro_is_asked_in_an_example(catalog: Catalog, demo_home: Settings) -> None:
    examples = "\n".join(row[0] for row in ask(demo_home.published / "rotation.duckdb", "select sql from meta.query_example").rows)
    assert [macro.name for macro in catalog.macros if f"{macro.name}(" not in examples] == []
