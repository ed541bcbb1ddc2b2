"""The simulated market landed and built twice, through Yahoo and directly, and how the tables of the two compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from rotation_pipeline import reference
from rotation_pipeline.landing import Batch, Held, Landing, LedgerEntry
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline.warehouse import Warehouse
from rotation_pipeline_tests.lab import find_transform
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.simulated_wire import Evening, evening, show
from rotation_pipeline_tests.sources.yahoo.told_directly import Looks, told_bars, told_calendar, told_details, told_listings, told_pages

DETAILS = ("raw.share_count", "raw.statement", "raw.earnings_event", "raw.estimate")
SAME = 1e-9  # relative difference of doubles


@dataclass
class Home:
    """Loads and the tables built of them."""

    landing: Landing
    warehouse: Warehouse
    market: str  # name of the source its loads carry

    @classmethod
    def make(cls, folder: Path, catalog: Catalog, market: str) -> Home:
        return cls(Landing(folder / market, catalog.models), Warehouse(None, catalog, find_transform), market)

    def build(self) -> None:
        """Take in what landed and redo what is stale; every check must pass."""
        results = [*self.warehouse.take_in(self.landing.loads()), *self.warehouse.build_stale()]
        assert [result.reason for result in results if result.status == "failed"] == []

    def land_reference(self, members: pl.DataFrame, day: date) -> None:
        """The reference with the simulated list in place of the real ones, which neither Yahoo nor the market tells."""
        batch = reference.batch(evening(day), {})
        assert batch is not None
        frames = {**batch.frames, "raw.membership": members}
        del frames["raw.symbol_change"]
        self.landing.write("reference", Batch(frames, batch.ledger, batch.cursor), evening(day))


@dataclass
class ThroughYahoo:
    """The market as the source fetches it from the loopback server."""

    home: Home
    server: LoopbackYahoo
    cache: Path
    sessions: Sequence[date]
    ledger: list[LedgerEntry] = field(default_factory=list)
    looked: dict[tuple[str, str], Evening] = field(default_factory=dict)  # by table and company the evening of the last look

    def fetch(self, market: Evening) -> Looks:
        """Fetch and land one evening; tells at which companies the run looked."""
        show(self.server, market)
        now, landing = evening(market.through), self.home.landing
        request = FetchRequest(
            through=market.through,
            sessions=self.sessions,
            now=now,
            cursor=landing.cursor("yahoo"),
            last_sessions=landing.last_sessions("raw.price_bar"),
            symbols=sorted(market.listings),
            held=Held(landing, "yahoo"),
        )
        source = Yahoo(
            self.cache, self.server.session(), lambda _seconds: None, 1000.0, clock=lambda: now.timestamp(), requests_per_hour=2000
        )
        new: list[LedgerEntry] = []
        for batch in source.fetch(request):
            landing.write("yahoo", batch, now)
            new.extend(batch.ledger)
        self.ledger += new
        asked = {table: [e.subject for e in new if e.dataset == table and e.subject in market.listings] for table in DETAILS}
        looks = Looks(asked, dict(self.looked))
        self.looked |= {(table, symbol): market for table, symbols in asked.items() for symbol in symbols}
        return looks


@dataclass
class Direct:
    """The same market handed over by the simulated source, less what Yahoo cannot carry."""

    home: Home
    source: Simulated
    sessions: Sequence[date]
    cursor: Mapping[str, str] = field(default_factory=dict)

    def land(self, market: Evening, looks: Looks, mentions: Sequence[Sequence[str]]) -> None:
        """Land one evening. ``mentions``: symbols that Yahoo's loads mention first, load by load, for equal surrogate ids."""
        (new,) = self.source.fetch(FetchRequest(market.through, self.sessions, evening(market.through), self.cursor))
        listings = told_listings(market)
        for symbols in mentions:
            self._write(market, {"raw.listing": listings.filter(pl.col("symbol").is_in(list(symbols)))})
        self._write(market, told_bars(new.frames, market.listings))
        self._write(market, {"raw.earnings_event": told_calendar(market)})
        self._write(market, {**told_details(market, looks), "raw.earnings_event": told_pages(market, looks)})
        self.cursor = new.cursor

    def _write(self, market: Evening, frames: Mapping[str, pl.DataFrame]) -> None:
        self.home.landing.write(
            self.home.market, Batch({table: frame for table, frame in frames.items() if frame.height}), evening(market.through)
        )


def mentions(landing: Landing, seen: set[str]) -> list[list[str]]:
    """Symbols that each load mentions first, in the order of the loads."""
    found = []
    for load in landing.loads():
        tables = [pl.read_parquet(f.path) for f in load.files if f.table in ("raw.listing", "raw.price_bar") and load.source == "yahoo"]
        new = sorted({symbol for table in tables for symbol in table["symbol"].to_list()} - seen)
        seen.update(new)
        found += [new] if new else []
    return found


def compare(one: Home, other: Home, catalog: Catalog) -> Compared:
    """Every core and mart table of both homes, row by row: keys, integers and text exact, doubles within SAME; loads are named apart."""
    tables = [name for name in catalog.models if name.startswith(("core.", "mart."))]
    n_rows = {name: int(one.warehouse.rows(f"select count(*) from {name}")[0][0]) for name in tables}
    unlike = {name: _difference(name, one, other, catalog) for name in tables}
    return Compared(n_rows, {name: said for name, said in unlike.items() if said})


def _difference(name: str, one: Home, other: Home, catalog: Catalog) -> str:
    order = ", ".join(catalog.models[name].key)
    left, right = (home.warehouse.frame(f"select * from {name} order by {order}") for home in (one, other))
    if left.height != right.height:
        keys = list(catalog.models[name].key)
        only = (
            left.select(keys).join(right.select(keys), on=keys, how="anti"),
            right.select(keys).join(left.select(keys), on=keys, how="anti"),
        )
        return f"{left.height} rows and {right.height}; only here {only[0].head(3).rows()}, only there {only[1].head(3).rows()}"
    found = []
    for column in left.columns:
        if column.endswith("load_id"):
            continue
        a, b = left[column], right[column]
        if a.dtype == pl.Float64:
            unlike = ((a - b).abs() > SAME * pl.Series(b).abs().fill_null(0)) | (a.is_null() != b.is_null())
        else:
            unlike = a.ne_missing(b)
        if n := int(unlike.fill_null(value=False).sum()):
            at = unlike.fill_null(value=False).arg_max() or 0
            found.append(f"{column} in {n} rows, first {left.row(at, named=True)} against {b[at]}")
    return "; ".join(found)


@dataclass(frozen=True)
class Compared:
    """One comparison: rows by table, and how the homes differ."""

    n_rows: Mapping[str, int]
    unlike: Mapping[str, str]
