"""core.security: one line, its company, its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import IDENTITY, action, bar, bars, begin, build, column, listing, prices


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


def test_a_merger_ends_the_target_and_the_acquirer_goes_on(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.price_bar", bars("TARGET", xnys[:11], [10.0] * 11) + bars("BUYER", xnys[:21], [50.0 + n for n in range(21)]))
    market.put("raw.listing", [listing("TARGET", last_session=xnys[10], delist_reason="MERGER_STOCK"), listing("BUYER")])
    build(market)
    ends = market.rows("select symbol, security_id, delist_session, delist_reason, delist_return from core.security order by symbol")
    assert ends == [("BUYER", 1, None, None, None), ("LAST", 2, None, None, None), ("TARGET", 3, xnys[10], "MERGER_STOCK", 0.0)]
    assert [(row["session"], row["total_return"]) for row in prices(market, "TARGET")][-2:] == [(xnys[10], 0.0), (xnys[11], 0.0)]
    assert column(market, "BUYER", "total_return")[11:] == [pytest.approx(1 / (49.0 + n)) for n in range(11, 21)]


def test_a_move_to_another_exchange_is_one_line_without_a_return_of_its_own(market: Lab, xnys: Sequence[date]) -> None:
    """The old listing ended, the new one says that it begins later: bars, dividend and split go on as of one line."""
    market.put("raw.price_bar", bars("MOVED", xnys[:11], [10.0] * 11) + bars("MOVED", xnys[11:21], [5.5] * 10, load_id="02"))
    market.put("raw.corporate_action", [action("MOVED", xnys[11], "split", 2.0), action("MOVED", xnys[11], "dividend", 0.25)])
    ended = listing("MOVED", exchange="NYQ", last_session=xnys[10], delist_reason="EXCHANGE_MOVE", fetched_at=xnys[10])
    market.put("raw.listing", [ended, listing("MOVED", exchange="NMS", first_session=xnys[11], load_id="02", fetched_at=xnys[11])])
    build(market)
    assert market.rows("select security_id, exchange, delist_session from core.security where symbol = 'MOVED'") == [(2, "NMS", None)]
    found = prices(market, "MOVED")
    assert [row["session"] for row in found] == list(xnys[:21])
    assert found[11]["total_return"] == pytest.approx(2 * (5.5 + 0.25) / 10.0 - 1)
    assert market.rows("select exchange, valid_from, valid_to from core.line_label order by valid_from") == [
        ("NYQ", date(1900, 1, 1), xnys[11]),
        ("NMS", xnys[11], None),
    ]
    lines = market.rows("select security_id, valid_from, valid_to, first_session, kind, is_primary from core.line order by security_id")
    assert lines == [(1, xnys[20], None, xnys[20], "EQUITY", True), (2, xnys[0], None, xnys[0], "EQUITY", True)]
