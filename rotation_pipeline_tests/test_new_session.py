"""One more session on which identities change: what is redone, from where, and that it equals a rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from rotation_pipeline import reference
from rotation_pipeline.landing import Batch, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import find_transform
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.warehouse import BuildResult, Warehouse
from rotation_pipeline_tests.content import content_of

BEFORE, DAY = date(2026, 1, 12), date(2026, 1, 13)
# A new symbol is a label of the whole line there, and may be the class of a company that a list entry without a line belongs to.
SHOW_SYMBOLS = {"ops.universe_coverage", "core.member_count"}
NOT_SIMULATED = ("raw.membership", "raw.symbol_change")  # the reference's lists are of the real market


def evening(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)


def fetched(source: Simulated, landing: Landing, xnys: Sequence[date], through: date) -> Batch:
    """What the source has new, not landed yet."""
    (batch,) = source.fetch(FetchRequest(through, tuple(xnys), evening(through), landing.cursor(source.name)))
    return batch


def build(warehouse: Warehouse, landing: Landing) -> dict[str, BuildResult]:
    catalog = warehouse.catalog
    own = {name for name in catalog.models if name.startswith(("core.", "ops."))}
    # Without what is made of marts: months of factors begin before the session.
    of_marts = {name for name in own if any(table.startswith("mart.") for table in catalog.upstream(name))}
    tables = frozenset(own - of_marts | {"mart.valuation"})
    results = [*warehouse.take_in(landing.loads()), *warehouse.build_stale(tables)]
    assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
    return {result.table: result for result in results}


def eventful(batch: Batch, listed: pl.DataFrame, names: Sequence[str]) -> Batch:
    """Make it the day on which a company and a second class are listed and others are relabelled, end, split, move, change symbol."""
    new, sister, relabelled, ended, split, moved, renamed = names
    bars = batch.frames["raw.price_bar"].filter(pl.col("session") == DAY)

    def under(symbol: str, frame: pl.DataFrame, like: str) -> pl.DataFrame:
        return frame.filter(pl.col("symbol") == like).with_columns(symbol=pl.lit(symbol))

    def told(symbol: str, **labels: Any) -> pl.DataFrame:
        return listed.filter(pl.col("symbol") == symbol).with_columns(pl.lit(value).alias(name) for name, value in labels.items())

    halved = [pl.when(pl.col("symbol") == split).then(pl.col(c) / 2).otherwise(c).alias(c) for c in ("open", "high", "low", "close")]
    served = bars.filter(~pl.col("symbol").is_in([ended, renamed])).with_columns(halved)
    served = pl.concat([served, under("ZNEW", bars, new), under("ZCLASS", bars, sister), under("ZNAME", bars, renamed)])
    listings = [
        under("ZNEW", told(new, issuer_key="Z", first_session=DAY), new),
        under("ZCLASS", told(sister, first_session=DAY), sister),
        under("ZNAME", told(renamed), renamed),
        told(relabelled, name="Other", sector="Energy", exchange="ASE"),
        told(ended, last_session=BEFORE, delist_reason="MERGER_CASH"),
        told(moved, last_session=BEFORE, delist_reason="EXCHANGE_MOVE", exchange="ASE"),
    ]
    frames = {
        "raw.price_bar": served,
        "raw.listing": pl.concat(listings),
        "raw.corporate_action": pl.DataFrame({"symbol": split, "ex_date": DAY, "kind": "split", "amount": 2.0, "basis_date": DAY}),
        "raw.symbol_change": pl.DataFrame({"old_symbol": renamed, "new_symbol": "ZNAME", "changed_on": DAY}),
    }
    return replace(batch, frames={**batch.frames, **frames})


def test_only_what_a_new_session_touches_is_redone(tmp_path: Path, catalog: Catalog, xnys: Sequence[date]) -> None:
    source, landing = Simulated(60, 2), Landing(tmp_path, catalog.models)
    known = reference.batch(evening(BEFORE), {})
    assert known is not None
    kept = {table: frame for table, frame in known.frames.items() if table not in NOT_SIMULATED}
    landing.write("reference", replace(known, frames=kept, ledger=()), evening(BEFORE))
    landing.write(source.name, fetched(source, landing, xnys, BEFORE), evening(BEFORE))
    day = fetched(source, landing, xnys, DAY)
    with Warehouse(None, catalog, find_transform) as warehouse, Warehouse(None, catalog, find_transform) as whole:
        build(warehouse, landing)
        held = dict(warehouse.rows("select symbol, security_id from core.security"))
        listed = warehouse.frame("select * exclude (source, load_id, fetched_at) from raw.listing where kind = 'EQUITY'")
        traded = day.frames["raw.price_bar"].filter(pl.col("session") == DAY)["symbol"]
        plain = listed.filter(pl.col("last_session").is_null(), pl.col("symbol").str.starts_with("ZQ"))  # companies of one class
        names = sorted(set(plain["symbol"]) & set(traded))[:7]
        landing.write(source.name, eventful(day, listed, names), evening(DAY))
        redone = build(warehouse, landing)
        build(whole, landing)
        assert content_of(warehouse) == content_of(whole)
        lines = warehouse.rows(
            "select symbol, security_id, issuer_id, is_primary, delist_session, price_return is not null, gap_sessions"
            f" from core.security join core.daily_price using (security_id) where session = date '{DAY}'"
        )
    windowed = {name: redone[name].first for name in redone if catalog.models[name].is_windowed}
    assert len(windowed) > 15
    assert {name for name, first in windowed.items() if first is not None and first < DAY} == SHOW_SYMBOLS
    assert {redone[name].changed_from for name in ("core.line", "core.price_bar", "core.market_cap", "core.delisting")} == {DAY}
    line = {symbol: row for symbol, *row in lines}
    new, sister, relabelled, ended, split, moved, renamed = names
    latest = max(held.values())
    assert line["ZNEW"][0] > latest
    assert line["ZNEW"][1:] == [line["ZNEW"][0], True, None, False, None]
    assert line["ZCLASS"][0] > latest
    assert line["ZCLASS"][1:] == [held[sister], False, None, False, None]
    assert line["ZNAME"] == [held[renamed], held[renamed], True, None, True, 1]
    assert line[ended] == [held[ended], held[ended], True, BEFORE, True, 1]
    for symbol in (new, sister, relabelled, split, moved):
        assert line[symbol] == [held[symbol], held[symbol], True, None, True, 1]
