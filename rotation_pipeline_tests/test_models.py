"""sql/ is read as written; a file that breaks the house rules is named with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from rotation_pipeline.errors import BadModel
from rotation_pipeline.models import Catalog, Fill, Lineage

BASE = """-- One row is one thing.
-- key: id
create table raw.base (
    id integer not null, -- number
    price double default 1 -- USD
);"""
DERIVED = """-- One row is one doubled thing.
--
-- Twice as much.
-- key: id
create table core.derived (
    id integer not null, -- number
    known_from date not null, -- first session
    known_to date, -- end
    twice double -- USD
);
insert into core.derived by name
with dear as (select id, price from raw.base where price > 0)
select dear.id, date '2020-01-01' as known_from, null::date as known_to, 2 * dear.price as twice
from dear
where $first is not null;"""


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    for name, text in {"raw/base.sql": BASE, "core/derived.sql": DERIVED}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_file_becomes_a_model(sql: Path) -> None:
    model = Catalog.load(sql).models["core.derived"]
    assert (model.fill, model.is_windowed, model.reads, model.key) == (Fill.SQL, True, frozenset({"raw.base"}), ("id",))
    assert (model.summary, model.clock, model.clock_end) == ("One row is one doubled thing.", "known_from", "known_to")
    assert [(c.name, c.type, c.is_nullable, c.comment) for c in model.columns] == [
        ("id", "integer", False, "number"),
        ("known_from", "date", False, "first session"),
        ("known_to", "date", True, "end"),
        ("twice", "double", True, "USD"),
    ]
    assert Catalog.load(sql).models["raw.base"].columns[1].default == "1"


def test_files_are_read_once_until_one_of_them_changes(sql: Path) -> None:
    first = Catalog.load(sql)
    assert Catalog.load(sql) is first
    (sql / "core" / "derived.sql").write_text(DERIVED.replace("-- Twice as much.", "-- Twice the price."))
    assert Catalog.load(sql).models["core.derived"].description != first.models["core.derived"].description
    (sql / "raw" / "other.sql").write_text(BASE.replace("raw.base", "raw.other"))
    assert "raw.other" in Catalog.load(sql).models


def test_lineage_follows_values_through_ctes(sql: Path) -> None:
    lines = Catalog.load(sql).lineage("core.derived")
    assert Lineage("twice", ("raw.base.price",)) in lines
    assert Lineage("known_from", ()) in lines


def test_the_version_moves_with_the_file_only(sql: Path) -> None:
    before = Catalog.load(sql).models
    (sql / "raw" / "base.sql").write_text(BASE + "\n")
    after = Catalog.load(sql).models
    assert before["raw.base"].code_version != after["raw.base"].code_version
    assert before["core.derived"].code_version == after["core.derived"].code_version


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("core/a.sql", "select 1", "does not begin with a create table"),
        ("core/a.sql", BASE, "creates raw.base"),
        ("core/a.sql", BASE.replace("raw.base", "core.a").replace("-- key: id\n", ""), "key: a, b"),
        ("core/a.sql", BASE.replace("raw.base", "core.a").replace("key: id", "key: ident"), "key names ident"),
        ("core/a.sql", BASE.replace("raw.base", "core.a").replace(" -- number", ""), "column id"),
        ("core/a.sql", DERIVED.replace("core.derived", "core.a").replace("raw.base", "raw.gone"), "reads raw.gone"),
        ("core/a.sql", DERIVED.replace("core.derived", "core.a").replace("raw.base", "base"), "reads base"),
        ("core/a.sql", DERIVED.replace("core.derived", "core.a").replace(" by name", ""), "by position"),
        ("core/a.sql", DERIVED.replace("core.derived", "core.a") + "select 1;", "3 statements"),
        ("core/a.sql", DERIVED.replace("core.derived", "core.a").replace("where $first", "wher $first ("), "cannot be read"),
        ("core/a.sql", DERIVED.replace("core.derived", "core.a").replace("insert into core.a by name", ""), "no transform"),
        ("core/derived.sql", DERIVED.replace("raw.base", "core.a"), "reads core.a"),
        ("checks/core/gone/x.sql", "-- A claim.\n-- fails after:\nselect 1;\nselect 1", "no file describes"),
        ("checks/core/derived/x.sql", "-- A claim.\nselect 1", "is no check"),
    ],
)
def test_a_file_that_breaks_the_rules_is_named(sql: Path, name: str, text: str, complaint: str) -> None:
    (sql / name).parent.mkdir(parents=True, exist_ok=True)
    (sql / name).write_text(text)
    with pytest.raises(BadModel, match=complaint):
        Catalog.load(sql)


def test_tables_that_read_each_other_in_a_circle_are_refused(sql: Path) -> None:
    (sql / "core" / "a.sql").write_text(DERIVED.replace("core.derived", "core.a").replace("raw.base", "core.derived"))
    (sql / "core" / "derived.sql").write_text(DERIVED.replace("raw.base", "core.a"))
    with pytest.raises(BadModel, match="circle"):
        Catalog.load(sql)


def test_the_real_files_all_obey(catalog: Catalog) -> None:
    order = list(catalog.models)
    assert all(order.index(read) < order.index(name) for name, model in catalog.models.items() for read in model.reads)
    assert {model.schema for model in catalog.models.values()} == {"raw", "core", "mart", "meta", "ops"}
