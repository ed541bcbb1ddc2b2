"""core.observed_session and core.halt: when a line counts as not trading, and when an outage of the source does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, bar, begin, build, listing

CHAIN = (*PRICES, "core.observed_session", "core.halt")
N = 40


@pytest.fixture
def days(lab: Lab, xnys: Sequence[date]) -> Sequence[date]:
    begin(lab, xnys[:N])
    return xnys[:N]


def trade(lab: Lab, days: Sequence[date], symbol: str, on: Iterable[int]) -> None:
    lab.put("raw.price_bar", [bar(symbol, days[t], 10.0 + t % 3) for t in on])


def halts(lab: Lab) -> list[tuple[str, date, date | None]]:
    build(lab, CHAIN)
    return lab.rows("""
        select line.symbol, halt.valid_from, halt.valid_to
        from core.halt as halt join core.security as line on line.security_id = halt.security_id
        order by all
    """)


def test_the_eleventh_missing_session_begins_a_halt_and_the_next_bar_ends_it(lab: Lab, days: Sequence[date]) -> None:
    for symbol in ("A", "B", "C"):
        trade(lab, days, symbol, range(N))
    trade(lab, days, "TEN", [*range(5), *range(15, N)])
    trade(lab, days, "ELEVEN", [*range(5), *range(16, N)])
    trade(lab, days, "TWICE", [*range(5), 17, 18])
    assert halts(lab) == [
        ("ELEVEN", days[15], days[16]),
        ("TWICE", days[15], days[17]),
        ("TWICE", days[29], None),
    ]


def test_sessions_without_the_market_are_no_silence_of_a_line(lab: Lab, days: Sequence[date]) -> None:
    """Twelve sessions on which the source gave one line in four or none: nobody is halted but the one that stays away."""
    outage = range(5, 17)
    for symbol in ("A", "B", "C"):
        trade(lab, days, symbol, [t for t in range(N) if t not in outage])
    trade(lab, days, "INDEPENDENT", [t for t in range(N) if t != 7])
    assert halts(lab) == []
    assert lab.rows("select session from core.observed_session order by 1") == [(day,) for t, day in enumerate(days) if t not in outage]
    lab.fill("core.observed_session", days[10])
    assert lab.rows("select count(*), min(n_known), max(n_priced) from core.observed_session") == [(N - len(outage), 4, 4)]
    trade(lab, days, "GONE", range(5))
    assert halts(lab) == [("GONE", days[17 + 10], None)]


def test_a_bar_that_cannot_be_used_says_that_the_line_trades_and_a_stale_one_does_not(lab: Lab, days: Sequence[date]) -> None:
    for symbol in ("A", "B"):
        trade(lab, days, symbol, range(N))
    for symbol in ("BAD", "STALE"):
        trade(lab, days, symbol, range(5))
    lab.put("raw.price_bar", [bar("BAD", days[10], 10.0, high=9.0, low=8.0)])
    lab.put("raw.price_bar", [bar("STALE", days[t], 10.0, volume=0.0) for t in range(5, N)])
    found = halts(lab)
    quarantined = lab.rows(
        "select quarantine_reason, count(*) from core.daily_price where quarantine_reason is not null group by all order by 1"
    )
    assert quarantined == [("INCONSISTENT_BAR", 1), ("STALE_PRICE", N - 9)]
    assert found == [("BAD", days[21], None), ("STALE", days[19], None)]  # the fifth stale close is the first that is missing


def test_a_line_that_ended_is_not_halted(lab: Lab, days: Sequence[date]) -> None:
    lab.put("raw.listing", [listing("ENDED", last_session=days[4]), listing("SUSPENDED", last_session=days[20])])
    for symbol, n in (("A", N), ("B", N), ("ENDED", 5), ("SUSPENDED", 5)):
        trade(lab, days, symbol, range(n))
    assert halts(lab) == [("SUSPENDED", days[15], None)]


def test_a_halt_is_known_without_what_came_later(lab: Lab, days: Sequence[date]) -> None:
    for symbol, on in (("A", range(N)), ("B", range(N)), ("HALTED", [*range(5), 30])):
        trade(lab, days, symbol, on)
    assert halts(lab) == [("HALTED", days[15], days[30])]
    lab.rows(f"delete from raw.price_bar where session > date '{days[15]}'")
    assert halts(lab) == [("HALTED", days[15], None)]
