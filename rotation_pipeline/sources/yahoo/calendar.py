"""The market-wide earnings calendar of one day: all its pages, zero told apart from missing, and its rows as events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from yfinance import Calendars
from yfinance.exceptions import YFDataException

from rotation_pipeline.sources.yahoo.announcement import Event, read_stamp

MAX_PAGES = 50
_EPS = ("EPS Estimate", "Reported EPS", "Surprise (%)")
_COLUMNS = ("Symbol", "Event Start Date", "Timing", *_EPS)


class _Calendars(Calendars):  # type: ignore[misc]
    """yfinance's calendar, remembering what it drops: the total, and the figures before it turns 0.0 into missing."""

    total: int | None = None

    def _create_df(self, json_data: dict[str, Any]) -> pd.DataFrame:
        """The page as a frame with the EPS columns repeated as served; raises YFDataException for a page of another form."""
        try:
            result = json_data["finance"]["result"][0]
            documents = result["documents"]
            is_blank = not documents or not documents[0]["rows"]
        except (KeyError, IndexError, TypeError) as error:
            raise YFDataException("a page that is no earnings calendar") from error
        self.total = result.get("total")
        if is_blank:
            return pd.DataFrame(columns=list(_COLUMNS)).set_index("Symbol")
        frame: pd.DataFrame = super()._create_df(json_data)
        for name in _EPS:
            frame[f"{name} as served"] = frame[name]
        return frame


@dataclass(frozen=True)
class DayCalendar:
    """Every row that Yahoo served for one UTC day, and how many it said there are."""

    day: date
    frame: pd.DataFrame
    total: int | None

    @classmethod
    def read(cls, day: date, page_rows: int, session: Any) -> DayCalendar:
        """Ask page by page until one is not full, each for itself: a page that failed must not be answered from memory."""
        calendars = _Calendars(session=session)
        pages: list[pd.DataFrame] = []
        while len(pages) < MAX_PAGES:
            page = calendars.get_earnings_calendar(
                filter_most_active=False, start=day, end=day + timedelta(days=1), limit=page_rows, offset=page_rows * len(pages), force=True
            )
            pages.append(page)
            if len(page) < page_rows:
                break
        filled = [page for page in pages if len(page)]
        return cls(day, pd.concat(filled) if filled else pages[0], calendars.total)

    def events(self, now: datetime, observed_on: date, basis_date: date) -> Iterator[Event]:
        """Its rows as events observed on ``observed_on``. Rows without a symbol or a date are no events."""
        for symbol, row in self.frame.iterrows():
            stamp = row["Event Start Date"]
            if not symbol or pd.isna(stamp):
                continue
            label = row["Timing"] if isinstance(row["Timing"], str) else None
            estimate, actual = _figure(row["EPS Estimate as served"]), _actual(row)
            when = read_stamp(stamp.to_pydatetime(), label)
            yield Event(str(symbol), when, estimate, actual if stamp <= now else None, observed_on, basis_date)


def _actual(row: pd.Series[Any]) -> float | None:
    """The reported EPS. A reported 0.00 beside a surprise of 0.0 % on another estimate is Yahoo's way to say nothing was reported."""
    actual, estimate, surprise = (_figure(row[f"{name} as served"]) for name in ("Reported EPS", "EPS Estimate", "Surprise (%)"))
    return None if actual == 0 and surprise == 0 and estimate else actual


def _figure(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
