"""A new cohort is one new file: its members and every mart follow, and no row of another cohort changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rotation_pipeline import reference
from rotation_pipeline.landing import Held, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import find_transform
from rotation_pipeline.reference import reader
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.warehouse import Warehouse

NOW = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
NOT_OF_THIS_MARKET = ("raw.membership", "raw.symbol_change")
# Tables that have rows of every cohort. Companies that report and gaps between multiples are told of the pairs that are compared.
FOLLOWING = {
    "core.cohort_cap", "core.cohort_fundamental", "core.issuer_membership", "core.membership", "core.membership_exit",
    "core.universe_breadth", "core.universe_concentration", "core.universe_dispersion", "core.universe_equal_weight",
    "core.universe_return", "mart.breadth", "mart.earnings_exposure", "mart.valuation", "ops.universe_coverage",
}  # fmt: skip
SCREEN = 'kind = "SCREEN"\nlabel = "Mine"\nbase = "SP500"\nsectors = ["Technology", "Energy", "Industrials"]\n'
REST = 'kind = "MINUS"\nlabel = "Mine"\noperands = ["SP500", "CYCLICAL"]\n'


def land_reference(landing: Landing, now: datetime) -> None:
    """The reference, if it changed, without what is true of the real market only."""
    known = reference.batch(now, landing.cursor("reference"))
    assert known is not None
    frames = {table: frame for table, frame in known.frames.items() if table not in NOT_OF_THIS_MARKET}
    landing.write("reference", replace(known, frames=frames, ledger=()), now)


def build(warehouse: Warehouse, landing: Landing) -> set[str]:
    """The tables of every cohort and what they are made of, brought up to date; those whose rows changed."""
    wanted = frozenset(FOLLOWING.union(*(warehouse.catalog.upstream(name) for name in FOLLOWING)))
    results = [*warehouse.take_in(landing.loads()), *warehouse.build_stale(wanted)]
    assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
    return {result.table for result in results if result.changed_from is not None}


@pytest.fixture
def market(
    tmp_path: Path, catalog: Catalog, xnys: Sequence[date], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Warehouse, Landing, Path]]:
    """A built market of 60 names over a year, whose cohort files are a copy."""
    data = Path(shutil.copytree(reader.DATA, tmp_path / "data"))
    monkeypatch.setattr(reader, "DATA", data)
    landing = Landing(tmp_path / "landing", catalog.models)
    land_reference(landing, NOW)
    source = Simulated(60, 1, seed=7)
    for batch in source.fetch(FetchRequest(NOW.date(), tuple(xnys), NOW, {}, held=Held(landing, source.name))):
        landing.write(source.name, batch, NOW)
    with Warehouse(None, catalog, find_transform) as warehouse:
        build(warehouse, landing)
        yield warehouse, landing, data / "cohorts"


def id_columns(catalog: Catalog) -> dict[str, str]:
    """The computed tables with a cohort in their key, and its column."""
    named = {name: [part for part in model.key if part in ("universe_id", "cohort_id")] for name, model in catalog.models.items()}
    return {name: parts[0] for name, parts in named.items() if parts and not name.startswith("raw.")}


def contents(warehouse: Warehouse, columns: dict[str, str], of_mine: bool) -> dict[str, tuple[int, int]]:
    """Count and fingerprint of the rows of the cohort MINE, or of all others, a table."""
    where = "=" if of_mine else "<>"
    found = {}
    for name, column in columns.items():
        sql = f"select count(*), coalesce(sum(hash(row)::hugeint), 0) from {name} as row where row.{column} {where} 'MINE'"
        found[name] = warehouse.rows(sql)[0]
    return found


def test_one_file_is_all_it_takes(market: tuple[Warehouse, Landing, Path], catalog: Catalog) -> None:
    """First a screen, then under the same name a cohort of cohorts."""
    warehouse, landing, folder = market
    columns = {name: column for name, column in id_columns(catalog).items() if warehouse.exists(name)}
    before = contents(warehouse, columns, of_mine=False)
    for minute, rule in enumerate((SCREEN, REST), 1):
        (folder / "MINE.toml").write_text(rule)
        land_reference(landing, NOW + timedelta(minutes=minute))
        changed = build(warehouse, landing)
        followed = {name for name, (n, _) in contents(warehouse, columns, of_mine=True).items() if n}
        assert followed >= FOLLOWING
        assert changed >= FOLLOWING
        assert contents(warehouse, columns, of_mine=False) == before
