"""prices_asof: the close that was known at an instant, as traded by the splits that had been told by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, action, bar, bars, begin, build


def evening(session: date) -> datetime:
    """The instant at which the loads of a session are fetched in these tests."""
    return datetime.combine(session, datetime.min.time()) + timedelta(hours=22)


def land(lab: Lab, rows: Sequence[dict[str, Any]], fetched_at: datetime) -> None:
    """Bars or actions as one load of an instant; its id sorts by that instant."""
    stamps = {"fetched_at": fetched_at, "load_id": f"{fetched_at:%Y%m%dT%H%M}"}
    table = "raw.price_bar" if "session" in rows[0] else "raw.corporate_action"
    lab.put(table, [row | stamps for row in rows])


def known(lab: Lab, ts: datetime, columns: str, symbol: str = "AAA") -> list[tuple[Any, ...]]:
    return lab.rows(f"select {columns} from prices_asof(timestamp '{ts}') where symbol = '{symbol}' order by session")


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    begin(lab, xnys[:30])
    lab.fill("meta.method_param")
    return lab


def test_a_corrected_close_reads_as_it_was_fetched_by_then(market: Lab, xnys: Sequence[date]) -> None:
    one, two, late = xnys[0], xnys[1], xnys[9]
    land(market, [bar("AAA", one, 10.0)], evening(one))
    land(market, [bar("AAA", two, 10.5)], evening(two))
    land(market, [bar("AAA", one, 10.1)], evening(late))
    build(market)
    columns = "session, close_usd, is_latest_version, fetched_at, pit_grade"
    assert known(market, evening(one) - timedelta(seconds=1), columns) == []
    assert known(market, evening(one), columns) == [(one, 10.0, False, evening(one), "A")]
    then = [(one, 10.0, False, evening(one), "A"), (two, 10.5, True, evening(two), "A")]
    assert known(market, evening(late) - timedelta(seconds=1), columns) == then
    assert known(market, evening(late), columns) == [(one, 10.1, True, evening(late), "A"), then[1]]


def test_what_was_fetched_long_after_its_session_is_back_filled(market: Lab, xnys: Sequence[date]) -> None:
    land(market, [bar("AAA", xnys[0], 10.0)], evening(xnys[9]))
    build(market)
    assert known(market, evening(xnys[9]), "close_usd, pit_grade") == [(10.0, "B")]


def test_closes_on_a_later_basis_are_as_traded_once_the_split_was_told(market: Lab, xnys: Sequence[date]) -> None:
    """A 3:1 split before session 4: served rebased a day before it is listed, with a ratio that the vendor has rounded."""
    first, ex, told = xnys[:4], xnys[4], xnys[5]
    land(market, bars("AAA", first, [30.0] * 4), evening(first[-1]))
    land(market, bars("AAA", [*first, ex], [10.0] * 5, basis_date=ex), evening(ex))
    land(market, [action("AAA", ex, "split", 3.0000001)], evening(told))
    build(market)
    closes = [[row[0] for row in known(market, evening(day), "close_usd")] for day in (first[-1], ex, told)]
    assert closes == [[30.0] * 4, [10.0] * 5, [30.0] * 4 + [10.0]]
    table = [row[0] for row in market.rows("select close_usd from core.daily_price where close_usd is not null order by session")]
    assert closes[-1] == table[:5]


def test_a_split_that_was_taken_back_counts_until_then(market: Lab, xnys: Sequence[date]) -> None:
    land(market, bars("AAA", xnys[:2], [20.0] * 2, basis_date=xnys[5]), evening(xnys[5]))
    land(market, [action("AAA", xnys[3], "split", 2.0)], evening(xnys[5]))
    gone = {"symbol": "AAA", "kind": "ACTION_REMOVED", "item": "split", "first_session": xnys[3], "last_session": xnys[3]}
    market.put("raw.restatement", [gone | {"load_id": "9", "fetched_at": evening(xnys[7])}])
    build(market)
    assert [known(market, evening(xnys[n]), "close_usd")[0] for n in (6, 7)] == [(40.0,), (20.0,)]


def test_the_most_trusted_usable_row_counts(market: Lab, xnys: Sequence[date]) -> None:
    """An inconsistent bar yields to a sound one of a lesser source; where it is alone it is told with its reason."""
    day, alone = xnys[0], xnys[1]
    bent = {"open": 10.2, "high": 10.3, "low": 10.0}
    land(market, [bar("AAA", day, 11.0, **bent), bar("AAA", alone, 11.0, **bent)], evening(alone))
    land(market, [bar("AAA", day, 10.5, precedence=1)], evening(xnys[2]))
    build(market, (*PRICES, "ops.quarantine"))
    market.put("ops.quarantine", [quarantined(day, evening(alone))])
    found = known(market, evening(xnys[2]), "close_usd, quarantine_reason, is_latest_version")
    assert found == [(10.5, None, True), (11.0, "INCONSISTENT_BAR", True)]
    assert known(market, evening(alone), "close_usd, is_latest_version") == [(11.0, False), (11.0, True)]


def quarantined(session: date, fetched_at: datetime) -> dict[str, Any]:
    row = {"table_name": "raw.price_bar", "symbol": "AAA", "session": session, "item": "0", "reason": "INCONSISTENT_BAR"}
    return row | {"load_id": f"{fetched_at:%Y%m%dT%H%M}", "decision": None}


def test_adjusted_closes_and_days_off_are_left_out(market: Lab, xnys: Sequence[date]) -> None:
    saturday = next(day for day in xnys[:10] if day.weekday() == 4) + timedelta(days=1)
    adjusted = bar("AAA", xnys[1], None, adj_close=9.0, price_basis="adjusted_only", dividend_basis="none")
    land(market, [bar("AAA", xnys[0], 10.0), adjusted, bar("AAA", xnys[2], float("nan")), bar("AAA", saturday, 10.0)], evening(xnys[9]))
    build(market)
    assert known(market, evening(xnys[9]), "session") == [(xnys[0],)]


def test_an_instant_with_a_zone_is_that_instant(market: Lab, xnys: Sequence[date]) -> None:
    land(market, [bar("AAA", xnys[0], 10.0)], evening(xnys[0]))
    build(market)
    at = f"{xnys[0]} 22:00:00"
    counts = [
        market.rows(f"select count(*) from prices_asof({ts})")[0][0] for ts in (f"timestamptz '{at}+00'", f"timestamptz '{at}+05:30'")
    ]
    assert counts == [1, 0]
