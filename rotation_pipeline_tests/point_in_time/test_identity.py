"""What later filings teach is known from then on: cut prices, filings and announcements at any date, and no row before changes.

Renames are told from the start: that a symbol of today is the same company's as one of then is no news about the company.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.point_in_time.view import differences, view_of
from rotation_pipeline_tests.sql.price_market import IDENTITY, SYMBOLS, bars, begin, build

COMPANY = (
    "core.symbol_predecessor",
    "core.fiscal_calendar",
    "core.earnings_observation",
    "core.earnings_event",
    "core.earnings_result",
    "core.trailing_fundamental",
)
FIRST, LAST = date(2021, 1, 4), date(2024, 3, 28)
TOOK, LEFT = date(2022, 1, 21), date(2021, 12, 6)  # WLTW became WTW, which had been another company's; DLPH became APTV and passed on
CLOCK = {"raw.price_bar": "session", "raw.share_count": "known_on", "raw.statement": "known_on", "raw.earnings_event": "observed_on"}
Rows = dict[str, list[dict[str, Any]]]


def _days(first: date, last: date) -> list[date]:
    """A filing a quarter, 35 days after the quarters of a year that ends in May."""
    ends = [date(year, month, day) for year in range(2020, 2025) for month, day in ((2, 28), (5, 31), (8, 31), (11, 30))]
    return [day for end in ends if first <= (day := end + timedelta(days=35)) < last]


def _filed(rows: Rows, symbol: str, days: Sequence[date], shares: float, net_income: float) -> None:
    for day in days:
        quarter = {8: 1, 11: 2, 2: 3, 5: 4}[(day - timedelta(days=35)).month]
        year = (day - timedelta(days=35)).year + (quarter in (1, 2))
        known = {"symbol": symbol, "known_on": day, "load_id": f"{day:%Y%m}", "fetched_at": datetime(2024, 4, 1)}  # noqa: DTZ001
        rows["raw.share_count"].append(known | {"as_of": day, "basis_date": day, "kind": "reported", "shares": shares})
        label = {"fiscal_period": "Q", "fiscal_label": f"Q{quarter} {year}", "fiscal_period_end": day - timedelta(days=80)}
        rows["raw.statement"].append(known | label | {"net_income": net_income, "currency": "USD"})
        said = {"announced_on": day - timedelta(days=9), "observed_on": day - timedelta(days=9), "basis_date": day - timedelta(days=9)}
        kind = {"announced_precision": "date", "timing": "AMC", "is_confirmed": True, "eps_actual": net_income / shares}
        rows["raw.earnings_event"].append({"symbol": symbol, "load_id": "01"} | said | kind)


def _market(sessions: Sequence[date]) -> Rows:
    """Prices under the symbols of today, filings under those of their day."""
    rows: Rows = {table: [] for table in CLOCK}
    for n, symbol in enumerate(("WTW", "APTV", "NKE")):
        # Landed month by month: what lands later has later numbers.
        closes = [50.0 + n + k % 7 for k in range(len(sessions))]
        rows["raw.price_bar"] += [bar | {"load_id": f"{bar['session']:%Y%m}"} for bar in bars(symbol, sessions, closes)]
    _filed(rows, "WTW", _days(date(2020, 1, 1), TOOK), 67e6, 10e6)
    _filed(rows, "WTW", _days(TOOK, date(2025, 1, 1)), 118e6, 500e6)
    _filed(rows, "WLTW", _days(date(2020, 1, 1), TOOK), 120e6, 480e6)
    _filed(rows, "DLPH", _days(date(2020, 1, 1), LEFT), 265e6, 200e6)
    _filed(rows, "DLPH", _days(LEFT, date(2025, 1, 1)), 88e6, 70e6)
    _filed(rows, "APTV", _days(LEFT, date(2025, 1, 1)), 266e6, 210e6)
    _filed(rows, "NKE", _days(date(2020, 1, 1), date(2025, 1, 1)), 1500e6, 1300e6)
    return rows


def _told(lab: Lab, rows: Rows, sessions: Sequence[date], through: date) -> None:
    """Everything that was known by ``through``, and the tables made of it."""
    for table in (*CLOCK, "raw.symbol_change", "raw.calendar_session", "raw.method_param"):
        lab.rows(f"delete from {table}")
    begin(lab, sessions)
    for table, clock in CLOCK.items():
        lab.put(table, [row for row in rows[table] if row[clock] <= through])
    renames = {("WLTW", "WTW"): TOOK, ("DLPH", "APTV"): LEFT}
    told = {"load_id": "01"}
    lab.put("raw.symbol_change", [told | {"old_symbol": old, "new_symbol": new, "changed_on": day} for (old, new), day in renames.items()])
    build(lab, IDENTITY)
    ids = lab.rows("select security_id from core.security")
    lab.rows("delete from core.split_regime")
    regime = {"valid_from": date(1900, 1, 1), "price_factor": 1.0, "share_factor": 1.0}
    lab.put("core.split_regime", [regime | {"security_id": security_id} for (security_id,) in ids])
    build(lab, COMPANY)


@pytest.fixture
def market(xnys: Sequence[date]) -> tuple[list[date], Rows]:
    sessions = [day for day in xnys if FIRST <= day <= LAST]
    return sessions, _market(sessions)


CUTS = [date(2021, 9, 30), date(2022, 3, 31), date(2022, 8, 31), date(2023, 6, 30)]


@pytest.mark.parametrize(("cut", "is_taken_back"), [*((cut, False) for cut in CUTS), (date(2022, 8, 31), True), (date(2022, 12, 30), True)])
def test_without_later_filings_every_row_of_before_is_the_same(
    lab: Lab, market: tuple[list[date], Rows], cut: date, is_taken_back: bool
) -> None:
    """``is_taken_back``: the third count after the change agrees with one of before, after all."""
    sessions, rows = market
    for row in rows["raw.share_count"]:
        if is_taken_back and row["symbol"] == "WTW" and row["known_on"] > date(2022, 9, 1):
            row["shares"] = 67e6
    tables = frozenset((*COMPANY, *SYMBOLS))
    _told(lab, rows, sessions, LAST)
    whole = view_of(lab.warehouse, tables, cut)
    _told(lab, rows, sessions, cut)
    found = differences(whole, view_of(lab.warehouse, tables, cut))
    assert found == []


def test_filings_go_to_who_had_the_symbol_on_their_day(lab: Lab, market: tuple[list[date], Rows]) -> None:
    """At the end Aptiv has its own earnings alone, and of the former WTW nothing is left in Willis Towers Watson's."""
    sessions, rows = market
    _told(lab, rows, sessions, LAST)
    sums = _sums(lab, "gaap")
    assert {symbol: {value for _, value in found} for symbol, found in sums.items()}["NKE"] == {None, 5200e6}
    assert {value for day, value in sums["APTV"] if day > date(2022, 12, 1)} == {840e6}
    assert {value for day, value in sums["WTW"] if day > date(2023, 1, 10)} == {2000e6}


def _sums(lab: Lab, basis: str) -> Mapping[str, list[tuple[date, float | None]]]:
    sql = f"""
        select security.symbol, spell.known_from, spell.net_income_usd
        from core.trailing_fundamental as spell join core.security as security on security.security_id = spell.issuer_id
        where spell.basis = '{basis}' order by 1, 2
    """
    found: dict[str, list[tuple[date, float | None]]] = {}
    for symbol, day, value in lab.rows(sql):
        found.setdefault(symbol, []).append((day, value))
    return found
