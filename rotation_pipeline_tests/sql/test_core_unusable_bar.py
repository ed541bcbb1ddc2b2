"""core.unusable_bar: bars that cannot be used for what they say of themselves, and whether an earlier telling is held."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab

DAY = date(2026, 1, 7)
NO_PRICE, NEGATIVE, CROOKED = "NO_PRICE", "NONPOSITIVE_PRICE", "INCONSISTENT_BAR"


def tell(lab: Lab, *bars: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Bars of one line on one session; the rows that come of them."""
    lab.param(price__bar_tolerance=1e-6)
    lab.put("core.line", [{"security_id": 1, "kind": "EQUITY", "first_session": DAY}])
    lab.put("core.line_symbol", [{"security_id": 1, "symbol": "A", "valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}])
    usual = {"symbol": "A", "session": DAY, "price_basis": "as_traded", "dividend_basis": "none", "basis_date": DAY}
    lab.put("raw.price_bar", [{**usual, **bar} for bar in bars])
    lab.fill("core.unusable_bar")
    return lab.rows(
        "select load_id, reason, price, is_refused, held_price, is_released from core.unusable_bar order by load_id, precedence"
    )


@pytest.mark.parametrize(
    ("bar", "reason"),
    [
        ({"close": None}, NO_PRICE),
        ({"close": float("inf")}, NO_PRICE),
        ({"close": -5.0}, NEGATIVE),
        ({"close": 0.0}, NEGATIVE),
        ({"close": 10.0, "open": 9.0, "high": 9.5}, CROOKED),
        ({"close": 10.0, "open": 10.5, "low": 10.2}, CROOKED),
    ],
)
def test_a_later_telling_that_cannot_be_used_is_refused_for_the_one_that_is_held(lab: Lab, bar: dict[str, Any], reason: str) -> None:
    assert tell(lab, {"load_id": "1", "close": 8.0}, {"load_id": "2", **bar}) == [("2", reason, bar["close"], True, 8.0, False)]


def test_one_that_nothing_precedes_is_unusable_and_refuses_nobody(lab: Lab) -> None:
    found = tell(lab, {"load_id": "1", "close": -1.0}, {"load_id": "2", "close": 8.0})
    assert found == [("1", NEGATIVE, -1.0, False, None, False)]


def test_one_that_a_later_good_one_follows_is_no_refusal_any_more(lab: Lab) -> None:
    found = tell(lab, *({"load_id": load, "close": close} for load, close in (("1", 8.0), ("2", None), ("3", 8.1))))
    assert found == [("2", NO_PRICE, None, False, 8.0, False)]


def test_another_series_is_no_telling_of_this_one(lab: Lab) -> None:
    found = tell(lab, {"load_id": "1", "close": 8.0, "precedence": 1}, {"load_id": "2", "close": -1.0, "precedence": 0})
    assert found == [("2", NEGATIVE, -1.0, False, None, False)]


def test_what_a_person_released_says_so(lab: Lab) -> None:
    lab.put("core.quarantine_release", [{"symbol": "A", "session": DAY, "reason": NO_PRICE, "security_id": 1}])
    found = tell(lab, {"load_id": "1", "close": 8.0}, {"load_id": "2", "close": None})
    assert found == [("2", NO_PRICE, None, True, 8.0, True)]


def test_a_window_holds_what_a_whole_rebuild_holds(lab: Lab) -> None:
    later = DAY + timedelta(days=1)
    tell(lab, {"load_id": "1", "close": 8.0}, {"load_id": "2", "close": None}, {"load_id": "2", "close": -2.0, "session": later})
    whole = lab.rows("from core.unusable_bar order by all")
    lab.fill("core.unusable_bar", later)
    assert lab.rows("from core.unusable_bar order by all") == whole
    assert len(whole) == 2


def test_an_index_may_be_below_zero(lab: Lab) -> None:
    lab.put("core.line", [{"security_id": 2, "kind": "INDEX", "first_session": DAY}])
    lab.put("core.line_symbol", [{"security_id": 2, "symbol": "^I", "valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}])
    assert tell(lab, {"load_id": "1", "symbol": "^I", "close": -0.3}) == []
