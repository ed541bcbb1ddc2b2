"""The sweep of the whole market and its labels, read by the real yfinance from a loopback Yahoo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rotation_pipeline.landing import Batch, Held, Landing, LedgerEntry
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline.sources.yahoo.client import Client, quiet
from rotation_pipeline.sources.yahoo.sweep.labels import TURN, Labels, industries_due, label_key, no_labels, read_labels
from rotation_pipeline.sources.yahoo.sweep.market import Sweep, expected_requests, home_market, read_sweep, sweep_batch
from rotation_pipeline.sources.yahoo.sweep.screen import MAIN_EXCHANGES
from rotation_pipeline.sources.yahoo.sweep.suspects import suspects
from rotation_pipeline_tests.sources.yahoo.loopback.quoting import full_quote
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo

THU, FRI, MON = date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 16)
NOW = datetime(2026, 11, 14, 3, tzinfo=UTC)
SPY = full_quote("SPY", FRI, 600.0, 599.0, kind="ETF", trailingAnnualDividendRate=7.0)
INDEX = full_quote("^GSPC", FRI, 6000.0, 5990.0, kind="INDEX")


@pytest.fixture
def client(yahoo: LoopbackYahoo, tmp_path: Path) -> Client:
    return Yahoo(tmp_path / "cache", yahoo.session(), lambda _seconds: None, 1000.0)._one_client()


@pytest.fixture
def landing(catalog: Catalog, tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing", catalog.models)


@pytest.fixture
def request_(landing: Landing, xnys: Sequence[date]) -> FetchRequest:
    return FetchRequest(FRI, xnys, NOW, symbols=("A", "B"), held=Held(landing, "yahoo"))


def serve(yahoo: LoopbackYahoo, *quotes: dict[str, Any]) -> None:
    """Companies go into the screener, everything into v7."""
    yahoo.screened = [quote for quote in quotes if quote["quoteType"] == "EQUITY"]
    yahoo.quotes = {quote["symbol"]: quote for quote in quotes}


def read(client: Client, request: FetchRequest, *symbols: str) -> Sweep:
    with quiet():
        return read_sweep(client, request, symbols)


def batch_of(request: FetchRequest, sweep: Sweep, why: dict[str, str] | None = None, labels: Labels | None = None) -> Batch:
    return sweep_batch(request, sweep, home_market(request, request.symbols, sweep), why or {}, labels or no_labels())


def entries(batch: Batch, dataset: str = "raw.quote") -> dict[str, LedgerEntry]:
    return {entry.subject: entry for entry in batch.ledger if entry.dataset == dataset}


def test_six_thousand_names_funds_indices_and_labels_take_at_most_40_requests(
    yahoo: LoopbackYahoo, client: Client, request_: FetchRequest
) -> None:
    spelled = industries_due({}, FRI, TURN)
    labelled = ["Biotechnology" if n % 10 == 0 else spelled[n % 145] for n in range(6000)]  # as crowded as on the real exchanges
    rows = [full_quote(f"S{n:05d}", FRI, exchange=MAIN_EXCHANGES[n % 7], industry=label) for n, label in enumerate(labelled)]
    funds = [full_quote(f"FUND{n}", FRI, kind="ETF") for n in range(60)]
    serve(yahoo, *rows, *funds, SPY, INDEX)
    named = [quote["symbol"] for quote in (SPY, INDEX, *funds)]
    others = {label_key(name): "2026-11-12" for name in spelled[: spelled.index("Biotechnology")]}
    request = replace(request_, cursor=others)  # the turn that begins with the largest industry
    sweep = read(client, request, "S00001", *named)
    with quiet():
        labels = read_labels(client, request)
    assert sweep.is_whole
    assert (sweep.total, len(sweep.companies), sweep.quotes.height) == (6000, 6000, 6062)
    assert (labels.frame.filter(industry="Biotechnology").height, len(labels.cursor)) == (642, 7)
    asked = {endpoint: yahoo.asked(endpoint) for endpoint in ("fc", "getcrumb", "screener", "quote")}
    assert asked == {"fc": 1, "getcrumb": 1, "screener": 25 + 3 + 6, "quote": 1}
    assert len(yahoo.log) == sum(asked.values()) == 37 <= 40
    assert expected_requests({}, len(named)) == 26


def test_what_lands_of_a_sweep(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest, landing: Landing) -> None:
    payer = full_quote("B", FRI, 20.0, 19.5, trailingAnnualDividendRate=1.0)
    foreign = full_quote("F", FRI, currency="CAD")
    serve(yahoo, full_quote("A", FRI, 51.0, 50.0), payer, full_quote("C", FRI), foreign, SPY, INDEX)
    request = replace(request_, symbols=("A", "B", "F", "SPY", "^GSPC", "GONE"))
    sweep = read(client, request, *request.symbols)
    assert sweep.unknown == {"GONE"}
    batch = batch_of(request, sweep)
    landing.write("yahoo", batch, NOW)
    assert batch.frames["raw.quote"]["symbol"].to_list() == ["A", "B", "C", "F", "SPY", "^GSPC"]
    bars = batch.frames["raw.price_bar"]
    assert bars.select("symbol", "session", "open", "high", "low", "close", "volume", "dividend_basis").rows() == [
        ("A", FRI, 51.0, 52.0, 50.0, 51.0, 1e6, "listed"),
        ("B", FRI, 20.0, 21.0, 19.0, 20.0, 1e6, "none"),
        ("SPY", FRI, 600.0, 601.0, 599.0, 600.0, 1e6, "none"),
        ("^GSPC", FRI, 6000.0, 6001.0, 5999.0, 6000.0, 1e6, "listed"),
    ]
    assert bars.select("currency", "price_basis", "basis_date").unique().rows() == [("USD", "split_adjusted", FRI)]
    assert batch.frames["raw.listing"]["symbol"].to_list() == ["A", "B", "SPY", "^GSPC"]
    said = entries(batch)
    assert (said["sweep"].outcome, said["sweep"].n_rows, said["sweep"].reason) == ("landed", 6, f"6 of 6 quotes are of {FRI}")
    assert (said["sweep page 1"].outcome, said["quotes from SPY"].reason) == ("landed", "known neither to the screener nor to v7: GONE")
    assert sorted(entries(batch, "raw.price_bar")) == ["A", "B", "SPY", "^GSPC"]
    assert landing.last_sessions("raw.price_bar")["A"] == FRI
    assert (batch.cursor["sweep"], batch.cursor["sweep_total"]) == ("2026-11-13", "4")


def test_the_market_is_the_named_symbols_or_every_company(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    serve(yahoo, full_quote("A", FRI), full_quote("C", FRI), SPY)
    request = replace(request_, symbols=("A", "SPY"))
    sweep = read(client, request, "A", "SPY")
    assert home_market(request, request.symbols, sweep) == {"A", "SPY"}
    assert home_market(replace(request, market="us"), request.symbols, sweep) == {"A", "C", "SPY"}


def test_suspects_and_held_bars_get_no_bar_of_the_sweep(
    yahoo: LoopbackYahoo, client: Client, request_: FetchRequest, landing: Landing
) -> None:
    bar = {"price_basis": "split_adjusted", "dividend_basis": "listed", "basis_date": FRI}
    held = [
        {"symbol": "A", "session": THU, "close": 100.0, **bar},
        {"symbol": "B", "session": THU, "close": 50.0, **bar},
        {"symbol": "B", "session": FRI, "close": 50.0, **bar},
        {"symbol": "C", "session": THU, "close": 50.0, **bar},
    ]
    landing.write("yahoo", Batch({"raw.price_bar": pl.DataFrame(held)}), NOW)
    serve(yahoo, full_quote("A", FRI), full_quote("B", FRI), full_quote("C", FRI))
    request = replace(request_, symbols=("A", "B", "C"))
    sweep = read(client, request, *request.symbols)
    assert request.held is not None
    why = suspects(sweep.quotes, request.held.bars(request.symbols, THU), FRI, THU)
    assert why == {"A": "the close of 2026-11-12 is held as 100 and now said to be 50: like a split 2:1"}
    assert batch_of(request, sweep, why).frames["raw.price_bar"]["symbol"].to_list() == ["C"]


def test_a_quote_of_another_session_makes_no_bar(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    serve(yahoo, full_quote("A", THU), full_quote("B", FRI), *(full_quote(f"C{n}", FRI) for n in range(40)))
    request = replace(request_, market="us")
    batch = batch_of(request, read(client, request, "A", "B"))
    assert "A" not in entries(batch, "raw.price_bar")
    assert entries(batch)["sweep"].reason == f"41 of 42 quotes are of {FRI}"
    assert batch.cursor["sweep"] == "2026-11-13"  # one name that did not trade is no reason to sweep again


def test_a_sweep_that_is_behind_is_made_again(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    serve(yahoo, full_quote("A", THU), full_quote("B", FRI))
    batch = batch_of(request_, read(client, request_, "A", "B"))
    entry = entries(batch)["sweep"]
    assert (entry.outcome, entry.reason) == ("failed", f"1 of 2 quotes are of {FRI}; the others are behind, asked again in the next run")
    assert "sweep" not in batch.cursor


def test_quotes_of_a_session_that_runs_make_no_bars_and_the_sweep_is_done(
    yahoo: LoopbackYahoo, client: Client, request_: FetchRequest
) -> None:
    serve(yahoo, full_quote("A", MON), full_quote("B", MON))
    request = replace(request_, now=datetime(2026, 11, 16, 17, tzinfo=UTC))
    batch = batch_of(request, read(client, request, "A", "B"))
    assert "raw.price_bar" not in batch.frames
    assert (entries(batch)["sweep"].reason, batch.cursor["sweep"]) == (f"0 of 2 quotes are of {FRI}", "2026-11-13")


def test_a_page_that_fails_is_in_the_ledger_and_the_sweep_is_made_again(
    yahoo: LoopbackYahoo, client: Client, request_: FetchRequest
) -> None:
    serve(yahoo, *(full_quote(f"S{n:05d}", FRI) for n in range(600)))
    yahoo.faults["screener", "245"] = ["500"] * 99
    sweep = read(client, request_, "S00001", "S00300")
    batch = batch_of(request_, sweep)
    said = entries(batch)
    assert (said["sweep"].outcome, said["sweep"].reason) == ("failed", f"240 of 600 symbols are missing; 361 of 361 quotes are of {FRI}")
    assert said["sweep page 2"].outcome == "failed"
    assert "HTTP 500" in str(said["sweep page 2"].reason)
    assert said["quotes from S00300"].n_rows == 1  # what a page should have brought is asked for by name
    assert "sweep" not in batch.cursor


@pytest.mark.parametrize("fault", ["500", "cut", "empty", "drop", "down", "401", "null", "consent"])
def test_a_page_that_fails_once_is_had_at_the_second_try(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest, fault: str) -> None:
    serve(yahoo, *(full_quote(f"S{n:05d}", FRI) for n in range(600)))
    yahoo.faults["screener", "245"] = [fault]
    sweep = read(client, request_)
    assert sweep.is_whole
    assert len(sweep.companies) == 600


def test_no_screener_at_all_leaves_the_named_symbols_to_v7(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    serve(yahoo, *(full_quote(f"S{n:03d}", FRI) for n in range(250)))
    yahoo.faults["screener", "0"] = ["500"] * 99
    request = replace(request_, symbols=tuple(f"S{n:03d}" for n in range(250)))
    batch = batch_of(request, read(client, request, *request.symbols))
    assert batch.frames["raw.price_bar"].height == 250
    assert (entries(batch)["sweep"].outcome, "sweep" in batch.cursor) == ("failed", False)


def test_nothing_came_or_nothing_may_be_asked(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    yahoo.faults["screener", "0"] = ["429 for 2 h"] * 9
    sweep = read(client, request_, "A")
    assert client.session.closed is not None
    batch = batch_of(request_, sweep)
    assert batch.frames == {}
    assert {entry.outcome for entry in batch.ledger} == {"waiting"}
    assert str(client.session.closed) in str(entries(batch)["sweep"].reason)
    assert "sweep" not in batch.cursor


def test_a_market_beyond_the_last_row_is_read_by_exchange(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    row = full_quote("X", FRI)
    yahoo.screened = [{**row, "symbol": f"S{n:05d}", "exchange": MAIN_EXCHANGES[n % 7]} for n in range(9_800)]
    sweep = read(client, request_)
    assert sweep.is_whole
    assert (sweep.total, len(sweep.companies)) == (9_800, 9_800)
    assert [entry.subject for entry in sweep.entries][:6:5] == ["sweep NMS page 1", "sweep NMS page 6"]
    assert yahoo.asked("screener") == 1 + 7 * 6


def test_a_quote_that_is_no_row_is_excused_with_its_reason(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    serve(yahoo, full_quote("A", FRI), full_quote("B", FRI, regularMarketTime=None))
    yahoo.quotes["DEAD"] = full_quote("DEAD", FRI, kind="NONE")
    batch = batch_of(request_, read(client, request_, "A", "B", "DEAD"))
    refused = {symbol: entry.reason for symbol, entry in entries(batch).items() if entry.outcome == "excused"}
    assert refused == {"B": "the time of its last trade, None, is none", "DEAD": "Yahoo's quote knows no such symbol"}
