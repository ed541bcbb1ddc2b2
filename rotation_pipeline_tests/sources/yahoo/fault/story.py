"""A small market on loopback, fetched and built evening by evening, and what it takes to say what a fault did to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

import polars as pl

from rotation_pipeline import reference
from rotation_pipeline.landing import Batch
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline.gate import judge
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import Warehouse
from rotation_pipeline_tests.lab import find_transform
from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.fault.case import Case, Look, Rows, Scene
from rotation_pipeline_tests.sources.yahoo.loopback.market_faults import with_adjusted_closes
from rotation_pipeline_tests.sources.yahoo.loopback.vendor import Vendor

N_BEFORE, N_EVENINGS = 40, 7  # sessions; evening 0 ends a calm history, the faults begin on evening 1
PAID_BEFORE = 15  # sessions before evening 0 every company paid something: the charts of payers are read every evening
FUNDS = ("SPY", "QQQ")
TOLERANCE = 1e-9  # relative, of a number and the truth
TOLD = ("core.daily_price", "core.security", "ops.quarantine", "ops.restatement", "ops.coverage", "meta.method_param")


@dataclass
class Story:
    """The market fetched and built evening by evening, with the faults of some cases."""

    market: Market
    vendor: Vendor
    warehouse: Warehouse
    days: Sequence[date]
    wanted: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def begin(cls, market: Market, catalog: Catalog, symbols: Sequence[str]) -> Story:
        """A market of ``symbols`` and FUNDS, of which nothing has been fetched."""
        sessions = [day for day in market.sessions if day <= date(2026, 11, 13)][-N_BEFORE - N_EVENINGS :]
        vendor = Vendor.make(sessions, {**dict.fromkeys(FUNDS, "ETF"), **dict.fromkeys(symbols, "EQUITY")})
        for symbol in symbols:
            vendor.lines[symbol].dividends[sessions[N_BEFORE - PAID_BEFORE]] = 0.25
        wanted = frozenset(TOLD).union(*(catalog.upstream(table) for table in TOLD))
        story = cls(market, vendor, Warehouse(None, catalog, find_transform), sessions[N_BEFORE - 1 :], wanted)
        story._land_reference(symbols, sessions[0])
        return story

    def fetch(self, nth: int, cases: Sequence[Case]) -> None:
        """Show the market of the evening with the faults of the cases, and fetch it. Every scripted fault has to be met."""
        self.show(nth, cases)
        scripted = {asked: len(faults) for asked, faults in self.market.yahoo.faults.items()}
        at = datetime.combine(self.days[nth], time(23, 30), UTC).timestamp()
        self.market.fetch(self.days[nth], list(self.vendor.lines), clock=lambda: at)
        assert [asked for asked, n in scripted.items() if len(self.market.yahoo.faults[asked]) == n] == []

    def show(self, nth: int, cases: Sequence[Case]) -> None:
        """Put the evening on the server, with the faults of the cases."""
        server = self.market.yahoo
        self.vendor.show(server, self.days[nth])
        server.faults.clear()
        for symbol, body in list(server.charts.items()):
            server.charts[symbol] = with_adjusted_closes(body)
        for case in cases:
            case.spoil(Scene(server, self.vendor, self.days, nth), case.symbol)

    def build(self) -> None:
        """Take in what landed and redo what is stale of the tables that are looked at."""
        results = [*self.warehouse.take_in(self.market.landing.loads()), *self.warehouse.build_stale(self.wanted)]
        failed = [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")]
        assert failed == []

    def entries(self, look: Look, symbol: str) -> list[tuple[str, str]]:
        """Verdict and words of the rows that the look's table holds about the symbol (of the ledger: the evening's).

        The quality of a release is asked of the gate that every publish passes.
        """
        if look.table == "meta.release":
            quality = judge(self.warehouse.rows, Settings(home=self.market.cache))
            return [(quality.state, quality.reason or "")]
        subject = look.subject.format(*self.days) or symbol
        queries = {
            "ops.fetch_ledger": """
                select outcome, coalesce(reason, '') from ops.fetch_ledger
                where dataset = $dataset and subject = $subject and cast(fetched_at as date) = $day
            """,
            "ops.quarantine": "select reason, value from ops.quarantine where symbol = $subject",
            "ops.restatement": "select kind, effect || ': ' || note from ops.restatement where symbol = $subject",
            "ops.coverage": """
                select concat(n_missing, ' missing'), kind from ops.coverage where session = $day and kind = $subject
            """,
        }
        known = {"dataset": look.dataset, "subject": subject, "day": self.days[look.nth]}
        query = queries[look.table]
        return [(row[0], row[1]) for row in self.warehouse.rows(query, {k: v for k, v in known.items() if f"${k}" in query})]

    def answer(self, look: Look) -> Rows:
        """What the look's query answers."""
        query = look.also[0] if look.also else "select 1"
        return self.warehouse.rows(query, {f"day{nth}": day for nth, day in enumerate(self.days) if f"$day{nth}" in query})

    def unlike_truth(self, symbol: str, until: int, assumed: Mapping[tuple[int, str], float]) -> tuple[set[tuple[int, str]], list[str]]:
        """Cells of the evenings through ``until`` that are unknown, and those that are neither unknown nor true (or as assumed)."""
        found = {row["session"]: row for row in self.warehouse.frame(PRICES, {"symbol": symbol}).iter_rows(named=True)}
        unknown, untrue = set(), []
        for nth in range(until + 1):
            for name, fact in self._truth(symbol, self.days[nth]).items():
                true = assumed.get((nth, name), fact)
                said = found.get(self.days[nth], {}).get(name)
                if said is None:
                    unknown.add((nth, name))
                elif abs(said - true) > TOLERANCE * abs(true):
                    untrue.append(f"{name} of evening {nth} is {said}, in truth {true}")
        return unknown, untrue

    def _truth(self, symbol: str, day: date) -> Mapping[str, float]:
        """Close and returns of methodology A.2 by the vendor's own book."""
        line = self.vendor.lines[symbol]
        sessions = list(line.closes)
        before, now = line.closes[sessions[sessions.index(day) - 1]], line.closes[day]
        new, old = line.splits.get(day, (1, 1))
        ratio = new / old
        total = ratio * (now + line.dividends.get(day, 0.0)) / before - 1
        return {"close_usd": now, "price_return": ratio * now / before - 1, "total_return": total}

    def _land_reference(self, symbols: Sequence[str], first: date) -> None:
        """The reference with a list of the companies in place of the real lists."""
        now = datetime(first.year, first.month, first.day, tzinfo=UTC)
        batch = reference.batch(now, {})
        assert batch is not None
        members = pl.DataFrame({"universe_id": "SP500", "symbol": list(symbols), "valid_from": first, "bias_label": "PIT_FULL"})
        frames = {**batch.frames, "raw.membership": members}
        del frames["raw.symbol_change"]
        self.market.landing.write("reference", Batch(frames, batch.ledger, batch.cursor), now)


PRICES = """
    select price.session, price.close_usd, price.price_return, price.total_return
    from core.daily_price as price
    join core.security as security on security.security_id = price.security_id
    where security.symbol = $symbol
"""
