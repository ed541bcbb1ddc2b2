"""core.trailing_fundamental and core.issuer_valuation: four quarters, known in time, on one share basis."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import cap, golden, list_line, open_market, split

ENDS = [date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 30), date(2024, 12, 31), date(2025, 3, 31)]
FILED = [date(2024, 5, 1), date(2024, 8, 1), date(2024, 11, 1), date(2025, 2, 3), date(2025, 5, 1)]


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2024, 1, 2), date(2026, 2, 27))
    list_line(lab, 1, "AAA")
    return lab


def file(lab: Lab, period_end: date, known_on: date | None, net_income: float | None, period: str = "Q", **columns: Any) -> None:
    row = {"symbol": "AAA", "fiscal_period": period, "fiscal_period_end": period_end, "known_on": known_on, "net_income": net_income}
    lab.put("raw.statement", [row | {"currency": "USD"} | columns])


def report(lab: Lab, period_end: date, known_session: date, eps_fwd: float | None = None) -> None:
    event = {"event_id": f"1-{period_end:%Y-%m}", "issuer_id": 1, "security_id": 1, "fiscal_period_end": period_end, "status": "REPORTED"}
    lab.put("core.earnings_event", [event | {"known_session": known_session, "pit_grade": "B"}])
    if eps_fwd is not None:
        result = {"event_id": event["event_id"], "issuer_id": 1, "fiscal_period_end": period_end, "pit_grade": "B"}
        lab.put("core.earnings_result", [result | {"known_from": known_session, "eps_actual_fwd": eps_fwd}])


def spells(lab: Lab, columns: str, basis: str = "gaap") -> list[tuple[Any, ...]]:
    lab.fill("core.trailing_fundamental")
    return lab.rows(f"select {columns} from core.trailing_fundamental where basis = '{basis}' order by known_from")


def test_trailing_street_earnings_across_a_split(market: Lab) -> None:
    """G-E2 from raw announcements to the P/E of the session."""
    case = golden("G-E2")
    split(market, 1, date(2025, 8, 4), 4.0)
    said = {"symbol": "AAA", "announced_precision": "date", "timing": "AMC", "is_confirmed": True}
    for end, day, eps in case["inputs"]["quarters"]:
        on = date.fromisoformat(day)
        dates = {"fiscal_period_end": date.fromisoformat(end), "announced_on": on, "observed_on": on, "basis_date": on}
        market.put("raw.earnings_event", [said | dates | {"eps_actual": eps}])
    days = [date.fromisoformat(name[2:].replace("_", "-")) for name in case["outputs"] if name.startswith("t_")]
    for day in days:
        cap(market, day, {1: 6600.0}, close_usd=66.0, shares=100.0)
    for table in (
        "core.earnings_observation",
        "core.earnings_event",
        "core.earnings_result",
        "core.trailing_fundamental",
        "core.issuer_valuation",
    ):
        market.fill(table)
    rows = {row["session"]: row for row in market.dicts("select * from core.issuer_valuation")}
    for day in days:
        assert rows[day]["eps_street_usd"] == pytest.approx(case["outputs"][f"t_{day:%Y_%m_%d}"], rel=1e-9)
    row = rows[date(2026, 1, 13)]
    assert row["market_cap_usd"] / row["earnings_street_usd"] == pytest.approx(case["outputs"]["pe_2026_01_13"], rel=1e-9)
    assert row["market_cap_usd"] / row["earnings_street_usd"] != pytest.approx(case["outputs"]["pe_mixed_basis_wrong"], rel=0.1)


def test_a_filing_counts_from_the_session_after_it_and_four_quarters_make_a_year(market: Lab) -> None:
    for end, filed, amount in zip(ENDS, FILED, [1.0, 2.0, 3.0, 4.0, 5.0], strict=True):
        file(market, end, filed, amount, revenue=10 * amount, book_equity=100 * amount)
    columns = "known_from, period_end, n_quarters, net_income_usd, revenue_usd, book_equity_usd, null_reason, pit_grade"
    assert spells(market, columns)[2:] == [
        (date(2024, 11, 4), ENDS[2], 3, None, None, 300.0, "INSUFFICIENT_HISTORY", "B"),
        (date(2025, 2, 4), ENDS[3], 4, 10.0, 100.0, 400.0, None, "B"),
        (date(2025, 5, 2), ENDS[4], 4, 14.0, 140.0, 500.0, None, "B"),
    ]


def test_a_missing_quarter_in_between_is_no_year(market: Lab) -> None:
    for end, filed in [(date(2023, 12, 31), date(2024, 2, 5)), *zip(ENDS, FILED, strict=True)]:
        if end != ENDS[1]:
            file(market, end, filed, 1.0)
    assert spells(market, "known_from, net_income_usd, null_reason")[-2:] == [
        (date(2025, 2, 4), None, "INSUFFICIENT_HISTORY"),
        (date(2025, 5, 2), None, "INSUFFICIENT_HISTORY"),
    ]


def test_the_fourth_quarter_is_the_year_less_the_other_three(market: Lab) -> None:
    for end, filed, amount in zip(ENDS[:3], FILED[:3], [1.0, 2.0, 3.0], strict=True):
        file(market, end, filed, amount)
    file(market, ENDS[3], FILED[3], 11.0, period="FY", book_equity=500.0)
    columns = "period_end, net_income_usd, revenue_usd, book_equity_usd, is_derived_quarter, null_reason"
    assert spells(market, columns)[-1] == (ENDS[3], 11.0, None, 500.0, True, None)


@pytest.mark.parametrize(
    ("year", "trailing"),
    [
        (100.0, 100.0),
        (59.0, None),  # the year tells less than three of its quarters: another definition of revenue
    ],
)
def test_no_quarter_of_revenue_is_derived_below_zero(market: Lab, year: float, trailing: float | None) -> None:
    for end, filed in zip(ENDS[:3], FILED[:3], strict=True):
        file(market, end, filed, 1.0, revenue=20.0)
    file(market, ENDS[3], FILED[3], 4.0, period="FY", revenue=year)
    assert spells(market, "net_income_usd, revenue_usd")[-1] == (4.0, trailing)


def test_trailing_revenue_below_zero_is_none(market: Lab) -> None:
    """A quarter of hedging losses may be below zero, a year of sales may not."""
    for end, filed, revenue in zip(ENDS[:4], FILED[:4], [20.0, -100.0, 20.0, 20.0], strict=True):
        file(market, end, filed, 1.0, revenue=revenue)
    assert spells(market, "net_income_usd, revenue_usd")[-1] == (4.0, None)


def test_a_restated_quarter_counts_from_the_day_of_its_restatement(market: Lab) -> None:
    for end, filed in zip(ENDS[:4], FILED[:4], strict=True):
        file(market, end, filed, 1.0)
    file(market, ENDS[1], date(2025, 3, 3), -4.0)
    assert spells(market, "known_from, net_income_usd, period_end")[-2:] == [
        (date(2025, 2, 4), 4.0, ENDS[3]),
        (date(2025, 3, 4), -1.0, ENDS[3]),
    ]


def test_without_a_filing_date_the_announcement_or_the_statutory_lag_tells(market: Lab) -> None:
    for end in ENDS[:4]:
        file(market, end, None, 1.0)
    report(market, ENDS[3], date(2025, 1, 30))
    # 45 days after 30 September is 14 November; five sessions after 30 January is 6 February, before the lag of 14 February.
    assert spells(market, "known_from, pit_grade")[-2:] == [(date(2024, 11, 15), "C"), (date(2025, 2, 6), "C")]


def test_a_figure_that_the_vendor_changes_counts_from_the_day_the_change_was_seen(market: Lab) -> None:
    for end in ENDS[:4]:
        file(market, end, None, 1.0, load_id="1")
        file(market, end, None, 1.0, load_id="2")  # served again
    report(market, ENDS[3], date(2025, 1, 30))
    file(market, ENDS[3], date(2025, 3, 20), 1.5, load_id="3")
    assert spells(market, "known_from, net_income_usd, pit_grade")[-2:] == [(date(2025, 2, 6), 4.0, "C"), (date(2025, 3, 21), 4.5, "C")]


def test_five_quarters_and_four_years_as_a_vendor_serves_them(market: Lab) -> None:
    """The year that all its quarters tell is not used a second time; of one day the quarter's equity counts."""
    for end in ENDS:
        file(market, end, None, 1.0, book_equity=10.0)
    for year in (2021, 2022, 2023, 2024):
        file(market, date(year, 12, 31), None, 4.0, period="FY", book_equity=9.0)
    whole = [row for row in spells(market, "period_end, net_income_usd, book_equity_usd, is_derived_quarter, n_quarters") if row[4] == 4]
    assert whole == [(ENDS[3], 4.0, 10.0, False, 4), (ENDS[3], 4.0, 10.0, False, 4), (ENDS[4], 4.0, 10.0, False, 4)]


