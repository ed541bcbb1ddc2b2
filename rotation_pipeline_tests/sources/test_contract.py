"""What every market source promises, asked of each of them: the simulated market, a folder of files, Yahoo on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.landing import LEDGER, Batch, Held, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.base import FetchRequest, Source
from rotation_pipeline.sources.files import Files
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo, forget_everything
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart, quote

EXAMPLE = Path(__file__).parents[2] / "docs" / "example_market" / "rotation.toml"
FIRST, SECOND = date(2026, 1, 9), date(2026, 1, 13)
SYMBOLS = ("SPY", "IWM")

Make = Callable[[], Source]


def _yahoo(server: LoopbackYahoo, cache: Path, sessions: Sequence[date]) -> Make:
    days = [session for session in sessions if date(2025, 12, 29) <= session <= date(2026, 1, 30)]
    for n, symbol in enumerate(SYMBOLS):
        server.charts[symbol] = chart(symbol, {day: 100.0 + n + k for k, day in enumerate(days)}, instrumentType="ETF")
        server.quotes[symbol] = quote(symbol, kind="ETF")
    return lambda: Yahoo(cache, server.session(), lambda _seconds: None, 1000.0)


@pytest.fixture(params=["simulated", "files", "yahoo"])
def make(request: pytest.FixtureRequest, tmp_path: Path, xnys: Sequence[date]) -> Iterator[Make]:
    """Makes a fresh object of one source, as every run does."""
    if request.param == "simulated":
        yield lambda: Simulated(n_names=60, n_years=2)
    elif request.param == "files":
        yield lambda: Files(EXAMPLE)
    else:
        with LoopbackYahoo() as server:
            yield _yahoo(server, tmp_path / "cache", xnys)
        forget_everything()


@pytest.fixture
def landing(tmp_path: Path, catalog: Catalog) -> Landing:
    return Landing(tmp_path / "landing", catalog.models)


def fetch(source: Source, landing: Landing, xnys: Sequence[date], through: date) -> list[Batch]:
    """One fetch in the evening of ``through``; every batch is landed before the next is asked for."""
    now = datetime(through.year, through.month, through.day, 23, 30, tzinfo=UTC)
    held = Held(landing, source.name)
    last = landing.last_sessions("raw.price_bar")
    request = FetchRequest(through, xnys, now, landing.cursor(source.name), last, SYMBOLS, held=held)
    batches = []
    for batch in source.fetch(request):
        landing.write(source.name, batch, now)
        batches.append(batch)
    return batches


def landed(landing: Landing, table: str) -> pl.DataFrame:
    paths = [file.path for load in landing.loads() for file in load.files if file.table == table]
    return pl.concat([pl.read_parquet(path) for path in paths])


def test_it_says_what_it_is(make: Make) -> None:
    source = make()
    assert source.name in ("simulated", "files", "yahoo")
    assert source.is_simulated == (source.name == "simulated")
    assert len(source.description) > 10


def test_what_it_hands_over_lands_and_stops_at_the_session_asked_for(make: Make, landing: Landing, xnys: Sequence[date]) -> None:
    fetch(make(), landing, xnys, FIRST)
    bars = landed(landing, "raw.price_bar")
    assert bars.height > 0
    assert bars["session"].max() == FIRST
    assert bars["basis_date"].max() <= FIRST
    assert set(landed(landing, "raw.listing")["symbol"]) >= set(bars["symbol"])


def test_asked_is_landed_failed_or_excused_once_each(make: Make, landing: Landing, xnys: Sequence[date]) -> None:
    fetch(make(), landing, xnys, FIRST)
    ledger = landed(landing, LEDGER)
    assert not ledger.select("dataset", "subject", "load_id").is_duplicated().any()
    assert set(ledger["outcome"]) <= {"landed", "failed", "excused"}
    assert ledger.filter((pl.col("outcome") != "landed") & pl.col("reason").is_null()).height == 0
    rows_of_bars = ledger.filter((pl.col("dataset") == "raw.price_bar") & (pl.col("outcome") == "landed"))["n_rows"].sum()
    assert rows_of_bars == landed(landing, "raw.price_bar").height


def test_asked_again_with_nothing_new_it_says_nothing(make: Make, landing: Landing, xnys: Sequence[date]) -> None:
    fetch(make(), landing, xnys, FIRST)
    assert [batch.frames for batch in fetch(make(), landing, xnys, FIRST)] == []


def test_a_later_session_brings_what_is_new_and_loses_nothing(make: Make, landing: Landing, xnys: Sequence[date], tmp_path: Path) -> None:
    fetch(make(), landing, xnys, FIRST)
    n_loads = len(landing.loads())
    fetch(make(), landing, xnys, SECOND)
    assert len(landing.loads()) > n_loads
    at_once = Landing(tmp_path / "at_once", landing.contracts)
    forget_everything()
    fetch(make(), at_once, xnys, SECOND)
    key = ["symbol", "session"]
    step_by_step = landed(landing, "raw.price_bar").select(key).unique().sort(key)
    whole = landed(at_once, "raw.price_bar").select(key).unique().sort(key)
    if make().name == "yahoo":  # its first fetch reaches back from its own day
        step_by_step = step_by_step.filter(pl.col("session") >= whole["session"].min())
    assert step_by_step.equals(whole)


def test_a_fetch_that_is_broken_off_goes_on_where_it_stopped(make: Make, landing: Landing, xnys: Sequence[date]) -> None:
    source = make()
    now = datetime(2026, 1, 9, 23, 30, tzinfo=UTC)
    first = next(iter(source.fetch(FetchRequest(FIRST, xnys, now, {}, {}, SYMBOLS))))
    landing.write(source.name, first, now)
    fetch(make(), landing, xnys, FIRST)
    bars = landed(landing, "raw.price_bar")
    assert bars["session"].max() == FIRST
    assert not bars.select("symbol", "session").is_duplicated().any()
