"""core.estimate: what was expected as it had been seen by each close, on one share basis."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import list_line, open_market, split


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2025, 1, 2), date(2026, 2, 27))
    list_line(lab, 1, "AAA")
    return lab


def expect(lab: Lab, utc: str, eps: float, year_end: date = date(2026, 12, 31), **columns: Any) -> None:
    """An estimate of the running year, seen at an instant."""
    at = datetime.fromisoformat(utc)
    observed_on = (at - timedelta(hours=5)).date()  # New York, in winter
    row = {"symbol": "AAA", "horizon": "0y", "fiscal_period_end": year_end, "eps_mean": eps, "n_eps": 3, "currency": "USD"}
    dates = {"observed_on": observed_on, "basis_date": observed_on, "fetched_at": at, "load_id": utc}
    lab.put("raw.estimate", [row | dates | columns])


def shown(lab: Lab, columns: str) -> list[tuple[Any, ...]]:
    lab.fill("core.estimate")
    return lab.rows(f"select {columns} from core.estimate order by issuer_id, horizon, known_from")


def test_an_estimate_is_known_at_the_first_close_after_it_was_seen(market: Lab) -> None:
    expect(market, "2026-01-12T20:55", 3.0)  # Monday, before the close
    expect(market, "2026-01-13T23:30", 3.1)  # Tuesday, after it
    expect(market, "2026-01-17T12:00", 3.2)  # Saturday before a holiday
    assert shown(market, "known_from, known_to, observed_on, eps_mean_fwd") == [
        (date(2026, 1, 12), date(2026, 1, 14), date(2026, 1, 12), 3.0),
        (date(2026, 1, 14), date(2026, 1, 20), date(2026, 1, 13), 3.1),
        (date(2026, 1, 20), None, date(2026, 1, 17), 3.2),
    ]


def test_the_running_year_is_labelled_when_it_rolls_over(market: Lab) -> None:
    expect(market, "2026-01-12T23:30", 3.0, date(2026, 1, 25))
    expect(market, "2026-02-20T23:30", 4.0, date(2027, 1, 31))
    assert shown(market, "fiscal_period_end, eps_mean_fwd") == [(date(2026, 1, 31), 3.0), (date(2027, 1, 31), 4.0)]


def test_estimates_are_brought_to_the_first_share_basis(market: Lab) -> None:
    split(market, 1, date(2026, 1, 20), 4.0)
    expect(market, "2026-01-12T23:30", 8.0, eps_low=6.0, eps_high=10.0, eps_year_ago=4.0)
    expect(market, "2026-01-21T23:30", 2.0, eps_low=1.5, eps_high=2.5, eps_year_ago=1.0)
    rows = shown(market, "eps_mean_fwd, eps_low_fwd, eps_high_fwd, eps_year_ago_fwd")
    assert rows == [(8.0, 6.0, 10.0, 4.0), (8.0, 6.0, 10.0, 4.0)]


def test_of_two_looks_and_two_classes_one_counts(market: Lab) -> None:
    list_line(market, 2, "AAB", issuer_id=1, is_primary=False)
    expect(market, "2026-01-12T22:00", 3.0)
    expect(market, "2026-01-12T23:00", 3.1)
    expect(market, "2026-01-12T23:30", 9.9, symbol="AAB")
    assert shown(market, "issuer_id, eps_mean_fwd") == [(1, 3.1)]


def test_amounts_in_another_currency_or_in_none_are_left_out(market: Lab) -> None:
    expect(market, "2026-01-12T22:00", 3.0, currency="CNY")
    expect(market, "2026-01-12T23:00", 3.0, currency=None)
    assert shown(market, "issuer_id") == []


def test_later_looks_do_not_change_what_was_known(market: Lab) -> None:
    expect(market, "2026-01-12T23:30", 3.0)
    before = shown(market, "known_from, eps_mean_fwd")
    expect(market, "2026-01-14T23:30", 3.3)
    assert shown(market, "known_from, eps_mean_fwd")[:1] == before