def test_statements_in_another_currency_are_not_used(market: Lab) -> None:
    for end, filed in zip(ENDS, FILED, strict=True):
        file(market, end, filed, 1.0, currency="EUR")
    cap(market, date(2025, 5, 2), {1: 100.0})
    assert spells(market, "known_from") == []
    market.fill("core.issuer_valuation")
    assert market.rows("select earnings_gaap_usd, gaap_null_reason, street_null_reason from core.issuer_valuation") == [
        (None, "UNAVAILABLE", "UNAVAILABLE")
    ]


def test_more_than_anybody_earns_is_quarantined(market: Lab) -> None:
    for end, filed in zip(ENDS[:4], FILED[:4], strict=True):
        file(market, end, filed, -1e20, revenue=1e20, book_equity=5.0)
    cap(market, date(2025, 5, 2), {1: 100.0})
    assert spells(market, "net_income_usd")[-1] == (-4e20,)
    market.fill("core.issuer_valuation")
    columns = "earnings_gaap_usd, revenue_usd, book_equity_usd, gaap_null_reason, street_null_reason"
    assert market.rows(f"select {columns} from core.issuer_valuation") == [(None, None, 5.0, "QUARANTINED", "UNAVAILABLE")]


def test_two_classes_file_once(market: Lab) -> None:
    list_line(market, 2, "AAB", issuer_id=1, is_primary=False)
    for end, filed in zip(ENDS[:4], FILED[:4], strict=True):
        file(market, end, filed, 1.0)
        file(market, end, filed, 1.0, symbol="AAB")
    assert spells(market, "net_income_usd")[-1] == (4.0,)


