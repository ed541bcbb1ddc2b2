"""ops.doubtful_basis: closes that cannot have been traded show which ratio the list of splits lacks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, action, bar, begin, build, listing, prices

SPINS = {"SPUN": 1.324, "TWICE": 1.5, "CENTS": 1.5, "KNOWN": 1.128, "FUND": 2.0}
DECIMALS = {"CENTS": 2}  # a vendor that rounds what it adjusts leaves nothing to see
LISTED = ("KNOWN", "CENTS")


@pytest.fixture
def sessions(lab: Lab, xnys: Sequence[date]) -> Sequence[date]:
    days = [day for day in xnys if day >= date(2019, 1, 2)][:60]
    begin(lab, days)
    return days


def traded(symbol: str, n: int) -> list[float]:
    dice = random.Random(f"{symbol} 2")
    return [round(dice.uniform(20, 60), 2) for _ in range(n)]


def served(symbol: str, sessions: Sequence[date]) -> list[dict[str, Any]]:
    """Closes as a vendor tells them after the last session: those before the fortieth over the ratio."""
    closes = traded(symbol, len(sessions))
    adjusted = [round(close / SPINS[symbol], DECIMALS.get(symbol, 6)) if n < 40 else close for n, close in enumerate(closes)]
    return [bar(symbol, day, close, basis_date=sessions[-1]) for day, close in zip(sessions, adjusted, strict=True)]


def found(lab: Lab) -> list[tuple[Any, ...]]:
    build(lab, (*PRICES, "core.last_symbol", "ops.doubtful_basis"))
    return lab.rows("select symbol, evidence, last_session, missing_from, n_sessions > 15, ratio from ops.doubtful_basis order by symbol")


def test_closes_off_the_cent_show_what_the_list_lacks(lab: Lab, sessions: Sequence[date]) -> None:
    for symbol in SPINS:
        lab.put("raw.listing", [listing(symbol, kind="ETF" if symbol == "FUND" else "EQUITY")])
        lab.put("raw.price_bar", served(symbol, sessions))
    lab.put("raw.corporate_action", [action(symbol, sessions[40], "split", SPINS[symbol]) for symbol in LISTED])
    assert [row[:2] for row in found(lab)] == [(symbol, "OFF_GRID") for symbol in ("FUND", "SPUN", "TWICE")]
    ((_, _, last, missing_from, is_many, ratio),) = [row for row in found(lab) if row[0] == "SPUN"]
    assert (last, missing_from, is_many, ratio) == (sessions[39], sessions[40], True, None)
    lab.put("raw.corporate_action", [action(symbol, sessions[40], "split", SPINS[symbol]) for symbol in ("SPUN", "TWICE", "FUND")])
    assert found(lab) == []
    for symbol in ("SPUN", "TWICE", "FUND", "KNOWN"):
        closes = [round(row["close_usd"], 4) for row in prices(lab, symbol, "close_usd")]
        assert closes == traded(symbol, len(sessions))


def test_another_series_says_what_was_traded(lab: Lab, sessions: Sequence[date]) -> None:
    """Two decimals show nothing; a second series of as-traded closes does, on twenty sessions with ten others in between."""
    lab.put("raw.listing", [listing("CENTS")])
    lab.put("raw.price_bar", served("CENTS", sessions))
    second = {"price_basis": "as_traded", "precedence": 1, "load_id": "02"}
    closes = traded("CENTS", len(sessions))
    lab.put("raw.price_bar", [bar("CENTS", sessions[n], closes[n], **second) for n in range(10, 60) if n % 3])
    ((*row, ratio),) = found(lab)
    assert row == ["CENTS", "AS_TRADED", sessions[38], sessions[39], True]
    assert ratio == pytest.approx(1.5, abs=1e-3)
    lab.put("raw.corporate_action", [action("CENTS", sessions[40], "split", 1.5)])
    assert found(lab) == []


def test_single_closes_off_the_cent_are_none_of_it(lab: Lab, sessions: Sequence[date]) -> None:
    lab.put("raw.listing", [listing(symbol) for symbol in ("ODD", "PENNY", "HIGH")])
    odd = [close + (0.005 if n % 3 == 0 else 0) for n, close in enumerate(traded("ODD", 60))]
    for symbol, closes in (("ODD", odd), ("PENNY", [0.3333] * 60), ("HIGH", [437_131.31 + n * 0.03 + 0.0021 for n in range(60)])):
        lab.put("raw.price_bar", [bar(symbol, day, close) for day, close in zip(sessions, closes, strict=True)])
    assert found(lab) == []


def test_a_line_that_was_renamed_is_named_once(lab: Lab, sessions: Sequence[date]) -> None:
    """A source that writes the past under today's symbol: until the change the line is meant by both."""
    lab.put("raw.listing", [listing("SPUN")])
    lab.put("raw.price_bar", served("SPUN", sessions))
    lab.put("raw.symbol_change", [{"old_symbol": "BEFORE", "new_symbol": "SPUN", "changed_on": sessions[50], "load_id": "01"}])
    assert [row[:3] for row in found(lab)] == [("SPUN", "OFF_GRID", sessions[39])]


def test_a_cap_far_from_the_vendors_is_listed_with_both(lab: Lab, sessions: Sequence[date]) -> None:
    """What counts is the latest quote with a cap; a vendor may tell the cap of the class, and another currency tells nothing."""
    first, last = sessions[10], sessions[11]
    lines = {1: "NEAR", 2: "FAR", 3: "CLASS", 4: "MENDED", 5: "YEN", 6: "SMALL"}
    always = {"valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}
    lab.put("core.line_symbol", [{"security_id": line, "symbol": symbol} | always for line, symbol in lines.items()])
    lab.put("core.last_symbol", [{"security_id": line, "symbol": symbol} for line, symbol in lines.items()])
    caps = [{"security_id": line, "session": day, "line_cap_usd": 50e9, "issuer_cap_usd": 100e9} for line in lines for day in (first, last)]
    lab.put("core.market_cap", caps)
    told = {1: (140e9, 140e9), 2: (100e9, 400e9), 3: (51e9, 51e9), 4: (400e9, 100e9), 5: (15e12, 15e12), 6: (20e9, 20e9)}
    quotes = [
        {"symbol": lines[line], "session": day, "kind": "EQUITY", "market_cap": cap, "currency": "JPY" if line == 5 else "USD"}
        for line, both in told.items()
        for day, cap in zip((first, last), both, strict=True)
    ]
    lab.put("raw.quote", quotes)
    lab.fill("ops.doubtful_basis")
    sql = "select symbol, evidence, first_session, last_session, missing_from, n_sessions, ratio from ops.doubtful_basis order by symbol"
    assert lab.rows(sql) == [("FAR", "VENDOR_CAP", last, last, None, 1, 4.0), ("SMALL", "VENDOR_CAP", first, last, None, 2, 0.2)]
    way_out = lab.rows("select way_out from ops.doubtful_basis where symbol = 'FAR'")[0][0]
    assert way_out.startswith("the vendor says 4.0 times our market cap of FAR on 2019-01-17")
