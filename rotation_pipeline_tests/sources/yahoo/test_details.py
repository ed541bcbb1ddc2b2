"""Earnings dates, share counts, statements and estimates of companies: what lands, what is told, and what is asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.sources.yahoo.desk import KINDS, Desk, plain
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.wire import earnings_page, instant, quote, shares, statement_series

DAY, NEXT = date(2026, 11, 12), date(2026, 11, 13)
ESTIMATES, EVENTS, LISTING = "raw.estimate", "raw.earnings_event", "raw.listing"
SHARES, STATEMENTS = "raw.share_count", "raw.statement"
JUNE, SEPTEMBER = date(2026, 6, 30), date(2026, 9, 30)
TABLE = {"summary": ESTIMATES, "dates": EVENTS, "shares": SHARES, "statements": STATEMENTS}
ENDPOINT = {"summary": "quoteSummary", "dates": "earnings", "shares": "shares", "statements": "timeseries"}
ALL = {"KO": KINDS}

HISTORY = {
    "history": [
        {
            "quarter": plain(1782777600),
            "epsActual": plain(0.0),
            "epsEstimate": plain(0.02),
            "surprisePercent": plain(-1.0),
            "currency": "USD",
        },
        {
            "quarter": plain(1790726400),
            "epsActual": plain(0.82),
            "epsEstimate": plain(0.78),
            "surprisePercent": plain(0.05),
            "currency": "USD",
        },
    ]
}
TREND = {
    "trend": [
        {
            "period": "0q",
            "endDate": "2026-12-31",
            "earningsEstimate": {"avg": plain(0.6), "numberOfAnalysts": plain(20), "earningsCurrency": "USD"},
        }
    ]
}


@pytest.fixture
def desk(yahoo: LoopbackYahoo, catalog: Catalog, tmp_path: Path) -> Desk:
    """KO with everything, and a fund."""
    yahoo.quotes |= {"KO": quote("KO"), "SPY": quote("SPY", "ETF")}
    yahoo.summaries["KO"] = {
        "quoteType": {"quoteType": "EQUITY"},
        "assetProfile": {"sector": "Consumer Defensive", "industry": "Beverages"},
        "earningsHistory": HISTORY,
        "earningsTrend": TREND,
    }
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
    return Desk.open(yahoo, catalog, tmp_path)


def test_each_kind_takes_one_request_and_lands_in_its_table(desk: Desk) -> None:
    desk.details(DAY, ALL)
    assert {kind: desk.yahoo.asked(endpoint, "KO") for kind, endpoint in ENDPOINT.items()} == dict.fromkeys(ENDPOINT, 1)
    assert {table: desk.ledger[table, "KO"].outcome for table in TABLE.values()} == dict.fromkeys(TABLE.values(), "landed")
    assert desk.landing.cursor("yahoo") == {"details:KO": "2026-11-12"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_that_is_not_wanted_is_not_asked_for(desk: Desk, kind: str) -> None:
    desk.details(DAY, {"KO": frozenset({kind})})
    assert {dataset for dataset, _ in desk.ledger} == {TABLE[kind]}
    assert {name for name, endpoint in ENDPOINT.items() if desk.yahoo.asked(endpoint)} == {kind}


def test_earnings_dates_with_estimates_actuals_timings_and_the_quarter_they_report(desk: Desk) -> None:
    desk.details(DAY, ALL)
    columns = (
        "fiscal_period_end",
        "announced_on",
        "announced_at",
        "announced_precision",
        "timing",
        "eps_estimate",
        "eps_actual",
        "is_confirmed",
    )
    assert desk.rows(EVENTS).select(*columns).rows() == [
        (None, date(2026, 4, 28), None, "date", "UNKNOWN", None, 0.73, True),
        (JUNE, date(2026, 7, 21), instant("2026-07-21T20:00"), "hour", "AMC", 0.02, 0.0, True),
        (SEPTEMBER, date(2026, 10, 21), instant("2026-10-21T11:00"), "hour", "BMO", 0.78, 0.82, True),
        (None, date(2027, 2, 9), instant("2027-02-09T11:00"), "hour", "BMO", 0.60, None, False),
    ]
    assert desk.rows(EVENTS).select("symbol", "observed_on", "basis_date").unique().rows() == [("KO", DAY, DAY)]
    entry = desk.ledger[EVENTS, "KO"]
    assert (entry.outcome, entry.n_rows, entry.first_session, entry.last_session) == ("landed", 4, date(2026, 4, 28), date(2027, 2, 9))


def test_a_confirmed_next_date_takes_the_place_of_the_pages_guess(desk: Desk) -> None:
    sure = {"earningsDate": [1770814800 + 365 * 86400], "earningsCallDate": [1], "isEarningsDateEstimate": False, "earningsAverage": 0.61}
    desk.yahoo.summaries["KO"]["calendarEvents"] = {"earnings": sure}
    desk.details(DAY, ALL)
    columns = ("announced_on", "announced_at", "timing", "eps_estimate", "is_confirmed")
    assert desk.rows(EVENTS).select(*columns).rows()[-1] == (date(2027, 2, 11), instant("2027-02-11T13:00"), "BMO", 0.60, True)
    assert desk.rows(EVENTS).height == 4


def test_the_summary_alone_tells_the_next_date(desk: Desk) -> None:
    window = {"earningsDate": [plain(1802005200), plain(1802437200)], "isEarningsDateEstimate": True, "earningsAverage": 0}
    desk.yahoo.summaries["KO"]["calendarEvents"] = {"earnings": window}
    desk.details(DAY, {"KO": frozenset({"summary"})})
    columns = ("announced_on", "announced_at", "announced_precision", "timing", "eps_estimate", "is_confirmed")
    assert desk.rows(EVENTS).select(*columns).rows() == [(date(2027, 2, 7), None, "date", "UNKNOWN", None, False)]


def test_sector_and_industry_land_with_the_listing(desk: Desk) -> None:
    desk.details(DAY, ALL)
    assert desk.rows(LISTING).select("symbol", "kind", "exchange", "sector", "industry").rows() == [
        ("KO", "EQUITY", "NYQ", "Consumer Defensive", "Beverages")
    ]


def test_earnings_per_share_in_another_currency_are_left_out_and_the_date_stays(desk: Desk) -> None:
    desk.yahoo.summaries["KO"]["earningsHistory"] = {"history": [row | {"currency": "CNY"} for row in HISTORY["history"]]}
    desk.details(DAY, ALL)
    assert desk.rows(EVENTS).select("announced_on", "eps_estimate", "eps_actual", "is_confirmed").rows()[1:] == [
        (date(2026, 7, 21), None, None, True),
        (date(2026, 10, 21), None, None, True),
        (date(2027, 2, 9), None, None, False),
    ]
    assert desk.ledger[EVENTS, "KO"].reason == "EPS in CNY left out"


def test_different_share_counts_of_one_day_are_all_kept(desk: Desk) -> None:
    desk.details(DAY, ALL)
    assert desk.rows(SHARES).rows() == [
        ("KO", JUNE, JUNE, 4.30e9, "vendor", DAY),
        ("KO", JUNE, JUNE, 4.31e9, "vendor", DAY),
        ("KO", SEPTEMBER, SEPTEMBER, 4.29e9, "vendor", DAY),
    ]


def test_statements_and_book_equity_without_preferred_stock(desk: Desk) -> None:
    desk.details(DAY, ALL)
    assert desk.rows(STATEMENTS).rows() == [
        ("KO", "Q", JUNE, None, None, 12.5e9, 3.8e9, 27e9, "USD"),
        ("KO", "Q", SEPTEMBER, None, None, 12.1e9, None, 27.5e9, "USD"),
    ]


def test_statements_are_in_the_currency_that_they_name_themselves(desk: Desk) -> None:
    desk.yahoo.quotes["KO"] = quote("KO", financialCurrency="USD")
    desk.yahoo.timeseries["KO"] = statement_series("KO", {"TotalRevenue": {JUNE: 12.5e9}}, currency="CNY")
    desk.details(DAY, ALL)
    assert set(desk.rows(STATEMENTS)["currency"]) == {"CNY"}


def test_statements_without_a_known_currency_fail(desk: Desk) -> None:
    desk.yahoo.quotes["KO"] = quote("KO", financialCurrency=None)
    desk.yahoo.timeseries["KO"] = statement_series("KO", {"TotalRevenue": {JUNE: 12.5e9}}, currency="")
    desk.details(DAY, ALL)
    assert desk.ledger[STATEMENTS, "KO"].outcome == "failed"
    assert "currency" in str(desk.ledger[STATEMENTS, "KO"].reason)


def test_what_is_held_is_not_landed_again_and_what_changed_is_known_from_the_day_it_was_seen(desk: Desk) -> None:
    desk.details(DAY, ALL)
    before = desk.rows(STATEMENTS).height
    desk.details(NEXT, ALL)
    entry = desk.ledger[STATEMENTS, "KO"]
    assert (entry.outcome, entry.n_rows, entry.reason) == ("excused", 0, "2 periods are held already")
    assert desk.rows(STATEMENTS).height == before
    desk.yahoo.timeseries["KO"] = statement_series(
        "KO", {"TotalRevenue": {JUNE: 12.5e9, SEPTEMBER: 12.0e9}, "NetIncomeCommonStockholders": {SEPTEMBER: 3.1e9}}
    )
    later = date(2026, 11, 30)
    desk.details(later, ALL)
    # June lost a figure, which is no news; September was restated and completed, and keeps its equity.
    assert desk.rows(STATEMENTS).rows()[before:] == [("KO", "Q", SEPTEMBER, None, later, 12.0e9, 3.1e9, 27.5e9, "USD")]


def test_balance_sheets_count_shares(desk: Desk) -> None:
    """Public when the law wants the filing, a year's last quarter with the year; or seen before."""
    december = date(2025, 12, 31)
    counts = {december: 4.32e9, JUNE: 4.30e9, SEPTEMBER: 4.29e9}
    desk.yahoo.timeseries["KO"] = statement_series("KO", {"OrdinarySharesNumber": counts}) + statement_series(
        "KO", {"OrdinarySharesNumber": {december: 4.32e9}}, period="annual", period_type="12M"
    )
    wanted = {"KO": frozenset({"statements"})}
    desk.details(DAY, wanted)
    expected = [
        ("KO", december, date(2026, 3, 31), 4.32e9, "reported", DAY),
        ("KO", JUNE, date(2026, 8, 14), 4.30e9, "reported", DAY),
        ("KO", SEPTEMBER, DAY, 4.29e9, "reported", DAY),
    ]
    assert desk.rows(SHARES).rows() == expected
    desk.details(NEXT, wanted)
    assert desk.rows(SHARES).rows() == expected


