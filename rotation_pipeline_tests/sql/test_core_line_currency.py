"""core.line_currency and what follows of it: a line that is not in dollars has returns and no price (A.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import IDENTITY, action, bars, begin, build, column, listing

CLOSES = [5000.0, 5050.0, 5100.5]


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:20])
    return lab


def told(lab: Lab) -> list[tuple[object, ...]]:
    build(lab, IDENTITY)
    return lab.rows(
        "select symbol, told.currency, is_mixed from core.line_currency as told join core.security using (security_id) order by 1"
    )


def test_prices_tell_the_currency_and_where_they_are_silent_the_listing(market: Lab, xnys: Sequence[date]) -> None:
    for symbol, currency in {"BAR": "JPY", "LISTED": None, "NONE": None, "PENCE": "GBp"}.items():
        market.put("raw.price_bar", bars(symbol, xnys[:3], CLOSES, currency=currency))
    market.put("raw.listing", [listing("LISTED", currency="JPY"), listing("PENCE", currency=None), listing("EMPTY", currency="EUR")])
    assert told(market) == [
        ("BAR", "JPY", False), ("EMPTY", "EUR", False), ("LISTED", "JPY", False), ("NONE", "USD", False), ("PENCE", "GBp", False)
    ]  # fmt: skip


def test_prices_and_listing_that_tell_two_currencies_leave_no_usable_bar(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", bars("AAA", xnys[:3], CLOSES, currency="GBP"))
    market.put("raw.listing", [listing("AAA", currency="GBp")])
    assert told(market) == [("AAA", "GBP", True)]
    build(market)
    assert set(column(market, "AAA", "quarantine_reason")) <= {"MIXED_CURRENCY"}
    assert market.rows("select distinct reason from core.price_bar") == [("MIXED_CURRENCY",)]


@pytest.mark.parametrize("currency", ["JPY", "GBp", "GBX", "ILA", "ZAc", "USd"])
def test_a_line_in_another_currency_has_its_returns_and_no_price_in_dollars(market: Lab, xnys: Sequence[date], currency: str) -> None:
    market.put("raw.price_bar", bars("YEN", xnys[:3], CLOSES, currency=currency) + bars("USD", xnys[:3], CLOSES))
    market.put("raw.corporate_action", [action("YEN", xnys[1], "dividend", 50.0, currency=currency)])
    build(market)
    assert column(market, "YEN", "quarantine_reason") == ["OTHER_CURRENCY"] * 3
    assert column(market, "YEN", "total_return") == [None, pytest.approx(0.02), pytest.approx(0.01)]
    assert column(market, "YEN", "price_return")[1:] == pytest.approx([0.01, 0.01])
    for name in ("close_usd", "dollar_volume_usd", "close_fwd_e9", "high_fwd_e9", "low_fwd_e9"):
        assert column(market, "YEN", name) == [None] * 3
    assert column(market, "YEN", "is_valid") + column(market, "YEN", "is_traded") == [False] * 6
    assert column(market, "USD", "close_usd") == CLOSES
    assert column(market, "USD", "is_valid") == [True] * 3


def test_a_dividend_of_a_silent_source_is_in_the_currency_of_the_line(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", bars("YEN", xnys[:3], CLOSES, currency="JPY"))
    market.put("raw.corporate_action", [action("YEN", xnys[1], "dividend", 50.0, currency=None)])
    build(market)
    assert column(market, "YEN", "total_return")[1] == pytest.approx(0.02)


def test_bars_that_are_later_told_in_another_currency_are_refused_and_the_past_stays(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", bars("AAA", xnys[:2], [60.5, 60.6]) + bars("AAA", xnys[2:4], [60.7, 60.8], currency="GBp", load_id="02"))
    market.put("raw.listing", [
        listing("AAA", fetched_at=datetime(2026, 1, 1)),  # noqa: DTZ001 the warehouse keeps naive UTC
        listing("AAA", load_id="02", currency="GBp", fetched_at=datetime(2026, 1, 2)),  # noqa: DTZ001
    ])  # fmt: skip
    build(market)
    assert column(market, "AAA", "close_usd") == [60.5, 60.6, None, None]
    assert column(market, "AAA", "quarantine_reason") == [None, None, "MIXED_CURRENCY", "MIXED_CURRENCY"]


def test_an_index_has_points_and_no_currency(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", bars("^N225", xnys[:3], CLOSES, currency="JPY"))
    market.put("raw.listing", [listing("^N225", kind="INDEX", currency="USD")])
    build(market)
    assert column(market, "^N225", "quarantine_reason") == [None] * 3
    assert column(market, "^N225", "is_valid") == [True] * 3
