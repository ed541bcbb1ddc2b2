"""What a day of the whole US market costs: 6,000 names swept from a Yahoo on loopback, shaped, landed and built.

    python benchmarks/sweep.py [--names 6000] [--sessions 300]

The home holds made-up histories (bars, dividends, share counts, statements), landed as charts would have brought them and built
once. Then two more sessions are swept by the real client, each built by a process of its own; on the second a name is new.
Peers in the same run: a chart a name, measured on 100 names, and a rebuild of all tables from landing. Seconds depend on the
machine: compare rows.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from rotation_pipeline import reference
from rotation_pipeline.landing import Batch, Held, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import Quiet, build
from rotation_pipeline.settings import load_settings
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline.sources.yahoo.charts.bars import shape_history
from rotation_pipeline.sources.yahoo.client import Client, quiet
from rotation_pipeline.sources.yahoo.sweep.labels import read_labels
from rotation_pipeline.sources.yahoo.sweep.market import home_market, read_sweep, sweep_batch
from rotation_pipeline.sources.yahoo.sweep.suspects import suspects
from rotation_pipeline_tests.sources.yahoo.loopback.quoting import full_quote
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart

LAST = date(2026, 6, 30)
LABELS = (
    ("Technology", "Semiconductors"),
    ("Financial Services", "Banks - Regional"),
    ("Energy", "Oil & Gas E&P"),
    ("Healthcare", "Biotechnology"),
)
FIRST_TRADE = date(1962, 1, 2)  # what the quotes say
N_CHARTS = 100
PER_SECOND = 1.0  # requests that may leave for Yahoo


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds, peak memory in megabytes where it is that of a process, and requests."""

    what: str
    wall: float
    cpu: float
    megabytes: float | None = None
    n_requests: int | None = None


