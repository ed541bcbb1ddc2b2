"""Quotes that contradict themselves or what is held."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from rotation_pipeline.sources.yahoo.sweep.quotes import shape_quotes
from rotation_pipeline.sources.yahoo.sweep.suspects import split_like, suspects
from rotation_pipeline_tests.sources.yahoo.loopback.quoting import announced, full_quote

WED, THU, FRI, MON = date(2026, 11, 11), date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 16)
NOW = datetime(2026, 11, 14, 3, tzinfo=UTC)


def bars(*rows: tuple[str, date, float | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"symbol": pl.String, "session": pl.Date, "close": pl.Float64}, orient="row")


def found(quote: dict[str, Any], *held: tuple[str, date, float | None]) -> str | None:
    """Why the quote is suspected on Friday, beside the bars that are held."""
    return suspects(shape_quotes([quote], THU, FRI, NOW).frame, bars(*held), FRI, THU).get("A")


def test_a_quote_that_goes_on_from_what_is_held_is_no_suspect() -> None:
    assert found(full_quote("A", FRI, 51.0, 50.0), ("A", WED, 49.0), ("A", THU, 50.0)) is None
    assert found(full_quote("A", FRI, 51.0, 50.004), ("A", THU, 50.0)) is None  # half a cent
    assert found(full_quote("A", FRI, 5100.0, 5000.4), ("A", THU, 5000.0)) is None  # a ten thousandth
    assert found(full_quote("A", FRI, 51.0, 50.0)) is None  # nothing is held: new
    assert found(full_quote("A", MON, 51.0, 12.0), ("A", THU, 50.0)) is None  # of a session that runs
    assert found(full_quote("A", THU, 50.0, 49.0), ("A", WED, 48.0)) is None  # has not traded: asked for without suspicion


@pytest.mark.parametrize(
    ("quote", "held", "why"),
    [
        (full_quote("A", FRI, 25.5, 25.0), 50.0, "the close of 2026-11-12 is held as 50 and now said to be 25: like a split 2:1"),
        (full_quote("A", FRI, 510.0, 500.0), 50.0, "the close of 2026-11-12 is held as 50 and now said to be 500: like a split 1:10"),
        (full_quote("A", FRI, 34.0, 33.3333), 50.0, "like a split 3:2"),
        (full_quote("A", FRI, 51.0, 49.5), 50.0, "the close of 2026-11-12 is held as 50 and now said to be 49.5"),
        (full_quote("A", FRI, 51.0, 50.006), 50.0, "held as 50 and now said to be 50.006"),
        (full_quote("A", FRI, 51.0, None), 50.0, "no previous close"),
        (full_quote("A", FRI, 75.0, 50.0), 50.0, "moved from 50 to 75 in a day"),
        (full_quote("A", FRI, 20.0, 50.0), 50.0, "moved from 50 to 20 in a day"),
        (full_quote("A", FRI, 51.0, 50.0, regularMarketVolume=0), 50.0, "without a volume"),
        (full_quote("A", FRI, 51.0, 50.0, regularMarketVolume=None), 50.0, "without a volume"),
        (full_quote("A", FRI, 51.0, 50.0, regularMarketPrice=None), 50.0, "no price"),
        (full_quote("A", FRI, 51.0, 50.0, regularMarketDayHigh=50.5), 50.0, "closed at 51.0 in a day from 50.0 to 50.5"),
        (full_quote("A", FRI, 51.0, 50.0, regularMarketOpen=53.0), 50.0, "opened at 53.0"),
        (full_quote("A", FRI, 51.0, 50.0, regularMarketDayLow=None), 50.0, "in a day from None"),
        (full_quote("A", FRI, corporateActions=[announced("STOCK_SPLIT", FRI, "A splits")]), 50.0, "announced: A splits"),
    ],
)
def test_a_quote_that_does_not_is_named_with_the_reason(quote: dict[str, Any], held: float, why: str) -> None:
    assert why in str(found(quote, ("A", THU, held)))


def test_a_missed_session_shows_before_its_prices_are_compared() -> None:
    assert (
        found(full_quote("A", FRI, 51.0, 50.0), ("A", WED, 49.0))
        == "the last session held is 2026-11-11, the one before 2026-11-13 is 2026-11-12"
    )
    assert "the last session held is 2026-11-11" in str(found(full_quote("A", FRI), ("A", WED, 49.0), ("A", THU, None)))


def test_the_close_is_compared_with_the_charts_close_of_the_session() -> None:
    assert found(full_quote("A", FRI, 51.0), ("A", THU, 50.0), ("A", FRI, 51.004)) is None
    assert found(full_quote("A", FRI, 51.0), ("A", THU, 50.0), ("A", FRI, 50.9)) == "closed at 51, where 50.9 is held"


def test_an_index_needs_neither_volume_nor_range() -> None:
    quote = full_quote("^A", FRI, 4.1, 4.0, regularMarketVolume=0, regularMarketOpen=0, regularMarketDayHigh=0, regularMarketDayLow=0)
    frame = shape_quotes([quote], THU, FRI, NOW).frame
    assert suspects(frame, bars(("^A", THU, 4.0)), FRI, THU) == {}
    assert list(suspects(frame, bars(("^A", THU, 4.2)), FRI, THU)) == ["^A"]


@pytest.mark.parametrize(
    ("ratio", "split"),
    [(2.0, "2"), (0.1, "1/10"), (1.5, "3/2"), (1.25, "5/4"), (50.05, "50"), (1.75, "7/4")],
)
def test_ratios_that_a_split_may_have(ratio: float, split: str) -> None:
    assert split_like(ratio) == Fraction(split)


@pytest.mark.parametrize("ratio", [1.05, 0.95, 1.37, 300.0, 0.001])
def test_ratios_that_no_split_has(ratio: float) -> None:
    assert split_like(ratio) is None
