"""Share counts, statements and the summary of a simulated company in Yahoo's wire format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from math import prod
from typing import Any

from rotation_pipeline_tests.sources.yahoo.loopback.simulated_earnings import Told, new_york_midnight
from rotation_pipeline_tests.sources.yahoo.loopback.wire import shares, statement_series

Row = dict[str, Any]
QUARTERS, YEARS = 5, 4  # what Yahoo serves of statements
FIGURES = {"TotalRevenue": "revenue", "NetIncomeCommonStockholders": "net_income", "StockholdersEquity": "book_equity"}


def share_body(symbol: str, counts: Sequence[Row], splits: Sequence[Row], through: date) -> dict[str, Any]:
    """Counts on the days on which Yahoo picked one up; it says neither which day a count describes nor its share basis."""
    return shares(symbol, picked_up(counts, splits, through))


def picked_up(counts: Sequence[Row], splits: Sequence[Row], through: date) -> list[tuple[date, float]]:
    """Day and count: when a filing came, on the first of each month, and on the ex-date of a split; as reported, split included."""
    filed = sorted((row["known_on"], row["as_of"], row["shares"]) for row in counts if row["known_on"] <= through)
    first = filed[0][0]
    months = {date(year, month, 1) for year in range(first.year, through.year + 1) for month in range(1, 13)}
    days = {day for day, _, _ in filed} | months | {row["ex_date"] for row in splits}
    found = []
    for day in sorted(day for day in days if first <= day <= through):
        _, as_of, reported = max(one for one in filed if one[0] <= day)
        found.append((day, reported * prod(row["amount"] for row in splits if as_of < row["ex_date"] <= day)))
    return found


def served_quarters(rows: Sequence[Row], through: date) -> list[Row]:
    """The last five quarters that had been filed by then, oldest first."""
    public = [row for row in rows if row["known_on"] <= through]
    return sorted(public, key=lambda row: row["fiscal_period_end"])[-QUARTERS:]


def served_years(rows: Sequence[Row], through: date) -> list[Row]:
    """The last four fiscal years of which all quarters had been filed by then: sums of flows, the last quarter's equity.

    A year ends with the quarter that ends in December, or one or two months later.
    """
    public = sorted((row for row in rows if row["known_on"] <= through), key=lambda row: row["fiscal_period_end"])
    years = []
    for at, last in enumerate(public):
        four = public[at - 3 : at + 1]
        if last["fiscal_period_end"].month in (12, 1, 2) and len(four) == 4:
            flows = {name: sum(row[name] for row in four) for name in ("revenue", "net_income")}
            years.append({**last, **flows, "fiscal_period": "FY"})
    return years[-YEARS:]


def statement_bodies(symbol: str, rows: Sequence[Row], through: date) -> list[dict[str, Any]]:
    """The timeseries of the quarterly and annual statements, dated by the end of their period."""
    both = []
    for period, form, served in (("quarterly", "3M", served_quarters(rows, through)), ("annual", "12M", served_years(rows, through))):
        figures = {key: {row["fiscal_period_end"]: row[name] for row in served} for key, name in FIGURES.items()}
        both += statement_series(symbol, figures, period=period, period_type=form) if served else []
    return both


def company_summary(listing: Row, events: Sequence[Told]) -> dict[str, Any]:
    """The quoteSummary modules of one company; its next date when one is expected, its last four reported quarters."""
    summary: dict[str, Any] = {
        "assetProfile": {"sector": listing["sector"], "industry": listing["industry"], "country": "United States"},
        "quoteType": {"symbol": listing["symbol"], "quoteType": "EQUITY", "exchange": listing["exchange"], "longName": listing["name"]},
        "defaultKeyStatistics": {"maxAge": 1},
    }
    upcoming = next((event for event in events if event.eps_actual is None), None)
    if upcoming is not None:
        date_known = {"earningsDate": [new_york_midnight(upcoming.announced_on)], "isEarningsDateEstimate": not upcoming.is_confirmed}
        summary["calendarEvents"] = {"earnings": {**date_known, "earningsAverage": upcoming.eps_estimate}}
        summary["earningsTrend"] = {"trend": [_running_quarter(upcoming)]}
    reported = [event for event in events if event.eps_actual is not None][-4:]
    if reported:
        summary["earningsHistory"] = {"history": [_quarter(event, len(reported) - n) for n, event in enumerate(reported)]}
    return summary


def _running_quarter(event: Told) -> dict[str, Any]:
    """What is expected of the next announcement, as by one analyst: the simulated market has no more."""
    n = {"raw": 1, "fmt": "1"}
    estimate = {"avg": {"raw": event.eps_estimate, "fmt": f"{event.eps_estimate:.2f}"}, "numberOfAnalysts": n, "earningsCurrency": "USD"}
    return {"period": "0q", "endDate": str(event.fiscal_period_end), "earningsEstimate": estimate, "revenueEstimate": {}, "epsTrend": {}}


def _quarter(event: Told, age: int) -> dict[str, Any]:
    assert event.eps_actual is not None
    assert event.fiscal_period_end is not None
    end = int(datetime.combine(event.fiscal_period_end, time(0), UTC).timestamp())
    return {
        "epsActual": {"raw": event.eps_actual, "fmt": f"{event.eps_actual:.2f}"},
        "epsEstimate": {"raw": event.eps_estimate, "fmt": f"{event.eps_estimate:.2f}"},
        "surprisePercent": {"raw": event.surprise / 100, "fmt": f"{event.surprise:.2f}%"},
        "quarter": {"raw": end, "fmt": str(event.fiscal_period_end)},
        "currency": "USD",
        "period": f"-{age}q",
    }
