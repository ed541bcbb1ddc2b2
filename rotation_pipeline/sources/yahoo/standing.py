"""Where a home stands before a fetch: its market, and what earlier fetches learned of each symbol."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from rotation_pipeline.sources.base import FetchRequest

SWEEP, CALENDAR, LABELS = "sweep", "calendar", "labels"
DEAD_DAYS = 3  # days on which Yahoo has to say that it knows a symbol no more, until its chart is asked for no longer
PAYS_WITHIN = timedelta(days=400)  # a dividend so long ago makes a payer
GAP_SESSIONS = 10  # sessions in which a hole is asked for again every day


def bars_key(symbol: str) -> str:
    """Cursor key: the session through which the chart of ``symbol`` was asked for and answered."""
    return f"bars:{symbol}"


def whole_key(symbol: str) -> str:
    """Cursor key: the session of the fetch that last read the whole history of ``symbol``."""
    return f"whole:{symbol}"


def failed_key(symbol: str) -> str:
    """Cursor key: the session of the fetch in which the chart of ``symbol`` last failed."""
    return f"failed:{symbol}"


def suspect_key(symbol: str) -> str:
    """Cursor key: the session whose suspicion of ``symbol`` was looked into."""
    return f"suspect:{symbol}"


def details_key(symbol: str) -> str:
    """Cursor key: the session of the fetch that last answered for the details of ``symbol``."""
    return f"details:{symbol}"


def silent_key(symbol: str) -> str:
    """Cursor key: the session of the fetch whose summary of ``symbol`` named no announcement, past or to come."""
    return f"{details_key(symbol)}:silent"


def dead_key(symbol: str) -> str:
    """Cursor key: the days, comma-separated, on which Yahoo said in a row that it does not know ``symbol``."""
    return f"dead:{symbol}"


def absent_key(symbol: str) -> str:
    """Cursor key: in how many whole sweeps in a row ``symbol`` was absent, and the session of the last of them ("3:2026-11-04")."""
    return f"absent:{symbol}"


@dataclass(frozen=True)
class Standing:
    """The market of a home and what is known of it. Sets and mappings are of symbols."""

    market: frozenset[str]  # every symbol whose bars belong into the home
    watched: frozenset[str]  # members of known lists, funds and indices: what the universes and marts stand on
    companies: frozenset[str]  # listed as EQUITY, or not listed yet
    payers: frozenset[str]  # paid something within PAYS_WITHIN
    gaps: Mapping[str, tuple[date, ...]]  # sessions without a bar between others, among the last GAP_SESSIONS
    announcements: Mapping[str, tuple[date, ...]]  # expected and past earnings dates, as last observed
    retired: frozenset[str] = frozenset()  # go on under another name
    cursor: Mapping[str, str] = field(default_factory=dict)

    def is_new(self, symbol: str) -> bool:
        """Whether the chart was never answered."""
        return self.charted(symbol) == date.min

    def answered(self, key: str) -> date:
        """The date a cursor key holds; ``date.min`` without one."""
        said = self.cursor.get(key)
        return date.fromisoformat(said) if said else date.min

    def charted(self, symbol: str) -> date:
        """The session through which the chart was answered."""
        return self.answered(bars_key(symbol))

    def failed(self, symbol: str) -> date:
        """The session in which the chart last failed."""
        return self.answered(failed_key(symbol))

    def read_whole(self, symbol: str) -> date:
        """The session of the last reading of the whole history."""
        return self.answered(whole_key(symbol))

    def looked_into(self, symbol: str) -> date:
        """The session whose suspicion was looked into."""
        return self.answered(suspect_key(symbol))

    def dead_days(self, symbol: str) -> tuple[str, ...]:
        """The days on which Yahoo said that it does not know the symbol."""
        return tuple(day for day in self.cursor.get(dead_key(symbol), "").split(",") if day)

    def is_silent(self, symbol: str) -> bool:
        """Whether it said so on DEAD_DAYS days. That is no end (A.9): the sweep goes on looking for it."""
        return len(self.dead_days(symbol)) >= DEAD_DAYS

    def absences(self, symbol: str) -> tuple[int, date]:
        """In how many whole sweeps in a row the symbol was absent, and the session of the last of them."""
        n, _, day = self.cursor.get(absent_key(symbol), "").partition(":")
        return (int(n), date.fromisoformat(day)) if day else (0, date.min)

    def living(self) -> list[str]:
        """The symbols of the market that are neither silent nor renamed, in alphabetical order."""
        return sorted(symbol for symbol in self.market - self.retired if not self.is_silent(symbol))

    def silent(self) -> list[str]:
        """The symbols of the market that Yahoo says it does not know, ended or not, in alphabetical order."""
        return sorted(symbol for symbol in self.market - self.retired if self.is_silent(symbol))


def stand(request: FetchRequest) -> Standing:
    """Read where the home stands. ``request.held`` None means that nothing has landed."""
    watched = frozenset(symbol.strip().upper() for symbol in request.symbols if symbol.strip())
    if request.held is None or not watched:
        return Standing(watched, watched, watched, frozenset(), {}, {}, cursor=request.cursor)
    kinds = request.held.kinds()
    new_names = request.held.renamed_to(watched)
    market = watched | new_names
    if request.market == "us":
        market |= {symbol for symbol, kind in kinds.items() if kind == "EQUITY"}
    companies = frozenset(symbol for symbol in market if kinds.get(symbol, "EQUITY") == "EQUITY" and not symbol.startswith("^"))
    return Standing(
        market=market,
        watched=watched | new_names,
        companies=companies,
        payers=request.held.payers(market, request.through - PAYS_WITHIN),
        gaps=_gaps(request, market),
        announcements=request.held.announcements(companies),
        retired=request.held.renamed(),
        cursor=request.cursor,
    )


def _gaps(request: FetchRequest, market: frozenset[str]) -> dict[str, tuple[date, ...]]:
    """Sessions before the last one that a symbol should have a bar for: it has one before them or they are all it misses."""
    assert request.held is not None
    last = [session for session in request.sessions if session < request.through][-GAP_SESSIONS:]
    if not last:
        return {}
    seen = request.held.sessions_by_symbol(market, last[0])
    found = {}
    for symbol, sessions in seen.items():
        missing = tuple(session for session in last if session > min(sessions) and session not in sessions)
        if missing:
            found[symbol] = missing
    return found
