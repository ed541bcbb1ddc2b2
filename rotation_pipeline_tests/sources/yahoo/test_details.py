"""Earnings dates, share counts and statements of companies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.wire import chart, earnings_page, instant, quote, shares, statement_series

DAY = date(2026, 11, 12)
EVENTS, SHARES, STATEMENTS = "raw.earnings_event", "raw.share_count", "raw.statement"
JUNE, SEPTEMBER = date(2026, 6, 30), date(2026, 9, 30)


@pytest.fixture
def company(market: Market) -> Market:
    """KO with everything, and a fund."""
    yahoo = market.yahoo
    yahoo.charts |= {"KO": chart("KO", {DAY: 70.0}), "SPY": chart("SPY", {DAY: 600.0}, instrumentType="ETF")}
    yahoo.quotes |= {"KO": quote("KO"), "SPY": quote("SPY", "ETF")}
    yahoo.earnings_pages["KO"] = earnings_page(
        "KO",
        [
            ("February 9, 2027 at 6 AM EST", "0.60", "-", "-"),
            ("October 21, 2026 at 7 AM EDT", "0.78", "0.82", "+5.1"),
            ("July 21, 2026 at 4 PM EDT", "0.02", "0.00", "-100"),
            ("April 28, 2026 at 12 AM EDT", "-", "0.73", "-"),
        ],
    )
    yahoo.share_counts["KO"] = shares("KO", [(JUNE, 4.30e9), (JUNE, 4.31e9), (JUNE, 4.30e9), (SEPTEMBER, 4.29e9)])
    yahoo.timeseries["KO"] = statement_series(
        "KO",
        {
            "TotalRevenue": {JUNE: 12.5e9, SEPTEMBER: 12.1e9},
            "NetIncomeCommonStockholders": {JUNE: 3.8e9},
            "StockholdersEquity": {JUNE: 28e9},
            "PreferredStock": {JUNE: 1e9},
            "CommonStockEquity": {JUNE: 27e9, SEPTEMBER: 27.5e9},
        },
    )
    return market


def test_earnings_dates_with_estimates_actuals_and_timings(company: Market) -> None:
    company.fetch(DAY, ["SPY", "KO"])
    columns = ("announced_on", "announced_at", "announced_precision", "timing", "eps_estimate", "eps_actual", "is_confirmed")
    assert company.rows(EVENTS).select(*columns).rows() == [
        (date(2026, 4, 28), None, "date", "UNKNOWN", None, 0.73, True),
        (date(2026, 7, 21), instant("2026-07-21T20:00"), "hour", "AMC", 0.02, 0.0, True),
        (date(2026, 10, 21), instant("2026-10-21T11:00"), "hour", "BMO", 0.78, 0.82, True),
        (date(2027, 2, 9), instant("2027-02-09T11:00"), "hour", "BMO", 0.60, None, False),
    ]
    assert company.rows(EVENTS).select("symbol", "observed_on", "basis_date").unique().rows() == [("KO", DAY, DAY)]
    entry = company.ledger(EVENTS)["KO"]
    assert (entry.outcome, entry.n_rows, entry.first_session, entry.last_session) == ("landed", 4, date(2026, 4, 28), date(2027, 2, 9))


def test_different_share_counts_of_one_day_are_all_kept(company: Market) -> None:
    company.fetch(DAY, ["SPY", "KO"])
    assert company.rows(SHARES).rows() == [
        ("KO", JUNE, JUNE, 4.30e9, "vendor", DAY),
        ("KO", JUNE, JUNE, 4.31e9, "vendor", DAY),
        ("KO", SEPTEMBER, SEPTEMBER, 4.29e9, "vendor", DAY),
    ]


def test_statements_and_book_equity_without_preferred_stock(company: Market) -> None:
    company.fetch(DAY, ["SPY", "KO"])
    assert company.rows(STATEMENTS).rows() == [
        ("KO", "Q", JUNE, None, 12.5e9, 3.8e9, 27e9, "USD"),
        ("KO", "Q", SEPTEMBER, None, 12.1e9, None, 27.5e9, "USD"),
    ]


def test_statements_are_in_the_currency_the_quote_names(company: Market) -> None:
    company.yahoo.quotes["KO"] = quote("KO", financialCurrency="CNY")
    company.fetch(DAY, ["SPY", "KO"])
    assert set(company.rows(STATEMENTS)["currency"]) == {"CNY"}


def test_statements_without_a_known_currency_fail(company: Market) -> None:
    company.yahoo.quotes["KO"] = quote("KO", financialCurrency=None)
    company.fetch(DAY, ["SPY", "KO"])
    assert company.ledger(STATEMENTS)["KO"].outcome == "failed"
    assert "currency" in str(company.ledger(STATEMENTS)["KO"].reason)


def test_only_companies_are_asked_for_details(company: Market) -> None:
    company.fetch(DAY, ["SPY", "KO"])
    assert set(company.ledger(SHARES)) == set(company.ledger(STATEMENTS)) == {"KO"}
    assert [company.yahoo.asked(endpoint, "SPY") for endpoint in ("shares", "timeseries", "earnings")] == [0, 0, 0]


def test_details_are_asked_for_once_a_week(company: Market) -> None:
    for through in (DAY, date(2026, 11, 13), date(2026, 11, 19)):
        company.fetch(through, ["SPY", "KO"])
    assert company.yahoo.asked("shares", "KO") == 2


def test_nothing_there_is_excused(company: Market) -> None:
    del company.yahoo.share_counts["KO"], company.yahoo.timeseries["KO"]
    company.fetch(DAY, ["SPY", "KO"])
    assert {table: company.ledger(table)["KO"].outcome for table in (SHARES, STATEMENTS)} == {SHARES: "excused", STATEMENTS: "excused"}


@pytest.mark.parametrize(
    ("endpoint", "fault", "table"), [("earnings", "500", EVENTS), ("shares", "cut", SHARES), ("timeseries", "empty", STATEMENTS)]
)
def test_a_detail_that_fails_is_named_and_asked_again_by_the_next_run(company: Market, endpoint: str, fault: str, table: str) -> None:
    company.yahoo.faults[endpoint, "KO"] = [fault] * 99
    company.fetch(DAY, ["SPY", "KO"])
    assert {t: company.ledger(t)["KO"].outcome for t in (EVENTS, SHARES, STATEMENTS)} == dict.fromkeys(
        (EVENTS, SHARES, STATEMENTS), "landed"
    ) | {table: "failed"}
    company.yahoo.faults.clear()
    company.fetch(DAY, ["SPY", "KO"])
    assert company.ledger(table)["KO"].outcome == "landed"
    assert company.fetch(DAY, ["SPY", "KO"]) == []


def test_a_page_without_a_table_is_a_failure(company: Market) -> None:
    del company.yahoo.earnings_pages["KO"]
    company.fetch(DAY, ["SPY", "KO"])
    assert company.ledger(EVENTS)["KO"].outcome == "failed"


def test_recorded_share_counts_and_statements(company: Market, recorded: Callable[[str], Any]) -> None:
    yahoo = company.yahoo
    yahoo.charts["AAPL"], yahoo.quotes["AAPL"] = chart("AAPL", {DAY: 270.0}), quote("AAPL")
    yahoo.share_counts["AAPL"] = recorded("fundamentals_timeseries/AAPL-shares_out-2026.json")
    yahoo.timeseries["AAPL"] = recorded("fundamentals_timeseries/AAPL-all-quarterly.json")["timeseries"]["result"]
    company.fetch(DAY, ["AAPL"])
    counts = company.rows(SHARES)
    assert (counts.height, counts["as_of"].n_unique()) == (63, 47)
    assert counts.filter(as_of=date(2025, 7, 11)).height == 3
    assert company.rows(STATEMENTS).select("fiscal_period_end", "revenue", "net_income", "book_equity").rows() == [
        (date(2024, 3, 31), 90753e6, 23636e6, 74194e6),
        (date(2024, 6, 30), 85777e6, 21448e6, 66708e6),
        (date(2024, 9, 30), 94930e6, 14736e6, 56950e6),
        (date(2024, 12, 31), 124300e6, 36330e6, 66758e6),
    ]