class Clock:
    """Costs of the steps of this process."""

    def __init__(self) -> None:
        self.costs: list[Cost] = []

    @contextmanager
    def step(self, what: str, n_requests: Callable[[], int] = lambda: 0) -> Iterator[None]:
        """Time what is inside."""
        wall, cpu, asked = time.perf_counter(), time.process_time(), n_requests()
        yield
        self.costs.append(Cost(what, time.perf_counter() - wall, time.process_time() - cpu, None, n_requests() - asked or None))

    def process(self, what: str, *command: str) -> str:
        """Time a process and return what it printed. Raises CalledProcessError when it fails."""
        started = time.perf_counter()
        with tempfile.TemporaryFile("w+") as printed:
            process = subprocess.Popen(command, stdout=printed)
            _, status, used = os.wait4(process.pid, 0)
            if status != 0:
                raise subprocess.CalledProcessError(status, command)
            wall = time.perf_counter() - started
            self.costs.append(Cost(what, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
            printed.seek(0)
            return printed.read()


@dataclass(frozen=True)
class Market:
    """Closes of every name (rows) on every session (columns), and who pays a dividend."""

    symbols: list[str]
    sessions: list[date]
    closes: np.ndarray[Any, np.dtype[np.float64]]
    payers: list[str]

    @classmethod
    def make(cls, n_names: int, n_sessions: int, calendar: list[date]) -> Market:
        """Random walks; members of the known lists come first, so that universes have something to count."""
        known = [symbol for symbol in reference.symbols_for_vendor(reference.memberships(), LAST) if not symbol.startswith("^")]
        made_up = [f"ZZ{n:04d}" for n in range(n_names)]
        symbols = sorted({*known, "SPY", "QQQ"})[:n_names]
        symbols += made_up[: n_names - len(symbols)]
        sessions = [day for day in calendar if day <= LAST][-n_sessions:]
        rng = np.random.default_rng(7)
        start = rng.uniform(5, 300, (n_names, 1))
        closes = np.round(start * np.exp(np.cumsum(rng.normal(0, 0.015, (n_names, n_sessions)), axis=1)), 2) + 0.01
        return cls(symbols, sessions, closes, symbols[::3])

    def bars(self, before: date) -> pl.DataFrame:
        """raw.price_bar rows of the sessions before a date."""
        n = sum(day < before for day in self.sessions)
        close = self.closes[:, :n].ravel()
        frame = pl.DataFrame({"symbol": np.repeat(np.array(self.symbols), n), "close": close})
        days = pl.Series("session", self.sessions[:n] * len(self.symbols))
        return frame.with_columns(
            days,
            *(pl.col("close").alias(name) for name in ("open", "adj_close")),
            (pl.col("close") + 1).alias("high"),
            (pl.col("close") - 0.005).alias("low"),
            pl.lit(1e6).alias("volume"),
            pl.lit("split_adjusted").alias("price_basis"),
            pl.lit("listed").alias("dividend_basis"),
            pl.lit(self.sessions[n - 1]).alias("basis_date"),
        )

    def labels(self) -> list[tuple[str, str]]:
        """Sector and industry of every name."""
        return [LABELS[n % len(LABELS)] for n in range(len(self.symbols))]

    def facts(self) -> dict[str, pl.DataFrame]:
        """Listings, quarterly dividends, share counts and statements."""
        begun = self.sessions[0]
        listings = [
            {
                "symbol": symbol,
                "name": f"{symbol} Inc.",
                "kind": "EQUITY",
                "exchange": "NYQ",
                "sector": sector,
                "industry": industry,
                "first_session": FIRST_TRADE,
            }
            for symbol, (sector, industry) in zip(self.symbols, self.labels(), strict=True)
        ]
        quarters = [begun + timedelta(days=91 * k) for k in range(5)]
        dividends = [
            {"symbol": s, "ex_date": self._session(day), "kind": "dividend", "amount": 0.25, "basis_date": LAST}
            for s in self.payers
            for day in quarters
        ]
        shares = [
            {"symbol": s, "as_of": day, "known_on": day, "shares": 1e7 * (1 + n % 97), "kind": "vendor", "basis_date": LAST}
            for n, s in enumerate(self.symbols)
            for day in quarters
        ]
        ends = [date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31), date(2026, 3, 31)]
        statements = [
            {"symbol": s, "fiscal_period": "Q", "fiscal_period_end": end, "revenue": 1e8, "net_income": 1e7, "book_equity": 1e9}
            for s in self.symbols
            for end in ends
        ]
        rows: dict[str, list[dict[str, Any]]] = {
            "raw.listing": listings,
            "raw.corporate_action": dividends,
            "raw.share_count": shares,
            "raw.statement": statements,
        }
        return {table: pl.DataFrame(found) for table, found in rows.items()}

    def quotes(self, back: int) -> list[dict[str, Any]]:
        """The quotes of the evening ``back`` sessions before the last; on the last comes a name that the home does not know yet."""
        rates = dict.fromkeys(self.payers, 1.0)
        day, at = self.sessions[-1 - back], len(self.sessions) - 1 - back
        known = zip(self.symbols, self.closes[:, at].tolist(), self.closes[:, at - 1].tolist(), self.labels(), strict=True)
        quotes = [
            full_quote(symbol, day, today, before, trailingAnnualDividendRate=rates.get(symbol, 0), industry=industry)
            for symbol, today, before, (_, industry) in known
        ]
        return quotes if back else [*quotes, full_quote("ZZNEW", day, industry="Biotechnology")]

    def _session(self, day: date) -> date:
        return min(session for session in self.sessions if session >= day) if day <= LAST else LAST


def fill(home: Path, market: Market) -> Landing:
    """A home with everything before the last two sessions."""
    landing = Landing(home / "landing", Catalog.load().models)
    early = evening(market.sessions[-3])
    snapshot = reference.batch(early, {})
    assert snapshot is not None
    landing.write("reference", snapshot, early)
    bars = market.bars(market.sessions[-2])
    landing.write("yahoo", Batch({"raw.price_bar": bars, **market.facts()}), early)
    return landing


def evening(session: date) -> datetime:
    """When a session is final."""
    return datetime(session.year, session.month, session.day, 1, tzinfo=UTC) + timedelta(days=1)


def sweep(clock: Clock, home: Path, landing: Landing, market: Market, yahoo: LoopbackYahoo, back: int) -> None:
    """Sweep the session ``back`` sessions before the last with the real client, and land it."""
    through, before = market.sessions[-1 - back], market.sessions[-2 - back]
    yahoo.screened = market.quotes(back)
    client = one_client(home, yahoo)
    held = Held(landing, "yahoo")
    cursor = landing.cursor("yahoo")
    request = FetchRequest(through, market.sessions, evening(through), cursor, symbols=tuple(market.symbols[:1500]), market="us", held=held)
    with quiet():
        with clock.step(f"{through}: sweep of {len(yahoo.screened)} names", lambda: len(yahoo.log)):
            swept = read_sweep(client, request, request.symbols)
        with clock.step(f"{through}: labels, one turn of the industries", lambda: len(yahoo.log)):
            labels = read_labels(client, request)
    assert swept.is_whole
    with clock.step(f"{through}: suspects, bars, listings, landed"):
        ours = home_market(request, request.symbols, swept)
        why = suspects(swept.quotes, held.bars(ours, through - timedelta(days=14)), through, before)
        batch = sweep_batch(request, swept, ours, why, labels)
        landing.write("yahoo", batch, evening(through))
    assert (batch.frames["raw.price_bar"].height, why) == (len(yahoo.screened), {})


def charts(clock: Clock, home: Path, market: Market, yahoo: LoopbackYahoo) -> None:
    """The peer: the overlap of eleven sessions of each name by its own chart."""
    closes = {
        symbol: dict(zip(market.sessions[-11:], row[-11:].tolist(), strict=True))
        for symbol, row in zip(market.symbols, market.closes, strict=True)
    }
    some = market.symbols[:: max(1, len(market.symbols) // N_CHARTS)][:N_CHARTS]
    yahoo.charts = {symbol: chart(symbol, closes[symbol]) for symbol in some}
    client = one_client(home, yahoo)
    with quiet(), clock.step("charts", lambda: len(yahoo.log)):
        for symbol in some:
            said = client.history(symbol, market.sessions[-11], LAST + timedelta(days=5)).value
            assert said is not None
            shape_history(symbol, said.frame, "USD", said.paid_in, LAST)
    cost, scale = clock.costs.pop(), len(market.symbols) / len(some)
    n_requests = round((cost.n_requests or 0) * scale)
    clock.costs.append(
        Cost(f"peer: a chart a name ({len(some)} measured, extrapolated)", cost.wall * scale, cost.cpu * scale, None, n_requests)
    )


def one_client(home: Path, yahoo: LoopbackYahoo) -> Client:
    """A client that waits for nothing; what the pace would cost is reckoned from the number of requests."""
    return Yahoo(
        home / "cache", yahoo.session(), lambda _seconds: None, 1e6, requests_per_hour=100_000, requests_per_day=100_000
    )._one_client()


def build_home(home: Path) -> None:
    """Build, and print the seconds of the eight slowest tables as JSON. Raises SystemExit when a table failed."""
    results = list(build(load_settings(home=home, source="yahoo"), Quiet()))
    failed = [result.reason for result in results if result.status in ("failed", "skipped")]
    if failed:
        raise SystemExit(f"{failed[0]}")
    slowest = sorted(results, key=lambda result: -result.seconds)[:8]
    print(json.dumps({result.table: round(result.seconds, 2) for result in slowest}))


def run_all(home: Path, n_names: int, n_sessions: int) -> list[Cost]:
    """All steps, in the one order in which they make sense."""
    clock = Clock()
    market = Market.make(n_names, n_sessions, reference.session_rows(evening(LAST))["session"].to_list())
    landing = fill(home, market)
    again = (sys.executable, __file__, "--build", str(home))
    clock.process(f"first build: {n_names} names, {n_sessions - 2} sessions", *again)
    with LoopbackYahoo() as yahoo:
        for back, what in ((1, "no new name"), (0, "one new name")):
            sweep(clock, home, landing, market, yahoo, back)
            slowest = clock.process(f"{market.sessions[-1 - back]}: build, {what}", *again)
            print("slowest tables:", slowest.strip(), file=sys.stderr)
        charts(clock, home, market, yahoo)
    shutil.rmtree(home / "warehouse")
    clock.process("peer: rebuild of all tables from landing", *again)
    return clock.costs


def as_markdown(costs: list[Cost]) -> str:
    """The table of all costs; at Yahoo each request takes its turn, PER_SECOND of them a second."""
    lines = ["| step | wall s | CPU s | peak MB | requests | minutes at Yahoo's pace |", "| --- | --- | --- | --- | --- | --- |"]
    for cost in costs:
        memory = "" if cost.megabytes is None else f"{cost.megabytes:.0f}"
        asked, minutes = ("", "") if cost.n_requests is None else (str(cost.n_requests), f"{cost.n_requests / PER_SECOND / 60:.1f}")
        lines.append(f"| {cost.what} | {cost.wall:.1f} | {cost.cpu:.1f} | {memory} | {asked} | {minutes} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure in a temporary home and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--names", type=int, default=6_000, help="how many names")
    parser.add_argument("--sessions", type=int, default=300, help="how many sessions")
    parser.add_argument("--build", type=Path, help="only build this home")
    said = parser.parse_args()
    if said.build is not None:
        build_home(said.build)
        return
    with tempfile.TemporaryDirectory() as folder:
        print(as_markdown(run_all(Path(folder) / "home", said.names, said.sessions)))


if __name__ == "__main__":
    main()
