"""core.fiscal_calendar: in which months the quarters of an issuer end, as its filings tell; and the trailing sums that rest on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import list_line, open_market

# Labels and filing days of real companies (known), net income in billions of dollars.
Filing = tuple[str, date, float]
COSTCO: list[Filing] = [
    ("Q1 2022", date(2021, 12, 22), 1.345),
    ("Q2 2022", date(2022, 3, 10), 1.320),
    ("Q3 2022", date(2022, 6, 2), 1.372),
    ("FY 2022", date(2022, 10, 5), 5.915),
    ("Q1 2023", date(2022, 12, 29), 1.364),
    ("Q2 2023", date(2023, 3, 9), 1.466),
    ("Q3 2023", date(2023, 6, 1), 1.302),
    ("FY 2023", date(2023, 10, 11), 6.292),
]
ACCENTURE: list[Filing] = [
    ("Q1 2022", date(2021, 12, 16), 1.791),
    ("Q2 2022", date(2022, 3, 17), 1.635),
    ("Q3 2022", date(2022, 6, 23), 1.786),
    ("FY 2022", date(2022, 10, 12), 6.877),
    ("Q1 2023", date(2022, 12, 16), 1.965),
    ("Q2 2023", date(2023, 3, 23), 1.524),
    ("Q3 2023", date(2023, 6, 22), 2.010),
    ("FY 2023", date(2023, 10, 12), 6.872),
]
NIKE: list[Filing] = [
    ("Q1 2022", date(2021, 10, 5), 1.874),
    ("Q2 2022", date(2022, 1, 6), 1.337),
    ("Q3 2022", date(2022, 4, 5), 1.396),
    ("FY 2022", date(2022, 7, 21), 6.046),
    ("Q1 2023", date(2022, 10, 6), 1.468),
    ("Q2 2023", date(2023, 1, 5), 1.331),
    ("Q3 2023", date(2023, 4, 6), 1.240),
    ("FY 2023", date(2023, 7, 20), 5.070),
]
# A year that ends in December; the vendor calls its first quarters Q4 of that year.
AMAZON: list[Filing] = [
    ("Q2 2016", date(2016, 7, 29), 0.857),
    ("Q3 2016", date(2016, 10, 28), 0.252),
    ("FY 2016", date(2017, 2, 10), 2.371),
    ("Q4 2017", date(2017, 4, 28), 0.724),
    ("Q2 2017", date(2017, 7, 28), 0.197),
    ("Q3 2017", date(2017, 10, 27), 0.256),
    ("FY 2017", date(2018, 2, 2), 3.033),
]


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2016, 1, 4), date(2026, 2, 27))
    list_line(lab, 1, "AAA")
    return lab


def file(lab: Lab, filings: Iterable[Filing]) -> None:
    """By their labels, each with a quarter end that stands for it and is far off."""
    for label, known_on, net_income in filings:
        told = {"fiscal_period": "FY" if label.startswith("FY") else "Q", "fiscal_label": label, "known_on": known_on}
        end = {"fiscal_period_end": known_on - timedelta(days=101)}
        lab.put("raw.statement", [{"symbol": "AAA", "net_income": net_income, "currency": "USD"} | told | end])


def calendar(lab: Lab) -> list[tuple[date, date | None, int, int | None]]:
    lab.fill("core.fiscal_calendar")
    return lab.rows("select known_from, known_to, phase, label_shift from core.fiscal_calendar order by 1")


def trailing(lab: Lab) -> list[tuple[date, date, float | None, str | None]]:
    lab.fill("core.fiscal_calendar")
    lab.fill("core.trailing_fundamental")
    return lab.rows("select known_from, period_end, net_income_usd, null_reason from core.trailing_fundamental order by 1")


@pytest.mark.parametrize(
    ("filings", "first_year", "then", "years"),
    [
        (COSTCO, date(2022, 10, 6), [5.934, 6.080, 6.010], (5.915, 6.292)),
        (ACCENTURE, date(2022, 10, 13), [7.051, 6.940, 7.164], (6.877, 6.872)),
        (NIKE, date(2022, 7, 22), [5.640, 5.634, 5.478], (6.046, 5.070)),
    ],
)
def test_fiscal_years_off_the_calendar_quarters_have_trailing_earnings(
    market: Lab, filings: list[Filing], first_year: date, then: list[float], years: tuple[float, float]
) -> None:
    file(market, filings)
    found = trailing(market)
    assert [row[3] for row in found[:3]] == ["INSUFFICIENT_HISTORY"] * 3
    assert found[3][0] == first_year
    assert [row[2] for row in found[3:]] == pytest.approx([years[0], *then, years[1]])


def test_the_year_ends_20_to_100_days_before_its_annual_report(market: Lab) -> None:
    file(market, ACCENTURE)
    assert [row[1] for row in trailing(market)[-4:]] == [date(2022, 11, 30), date(2023, 2, 28), date(2023, 5, 31), date(2023, 8, 31)]


def test_calendar_quarters_are_kept_whatever_the_labels_say(market: Lab) -> None:
    file(market, AMAZON)
    found = trailing(market)
    assert [row[1] for row in found[-4:]] == [date(2017, 3, 31), date(2017, 6, 30), date(2017, 9, 30), date(2017, 12, 31)]
    assert found[-1][2] == pytest.approx(3.033)
    assert {phase for *_, phase, _ in calendar(market)} == {0}


def test_a_label_behind_its_day_is_an_error_where_that_quarter_was_told_and_late_where_it_was_not(market: Lab) -> None:
    """Two quarters filed together in November, the third a week later: all are placed by their labels."""
    year = [date(2020, 5, 5), date(2020, 8, 4), date(2020, 11, 4), date(2021, 2, 24)]
    labels = ["Q1", "Q2", "Q3", "FY"]
    on_time = [
        (f"{label} {2020 + n}", day.replace(year=day.year + n), 4.0 if label == "FY" else 1.0)
        for n in range(2)
        for label, day in zip(labels, year, strict=True)
    ]
    late = [("Q1 2022", date(2022, 11, 7), 2.0), ("Q2 2022", date(2022, 11, 7), 2.0), ("Q3 2022", date(2022, 11, 14), 2.0)]
    file(market, [*on_time, *late])
    assert trailing(market)[-2:] == [
        (date(2022, 11, 8), date(2022, 6, 30), 6.0, None),
        (date(2022, 11, 15), date(2022, 9, 30), 7.0, None),
    ]
    market.rows("delete from raw.statement where fiscal_label like 'Q_ 2022'")
    file(market, [("Q4 2021", date(2022, 5, 5), 3.0)])
    assert trailing(market)[-1] == (date(2022, 5, 6), date(2022, 3, 31), 6.0, None)


def test_what_an_annual_report_teaches_is_known_from_then_on(market: Lab) -> None:
    """Whatever is cut off, the rows up to the cut stay."""
    file(market, NIKE)
    whole, spells = trailing(market), calendar(market)
    for cut in (date(2022, 4, 6), date(2022, 7, 22), date(2023, 4, 11)):
        market.rows(f"delete from raw.statement where known_on >= date '{cut}'")
        assert trailing(market) == [row for row in whole if row[0] <= cut]
        assert [(row[0], *row[2:]) for row in calendar(market)] == [(row[0], *row[2:]) for row in spells if row[0] <= cut]
        market.rows("delete from raw.statement")
        file(market, NIKE)


def test_period_ends_that_are_told_count_as_they_are(market: Lab) -> None:
    """Quarters of 12, 12, 12 and 16 weeks; and a hole of one quarter."""
    ends = [date(2022, 11, 20), date(2023, 2, 12), date(2023, 5, 7), date(2023, 9, 3), date(2023, 11, 26)]
    row = {"symbol": "AAA", "fiscal_period": "Q", "net_income": 1.0, "currency": "USD"}
    market.put("raw.statement", [row | {"fiscal_period_end": end, "known_on": end + timedelta(days=30)} for end in ends])
    assert [row[2] for row in trailing(market)] == [None, None, None, 4.0, 4.0]
    market.rows("delete from raw.statement where fiscal_period_end = date '2023-05-07'")
    assert trailing(market)[-1][2:] == (None, "INSUFFICIENT_HISTORY")


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        ([date(2023, 1, 1), date(2023, 4, 2), date(2023, 7, 2), date(2023, 10, 1), date(2024, 1, 7)], None),  # 53 weeks: 371 days
        ([date(2022, 9, 30), date(2023, 1, 31), date(2023, 5, 31), date(2023, 9, 30), date(2024, 1, 31)], "INSUFFICIENT_HISTORY"),
        ([date(2023, 3, 31), date(2023, 6, 14), date(2023, 8, 28), date(2023, 11, 11), date(2024, 1, 25)], "INSUFFICIENT_HISTORY"),
    ],
)
def test_the_four_quarters_together_are_a_year(market: Lab, ends: list[date], reason: str | None) -> None:
    row = {"symbol": "AAA", "fiscal_period": "Q", "net_income": 1.0, "currency": "USD"}
    market.put("raw.statement", [row | {"fiscal_period_end": end, "known_on": end + timedelta(days=30)} for end in ends])
    assert trailing(market)[-1][3] == reason


def test_an_announcement_told_by_its_label_belongs_to_the_quarter_of_the_issuers_calendar(market: Lab) -> None:
    file(market, NIKE)
    row = {"symbol": "AAA", "announced_precision": "date", "timing": "AMC", "is_confirmed": True, "eps_actual": 1.0}
    # In time, on the day of the quarter's end, and with a label that is ahead of its day.
    days = {date(2023, 9, 28): "Q1 2024", date(2023, 11, 30): "Q2 2024", date(2024, 3, 21): "Q4 2024"}
    for day, label in days.items():
        told = {"announced_on": day, "observed_on": day, "basis_date": day, "fiscal_label": label, "fiscal_period_end": date(2023, 6, 30)}
        market.put("raw.earnings_event", [row | told])
    market.fill("core.fiscal_calendar")
    market.fill("core.earnings_observation")
    assert market.rows("select event_id from core.earnings_observation order by 1") == [("1-2023-08",), ("1-2023-11",), ("1-2024-02",)]


def test_before_anything_is_filed_announcements_tell(market: Lab) -> None:
    row = {"symbol": "AAA", "announced_precision": "date", "timing": "AMC", "is_confirmed": True, "eps_actual": 1.0}
    days = [date(2020, 6, 25), date(2020, 9, 22), date(2020, 12, 18)]
    market.put("raw.earnings_event", [row | {"announced_on": day, "observed_on": day, "basis_date": day} for day in days])
    assert calendar(market) == [(date(2020, 6, 26), None, 2, None)]
