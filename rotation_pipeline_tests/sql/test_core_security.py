"""core.security: one line, its company, its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import IDENTITY, bar, bars, begin, build, listing


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:30])
    lab.put("raw.price_bar", [bar("LAST", xnys[20], 10.0)])
    return lab


def securities(lab: Lab, columns: str) -> dict[str, tuple[Any, ...]]:
    build(lab, IDENTITY)
    return {row[0]: row[1:] for row in lab.rows(f"select symbol, {columns} from core.security")}


def test_the_latest_label_that_is_not_missing_wins(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.listing", [listing("A", sector="Old", exchange="NYQ"), listing("A", load_id="02", sector="New")])
    market.put("raw.price_bar", [bar("^VIX", xnys[3], 10.0), bar("B", xnys[2], None), bar("B", xnys[4], 1.0)])
    found = securities(market, "kind, sector, exchange, first_session")
    assert found["A"] == ("EQUITY", "New", "NYQ", None)
    assert found["^VIX"] == ("INDEX", None, None, xnys[3])
    assert found["B"] == ("EQUITY", None, None, xnys[4])


def test_classes_belong_to_one_company_with_one_primary_line(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.listing", [listing(symbol, issuer_key="1652044") for symbol in ("GOOG", "GOOGL", "GOO9")])
    market.put(
        "raw.issuer_line",
        [
            {"symbol": "GOOG", "issuer_key": "alphabet", "is_primary": False, "load_id": "01"},
            {"symbol": "GOOGL", "issuer_key": "alphabet", "is_primary": True, "load_id": "01"},
        ],
    )
    market.put("raw.price_bar", [bar("GOOG", xnys[1], 1.0), bar("GOOGL", xnys[1], 1.0), bar("GOO9", xnys[1], 1.0)])
    found = securities(market, "security_id, issuer_id, is_primary")
    assert found == {"GOO9": (1, 1, False), "GOOG": (2, 1, False), "GOOGL": (3, 1, True), "LAST": (4, 4, True)}


def test_a_primary_line_without_bars_does_not_price_the_company(market: Lab, xnys: Sequence[date]) -> None:
    market.put(
        "raw.issuer_line",
        [
            {"symbol": "GOOG", "issuer_key": "alphabet", "is_primary": False},
            {"symbol": "GOOGL", "issuer_key": "alphabet", "is_primary": True},
        ],
    )
    market.put("raw.listing", [listing("GOOGL")])
    market.put("raw.price_bar", [bar("GOOG", xnys[1], 1.0)])
    found = securities(market, "is_primary")
    assert (found["GOOG"], found["GOOGL"]) == ((True,), (False,))


ENDS: list[tuple[dict[str, Any], tuple[float | None, bool]]] = [
    ({"delist_reason": "PERFORMANCE", "exchange": "NMS"}, (-0.55, True)),
    ({"delist_reason": "PERFORMANCE", "exchange": "NYQ"}, (-0.30, True)),
    ({"exchange": "NCM"}, (-0.55, True)),  # nothing said: UNKNOWN
    ({"delist_reason": "MERGER_CASH", "exchange": "NMS"}, (0.0, True)),
    ({"delist_reason": "LIQUIDATION"}, (-1.0, True)),
    ({"delist_reason": "LIQUIDATION", "kind": "ETF"}, (0.0, True)),
    ({"delist_reason": "UNKNOWN", "kind": "INDEX"}, (None, False)),
    ({"delist_reason": "PERFORMANCE", "delist_return": -0.8}, (-0.8, False)),
]


def test_a_line_that_ended_has_a_last_return(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.listing", [listing(f"X{n}", last_session=xnys[10]) | values for n, (values, _) in enumerate(ENDS)])
    found = securities(market, "delist_session, delist_return, is_delist_return_assumed")
    for n, (values, expected) in enumerate(ENDS):
        assert found[f"X{n}"] == (xnys[10], *expected), values


def test_what_is_no_end(market: Lab, xnys: Sequence[date]) -> None:
    market.put(
        "raw.listing",
        [
            listing("MOVED", last_session=xnys[10], delist_reason="EXCHANGE_MOVE"),
            listing("TODAY", last_session=xnys[20]),
            listing("BACK", last_session=xnys[10]),
            listing("BACK", load_id="02"),
        ],
    )
    market.put("raw.price_bar", [bar("QUIET", xnys[3], 10.0)])  # its bars stop, nobody says it ended
    found = securities(market, "delist_session, delist_reason, delist_return")
    assert {found[symbol] for symbol in ("MOVED", "TODAY", "BACK", "QUIET")} == {(None, None, None)}


def test_an_end_on_a_day_off_is_the_session_before(market: Lab) -> None:
    sunday = date(1990, 1, 14)
    market.put("raw.listing", [listing("A", last_session=sunday)])
    assert securities(market, "delist_session")["A"] == (date(1990, 1, 12),)


def test_a_renamed_line_keeps_its_labels_and_did_not_end_with_its_old_symbol(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", bars("OLD", xnys[:10], range(10, 20)) + bars("NEW", xnys[:21], range(10, 31), load_id="02"))
    market.put("raw.symbol_change", [{"old_symbol": "OLD", "new_symbol": "NEW", "changed_on": xnys[10], "load_id": "02"}])
    market.put(
        "raw.listing",
        [
            listing("OLD", name="Old Inc.", sector="Energy", fetched_at=xnys[5]),
            listing("NEW", name="New Inc.", load_id="02", fetched_at=xnys[20]),
            # Three evenings later the vendor knows the old symbol no more.
            listing("OLD", name="Old Inc.", last_session=xnys[9], delist_reason="UNKNOWN", load_id="03", fetched_at=xnys[23]),
        ],
    )
    found = securities(market, "security_id, name, sector, first_session, delist_session")
    assert found["NEW"] == (2, "New Inc.", "Energy", xnys[0], None)  # LAST of the fixture is 1
    assert "OLD" not in found
