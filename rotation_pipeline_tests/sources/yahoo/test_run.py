"""Whole fetches over several evenings: what the sweep spares, what dies, what waits, what goes on after a kill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import polars as pl
import pytest

from rotation_pipeline.sources.yahoo.charts import dying
from rotation_pipeline.sources.yahoo.sweep import step
from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.loopback.quoting import full_quote
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart, earnings_page

DAYS = [date(2026, 11, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17)]
MON, TUE, WED, THU, FRI = DAYS[5:10]
NEXT_MON, NEXT_TUE = DAYS[10:]
COMPANIES = ["ADA", "BOB", "CAT", "DOT"]
SYMBOLS = ["SPY", *COMPANIES]
PAST = ("October 20, 2026 at 4 PM EDT", "1.00", "1.10", "+10.00")


def at_close(market: Market, day: date, companies: Sequence[str] = COMPANIES, payers: Sequence[str] = ()) -> None:
    """Serve the market as it is on the evening of ``day``: prices rise by one a day."""
    days = DAYS[: DAYS.index(day) + 1]
    closes = {session: 50.0 + n for n, session in enumerate(days)}
    market.yahoo.charts.clear()
    market.yahoo.quotes.clear()
    market.yahoo.screened = []
    for symbol in ("SPY", *companies):
        dividends = {DAYS[1]: 0.5} if symbol in payers else None
        market.yahoo.charts[symbol] = chart(symbol, closes, dividends=dividends, instrumentType="ETF" if symbol == "SPY" else "EQUITY")
    market.yahoo.quotes["SPY"] = full_quote("SPY", day, closes[day], closes[days[-2]], kind="ETF")
    for symbol in companies:
        rate = {"trailingAnnualDividendRate": 2.0} if symbol in payers else {}
        market.yahoo.screened.append(full_quote(symbol, day, closes[day], closes[days[-2]], **rate))


def charts_asked(market: Market) -> list[str]:
    asked = sorted(symbol for endpoint, symbol in market.yahoo.log if endpoint == "chart")
    market.yahoo.log.clear()
    return asked


def test_after_the_first_evening_only_what_the_sweep_does_not_tell_is_charted(market: Market) -> None:
    at_close(market, MON, payers=["BOB"])
    market.fetch(MON, SYMBOLS)
    assert charts_asked(market) == sorted(SYMBOLS)
    at_close(market, TUE, payers=["BOB"])
    market.fetch(TUE, SYMBOLS)
    assert charts_asked(market) == ["BOB", "SPY"]
    on_tuesday = market.rows("raw.price_bar").filter(pl.col("session") == TUE).sort("symbol")
    assert on_tuesday.select("symbol", "close", "dividend_basis").unique().sort("symbol", "dividend_basis").rows() == [
        ("ADA", 56.0, "listed"),
        ("BOB", 56.0, "listed"),
        ("BOB", 56.0, "none"),  # the sweep's, until the chart told that there was no dividend
        ("CAT", 56.0, "listed"),
        ("DOT", 56.0, "listed"),
        ("SPY", 56.0, "listed"),
    ]


def test_a_second_run_of_the_evening_asks_nothing(market: Market) -> None:
    at_close(market, MON)
    market.fetch(MON, SYMBOLS)
    market.yahoo.log.clear()
    assert market.fetch(MON, SYMBOLS) == []
    assert market.yahoo.log == []


def test_a_run_that_was_killed_after_the_sweep_goes_on_without_a_second_one(market: Market) -> None:
    at_close(market, MON)
    market.fetch(MON, SYMBOLS)
    at_close(market, TUE, payers=["CAT"])
    market.fetch(TUE, SYMBOLS, n_batches=2)  # the sentinel and the sweep
    assert (market.yahoo.asked("screener") > 0, market.yahoo.asked("chart", "CAT")) == (True, 1)
    market.yahoo.log.clear()
    market.fetch(TUE, SYMBOLS)
    assert (market.yahoo.asked("screener", "0"), market.yahoo.asked("chart")) == (0, 0)  # pages of industries are due still


def ended(market: Market) -> list[tuple[object, ...]]:
    """Listings that ended."""
    rows = market.rows("raw.listing").filter(pl.col("last_session").is_not_null())
    return rows.select("symbol", "kind", "last_session", "delist_reason", "decided_on").rows()


def test_from_the_third_day_on_the_chart_of_a_symbol_that_yahoo_does_not_know_is_spared_and_nothing_ends(market: Market) -> None:
    at_close(market, MON)
    market.fetch(MON, SYMBOLS)
    for day in (TUE, WED, THU):
        at_close(market, day, companies=["ADA", "BOB", "CAT"])
        market.fetch(day, SYMBOLS)
        assert market.ledger()["DOT"].outcome == "excused"
    market.yahoo.log.clear()
    at_close(market, FRI, companies=["ADA", "BOB", "CAT"])
    market.fetch(FRI, SYMBOLS)
    assert market.yahoo.asked("chart", "DOT") == 0
    assert ended(market) == []


def test_a_symbol_that_no_sweep_saw_is_given_up_after_twenty_sessions_and_goes_on_once_it_is_quoted_again(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = longer_market(market, monkeypatch)
    n_live = 5 + 20 + 1  # absent from the sweeps since the second silent one
    given_up = live_without_dot(market, days[5 : n_live + 3])
    assert given_up == [(days[n_live], ("DOT", "EQUITY", days[5], "UNKNOWN"))]
    at_close(market, days[n_live + 3])
    in_the_evening(market, days[n_live + 3])
    last = market.rows("raw.listing").filter(pl.col("symbol") == "DOT").row(-1, named=True)
    assert (last["last_session"], last["decided_on"]) == (None, None)
    held = market.rows("raw.price_bar").filter(pl.col("symbol") == "DOT")["session"].unique().sort().to_list()
    assert held == days[: n_live + 4]
    assert market.landing.cursor("yahoo")["dead:DOT"] == ""


def test_a_symbol_that_a_sweep_lists_without_a_price_is_given_up_after_sixty_sessions(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dying.SILENT_SESSIONS == 60
    days = longer_market(market, monkeypatch)
    monkeypatch.setattr(dying, "SILENT_SESSIONS", 8)  # sixty evenings would only take longer
    monkeypatch.setattr(step, "counted_absent", lambda *_: {})
    given_up = live_without_dot(market, days[5:15])
    assert given_up == [(days[5 + 8], ("DOT", "EQUITY", days[5], "UNKNOWN"))]


def longer_market(market: Market, monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Forty sessions instead of twelve."""
    days = [day for day in market.sessions if day >= DAYS[0]][:40]
    monkeypatch.setattr("rotation_pipeline_tests.sources.yahoo.test_run.DAYS", days)
    return days


