"""Evening after evening something happens, and the tables built step by step are those built anew from what landed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from rotation_pipeline import reference
from rotation_pipeline.landing import Batch
from rotation_pipeline.models import Catalog
from rotation_pipeline.warehouse import Warehouse
from rotation_pipeline_tests.content import content_of
from rotation_pipeline_tests.lab import find_transform
from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.loopback.vendor import Vendor

KINDS = {
    "SPY": "ETF",
    "ADA": "EQUITY",
    "BOB": "EQUITY",
    "CAT": "EQUITY",
    "DOT": "EQUITY",
    "EVE": "EQUITY",
    "FOX": "EQUITY",
    "GUS": "EQUITY",
}
PAYERS = ("ADA", "BOB", "EVE")  # dividends keep a company's chart being read every evening
N_BEFORE, N_EVENINGS = 290, 5


@dataclass
class Story:
    """A market that is fetched and built evening by evening."""

    market: Market
    vendor: Vendor
    warehouse: Warehouse
    first: date
    evenings: Sequence[date]
    n_told: int = 0

    def market_closes(self, nth: int) -> None:
        """Fetch what Yahoo shows on an evening."""
        self.vendor.show(self.market.yahoo, self.evenings[nth])
        self.market.fetch(self.evenings[nth], list(KINDS))

    def evening(self, nth: int) -> None:
        """Fetch, and redo what is stale."""
        self.market_closes(nth)
        build(self.warehouse, self.market)

    def equals_rebuild(self) -> None:
        """Every table has the content it gets when all are built anew from landing."""
        with Warehouse(None, self.warehouse.catalog, find_transform) as anew:
            build(anew, self.market)
            there, here = content_of(anew), content_of(self.warehouse)
        assert {name for name in there if there[name] != here[name]} == set()

    def restated(self) -> list[tuple[Any, ...]]:
        """What ops.restatement says that it did not say before: kind, symbol, item, sessions, their number, effect."""
        columns = "kind, symbol, item, first_session, last_session, n_sessions, effect"
        said = self.warehouse.rows(f"select {columns} from ops.restatement order by fetched_at, symbol, first_session")
        new, self.n_told = said[self.n_told :], len(said)
        return new

    def security(self, symbol: str) -> int:
        """The security that a symbol means now, or meant last: a symbol that was left is nobody's."""
        sql = "select security_id from core.line_symbol where symbol = $symbol order by valid_to desc"
        return int(self.warehouse.rows(sql, {"symbol": symbol})[0][0])

    def prices(self, symbol: str, through: date) -> list[tuple[Any, ...]]:
        """Sessions, as-traded closes and total-return index of the line that a symbol means now."""
        sql = "select session, close_usd, tri_e12 from core.daily_price where security_id = $id and session <= $through order by session"
        return self.warehouse.rows(sql, {"id": self.security(symbol), "through": through})


def build(warehouse: Warehouse, market: Market) -> None:
    results = [*warehouse.take_in(market.landing.loads()), *warehouse.build_stale()]
    assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []


def land_reference(market: Market, sessions: Sequence[date]) -> None:
    """The reference with a list of the companies in place of the real lists, and no renames but those that Yahoo shows."""
    now = datetime(sessions[0].year, sessions[0].month, sessions[0].day, tzinfo=UTC)
    batch = reference.batch(now, {})
    assert batch is not None
    companies = [symbol for symbol, kind in KINDS.items() if kind == "EQUITY"]
    members = pl.DataFrame(
        {"universe_id": "SP500", "symbol": companies, "valid_from": sessions[0], "bias_label": "PIT_FULL"},
        schema_overrides={"symbol": pl.String},
    )
    frames = {**batch.frames, "raw.membership": members}
    del frames["raw.symbol_change"]
    market.landing.write("reference", Batch(frames, batch.ledger, batch.cursor), now)


@pytest.fixture
def story(market: Market, catalog: Catalog, xnys: Sequence[date]) -> Iterator[Story]:
    sessions = [day for day in xnys if day <= date(2026, 11, 17)][-N_BEFORE - N_EVENINGS + 1 :]
    vendor = Vendor.make(sessions, KINDS)
    for symbol in PAYERS:
        vendor.lines[symbol].dividends[sessions[200]] = 0.4
    land_reference(market, sessions)
    with Warehouse(None, catalog, find_transform) as warehouse:
        yield Story(market, vendor, warehouse, sessions[0], sessions[N_BEFORE - 1 :])


def test_whatever_happens_incremental_equals_rebuild_and_what_moved_is_named(story: Story) -> None:
    vendor, days = story.vendor, story.evenings
    story.evening(0)
    assert story.restated() == []

    # A day is added, and with it a dividend, which moves nothing of the past; a split, by which the vendor restates every price while
    # none moves as traded; and a close of the evening before is corrected.
    before = story.prices("CAT", days[0])
    vendor.lines["BOB"].dividends[days[1]] = 0.4
    vendor.lines["CAT"].split(days[1], 2, 1)
    vendor.lines["ADA"].closes[days[0]] += 0.75
    story.evening(1)
    story.equals_rebuild()
    assert story.restated() == [
        ("CORRECTION", "ADA", "close", days[0], days[0], 1, "RECOMPUTED"),
        ("BASIS_CHANGE", "CAT", "close", story.first, days[0], len(before), "NONE"),
    ]
    assert story.prices("CAT", days[0]) == before
    assert story.prices("ADA", days[0])[-1][1] == pytest.approx(vendor.lines["ADA"].closes[days[0]])
    paid = (
        "select ex_session, cash_usd from core.corporate_action where security_id = $id and cash_usd > 0 order by ex_session desc limit 1"
    )
    assert story.warehouse.rows(paid, {"id": story.security("BOB")}) == [(days[1], 0.4)]

    # A session is missing for all. On the next evening a symbol is renamed: one security, one history.
    for line in vendor.lines.values():
        line.missing.add(days[2])
    story.market_closes(2)
    before, number = story.prices("DOT", days[1]), story.security("DOT")
    vendor.rename("DOT", "DOTS")
    story.evening(3)
    assert story.restated() == [("RENAMED", "DOTS", "symbol", story.first, days[1], len(before), "RECOMPUTED")]
    assert story.prices("DOTS", days[1]) == before
    assert story.security("DOT") == story.security("DOTS") == number
    assert story.warehouse.rows("select symbol from core.security where symbol like 'DOT%'") == [("DOTS",)]

    # The missing session arrives late, between two that are held.
    for line in vendor.lines.values():
        line.missing.clear()
    story.evening(4)
    story.equals_rebuild()
    late = sorted({*KINDS, "DOTS"} - {"DOT"})
    assert story.restated() == [("LATE_ROW", symbol, "close", days[2], days[2], 1, "RECOMPUTED") for symbol in late]
    assert {len(story.prices(symbol, days[4])) for symbol in late} == {N_BEFORE + N_EVENINGS - 1}
