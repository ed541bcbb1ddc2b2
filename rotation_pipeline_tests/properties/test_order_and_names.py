"""M-5: neither the order in which rows arrive nor the symbols that name them change a number."""

from __future__ import annotations

from random import Random

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.properties import draws
from rotation_pipeline_tests.properties.changes import Rename, in_loads, rename, shuffled
from rotation_pipeline_tests.properties.compare import differences
from rotation_pipeline_tests.properties.conftest import Build
from rotation_pipeline_tests.properties.market import Built, Frames, derived, numbers


def columns(catalog: Catalog, *endings: str) -> dict[str, list[str]]:
    """Per table its columns whose names end like this."""
    return {name: [one.name for one in model.columns if one.name.endswith(endings)] for name, model in catalog.models.items()}


def of_securities(catalog: Catalog) -> list[str]:
    """The tables whose rows are not of symbols; the latest symbol of a line is one by another name."""
    return [name for name in derived(catalog) if "symbol" not in " ".join(catalog.models[name].key) and name != "core.last_symbol"]


def in_order(catalog: Catalog) -> dict[str, list[str]]:
    """What tells of loads and of places in their order."""
    return columns(catalog, "load_id", "number")


def by_content(catalog: Catalog) -> list[str]:
    """The tables whose rows are not of loads."""
    return [name for name in derived(catalog) if "load_id" not in catalog.models[name].key]


def dealt(seed: int, frames: Frames) -> list[Frames]:
    random = Random(seed)
    return in_loads(shuffled(frames, random), random, 3)


def test_rows_in_any_order_in_any_loads_and_under_other_symbols_make_the_same_tables(
    frames: Frames, untouched: Built, built: Build, catalog: Catalog
) -> None:
    drawn = draws.renames(frames, Random(0), 8)
    after = built(*dealt(0, rename(frames, drawn)))
    assert after.warehouse.rows("select count(*) from core.symbol_rename where is_applied") == [(3 + len(drawn),)]
    known = numbers(after, untouched, {one.old: one.new for one in drawn})
    assert sum(new != old for new, old in known.security.items()) > 20
    tables = [name for name in by_content(catalog) if name in of_securities(catalog)]
    assert differences(untouched, after, tables, meant=columns(catalog, "load_id", "number", "symbol"), numbers=known) == {}


def test_rows_in_any_order_and_in_any_loads_make_the_same_names(frames: Frames, untouched: Built, built: Build, catalog: Catalog) -> None:
    """The tables whose rows are of symbols."""
    tables = [name for name in by_content(catalog) if name not in of_securities(catalog)]
    after = built(*dealt(0, frames), tables=tables)
    assert differences(untouched, after, tables, meant=in_order(catalog), numbers=numbers(after, untouched)) == {}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, draws.LONG))
def test_rows_dealt_otherwise(seed: int, frames: Frames, untouched: Built, built: Build, catalog: Catalog) -> None:
    after = built(*dealt(seed, frames))
    known = numbers(after, untouched)
    assert differences(untouched, after, by_content(catalog), meant=in_order(catalog), numbers=known) == {}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, draws.LONG))
def test_other_symbols_make_the_same_tables(seed: int, frames: Frames, untouched: Built, built: Build, catalog: Catalog) -> None:
    drawn = draws.renames(frames, Random(seed), 8)
    after = built(rename(frames, drawn))
    today = {one.old: one.new for one in drawn}
    assert after.warehouse.rows("select count(*) from core.symbol_rename where is_applied") == [(3 + len(drawn),)]
    known = numbers(after, untouched, today)
    assert differences(untouched, after, of_securities(catalog), meant=columns(catalog, "symbol"), numbers=known) == {}


def test_a_renamed_class_stands_for_its_company_as_before(frames: Frames, untouched: Built, built: Build) -> None:
    after = built(rename(frames, [Rename("GOOGL", "ZGOOGL", draws.sessions(frames)[100])]), tables=["core.security"])
    known = numbers(after, untouched, {"GOOGL": "ZGOOGL"})
    assert differences(untouched, after, ["core.security"], meant={"core.security": ("symbol",)}, numbers=known) == {}
