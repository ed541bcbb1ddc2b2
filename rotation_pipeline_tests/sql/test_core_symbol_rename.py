"""core.symbol_rename: what the prices say to a rename that a source reports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import bars, begin, build, listing

D = 30  # the change comes with the 31st session
RISING = [10.0 + n for n in range(60)]
OTHER = [200.0 + 7 * (n % 5) for n in range(60)]


def rename(old: str, new: str, changed_on: date) -> dict[str, Any]:
    return {"old_symbol": old, "new_symbol": new, "changed_on": changed_on, "load_id": "01"}


Case = Callable[[Sequence[date]], list[dict[str, Any]]]


def span(symbol: str, first: int, last: int, closes: Sequence[float], **values: Any) -> Case:
    return lambda days: bars(symbol, days[first:last], closes[first:last], **values)


CASES: dict[str, tuple[list[Case], tuple[Any, ...]]] = {
    "nothing of the old symbol": ([span("NEW", 0, 60, RISING)], ("SILENT", True, 0, 0, False)),
    "the history moves on to the new symbol": ([span("OLD", 0, 30, RISING), span("NEW", 30, 60, RISING)], ("CONTINUED", True, 0, 0, False)),
    "one session under both": ([span("OLD", 0, 30, RISING), span("NEW", 29, 60, RISING)], ("CONTINUED", True, 0, 0, False)),
    "the new symbol has the whole history": (
        [span("OLD", 0, 30, RISING), span("NEW", 0, 60, RISING)],
        ("SAME_HISTORY", True, 29, 29, False),
    ),
    "on another share basis": (
        [span("OLD", 0, 30, RISING), span("NEW", 0, 60, [close / 3 for close in RISING])],
        ("SAME_HISTORY", True, 29, 29, False),
    ),
    "some bars were corrected": (
        [span("OLD", 0, 30, [*RISING[:10], 15.0, *RISING[11:]]), span("NEW", 0, 60, RISING)],
        ("SAME_HISTORY", True, 29, 27, False),
    ),
    "the old symbol is served for some days more": (
        [span("OLD", 0, 33, RISING), span("NEW", 0, 60, RISING)],
        ("SAME_HISTORY", True, 29, 29, True),
    ),
    "the old symbol is another company's later": (
        [span("OLD", 0, 30, RISING), span("NEW", 0, 60, RISING), span("OLD", 50, 60, OTHER)],
        ("SAME_HISTORY", True, 29, 29, False),
    ),
    "the old symbol trades on": ([span("OLD", 0, 60, OTHER), span("NEW", 0, 60, RISING)], ("STILL_TRADED", False, 29, 0, False)),
    "the old symbol trades on and nobody trades under the new one": (
        [span("OLD", 0, 60, OTHER), lambda _: [listing("NEW")]],
        ("STILL_TRADED", False, 0, 0, False),
    ),
    "the new symbol was another's until long before": (
        [span("OLD", 0, 30, RISING), span("NEW", 0, 15, OTHER), span("NEW", 30, 60, RISING)],
        ("TAKEOVER", True, 14, 0, False),
    ),
    "the new symbol leaps to the old one's price": (
        [span("OLD", 0, 30, [10 * close for close in RISING]), span("NEW", 0, 30, OTHER), span("NEW", 30, 60, [10 * c for c in RISING])],
        ("TAKEOVER", True, 29, 0, False),
    ),
    "both trade through the change": ([span("OLD", 0, 30, OTHER), span("NEW", 0, 60, RISING)], ("DIFFERENT", False, 29, 0, False)),
    "nothing of the new symbol": ([span("OLD", 0, 30, RISING), span("ZZ", 0, 60, RISING)], ("UNHELD", False, 0, 0, False)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_the_prices_say(lab: Lab, xnys: Sequence[date], name: str) -> None:
    days, (served, expected) = xnys[:60], CASES[name]
    begin(lab, days)
    for rows in served:
        lab.put("raw.listing" if rows(days)[0].keys() == listing("X").keys() else "raw.price_bar", rows(days))
    lab.put("raw.symbol_change", [rename("OLD", "NEW", days[D])])
    build(lab, ("core.session", "core.symbol_rename"))
    assert lab.rows("select verdict, is_applied, n_steps, n_equal, is_tail from core.symbol_rename") == [expected]


def test_a_change_after_the_last_session_waits(lab: Lab, xnys: Sequence[date]) -> None:
    """Unless the new symbol serves the old one's history already, as it does when the past is written in symbols of today."""
    begin(lab, xnys[:60])
    lab.put(
        "raw.price_bar", bars("OLD", xnys[:20], RISING[:20]) + bars("NEW", xnys[:10], OTHER[:10]) + bars("NEXT", xnys[:20], RISING[:20])
    )
    lab.put("raw.symbol_change", [rename(old, new, xnys[D]) for old, new in (("OLD", "NEW"), ("OLD", "NEXT"), ("GONE", "NEW"))])
    build(lab, ("core.session", "core.symbol_rename"))
    found = lab.rows("select old_symbol, new_symbol, verdict from core.symbol_rename")
    assert found == [("GONE", "NEW", "SILENT"), ("OLD", "NEW", "PENDING"), ("OLD", "NEXT", "SAME_HISTORY")]


def test_a_symbol_becomes_one_other(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:60]
    begin(lab, days)
    for symbol, first in (("OLD", 0), ("N1", 30), ("N2", 10)):
        lab.put(
            "raw.price_bar",
            bars(symbol, days[first:D] if symbol == "OLD" else days[first:], RISING[first:D] if symbol == "OLD" else RISING[first:]),
        )
    lab.put("raw.symbol_change", [rename("OLD", "N1", days[D]), rename("OLD", "N2", days[D])])
    build(lab, ("core.session", "core.symbol_rename"))
    assert lab.rows("select new_symbol, verdict from core.symbol_rename") == [("N1", "AMBIGUOUS"), ("N2", "SAME_HISTORY")]


def test_the_latest_load_says_when(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:60])
    lab.put("raw.price_bar", bars("NEW", xnys[:60], RISING))
    lab.put("raw.symbol_change", [rename("OLD", "NEW", xnys[5]), rename("OLD", "NEW", xnys[7]) | {"load_id": "02"}])
    build(lab, ("core.session", "core.symbol_rename"))
    assert lab.rows("select changed_on, first_load_id from core.symbol_rename") == [(xnys[7], "01")]
