"""Every recorded body of Yahoo, served from loopback and read through our source, says there what it says by itself.

More bodies of the same kinds exist elsewhere: nothing here knows a file or a symbol. Left out are endpoints that we do not ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rotation_pipeline.landing import Outcome
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline.sources.yahoo.charts.prices import price_batch, read_chunk
from rotation_pipeline.sources.yahoo.client import Client, quiet
from rotation_pipeline.sources.yahoo.company.earnings import next_event, reported_quarters
from rotation_pipeline.sources.yahoo.company.estimates import HORIZONS, shape_estimates
from rotation_pipeline.sources.yahoo.company.profile import labelled_listing
from rotation_pipeline.sources.yahoo.company.shares import shape_shares
from rotation_pipeline.sources.yahoo.company.statements import TYPES, read_periods, shape_statements
from rotation_pipeline.sources.yahoo.company.summary import MODULES
from rotation_pipeline.sources.yahoo.faults import Answer
from rotation_pipeline.sources.yahoo.sweep.listing import KINDS, shape_listing
from rotation_pipeline.sources.yahoo.sweep.quotes import shape_quotes
from rotation_pipeline.sources.yahoo.sweep.screen import MAIN_EXCHANGES
from rotation_pipeline_tests.sources.yahoo.loopback.recorded import (
    ChartSays,
    Recorded,
    manifest,
    raw_number,
    read_chart,
    reported_values,
    share_counts,
)
from rotation_pipeline_tests.sources.yahoo.loopback.replies import JSON, Reply
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo

CHART, FUNDAMENTALS, SUMMARY, QUOTE = "v8/finance/chart", "ws/fundamentals-timeseries", "v10/finance/quoteSummary", "v7/finance/quote"
SCREENER, CALENDAR = "v1/finance/screener", "v1/finance/visualization"
NOT_ASKED = {
    "v1/finance/search": "symbols come from the lists and the screener",
    "v1/finance/sectors": "labels come from the screener and the profile",
    "(history as a table)": "tables that yfinance made, no bodies: the tests of the comparison read them",
    "various": "short answers, listed in one file: see SHORT",
}
EVERYTHING = date(2000, 1, 1), date(2030, 1, 1)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
BODIES = manifest()


def of(endpoint: str) -> pytest.MarkDecorator:
    """The recorded bodies of an endpoint as parameters."""
    found = [body for body in BODIES if body.endpoint.startswith(endpoint)]
    absent = [pytest.param(None, marks=pytest.mark.skip(reason="recorded bodies not found; set ROTATION_SHARED_DATA"))]
    return pytest.mark.parametrize("body", found or absent, ids=lambda body: body.file if body else "absent")


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackYahoo]:
    with LoopbackYahoo() as yahoo:
        yield yahoo


@pytest.fixture
def client(server: LoopbackYahoo, tmp_path: Path) -> Client:
    return Yahoo(tmp_path, server.session(), lambda _seconds: None, 1000.0)._one_client()


def asked(server: LoopbackYahoo, endpoint: str, subject: str, reply: Reply, ask: Callable[[], Answer[Any]]) -> Answer[Any]:
    """What the client makes of an answer."""
    server.verbatim = {(endpoint, subject): reply}
    with quiet():
        return ask()


def served(body: Recorded) -> Reply:
    return Reply(200, JSON, body.raw)


def test_every_recorded_body_is_read_or_left_out_by_its_endpoint() -> None:
    read = (CHART, FUNDAMENTALS, SUMMARY, QUOTE, SCREENER, CALENDAR)
    assert [body.file for body in BODIES if not body.endpoint.startswith((*read, *NOT_ASKED))] == []


@of(CHART)
def test_a_chart(body: Recorded, server: LoopbackYahoo, client: Client) -> None:
    symbol = body.symbol or "X"
    request = FetchRequest(EVERYTHING[1], [], datetime.combine(EVERYTHING[1], time(23), UTC))
    server.verbatim = {("chart", symbol): served(body)}
    with quiet():
        prices = read_chunk(client, request, {symbol: EVERYTHING[0]}, {}, 1)
    batch = price_batch(request, prices, [], Answer(None, "failed", "not asked", 0))
    (entry,) = batch.ledger
    says = read_chart(body.body)
    if (refusal := _refusal(says)) is not None:
        assert (entry.outcome, refusal in str(entry.reason)) == ("failed", True), entry
        return
    bars, actions = batch.frames["raw.price_bar"], batch.frames["raw.corporate_action"]
    assert (entry.outcome, entry.n_rows, entry.first_session, entry.last_session) == (
        "landed",
        len(says.days),
        min(says.days),
        max(says.days),
    )
    assert set(bars["session"].to_list()) == says.days
    assert bars.height == len(says.days)
    assert bars["currency"].unique().to_list() == [says.currency]
    assert bars["price_basis"].unique().to_list() == ["split_adjusted"]
    kinds = {"dividend": "dividends", "split": "splits", "capital_gain": "capitalGains"}
    found = {kinds[kind]: n for kind, n in actions["kind"].value_counts().iter_rows()}
    assert found == {kind: n for kind, n in says.n_events.items() if kind in kinds.values()}


def _refusal(says: ChartSays) -> str | None:
    """Words of the reason why a body is no history of daily bars."""
    if not says.is_sound:
        return "an answer of another form"
    if not says.days:
        return "an answer without rows and without a reason"
    return None if says.step == "1d" else f"bars of {says.step} where daily ones were asked for"


@of(QUOTE)
def test_quotes(body: Recorded, server: LoopbackYahoo, client: Client) -> None:
    quotes = body.body["quoteResponse"]["result"]
    symbols = [quote["symbol"] for quote in quotes] or ["X"]
    answer = asked(server, "quote", ",".join(symbols), served(body), lambda: client.quotes(symbols))
    assert answer.value is not None, answer.reason
    assert sorted(answer.value) == sorted(quote["symbol"] for quote in quotes)
    for quote in quotes:
        listing = shape_listing(quote["symbol"], answer.value[quote["symbol"]], {})
        if quote["quoteType"] in KINDS:
            assert not isinstance(listing, str)
            assert listing["kind"] == quote["quoteType"]
            assert listing["currency"] == quote.get("currency", listing["currency"])
        else:
            assert quote["quoteType"] in str(listing)


@of(FUNDAMENTALS)
def test_fundamentals(body: Recorded, server: LoopbackYahoo, client: Client) -> None:
    symbol = body.symbol or "X"
    if "shares_out" in body.endpoint:
        answer = asked(server, "shares", symbol, served(body), lambda: client.share_counts(symbol, *EVERYTHING))
        found = shape_shares(symbol, answer.value, date(2029, 12, 31)).select("as_of", "shares")
        assert set(found.iter_rows()) == share_counts(body.body)
        return
    server.timeseries = {symbol: body.body["timeseries"]["result"]}  # Yahoo serves the types that are asked for
    with quiet():
        answer = client.fundamentals(symbol, TYPES, *EVERYTHING)
    assert answer.value is not None, answer.reason
    periods = read_periods(answer.value)
    said = {(name, end): (figure, currency) for name, end, figure, currency in reported_values(body.body)}
    ours = {key: value for key, value in said.items() if key[0] in TYPES}
    prefix = {"Q": "quarterly", "FY": "annual"}
    read = {
        (prefix[period.fiscal_period] + key, period.end): (figure, *period.currencies)
        for period in periods
        for key, figure in period.figures.items()
        if prefix[period.fiscal_period] + key in TYPES
    }
    assert read == ours
    statements = shape_statements(symbol, periods, None)
    figures = ("TotalRevenue", "NetIncomeCommonStockholders", "StockholdersEquity", "CommonStockEquity")
    assert statements.height == len({(name.removesuffix(f), end) for name, end in ours for f in figures if name.endswith(f)})


@of(SUMMARY)
def test_a_summary(body: Recorded, server: LoopbackYahoo, client: Client) -> None:
    symbol, said = body.symbol or "X", body.body["quoteSummary"]
    status = 200 if said["result"] else 404
    answer = asked(server, "quoteSummary", symbol, Reply(status, JSON, body.raw), lambda: client.summary(symbol))
    if not said["result"]:
        none_of_them = "No fundamentals data found" in said["error"]["description"]
        assert (answer.outcome, answer.value) == ("landed", {}) if none_of_them else answer.outcome == "failed" and answer.reason
        return
    assert answer.value is not None, answer.reason
    modules = said["result"][0]
    assert {name: answer.value.get(name) for name in MODULES} == {name: modules.get(name) for name in MODULES}
    _check_estimates(symbol, modules, answer.value)
    _check_the_rest(symbol, modules, answer.value)


def _check_estimates(symbol: str, modules: dict[str, Any], summary: dict[str, Any]) -> None:
    trends = {trend["period"]: trend for trend in (modules.get("earningsTrend") or {}).get("trend", ())}
    analysts = {
        horizon: raw_number((trends[horizon].get("earningsEstimate") or {}).get("numberOfAnalysts"))
        for horizon in HORIZONS
        if horizon in trends
    }
    estimates = shape_estimates(symbol, summary, date(2025, 11, 1), date(2025, 11, 1))
    for row in estimates.iter_rows(named=True):
        trend = trends[row["horizon"]]
        assert str(row["fiscal_period_end"]) == trend["endDate"]
        if row["n_eps"]:
            assert row["eps_mean"] == raw_number(trend["earningsEstimate"]["avg"])
    assert {horizon for horizon, n in analysts.items() if n} <= set(estimates["horizon"])


def _check_the_rest(symbol: str, modules: dict[str, Any], summary: dict[str, Any]) -> None:
    history = (modules.get("earningsHistory") or {}).get("history", ())
    assert [q.eps_actual for q in reported_quarters(summary)] == [raw_number(r["epsActual"]) for r in history if raw_number(r["epsActual"])]
    dates = ((modules.get("calendarEvents") or {}).get("earnings") or {}).get("earningsDate") or []
    assert (next_event(symbol, summary, date(2000, 1, 1), date(2000, 1, 1)) is not None) == bool(dates)
    profile, quote = modules.get("assetProfile") or {}, {"quoteType": "EQUITY", "currency": "USD"}
    listing = labelled_listing(symbol, quote, summary)
    labels = (profile.get("sector"), profile.get("industry"))
    found = (None, None) if listing is None else listing.select("sector", "industry").row(0)
    assert found == tuple(label or None for label in labels)


@of(SCREENER)
def test_a_screen(body: Recorded, server: LoopbackYahoo, client: Client) -> None:
    said = body.body["finance"]
    answer = asked(server, "screener", "0", served(body), lambda: client.screen(0, MAIN_EXCHANGES))
    if said["result"] is None:
        assert (answer.outcome, bool(answer.reason)) == ("failed", True)
        return
    assert answer.value is not None, answer.reason
    (result,) = said["result"]
    assert (list(answer.value.quotes), answer.value.total) == (result["quotes"], result["total"])
    shaped = shape_quotes(answer.value.quotes, NOW.date(), NOW.date(), NOW)
    assert sorted([*shaped.frame["symbol"], *shaped.refused]) == sorted(quote["symbol"] for quote in result["quotes"])
    for quote in result["quotes"]:
        rows = shaped.frame.filter(pl.col("symbol") == quote["symbol"])
        assert rows.select("close", "volume", "currency").rows() in (
            [],
            [(quote["regularMarketPrice"], quote.get("regularMarketVolume"), quote["currency"])],
        )


@of(CALENDAR)
def test_a_calendar(body: Recorded, server: LoopbackYahoo, client: Client) -> None:
    (result,) = body.body["finance"]["result"]
    columns = [column["id"] for column in result["documents"][0]["columns"]]
    if not {"ticker", "startdatetimetype"} <= set(columns):
        pytest.skip("another calendar than that of earnings by day: not asked for")
    day, rows = date(2026, 6, 10), result["documents"][0]["rows"]
    server.calendar, server.calendar_columns = {str(day): rows}, result["documents"][0]["columns"]
    server.calendar_total = result["total"]
    with quiet():
        answer = client.calendar_day(day)
    assert answer.value is not None, answer.reason
    assert answer.value.total == result["total"]
    events = list(answer.value.events(NOW, NOW.date(), NOW.date()))
    assert [event.symbol for event in events] == [row[columns.index("ticker")] for row in rows]
    assert [event.eps_estimate for event in events] == [row[columns.index("epsestimate")] for row in rows]


# What becomes of a short answer by its name in errors/plain_errors.json: the outcome of a chart that gets it, and words of the reason.
SHORT: dict[str, tuple[Outcome, str]] = {
    "edge_rate_limited": ("waiting", "429"),
    "getcrumb_rate_limited": ("waiting", "429"),
    "chart_404_delisted": ("excused", "No data found, symbol may be delisted"),
    "chart_400_no_data_in_range": ("excused", "Data doesn't exist"),
    "yahoo_down": ("failed", "503"),
    "truncated_json": ("failed", "a cut or empty answer"),
    "empty_200": ("failed", "a cut or empty answer"),
}


@of("various")
def test_short_answers(body: Recorded, server: LoopbackYahoo, tmp_path: Path) -> None:
    for nth, said in enumerate(body.body):
        if said["name"] == "getcrumb_ok":
            continue
        one = Yahoo(tmp_path / str(nth), server.session(), lambda _seconds: None, 1000.0)._one_client()
        reply = Reply(said["http_status"], said["content_type"], said["body"].encode())
        answer = asked(server, "chart", "KO", reply, lambda one=one: one.history("KO", *EVERYTHING))  # type: ignore[misc]
        outcome, words = SHORT.get(said["name"], ("failed", ""))
        assert (answer.outcome, words in str(answer.reason), bool(answer.reason)) == (outcome, True, True), (said["name"], answer)