def test_years_and_quarters_are_told_apart_and_half_years_left_out(desk: Desk) -> None:
    half = statement_series("KO", {"TotalRevenue": {SEPTEMBER: 25e9}})
    half[0]["quarterlyTotalRevenue"][0]["periodType"] = "6M"
    year = statement_series("KO", {"TotalRevenue": {date(2025, 12, 31): 47e9}}, period="annual", period_type="12M")
    desk.yahoo.timeseries["KO"] = half + year
    desk.details(DAY, ALL)
    assert desk.rows(STATEMENTS).select("fiscal_period", "fiscal_period_end", "revenue").rows() == [("FY", date(2025, 12, 31), 47e9)]


def test_only_companies_are_asked_for_details(desk: Desk) -> None:
    batch = desk.details(DAY, {"SPY": KINDS})
    assert (batch.ledger, batch.cursor, desk.yahoo.log) == ((), {"details:SPY": "2026-11-12"}, [])


def test_nothing_there_is_excused(desk: Desk) -> None:
    for served in (desk.yahoo.share_counts, desk.yahoo.timeseries, desk.yahoo.summaries, desk.yahoo.earnings_pages):
        del served["KO"]
    desk.details(DAY, ALL)
    assert {desk.ledger[table, "KO"].outcome for table in TABLE.values()} == {"excused"}
    assert desk.ledger[EVENTS, "KO"].reason == "neither its page nor its summary names an announcement"


