"""The one place that calls yfinance: every question we ask Yahoo, with yfinance's traps around it taken care of."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yfinance
from curl_cffi.requests.exceptions import HTTPError
from pandas.errors import Pandas4Warning
from yfinance.data import YfData

from rotation_pipeline.sources.yahoo.calendar.day import DayCalendar, Page, read_day
from rotation_pipeline.sources.yahoo.company.summary import MODULES
from rotation_pipeline.sources.yahoo.faults import Answer, ask
from rotation_pipeline.sources.yahoo.session import PacedSession
from rotation_pipeline.sources.yahoo.sweep.screen import ScreenPage
from rotation_pipeline.sources.yahoo.transport import Transport

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
QUOTE_URL = "https://query1.finance.yahoo.com/v7/finance/quote"
FUNDAMENTALS_URL = "https://query2.finance.yahoo.com/ws/fundamentals-timeseries/v1/finance/timeseries"
NO_MODULE = "No fundamentals data found"  # in the body of the 404 that says that Yahoo has none of the modules
ZONE = "America/New_York"  # only US listings are asked for; a known zone saves a request and shows Yahoo's own reason for a dead symbol
PAGE = 100  # symbols or rows: Yahoo serves no more at once
META = ("currency", "instrumentType", "exchangeName", "longName", "shortName")  # asking for more can cost a request


@dataclass(frozen=True)
class History:
    """One chart answer: bars as yfinance shapes them, its metadata, its events under their own dates, the currency of odd dividends.

    The columns of events in ``frame`` are not used: yfinance puts an event of a day without a bar on the bar before it.
    """

    frame: pd.DataFrame
    meta: dict[str, Any]
    events: tuple[Event, ...]
    paid_in: dict[date, str]


@dataclass(frozen=True)
class Event:
    """One split (new shares per old share), dividend or capital gain (cash per share) as the answer lists it."""

    ex_date: date
    kind: str
    amount: float


class Client:
    """Asks Yahoo. Each method returns an Answer and never raises for what Yahoo does; use inside ``quiet()``."""

    def __init__(self, cache_dir: Path, session: PacedSession, pause: Callable[[float], None]) -> None:
        yfinance.config.debug.hide_exceptions = False  # the default reports a time-out as "possibly delisted"
        yfinance.config.network.retries = 0  # the session asks again, and knows when
        yfinance.set_tz_cache_location(str(cache_dir))
        self.session = session
        self._pause = pause
        Transport.install(session)

    def history(self, symbol: str, start: date, end: date) -> Answer[History]:
        """Daily bars and actions from ``start`` up to before ``end``, nothing adjusted by yfinance, empty rows kept."""

        def call() -> History:
            ticker = self._ticker(symbol)
            frame = ticker.history(interval="1d", start=start, end=end, auto_adjust=False, actions=True, keepna=True)
            meta = ticker.history_metadata
            if (step := meta.get("dataGranularity", "1d")) != "1d":
                raise ValueError(f"bars of {step} where daily ones were asked for")
            return History(frame, {name: meta.get(name) for name in META}, tuple(_events(ticker)), _paid_in(ticker))

        return self._ask(call)

    def quotes(self, symbols: Sequence[str]) -> Answer[dict[str, dict[str, Any]]]:
        """Yahoo's quote (name, kind, exchange, currencies) of up to 100 symbols in one request; unknown symbols are left out."""

        def call() -> dict[str, dict[str, Any]]:
            said = YfData().get_raw_json(QUOTE_URL, params={"symbols": ",".join(symbols), "formatted": "false"})
            return {quote["symbol"]: quote for quote in said["quoteResponse"]["result"]}

        return self._ask(call)

    def screen(self, offset: int, exchanges: Sequence[str], industry: str | None = None) -> Answer[ScreenPage]:
        """Up to 250 quotes of the companies listed at ``exchanges`` (of one industry, in the screener's spelling) from ``offset`` on."""
        return self._ask(lambda: ScreenPage.read(offset, exchanges, industry, self.session))

    def calendar_day(self, day: date) -> Answer[DayCalendar]:
        """All pages of the market-wide earnings calendar of one UTC day."""
        return read_day(day, lambda offset: self._ask(lambda: Page.read(day, offset, self.session)))

    def earnings_dates(self, symbol: str, limit: int) -> Answer[pd.DataFrame | None]:
        """Past and expected earnings dates of one symbol, at most 100; None for a page without a table."""
        return self._ask(lambda: self._ticker(symbol).get_earnings_dates(limit=limit))

    def share_counts(self, symbol: str, start: date, end: date) -> Answer[pd.Series[int] | None]:
        """Share counts by the day Yahoo picked them up; None when it has none."""
        return self._ask(lambda: self._ticker(symbol).get_shares_full(start=start, end=end))

    def summary(self, symbol: str) -> Answer[dict[str, Any]]:
        """The quoteSummary modules of ``summary.MODULES`` by name, as served; without those that Yahoo does not have for the symbol."""

        def call() -> dict[str, Any]:
            try:
                said = self._ticker(symbol)._quote._fetch(list(MODULES))
            except HTTPError as error:
                if NO_MODULE in error.response.text:
                    return {}
                raise
            return dict(said["quoteSummary"]["result"][0])

        return self._ask(call)

    def fundamentals(self, symbol: str, types: Sequence[str], start: date, end: date) -> Answer[list[dict[str, Any]]]:
        """Series of the fundamentals by type (quarterlyTotalRevenue ...), as served, with the currencies that yfinance drops."""

        def call() -> list[dict[str, Any]]:
            bounds = {"period1": _epoch(start), "period2": _epoch(end)}
            said = YfData().get_raw_json(f"{FUNDAMENTALS_URL}/{symbol}", params={"symbol": symbol, "type": ",".join(types), **bounds})
            return list(said["timeseries"]["result"])

        return self._ask(call)

    def _ticker(self, symbol: str) -> Any:
        ticker = yfinance.Ticker(symbol, session=self.session)
        ticker._tz = ZONE
        return ticker

    def _ask(self, call: Callable[[], T]) -> Answer[T]:
        closed = self.session.closed
        return ask(call, self._pause) if closed is None else Answer(None, "waiting", str(closed), 0)


