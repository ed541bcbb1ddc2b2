"""What a fetch asks for, worked out before the first request from the symbols, the cursor and what was landed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rotation_pipeline.sources.base import FetchRequest

SENTINELS = ("SPY", "QQQ", "^GSPC", "AAPL")  # asked first: if none of them answers, the fault is not theirs
CHUNK = 50  # symbols a load
OVERLAP = 10  # sessions read again: provisional volume, late rows and back-filled sessions show there
REFRESH = timedelta(days=7)  # listings and details change slowly and cost most of the requests
CALENDAR_BACK, CALENDAR_AHEAD = 7, 14  # days around the fetch
CALENDAR = "calendar"


@dataclass(frozen=True)
class Plan:
    """Symbols whose bars, listing and details are due, and whether the earnings calendar is."""

    bars: tuple[str, ...]
    listings: frozenset[str]
    details: frozenset[str]
    is_calendar_due: bool
    is_repeat: bool  # less than half of the symbols: those that failed before, whose failing again says nothing about Yahoo

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol of the plan in alphabetical order, sentinels first."""
        wanted = {*self.bars, *self.listings, *self.details}
        return tuple(sorted(wanted, key=lambda symbol: (symbol not in SENTINELS, symbol)))

    @property
    def is_nothing(self) -> bool:
        """True when there is nothing to ask."""
        return not (self.symbols or self.is_calendar_due)

    def chunks(self) -> Iterator[tuple[str, ...]]:
        """The symbols in the pieces that become loads; the first piece is the sentinels (or the first few symbols)."""
        symbols = self.symbols
        n_first = sum(s in SENTINELS for s in symbols) or min(len(SENTINELS), len(symbols))
        yield symbols[:n_first]
        for first in range(n_first, len(symbols), CHUNK):
            yield symbols[first : first + CHUNK]


def bars_key(symbol: str) -> str:
    """Cursor key: the session through which the bars of ``symbol`` were asked for and answered."""
    return f"bars:{symbol}"


def listing_key(symbol: str) -> str:
    """Cursor key: the session of the fetch that last answered for the listing of ``symbol``."""
    return f"listing:{symbol}"


def details_key(symbol: str) -> str:
    """Cursor key: the session of the fetch that last answered for earnings dates, shares and statements of ``symbol``."""
    return f"details:{symbol}"


def what_is_due(request: FetchRequest) -> Plan:
    """Bars not yet asked for through ``request.through``; listings and details older than a week; the calendar once a session."""
    symbols = tuple(dict.fromkeys(s.strip().upper() for s in request.symbols if s.strip()))
    bars = tuple(s for s in symbols if _answered(request, bars_key(s)) < request.through)
    return Plan(
        bars=bars,
        listings=frozenset(s for s in symbols if _answered(request, listing_key(s)) + REFRESH <= request.through),
        details=frozenset(s for s in symbols if _answered(request, details_key(s)) + REFRESH <= request.through),
        is_calendar_due=bool(symbols) and _answered(request, CALENDAR) < request.through,
        is_repeat=2 * len(bars) < len(symbols),
    )


def first_wanted(request: FetchRequest, symbol: str, lookback_years: int) -> date:
    """First date to ask bars for: OVERLAP sessions before the last landed one, or the whole look-back for a new symbol."""
    last = request.last_sessions.get(symbol)
    if last is None:
        return lookback_start(request.through, lookback_years)
    return session_before(request.sessions, last, OVERLAP)


def lookback_start(through: date, years: int) -> date:
    """The date ``years`` years (of 365.25 days) before ``through``."""
    return through - timedelta(days=int(365.25 * years))


def session_before(sessions: Sequence[date], day: date, n: int) -> date:
    """The session ``n`` sessions before ``day``; calendar days stand in where the list does not reach that far back."""
    at = bisect_left(sessions, day)
    return sessions[at - n] if at >= n else day - timedelta(days=2 * n)


def _answered(request: FetchRequest, key: str) -> date:
    said = request.cursor.get(key)
    return date.fromisoformat(said) if said else date.min
