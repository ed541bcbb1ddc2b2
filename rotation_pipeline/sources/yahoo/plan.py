"""What a fetch asks for, worked out before the first request from the calendar, the market, what landed, and the budget."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.standing import CALENDAR, SWEEP, Standing, details_key

T = TypeVar("T")
SENTINELS = ("SPY", "QQQ", "^GSPC", "AAPL")  # asked first: if none of them answers, the fault is not theirs
CHUNK = 50  # charts a load
DETAILS_CHUNK = 20  # companies a load: some hundred requests
OVERLAP = 10  # sessions read again: provisional volume, late rows and back-filled sessions show there
REREAD = 20  # sessions in which every symbol's whole history is read once
CALENDAR_BACK, CALENDAR_AHEAD = 7, 14  # days around the fetch
AHEAD_OF_EARNINGS = timedelta(days=7)  # estimates are looked at once in the week before an announcement
OLDEST_DETAILS = timedelta(days=95)  # a quarter without a known announcement
ALL_DETAILS = frozenset({"summary", "statements", "shares", "dates"})
BEFORE_EARNINGS = frozenset({"summary"})

# Why a chart is asked for, the most urgent first.
SENTINEL, SUSPECT, GAP, DAILY, UNSWEPT, NEW, MONTHLY = (
    "sentinel", "suspect", "gap", "daily", "not in the sweep", "new", "monthly re-read"
)  # fmt: skip
WHOLE = frozenset({SUSPECT, NEW, MONTHLY})  # reasons to read the whole look-back: it costs the same one request


@dataclass(frozen=True)
class Chart:
    """One chart that is due: bars and actions of ``symbol`` from ``first`` on."""

    symbol: str
    why: str
    first: date

    @property
    def is_whole(self) -> bool:
        """Whether the whole look-back is read."""
        return self.why in WHOLE


@dataclass(frozen=True)
class Details:
    """The kinds of detail that are due for one company."""

    symbol: str
    why: str
    kinds: frozenset[str]


@dataclass(frozen=True)
class Swept:
    """What the sweep of the session brought. ``bars``: symbols with a bar; ``suspects``: symbols to look at, and why."""

    bars: frozenset[str] = frozenset()
    suspects: Mapping[str, str] = field(default_factory=dict)


def is_sweep_due(request: FetchRequest, standing: Standing) -> bool:
    """The sweep is made once a session, when there is a market to sweep."""
    return bool(standing.market) and standing.answered(SWEEP) < request.through


def calendar_days(request: FetchRequest, standing: Standing, today: date) -> list[date]:
    """Days of the earnings calendar to read: a week back and two ahead, once a session, less what was read whole already."""
    if not standing.market or standing.answered(CALENDAR) >= request.through:
        return []
    around = (today + timedelta(days=n) for n in range(-CALENDAR_BACK, CALENDAR_AHEAD + 1))
    return [day for day in around if standing.answered(day_key(day)) < request.through]


def day_key(day: date) -> str:
    """Cursor key: the session of the fetch that last answered for a day of the calendar, kept for the month's day alone."""
    return f"{CALENDAR}:{day.day}"