def in_the_evening(market: Market, day: date) -> None:
    """A fetch with the day's own budget of requests."""
    market.fetch(day, SYMBOLS, clock=lambda: datetime(day.year, day.month, day.day, 23, tzinfo=UTC).timestamp())


def live_without_dot(market: Market, days: Sequence[date]) -> list[tuple[date, tuple[object, ...]]]:
    """One calm evening, then evenings on which Yahoo knows DOT no more; the evening on which it is given up, and as what."""
    at_close(market, days[0])
    in_the_evening(market, days[0])
    found: list[tuple[date, tuple[object, ...]]] = []
    for day in days[1:]:
        at_close(market, day, companies=["ADA", "BOB", "CAT"])
        in_the_evening(market, day)
        now = [row for row in ended(market) if row[:4] not in [seen for _, seen in found]]
        assert [row[4] for row in now] in ([], [day])
        found += [(day, row[:4]) for row in now]
    return found


def test_a_second_look_on_one_day_is_no_second_day(market: Market) -> None:
    at_close(market, MON)
    market.fetch(MON, SYMBOLS)
    at_close(market, TUE, companies=["ADA", "BOB", "CAT"])
    for _ in range(4):
        market.fetch(TUE, SYMBOLS)
    assert market.landing.cursor("yahoo")["dead:DOT"] == TUE.isoformat()


def test_when_many_die_at_once_the_fault_is_yahoos(market: Market) -> None:
    at_close(market, MON)
    market.fetch(MON, SYMBOLS)
    for day in (TUE, WED, THU):
        at_close(market, day, companies=[])
        market.fetch(day, SYMBOLS)
    assert not [key for key, value in market.landing.cursor("yahoo").items() if key.startswith("dead:") and value]
    assert market.rows("raw.listing")["last_session"].null_count() == market.rows("raw.listing").height


def test_a_symbol_that_comes_back_was_not_dead(market: Market) -> None:
    at_close(market, MON)
    market.fetch(MON, SYMBOLS)
    for day in (TUE, WED):
        at_close(market, day, companies=["ADA", "BOB", "CAT"])
        market.fetch(day, SYMBOLS)
    at_close(market, THU)
    market.fetch(THU, SYMBOLS)
    assert market.landing.cursor("yahoo")["dead:DOT"] == ""
    held = market.rows("raw.price_bar").filter(pl.col("symbol") == "DOT")["session"].unique().sort().to_list()
    assert held == DAYS[:9]


def test_beyond_the_budget_everything_waits_by_name_and_the_next_hour_goes_on_from_there(market: Market) -> None:
    at_close(market, MON)
    market.yahoo.earnings_pages = {symbol: earnings_page(symbol, [PAST]) for symbol in COMPANIES}
    hours = [0.0]
    market.fetch(MON, SYMBOLS, requests_per_hour=6, clock=lambda: hours[0])
    waiting = {entry.subject: entry for batch in market.batches for entry in batch.ledger if entry.outcome == "waiting"}
    assert {"ADA", "BOB", "CAT", "DOT"} & set(waiting)
    assert all("asked for again after 1970-01-01" in (entry.reason or "") for entry in waiting.values())
    for hour in range(1, 25):
        hours[0] = 3601.0 * hour
        market.fetch(MON, SYMBOLS, requests_per_hour=6, clock=lambda: hours[0])
    last = {}
    for batch in market.batches:
        last |= {(entry.dataset, entry.subject): entry.outcome for entry in batch.ledger}
    waiting_still = {(dataset, subject) for (dataset, subject), outcome in last.items() if outcome == "waiting"}
    assert waiting_still == set()
    assert [market.yahoo.asked("chart", symbol) for symbol in SYMBOLS] == [1, 1, 1, 1, 1]
