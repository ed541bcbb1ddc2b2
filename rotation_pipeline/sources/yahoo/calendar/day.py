"""The market-wide earnings calendar of one day: all its pages, zero told apart from missing, and its rows as events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from yfinance import Calendars
from yfinance.exceptions import YFDataException

from rotation_pipeline.sources.yahoo.calendar.announcement import Event, read_stamp, reported
from rotation_pipeline.sources.yahoo.faults import Answer

PAGE_ROWS = 100  # Yahoo serves no more at once
MAX_PAGES = 50
_EPS = ("EPS Estimate", "Reported EPS", "Surprise (%)")
_COLUMNS = ("Symbol", "Event Name", "Event Start Date", "Timing", *_EPS)
_NO_EVENTS = ("call", "meeting")  # in the name of a row that is no announcement (F.1)


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
class Page:
    """Up to PAGE_ROWS rows of one UTC day, and how many rows Yahoo says the day has."""

    frame: pd.DataFrame
    total: int | None

    @classmethod
    def read(cls, day: date, offset: int, session: Any) -> Page:
        """Ask once, with a calendar of its own: yfinance answers a page that failed with the page before it."""
        calendars = _Calendars(session=session)
        frame = calendars.get_earnings_calendar(
            filter_most_active=False, start=day, end=day + timedelta(days=1), limit=PAGE_ROWS, offset=offset, force=True
        )
        return cls(frame, calendars.total)


AskPage = Callable[[int], Answer[Page]]  # by offset


@dataclass(frozen=True)
class DayCalendar:
    """Every row that Yahoo served for one UTC day, and how many it said there are."""

    day: date
    frame: pd.DataFrame
    total: int | None
    is_settled: bool  # the pages agree on the total, and no row came twice

    @property
    def is_short(self) -> bool:
        """Whether rows are missing, by the total that the pages carry."""
        return self.total is not None and len(self.frame) < self.total

    def events(self, now: datetime, observed_on: date, basis_date: date) -> Iterator[Event]:
        """Its rows as events observed on ``observed_on``. Calls, meetings and rows without a symbol or a date are no events."""
        for symbol, row in self.frame.iterrows():
            stamp = row["Event Start Date"]
            if not symbol or pd.isna(stamp) or _is_no_event(row["Event Name"]):
                continue
            label = row["Timing"] if isinstance(row["Timing"], str) else None
            estimate, actual, surprise = (_figure(row[f"{name} as served"]) for name in _EPS)
            when = read_stamp(stamp.to_pydatetime(), label)
            actual = reported(actual, surprise) if stamp <= now else None
            yield Event(str(symbol), when, estimate, actual, observed_on, basis_date)


def read_day(day: date, ask_page: AskPage) -> Answer[DayCalendar]:
    """All pages of a day, each asked for until it is answered; ``n_attempts`` counts the questions of all of them.

    Rows move from page to page while Yahoo changes the day. If the pages do not fit together they are all read once more, and the
    fuller reading counts.
    """
    first = _read_once(day, ask_page)
    if first.value is None or (first.value.is_settled and not first.value.is_short):
        return first
    again = _read_once(day, ask_page)
    read = [said.value for said in (again, first) if said.value is not None]
    fullest = max(read, key=lambda one: (not one.is_short, len(one.frame)))
    return Answer(fullest, "landed", None, first.n_attempts + again.n_attempts)


def _read_once(day: date, ask_page: AskPage) -> Answer[DayCalendar]:
    pages: list[Page] = []
    n_rows = n_attempts = 0
    while len(pages) < MAX_PAGES:
        said = ask_page(n_rows)
        n_attempts += said.n_attempts
        if said.value is None:
            return Answer(None, said.outcome, said.reason, n_attempts)
        pages.append(said.value)
        n_rows += len(said.value.frame)
        if _is_last(said.value, n_rows):
            break
    filled = [page.frame for page in pages if len(page.frame)]
    frame = pd.concat(filled) if filled else pages[0].frame
    totals = {page.total for page in pages}
    is_settled = len(totals) == 1 and not frame.reset_index().duplicated().any()
    total = max((total for total in totals if total is not None), default=None)
    return Answer(DayCalendar(day, frame, total, bool(is_settled)), "landed", None, n_attempts)


def _is_last(page: Page, n_rows: int) -> bool:
    """A full page is followed by another unless the total is reached, a page that is not full only while the total is not."""
    if not len(page.frame) or n_rows == page.total:
        return True
    return len(page.frame) < PAGE_ROWS and (page.total is None or n_rows > page.total)


def _is_no_event(name: object) -> bool:
    words = str(name).lower()
    return any(word in words for word in _NO_EVENTS) and "announcement" not in words and "release" not in words


def _figure(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
