"""The simulated market fetched through the real client from the loopback Yahoo builds the tables that the market read directly does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
import pytest

from rotation_pipeline.landing import LedgerEntry
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo, forget_everything
from rotation_pipeline_tests.sources.yahoo.loopback.simulated_wire import Evening
from rotation_pipeline_tests.sources.yahoo.same_market import Compared, Direct, Home, ThroughYahoo, compare, mentions

SEED = 71
# The whole history, then a session with a 3:2 split and a new listing, and two more; with dividends and announcements.
EVENINGS = (date(2025, 11, 12), date(2025, 11, 13), date(2025, 11, 14), date(2025, 11, 17))
EMPTY = {
    "core.suspected_rename": "no two lines move alike",
    "core.cap_estimate": "every company has a count",
    "core.unusable_bar": "every bar can be used",
    "core.doubtful_kind": "every line says what it is",
    "core.symbol_rename": "nothing is renamed",
    "core.symbol_reuse": "no symbol is used again",
    "core.line_end": "Yahoo does not tell what has ended",
    "core.delisting": "Yahoo does not tell how what has ended did",
    "core.halt": "every line trades on",
    "core.symbol_predecessor": "nobody filed under a symbol before the line that took it",
    "core.quarantine_release": "nobody decided anything",
    "core.suspect_split": "no split is in doubt",
    "core.price_leap": "no price leaps",
    "core.absurd_cap": "nobody is worth too much",
    "core.price_correction": "no bad print is found out",
    "core.return_base": "no bar is in doubt",
}


@dataclass(frozen=True)
class Seen:
    """Both comparisons, what every fetch said, and the last evening."""

    whole: Compared
    one_by_one: Compared
    ledger: Sequence[LedgerEntry]
    market: Evening


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, xnys: Sequence[date]) -> Iterator[Seen]:
    """The market fetched and read directly, compared after the whole history and after three more sessions one by one."""
    folder, source = tmp_path_factory.mktemp("same_market"), Simulated(n_names=60, n_years=2, seed=SEED)
    fetched, told = (Home.make(folder, catalog, name) for name in ("yahoo", "simulated"))
    mentioned: set[str] = set()
    compared: list[Compared] = []
    with LoopbackYahoo() as server:
        yahoo, direct = ThroughYahoo(fetched, server, folder / "cache", xnys), Direct(told, source, xnys)
        for day in EVENINGS:
            market = Evening.of(source, xnys, day)
            if day == EVENINGS[0]:
                for home in (fetched, told):
                    home.land_reference(market.frames["raw.membership"], day)
            looks = yahoo.fetch(market)
            direct.land(market, looks, mentions(fetched.landing, mentioned))
            if day in (EVENINGS[0], EVENINGS[-1]):
                for home in (fetched, told):
                    home.build()
                compared.append(compare(fetched, told, catalog))
        yield Seen(compared[0], compared[1], yahoo.ledger, market)
    forget_everything()
    for home in (fetched, told):
        home.warehouse.close()


def test_the_whole_history_builds_the_same_tables(seen: Seen) -> None:
    assert seen.whole.unlike == {}


def test_sessions_one_by_one_build_the_same_tables(seen: Seen) -> None:
    assert seen.one_by_one.unlike == {}


def test_every_core_and_mart_table_had_rows_to_compare(seen: Seen, catalog: Catalog) -> None:
    for compared in (seen.whole, seen.one_by_one):
        assert set(compared.n_rows) == {name for name in catalog.models if name.startswith(("core.", "mart."))}
        assert {name for name, n in compared.n_rows.items() if n == 0} == set(EMPTY)


def test_everything_that_was_asked_for_came(seen: Seen) -> None:
    assert [entry for entry in seen.ledger if entry.outcome not in ("landed", "excused")] == []


def test_the_sessions_bring_a_listing_a_split_and_dividends(seen: Seen) -> None:
    days = pl.col("ex_date").is_between(EVENINGS[1], EVENINGS[-1])
    actions = seen.market.frames["raw.corporate_action"].filter(days)
    assert set(actions["kind"]) == {"split", "dividend"}
    assert EVENINGS[1] in {listing["first_session"] for listing in seen.market.listings.values()}