def test_a_trailing_sum_is_stale_more_than_200_days_after_its_latest_quarter(market: Lab) -> None:
    for end, filed in zip(ENDS[:4], FILED[:4], strict=True):
        file(market, end, filed, 1.0, book_equity=9.0)
    assert spells(market, "stale_from")[-1] == (date(2025, 7, 20),)  # a Sunday; 31 December and 200 days is 19 July
    for day in (date(2025, 2, 3), date(2025, 7, 18), date(2025, 7, 21)):
        cap(market, day, {1: 100.0})
    market.fill("core.issuer_valuation")
    sql = "select session, earnings_gaap_usd, book_equity_usd, gaap_null_reason, pit_grade from core.issuer_valuation order by 1"
    assert market.rows(sql) == [
        (date(2025, 2, 3), None, 9.0, "INSUFFICIENT_HISTORY", "B"),
        (date(2025, 7, 18), 4.0, 9.0, None, "B"),
        (date(2025, 7, 21), None, None, "STALE_INPUT", "B"),
    ]


def test_what_was_known_does_not_depend_on_later_filings(market: Lab) -> None:
    for end, filed in zip(ENDS[:4], FILED[:4], strict=True):
        file(market, end, filed, 1.0)
    columns = "known_from, period_end, net_income_usd, null_reason"
    before = spells(market, columns)
    file(market, ENDS[4], FILED[4], 1.0)
    file(market, ENDS[2], FILED[4], 7.0)
    assert spells(market, columns)[: len(before)] == before


def test_windowed_valuation_equals_whole(market: Lab) -> None:
    split(market, 1, date(2025, 5, 5), 2.0)
    for n, (end, filed) in enumerate(zip(ENDS, FILED, strict=True)):
        file(market, end, filed, 1.0)
        report(market, end, filed, float(n))
    market.fill("core.trailing_fundamental")
    cap(market, date(2025, 5, 1), {1: 100.0})
    market.fill("core.issuer_valuation")
    for day in (date(2025, 5, 2), date(2025, 5, 5)):
        cap(market, day, {1: 100.0})
    market.fill("core.issuer_valuation", first=date(2025, 5, 2))
    windowed = market.rows("from core.issuer_valuation order by all")
    market.fill("core.issuer_valuation")
    assert market.rows("from core.issuer_valuation order by all") == windowed
    assert [row[4] for row in windowed] == [10.0, 10.0, 5.0]
