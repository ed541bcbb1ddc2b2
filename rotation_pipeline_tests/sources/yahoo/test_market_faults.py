"""Each fault of the data changes what it says, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from rotation_pipeline_tests.sources.yahoo.loopback import market_faults as fault
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart, opening

MON, TUE, WED, THU = (date(2026, 11, day) for day in (16, 17, 18, 19))


def body() -> dict[str, Any]:
    """Closes 50, 51 (2:1 split), 52 (dividend 0.52) on one basis; the adjusted closes are the closes here."""
    return chart("KO", {MON: 50.0, TUE: 51.0, WED: 52.0}, {MON: 200, TUE: 100, WED: 100}, {WED: 0.52}, {TUE: (2, 1)})


def told(said: Mapping[str, Any]) -> list[tuple[int, float | None, int | None]]:
    result = said["chart"]["result"][0]
    quote = result["indicators"]["quote"][0]
    days = [datetime.fromtimestamp(stamp, UTC).day for stamp in result["timestamp"]]
    assert len(result["indicators"]["adjclose"][0]["adjclose"]) == len(days) == len(quote["open"])
    return list(zip(days, quote["close"], quote["volume"], strict=True))


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        (fault.reordered, [(18, 52.0, 100), (17, 51.0, 100), (16, 50.0, 200)]),
        (lambda b: fault.with_row_twice(b, TUE), [(16, 50.0, 200), (17, 51.0, 100), (17, 51.0, 100), (18, 52.0, 100)]),
        (lambda b: fault.without_session(b, TUE), [(16, 50.0, 200), (18, 52.0, 100)]),
        (lambda b: fault.nan_close(b, TUE), [(16, 50.0, 200), (17, None, 100), (18, 52.0, 100)]),
        (lambda b: fault.corrected(b, TUE, 2.0), [(16, 50.0, 200), (17, 102.0, 100), (18, 52.0, 100)]),
        (lambda b: fault.unapplied_split(b, TUE), [(16, 100.0, 100), (17, 51.0, 100), (18, 52.0, 100)]),
        (lambda b: fault.late_split(b, TUE), [(16, 100.0, 100), (17, 51.0, 100), (18, 52.0, 100)]),
        (
            lambda b: fault.with_unfinished_bar(b, THU, datetime(2026, 11, 19, 15, 42, tzinfo=UTC)),
            [(16, 50.0, 200), (17, 51.0, 100), (18, 52.0, 100), (19, 52.0, 10)],
        ),
    ],
    ids=["reordered", "twice", "lost", "nan", "corrected", "unapplied", "late split", "unfinished"],
)
def test_the_rows_that_a_fault_makes(change: Callable[[Mapping[str, Any]], Mapping[str, Any]], rows: list[Any]) -> None:
    before = body()
    kept = deepcopy(before)
    assert told(change(before)) == rows
    assert before == kept


def events(said: Mapping[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = said["chart"]["result"][0]["events"][kind]
    return found


def test_adjusted_closes_as_yahoo_makes_them() -> None:
    adjusted = fault.with_adjusted_closes(body())["chart"]["result"][0]["indicators"]["adjclose"][0]["adjclose"]
    assert adjusted == [50.0 * (1 - 0.52 / 51), 51.0 * (1 - 0.52 / 51), 52.0]


def test_what_is_not_listed() -> None:
    assert events(fault.unlisted_split(body(), TUE), "splits") == {}
    assert told(fault.unlisted_split(body(), TUE)) == told(body())
    without = fault.unlisted_dividend(body(), WED)
    assert events(without, "dividends") == {}
    assert without["chart"]["result"][0]["indicators"]["adjclose"][0]["adjclose"] == [50.0, 51.0, 52.0]


def test_a_late_split_is_not_listed_and_an_unapplied_one_is() -> None:
    assert events(fault.late_split(body(), TUE), "splits") == {}
    assert len(events(fault.unapplied_split(body(), TUE), "splits")) == 1


def test_bars_of_another_step() -> None:
    said = fault.of_step(body(), "1mo")
    assert said["chart"]["result"][0]["meta"]["dataGranularity"] == "1mo"
    assert told(said) == told(body())


def test_a_close_above_the_high() -> None:
    quote = fault.above_high(body(), TUE)["chart"]["result"][0]["indicators"]["quote"][0]
    assert (quote["high"][1], quote["close"][1]) == (50.0, 51.0)


def test_a_scaled_dividend() -> None:
    assert [event["amount"] for event in events(fault.scaled_dividend(body(), WED, 2.0), "dividends").values()] == [1.04]


def test_a_dividend_listed_on_two_days() -> None:
    found = events(fault.with_dividend_twice(body(), WED, THU), "dividends")
    assert {int(key): event["amount"] for key, event in found.items()} == {opening(WED): 0.52, opening(THU): 0.52}