def test_a_page_without_a_table_is_a_failure_while_the_summary_names_announcements(desk: Desk) -> None:
    del desk.yahoo.earnings_pages["KO"]
    desk.details(DAY, ALL)
    assert desk.ledger[EVENTS, "KO"].outcome == "failed"
    assert desk.ledger[ESTIMATES, "KO"].outcome == "landed"


def test_what_the_summary_did_not_name_is_remembered_when_the_page_is_asked_for_later(desk: Desk) -> None:
    del desk.yahoo.earnings_pages["KO"], desk.yahoo.summaries["KO"]
    desk.yahoo.faults["earnings", "KO"] = ["500"] * 4
    desk.details(DAY, ALL)
    assert desk.ledger[EVENTS, "KO"].outcome == "failed"
    desk.yahoo.log.clear()
    desk.details(DAY, ALL)
    assert desk.yahoo.log == [("earnings", "KO")]
    assert desk.ledger[EVENTS, "KO"].reason == "neither its page nor its summary names an announcement"


@pytest.mark.parametrize(("kind", "fault"), [("dates", "500"), ("shares", "cut"), ("statements", "empty"), ("summary", "down")])
def test_a_kind_that_fails_is_named_and_asked_again_alone(desk: Desk, kind: str, fault: str) -> None:
    desk.yahoo.faults[ENDPOINT[kind], "KO"] = [fault] * 99
    desk.details(DAY, ALL)
    assert {name: desk.ledger[table, "KO"].outcome for name, table in TABLE.items()} == dict.fromkeys(KINDS, "landed") | {kind: "failed"}
    assert desk.landing.cursor("yahoo") == {f"details:KO:{name}": "2026-11-12" for name in KINDS - {kind}}
    desk.yahoo.faults.clear()
    desk.yahoo.log.clear()
    desk.details(DAY, ALL)
    assert desk.ledger[TABLE[kind], "KO"].outcome == "landed"
    assert {name for name, endpoint in ENDPOINT.items() if desk.yahoo.asked(endpoint)} == {kind}
    assert desk.landing.cursor("yahoo")["details:KO"] == "2026-11-12"


