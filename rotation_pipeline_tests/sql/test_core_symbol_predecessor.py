"""core.symbol_predecessor: under which symbols another company had filed before a line took them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import list_line, open_market, split

BEFORE = [date(2022, 11, 1), date(2023, 2, 1)]
AFTER = [date(2023, 8, 1), date(2023, 11, 1)]


@pytest.fixture
def market(lab: Lab) -> Lab:
    """NEW is the symbol that line 1 took on 2023-06-01."""
    open_market(lab, date(2022, 1, 3), date(2024, 6, 28))
    list_line(lab, 1, "NEW")
    renamed(lab, "NEW")
    return lab


def renamed(lab: Lab, symbol: str, is_applied: bool = True) -> None:
    change = {"old_symbol": "OLD", "new_symbol": symbol, "changed_on": date(2023, 6, 1), "verdict": "SILENT", "is_applied": is_applied}
    lab.put("core.symbol_rename", [change])


def filed(lab: Lab, counts: Mapping[date, float]) -> None:
    row = {"symbol": "NEW", "kind": "reported"}
    lab.put(
        "raw.share_count", [row | {"as_of": day, "known_on": day, "basis_date": day, "shares": shares} for day, shares in counts.items()]
    )


def told(lab: Lab) -> list[tuple[Any, ...]]:
    lab.fill("core.symbol_predecessor")
    return lab.rows("select symbol, changed_on, security_id, shares_before_fwd, shares_after_fwd from core.symbol_predecessor")


def test_counts_that_break_at_the_change_are_of_two_companies(market: Lab) -> None:
    filed(market, dict(zip(BEFORE + AFTER, [43e6, 44e6, 204e6, 203e6], strict=True)))
    assert told(market) == [("NEW", date(2023, 6, 1), 1, 44e6, 204e6)]
    assert market.rows("select known_from, known_to from core.symbol_predecessor") == [(date(2023, 11, 2), None)]


@pytest.mark.parametrize("counts", [[100e6, 101e6, 99e6, 98e6], [100e6, 101e6, 99e9, 98e6], [100e6, 101e3, 60e6, 98e6]])
def test_counts_that_go_on_are_the_lines_own(market: Lab, counts: list[float]) -> None:
    """A wrong unit on either side does not part the two."""
    filed(market, dict(zip(BEFORE + AFTER, counts, strict=True)))
    assert told(market) == []


def test_what_later_filings_teach_is_known_from_then_on(market: Lab) -> None:
    """Neither one count, nor one filing told twice, says it; the third takes it back."""
    days = [*BEFORE, *AFTER, date(2024, 2, 1)]
    counts = [43e6, 44e6, 204e6, 203e6, 45e6]
    filed(market, dict(zip(days[:3], counts[:3], strict=True)))
    filed(market, dict(zip(days[:3], counts[:3], strict=True)))
    assert told(market) == []
    filed(market, {days[3]: counts[3]})
    assert market.rows("select known_from, known_to from core.symbol_predecessor") == []
    told(market)
    assert market.rows("select known_from, known_to from core.symbol_predecessor") == [(date(2023, 11, 2), None)]
    filed(market, {days[4]: counts[4]})
    told(market)
    assert market.rows("select known_from, known_to from core.symbol_predecessor") == [(date(2023, 11, 2), date(2024, 2, 2))]


def test_a_split_between_them_is_no_break(market: Lab) -> None:
    split(market, 1, date(2023, 7, 3), 4.0)
    filed(market, dict(zip(BEFORE + AFTER, [100e6, 100e6, 400e6, 400e6], strict=True)))
    assert told(market) == []


def test_nothing_is_said_of_a_rename_that_is_not_applied_or_before_there_is_a_count_on_both_sides(market: Lab) -> None:
    filed(market, dict(zip(BEFORE, [44e6, 44e6], strict=True)))
    assert told(market) == []
    filed(market, dict.fromkeys(AFTER, 204e6))
    market.rows("delete from core.symbol_rename")
    renamed(market, "NEW", is_applied=False)
    assert told(market) == []


def predecessor(lab: Lab) -> None:
    lab.put(
        "core.symbol_predecessor", [{"symbol": "NEW", "changed_on": date(2023, 6, 1), "known_from": date(2023, 11, 2), "security_id": 1}]
    )


def test_filings_under_the_symbol_from_before_are_no_earnings_of_the_line_once_that_is_known(market: Lab) -> None:
    """Four quarters of the company before, two of the line's own: no trailing sum of both from the day on which it is known."""
    predecessor(market)
    ends = [date(2022, 3, 31), date(2022, 6, 30), date(2022, 9, 30), date(2022, 12, 31), date(2023, 6, 30), date(2023, 9, 30)]
    quarter = {"symbol": "NEW", "fiscal_period": "Q", "net_income": 1e6, "currency": "USD"}
    market.put("raw.statement", [quarter | {"fiscal_period_end": end, "known_on": end + timedelta(days=30)} for end in ends])
    market.fill("core.trailing_fundamental")
    found = market.rows("select known_from, period_end, n_quarters, net_income_usd from core.trailing_fundamental order by known_from")
    assert found[3:] == [
        (date(2023, 1, 31), date(2022, 12, 31), 4, 4e6),
        (date(2023, 7, 31), date(2023, 6, 30), 4, None),
        (date(2023, 10, 31), date(2023, 9, 30), 4, None),
        (date(2023, 11, 2), date(2023, 9, 30), 2, None),
    ]
    market.rows("delete from raw.statement where known_on > date '2023-06-01'")
    market.fill("core.trailing_fundamental")
    assert market.rows("select known_from, known_to from core.trailing_fundamental order by known_from")[-1] == (
        date(2023, 1, 31),
        date(2023, 11, 2),  # nothing of its own is known then
    )


def test_announcements_under_the_symbol_from_before_are_no_events_of_the_line_once_that_is_known(market: Lab) -> None:
    """What was shown before then stays an event; its result ends when it is known to be another company's."""
    predecessor(market)
    event = {"symbol": "NEW", "timing": "AMC", "announced_precision": "date", "eps_actual": 1.0}
    days = {date(2022, 12, 31): date(2023, 1, 26), date(2023, 3, 31): date(2023, 4, 27), date(2023, 6, 30): date(2023, 7, 27)}
    for observed_on in (None, date(2024, 1, 2)):
        for end, day in days.items():
            shown = {"observed_on": observed_on or day, "basis_date": day}
            if not (observed_on is None and end == date(2022, 12, 31)):
                market.put("raw.earnings_event", [event | shown | {"fiscal_period_end": end, "announced_on": day}])
    for table in ("core.earnings_observation", "core.earnings_event", "core.earnings_result"):
        market.fill(table)
    assert market.rows("select distinct fiscal_period_end from core.earnings_observation order by 1") == [
        (date(2023, 3, 31),),
        (date(2023, 6, 30),),
    ]
    assert market.rows("select fiscal_period_end, known_from, known_to from core.earnings_result order by 1") == [
        (date(2023, 3, 31), date(2023, 4, 28), date(2023, 11, 2)),
        (date(2023, 6, 30), date(2023, 7, 28), None),
    ]
    market.fill("core.trailing_fundamental")
    assert market.rows("select known_from, n_quarters from core.trailing_fundamental where basis = 'street' order by 1") == [
        (date(2023, 4, 28), 1),
        (date(2023, 7, 28), 2),
        (date(2023, 11, 2), 1),
    ]
