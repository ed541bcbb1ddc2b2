"""The us market: what the screener lists beside shares is no company of it (case 69)."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from rotation_pipeline import reference
from rotation_pipeline.landing import Batch
from rotation_pipeline.models import Catalog
from rotation_pipeline.warehouse import Warehouse
from rotation_pipeline_tests.lab import find_transform
from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.loopback.vendor import Vendor
from rotation_pipeline_tests.sources.yahoo.loopback.wire import instant

COMPANIES = ("P00", "P01", "P02", "SCHW", "UBER", "BIDU")
BESIDE = {"P00-PA": "PREFERRED", "P01-WT": "WARRANT", "P02-UN": "UNIT", "SPACW": "WARRANT", "SPACU": "UNIT", "SPACR": "RIGHT"}
NAMES = {
    "P00-PA": {"longName": "P00 Inc.", "shortName": "P00 Inc. 6.5% Preferred Stock"},
    "P01-WT": {"longName": "P01 Inc. Warrants"},
    "P02-UN": {"longName": "P02 Inc."},
    **{symbol: {"longName": "Space Acquisition Corp."} for symbol in ("SPACW", "SPACU", "SPACR")},
}


@pytest.mark.parametrize("names", [NAMES, {}], ids=["by their names", "where the vendor writes the symbol for a name"])
def test_what_is_listed_beside_shares_is_no_company(market: Market, catalog: Catalog, names: dict[str, dict[str, Any]]) -> None:
    sessions = [day for day in market.sessions if day <= date(2026, 11, 13)][-30:]
    vendor = Vendor.make(sessions, {"SPY": "ETF", **dict.fromkeys((*COMPANIES, *BESIDE), "EQUITY")})
    vendor.show(market.yahoo, sessions[-1])
    for quote in market.yahoo.screened:
        quote.update(names.get(quote["symbol"], {}))
    market.width = "us"
    market.fetch(sessions[-1], ["SPY"])
    warehouse = _built(market, catalog)
    kinds = dict(warehouse.rows("select symbol, kind from core.security where kind <> 'ETF'"))  # type: ignore[arg-type]
    assert kinds == {**dict.fromkeys(COMPANIES, "EQUITY"), **BESIDE}
    assert warehouse.rows("from core.doubtful_kind") == []
    counted = "select distinct symbol from core.market_cap join core.security using (security_id)"
    assert {symbol for (symbol,) in warehouse.rows(counted)} <= set(COMPANIES)
    assert warehouse.rows("select max(n_expected) from ops.coverage where kind = 'EQUITY'") == [(len(COMPANIES),)]


def _built(market: Market, catalog: Catalog) -> Warehouse:
    batch = reference.batch(instant("2026-11-01 12:00"), {})
    assert batch is not None
    members = pl.DataFrame({"universe_id": "SP500", "symbol": list(COMPANIES), "valid_from": date(2026, 1, 2), "bias_label": "PIT_FULL"})
    frames = {**batch.frames, "raw.membership": members}
    del frames["raw.symbol_change"]
    market.landing.write("reference", Batch(frames, batch.ledger, batch.cursor), instant("2026-11-01 12:00"))
    warehouse = Warehouse(None, catalog, find_transform)
    tables = {"core.market_cap", "core.doubtful_kind", "ops.coverage"}
    wanted = frozenset(tables).union(*(catalog.upstream(table) for table in tables))
    results = [*warehouse.take_in(market.landing.loads()), *warehouse.build_stale(wanted)]
    assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
    return warehouse
