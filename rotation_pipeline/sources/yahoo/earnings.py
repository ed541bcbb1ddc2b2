"""The earnings dates of one symbol to events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from rotation_pipeline.sources.yahoo.announcement import Event, read_stamp

if TYPE_CHECKING:
    import pandas as pd


def earnings_events(symbol: str, frame: pd.DataFrame, observed_on: date, basis_date: date) -> Iterator[Event]:
    """Every dated row of Yahoo's table. Its page tells 0.00 from "-", and its times are good to the hour.

    Yahoo restates the whole EPS history after a split, so the figures are on the share basis of the fetch.
    """
    for stamp, estimate, actual in zip(frame.index, frame["EPS Estimate"], frame["Reported EPS"], strict=True):
        if stamp == stamp:  # NaT is not equal to itself
            yield Event(symbol, read_stamp(stamp.to_pydatetime()), _figure(estimate), _figure(actual), observed_on, basis_date)


def _figure(value: Any) -> float | None:
    number = float(value)
    return number if number == number else None
