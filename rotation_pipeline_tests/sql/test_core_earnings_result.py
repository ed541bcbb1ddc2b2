"""core.earnings_result: a figure that a source changes later counts from the day on which the change was shown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import list_line, open_market

ON = date(2025, 5, 1)  # a Thursday, after the close


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2025, 1, 2), date(2025, 12, 31))
    list_line(lab, 1, "AAA")
    return lab


def versions(lab: Lab, *told: tuple[date, float | None]) -> list[tuple[Any, ...]]:
    """The versions of one announcement whose EPS was told on these dates."""
    said = {"symbol": "AAA", "fiscal_period_end": date(2025, 3, 31), "announced_on": ON, "announced_precision": "date", "timing": "AMC"}
    lab.put("raw.earnings_event", [said | {"observed_on": day, "basis_date": day, "eps_actual": eps} for day, eps in told])
    for table in ("core.earnings_observation", "core.earnings_event", "core.earnings_result"):
        lab.fill(table)
    return lab.rows("select known_from, known_to, eps_actual_fwd from core.earnings_result order by known_from")


def test_a_changed_figure_counts_from_the_session_that_showed_it(market: Lab) -> None:
    assert versions(market, (date(2025, 4, 20), None), (ON, 1.0), (date(2025, 5, 9), 1.0), (date(2025, 8, 9), 0.9)) == [
        (date(2025, 5, 2), date(2025, 8, 11), 1.0),  # shown on a Saturday
        (date(2025, 8, 11), None, 0.9),
    ]


def test_what_was_first_told_late_counts_from_the_release(market: Lab) -> None:
    assert versions(market, (date(2025, 12, 1), 1.0)) == [(date(2025, 5, 2), None, 1.0)]


def test_of_two_figures_before_one_close_the_last_counts(market: Lab) -> None:
    assert versions(market, (ON, 1.0), (date(2025, 5, 2), 1.1)) == [(date(2025, 5, 2), None, 1.1)]


def test_what_is_released_after_the_last_session_is_not_known_yet(market: Lab) -> None:
    market.rows("delete from core.session where session > date '2025-05-01'")
    assert versions(market, (ON, 1.0)) == []