def test_what_a_closed_session_holds_back_waits(desk: Desk) -> None:
    desk.yahoo.faults["earnings", "KO"] = ["429"] * 99
    desk.details(DAY, ALL)
    outcomes = {kind: desk.ledger[table, "KO"].outcome for kind, table in TABLE.items()}
    assert (outcomes["summary"], outcomes["shares"], outcomes["statements"]) == ("landed", "waiting", "waiting")
    assert "details:KO" not in desk.landing.cursor("yahoo")


def test_recorded_share_counts_and_statements(desk: Desk, recorded: Callable[[str], Any]) -> None:
    desk.yahoo.quotes["AAPL"] = quote("AAPL")
    desk.yahoo.share_counts["AAPL"] = recorded("fundamentals_timeseries/AAPL-shares_out-2026.json")
    bodies = [recorded(f"fundamentals_timeseries/AAPL-all-{frequency}.json") for frequency in ("quarterly", "annual")]
    desk.yahoo.timeseries["AAPL"] = [one for body in bodies for one in body["timeseries"]["result"]]
    desk.details(DAY, {"AAPL": frozenset({"shares", "statements"})})
    counts = desk.rows(SHARES).filter(kind="vendor")
    assert (counts.height, counts["as_of"].n_unique()) == (63, 47)
    assert counts.filter(as_of=date(2025, 7, 11)).height == 3
    assert desk.rows(STATEMENTS).select(
        "fiscal_period", "fiscal_period_end", "revenue", "net_income", "book_equity", "currency"
    ).rows() == [
        ("FY", date(2022, 9, 30), 394328e6, 99803e6, 50672e6, "USD"),
        ("FY", date(2023, 9, 30), 383285e6, 96995e6, 62146e6, "USD"),
        ("FY", date(2024, 9, 30), 391035e6, 93736e6, 56950e6, "USD"),
        ("Q", date(2024, 3, 31), 90753e6, 23636e6, 74194e6, "USD"),
        ("Q", date(2024, 6, 30), 85777e6, 21448e6, 66708e6, "USD"),
        ("Q", date(2024, 9, 30), 94930e6, 14736e6, 56950e6, "USD"),
        ("Q", date(2024, 12, 31), 124300e6, 36330e6, 66758e6, "USD"),
    ]
    assert desk.rows(SHARES).filter(kind="reported").select("as_of", "shares").rows()[-1] == (date(2024, 12, 31), 15037874000.0)
