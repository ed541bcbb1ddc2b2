"""core.late_line: lines that begin to trade long after their series, and what lists mean by their symbols."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import list_line, open_market

SERIES = date(2019, 1, 2)
FIRST = date(2020, 7, 31)


@pytest.fixture
def market(lab: Lab) -> Lab:
    """OLD trades since the series began, LATE since FIRST, FUND since long before in a series of funds."""
    open_market(lab, date(2018, 1, 2), date(2024, 6, 28))
    begins = {"OLD": SERIES, "LATE": FIRST, "FUND": date(2018, 1, 2)}
    for i, (symbol, first) in enumerate(begins.items(), 1):
        list_line(lab, i, symbol, first_session=first, kind="ETF" if symbol == "FUND" else "EQUITY")
        bar = {"symbol": symbol, "session": first, "close": 10.0, "price_basis": "as_traded", "dividend_basis": "none"}
        lab.put("raw.price_bar", [bar | {"precedence": 0}])
    return lab


def member(lab: Lab, stay: tuple[str, date, date | None]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Members and gaps of a list of one stay."""
    symbol, start, end = stay
    entry = {"universe_id": "SP400", "bias_label": "PIT_FULL", "source": "files", "load_id": "1"}
    lab.put("raw.membership", [entry | {"symbol": symbol, "valid_from": start, "valid_to": end}])
    for table in ("core.late_line", "core.list_membership", "core.membership_gap"):
        lab.fill(table)
    return (
        lab.rows("select valid_from, valid_to from core.list_membership"),
        lab.rows("select symbol, valid_from, valid_to from core.membership_gap"),
    )


def test_the_line_that_began_with_its_series_is_not_late(market: Lab) -> None:
    market.fill("core.late_line")
    (row,) = market.rows("select security_id, first_session, doubt_before, believed_from from core.late_line")
    assert row == (2, FIRST, FIRST - timedelta(days=90), FIRST + timedelta(days=365))


def test_a_list_from_long_before_the_first_bar_names_another_company(market: Lab) -> None:
    """The list notices months later that its member has another symbol; until then the taker of the symbol is no member."""
    start, end = date(2014, 4, 30), date(2021, 1, 26)
    assert member(market, ("LATE", start, end)) == ([], [("LATE", start, end)])


def test_a_symbol_that_the_list_keeps_for_a_year_is_the_lines(market: Lab) -> None:
    """A spin-off that kept the symbol: what the list says later changes nothing of the year before."""
    start, believed = date(2014, 4, 30), date(2021, 8, 2)
    assert member(market, ("LATE", start, None)) == ([(believed, None)], [("LATE", start, FIRST + timedelta(days=365))])


@pytest.mark.parametrize(
    ("symbol", "start"), [("LATE", FIRST - timedelta(days=45)), ("LATE", date(2022, 1, 3)), ("OLD", date(2014, 4, 30))]
)
def test_other_stays_are_the_lines(market: Lab, symbol: str, start: date) -> None:
    """A list is a little early, or later than the first bar, or the series begins late."""
    members, gaps = member(market, (symbol, start, None))
    assert len(members) == 1
    assert gaps == []


def test_a_listing_that_began_before_the_bars_held_is_not_late(market: Lab) -> None:
    """Ten years of bars of a symbol that was asked for a year after the others."""
    market.put("raw.listing", [{"symbol": "LATE", "kind": "EQUITY", "first_session": date(1999, 1, 4)}])
    members, gaps = member(market, ("LATE", date(2014, 4, 30), date(2021, 1, 26)))
    assert (len(members), gaps) == (1, [])
