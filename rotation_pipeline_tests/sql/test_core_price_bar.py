"""core.price_bar: which bar stands for a session, and which two make a return."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import ACTIONS, action, bar, bars, begin, build, listing

ADJUSTED = {"price_basis": "adjusted_only", "dividend_basis": "implied", "close": None, "precedence": 1, "volume": None}
NAN = float("nan")


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:40])
    return lab


def chosen(lab: Lab, columns: str, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    lab.put("raw.price_bar", rows)
    build(lab, (*ACTIONS, "core.price_bar"))
    return lab.rows(f"select {columns} from core.price_bar order by security_id, session")


def test_the_most_trusted_then_the_latest_bar_counts(market: Lab, xnys: Sequence[date]) -> None:
    day = xnys[5]
    rows = [bar("A", day, 1.0, precedence=1, load_id="09"), bar("A", day, 2.0, load_id="02"), bar("A", day, 3.0, load_id="03")]
    assert chosen(market, "close_usd, is_live", [*rows, bar("A", day, NAN, load_id="04")]) == [(3.0, True)]


def test_where_a_better_series_ends_or_begins_the_worse_one_ties_the_return(market: Lab, xnys: Sequence[date]) -> None:
    better = bars("A", xnys[2:4], [100.0, 101.0])
    levels = [9.0, 10.0, 11.0, 12.0, 15.0, 18.0]
    worse = [bar("A", day, **ADJUSTED | {"adj_close": level}) for day, level in zip(xnys[:6], levels, strict=True)]
    found = chosen(market, "close_usd, growth, dividend_basis", better + worse)
    assert found == [
        (None, None, None),
        (None, 10 / 9, "adjusted"),
        (100.0, 1.1, "adjusted"),
        (101.0, 1.01, "listed"),
        (None, 1.25, "adjusted"),
        (None, 1.2, "adjusted"),
    ]


def test_adjusted_closes_of_two_loads_are_never_compared(market: Lab, xnys: Sequence[date]) -> None:
    def adjusted(load_id: str, days: Sequence[date], levels: Sequence[float]) -> list[dict[str, Any]]:
        return [bar("A", day, **ADJUSTED | {"adj_close": level, "load_id": load_id}) for day, level in zip(days, levels, strict=True)]

    first, second, third = adjusted("01", xnys[:3], [10, 11, 12]), adjusted("02", xnys[1:4], [5, 6, 9]), adjusted("03", xnys[4:6], [1, 2])
    assert [growth for (growth,) in chosen(market, "growth", first + second + third)] == [None, 1.1, 1.2, 1.5, None, 2.0]


def test_dividends_are_implied_within_one_load(market: Lab, xnys: Sequence[date]) -> None:
    implied = {"dividend_basis": "implied"}
    served = zip(xnys[:4], [40.0, 30.0, 33.0, 33.0], [30.0, 30.0, 33.0, 33.0 * (1 - 1e-6)], strict=True)
    rows = [bar("A", day, close, adj_close=adj, **implied) for day, close, adj in served]
    rows += [bar("A", day, 22.0, adj_close=1.0, load_id="02", **implied) for day in xnys[4:6]]
    found = chosen(market, "growth, dividend_basis, implied_yield", rows)
    assert found[1] == (0.75, "implied", 0.25)
    assert found[2:4] == [(1.1, "implied", 0.0), (1.0, "implied", 0.0)]  # the vendor's rounding pays no dividend
    assert found[4][1:] == ("none", None)  # another load: the price is comparable, the adjustment is not
    assert found[4][0] == pytest.approx(2 / 3, rel=1e-15)
    assert found[5] == (1.0, "implied", 0.0)


def test_loads_of_one_basis_date_are_one_series(market: Lab, xnys: Sequence[date]) -> None:
    """Each session came in a load of its own; the third is of another day, which shares no session with the others."""
    closes, adjusted = [40.0, 30.0, 33.0, 66.0], [30.0, 30.0, 33.0, 66.0]
    days = [xnys[30], xnys[30], xnys[31], xnys[30]]
    rows = [
        bar("A", xnys[n], closes[n], adj_close=adjusted[n], dividend_basis="implied", basis_date=days[n], load_id=f"0{n}") for n in range(4)
    ]
    rows += [bar("B", xnys[n], **ADJUSTED | {"adj_close": adjusted[n], "basis_date": days[n], "load_id": f"0{n}"}) for n in range(4)]
    assert chosen(market, "growth, dividend_basis, implied_yield, seam", rows) == [
        (None, None, None, None),
        (0.75, "implied", 0.25, None),
        (1.1, "none", None, "PRICE_ONLY"),
        (None, None, None, "FACTOR"),  # twice the price, and a split that no list has looks the same
        (None, None, None, None),
        (1.0, "adjusted", None, None),
        (None, None, None, "BASIS"),
        (None, None, None, "BASIS"),
    ]


def test_between_two_sections_the_price_ties_the_return_where_both_have_one(market: Lab, xnys: Sequence[date]) -> None:
    implied = {"dividend_basis": "implied", "adj_close": 10.0, "precedence": 1}
    rows = [*bars("A", xnys[:2], [10.0, 20.0]), *bars("A", xnys[2:4], [25.0, 25.0], **implied)]
    rows += [*bars("B", xnys[:2], [10.0, 20.0], **implied), *bars("B", xnys[2:4], [25.0, 25.0])]
    rows += [*bars("C", xnys[:2], [10.0, 20.0]), *(bar("C", day, **ADJUSTED | {"adj_close": 25.0}) for day in xnys[2:4])]
    rows += [*bars("D", xnys[:2], [10.0, 20.0], dividend_basis="none"), *bars("D", xnys[2:4], [25.0, 25.0], **implied)]
    found = chosen(market, "growth, dividend_basis, seam", rows)
    assert found[2::4] == [(1.25, "none", "PRICE_ONLY"), (1.25, "listed", None), (None, None, "SECTION"), (1.25, "none", None)]


def test_splits_bring_loads_to_one_basis(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.corporate_action", [action("A", xnys[3], "split", 4.0)])
    rows = bars("A", xnys[:3], [100.0, 102.0, 104.0]) + bars("A", xnys[2:5], [26.0, 26.5, 27.0], basis_date=xnys[4], load_id="02")
    found = chosen(market, "close_usd, level, volume, growth", rows)
    assert found == [
        (100.0, 100.0, 1000.0, None),
        (102.0, 102.0, 1000.0, 1.02),
        (104.0, 104.0, 250.0, 104 / 102),
        (26.5, 106.0, 1000.0, 106 / 104),
        (27.0, 108.0, 1000.0, 108 / 106),
    ]


BAD_PRINTS: list[tuple[dict[str, Any], str | None]] = [
    ({"close": None}, "NO_PRICE"), ({"close": NAN}, "NO_PRICE"), ({"close": float("inf")}, "NO_PRICE"),
    ({"close": 0.0}, "NONPOSITIVE_PRICE"), ({"close": -1.0}, "NONPOSITIVE_PRICE"),
    ({"open": 10.2, "high": 10.1, "low": 9.0}, "INCONSISTENT_BAR"), ({"open": 10.0, "high": 11.0, "low": 10.1}, "INCONSISTENT_BAR"),
    ({"open": 10.0, "high": 10.0 - 1e-6, "low": 9.0}, None), ({"high": NAN, "low": None, "volume": NAN}, None),
]  # fmt: skip


def test_bad_prints_are_told(market: Lab, xnys: Sequence[date]) -> None:
    rows = [bar(f"X{n}", xnys[1], 10.0) | values for n, (values, _) in enumerate(BAD_PRINTS)] + [bar("_", xnys[1], 1.0)]
    found = chosen(market, "reason, level, high, volume", rows)
    for (values, expected), (reason, level, high, volume) in zip(BAD_PRINTS, found, strict=False):
        assert reason == expected, values
        assert (level is None) == (expected is not None)
        assert high == high
        assert volume == volume


def test_an_index_may_be_negative_and_never_stale(market: Lab, xnys: Sequence[date]) -> None:
    yields = [0.1, -0.05, 0.0, 0.0, 0.0, 0.0, 0.0]
    found = chosen(market, "level, growth, reason", [*bars("^IRX", xnys[:7], yields, volume=0.0), bar("_", xnys[7], 1.0)])[:7]
    assert found == [(level, None, None) for level in yields]


def test_the_fifth_quiet_session_is_stale_and_trading_goes_on_from_the_fourth(market: Lab, xnys: Sequence[date]) -> None:
    rows = [*bars("A", xnys[:6], [10.0] * 6, volume=0.0), bar("A", xnys[6], 11.0)]
    rows += bars("B", xnys[:6], [10.0] * 6, volume=1.0)  # traded
    market.put("raw.listing", [listing("A"), listing("B")])
    found = chosen(market, "reason, session_no - session_no_before, growth", rows)
    assert found[:7] == [(None, None, None), *[(None, 1, 1.0)] * 3, *[("STALE_PRICE", None, None)] * 2, (None, 3, 1.1)]
    assert {row[0] for row in found[7:]} == {None}