@contextmanager
def quiet() -> Iterator[None]:
    """Within: no word of pandas 4 about yfinance's code, nor yfinance's log lines, whose guesses ("may be delisted") the ledger replaces.

    Enter it outside of threads: both settings belong to the whole process, and both are put back.
    """
    log = logging.getLogger("yfinance")
    level = log.level
    log.setLevel(max(level, logging.CRITICAL))
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=Pandas4Warning, module=r"yfinance(\.|$)")
            yield
    finally:
        log.setLevel(level)


def day_after(day: date, n: int = 1) -> date:
    """``n`` calendar days later."""
    return day + timedelta(days=n)


def _epoch(day: date) -> int:
    return int(datetime.combine(day, time(0), UTC).timestamp())


def _events(ticker: Any) -> Iterator[Event]:
    """What ``history`` has just read of splits and payments, each under its own date."""
    said = ticker._lazy_load_price_history()
    for kind, events in (("dividend", said._dividends), ("split", said._splits), ("capital_gain", said._capital_gains)):
        if events is None or len(events) == 0:
            continue
        amounts = events["Dividends"] if getattr(events, "ndim", 1) == 2 else events
        yield from (Event(stamp.date(), kind, float(amount)) for stamp, amount in amounts.items())


def _paid_in(ticker: Any) -> dict[date, str]:
    """Currency by ex-date where dividends are paid in one of their own; ``history`` drops it from the frame it returns."""
    dividends = ticker._lazy_load_price_history()._dividends
    currencies = getattr(dividends, "get", lambda _name: None)("currency")
    return {} if currencies is None else {stamp.date(): str(currency) for stamp, currency in currencies.items() if currency}