def charts_due(request: FetchRequest, standing: Standing, swept: Swept, lookback_years: int) -> list[Chart]:
    """Charts in the order in which they are asked for, each symbol once, for its most urgent reason.

    A company that the sweep saw needs none, unless it pays dividends and is watched (the sweep does not tell them), looks
    suspect, has a hole in the last sessions, or is due for the monthly reading. Dead symbols are not asked for.
    """
    whole = lookback_start(request.through, lookback_years)
    reread = _next_to_reread(request, standing)

    def why(symbol: str) -> str | None:
        charted = standing.charted(symbol)
        if charted >= request.through and symbol not in swept.suspects:
            return None
        if symbol in SENTINELS and charted > date.min:
            return SENTINEL
        if charted == date.min:
            return SENTINEL if symbol in SENTINELS else NEW
        if symbol in swept.suspects:
            return SUSPECT if standing.looked_into(symbol) < request.through else None
        if standing.gaps.get(symbol):
            return GAP
        if symbol in standing.watched and symbol in standing.payers:
            return MONTHLY if symbol in reread else DAILY
        if symbol not in swept.bars:
            return MONTHLY if symbol in reread else UNSWEPT
        return MONTHLY if symbol in reread else None

    def first(symbol: str, reason: str) -> date:
        if reason in WHOLE or standing.charted(symbol) == date.min:
            return whole
        return max(whole, session_before(request.sessions, standing.charted(symbol), OVERLAP))

    urgency = (SENTINEL, SUSPECT, GAP, DAILY, UNSWEPT, NEW, MONTHLY)
    wanted = [(reason, symbol) for symbol in standing.living() if (reason := why(symbol)) is not None]

    def rank(one: tuple[str, str]) -> tuple[bool, int, bool, date, str]:
        # What failed in this session already must not spend the budget before the others had their turn.
        reason, symbol = one
        is_behind = standing.failed(symbol) >= request.through
        return is_behind, urgency.index(reason), symbol not in standing.watched, standing.charted(symbol), symbol

    wanted.sort(key=rank)
    return [Chart(symbol, reason, first(symbol, reason)) for reason, symbol in wanted]


def details_due(request: FetchRequest, standing: Standing) -> list[Details]:
    """Companies whose estimates, statements, shares or dates are due: around their announcements, watched ones first."""
    due = []
    for symbol in standing.living():
        if symbol in standing.companies and (found := _why_details(request, standing, symbol)) is not None:
            due.append(Details(symbol, *found))
    order = ("reported", "before earnings", "first time", "a quarter old")
    return sorted(due, key=lambda one: (one.symbol not in standing.watched, order.index(one.why), one.symbol))


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The items in the pieces that become loads."""
    for first in range(0, len(items), size):
        yield items[first : first + size]


def lookback_start(through: date, years: int) -> date:
    """The date ``years`` years (of 365.25 days) before ``through``."""
    return through - timedelta(days=int(365.25 * years))


def session_before(sessions: Sequence[date], day: date, n: int) -> date:
    """The session ``n`` sessions before ``day``; calendar days stand in where the list does not reach that far back."""
    at = bisect_left(sessions, day)
    return sessions[at - n] if at >= n else day - timedelta(days=2 * n)


def sessions_between(sessions: Sequence[date], after: date, through: date) -> int:
    """Sessions after ``after`` up to ``through``."""
    return bisect_right(sessions, through) - bisect_right(sessions, after)


def _next_to_reread(request: FetchRequest, standing: Standing) -> frozenset[str]:
    """The symbols whose whole history was read longest ago, one REREADth of the market, if that is REREAD sessions ago."""
    read = [(standing.read_whole(symbol), symbol) for symbol in standing.living() if standing.charted(symbol) > date.min]
    old = [one for one in sorted(read) if sessions_between(request.sessions, one[0], request.through) >= REREAD]
    share = -(-len(read) // REREAD)
    return frozenset(symbol for _, symbol in old[:share])


def _why_details(request: FetchRequest, standing: Standing, symbol: str) -> tuple[str, frozenset[str]] | None:
    last = standing.answered(details_key(symbol))
    if last == date.min:
        return "first time", ALL_DETAILS
    announced: Iterable[date] = standing.announcements.get(symbol, ())
    # The day after: the reported figures are on show then.
    if any(last <= day < request.through for day in announced):
        return "reported", ALL_DETAILS
    if any(day - AHEAD_OF_EARNINGS <= request.through < day and last < day - AHEAD_OF_EARNINGS for day in announced):
        return "before earnings", BEFORE_EARNINGS
    return ("a quarter old", ALL_DETAILS) if last + OLDEST_DETAILS <= request.through else None


def within(costs: Sequence[int], left: int) -> int:
    """How many of the things that cost so many requests each, taken in order, fit into ``left``."""
    spent = 0
    for n, cost in enumerate(costs):
        spent += cost
        if spent > left:
            return n
    return len(costs)
