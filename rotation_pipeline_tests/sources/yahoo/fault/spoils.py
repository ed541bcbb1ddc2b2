"""How an evening of the loopback market is spoiled, one function a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta

from rotation_pipeline_tests.sources.yahoo.fault.case import Scene, Spoil
from rotation_pipeline_tests.sources.yahoo.fault.story import FUNDS
from rotation_pipeline_tests.sources.yahoo.loopback import market_faults as fault
from rotation_pipeline_tests.sources.yahoo.loopback.market_faults import Body
from rotation_pipeline_tests.sources.yahoo.loopback.wire import CALENDAR_COLUMNS, NEW_YORK, calendar_row


def answers(*faults: str, on: int = 1) -> Spoil:
    """The chart of the symbol is answered by faults."""

    def spoil(scene: Scene, symbol: str) -> None:
        if scene.nth == on:
            scene.answer("chart", symbol, *faults)

    return spoil


def body(change: Callable[[Body, Scene], Body], *evenings: int) -> Spoil:
    """The chart body of the symbol is changed on the evenings."""

    def spoil(scene: Scene, symbol: str) -> None:
        if scene.nth in evenings:
            scene.chart(symbol, lambda served: change(served, scene))

    return spoil


def lasting(name: str) -> Spoil:
    """The fault for every request of evening 1."""
    return answers(*[name] * 99)


def summary_fails(scene: Scene, symbol: str) -> None:
    """The summary of the company fails on evenings 0 and 1."""
    if scene.nth in (0, 1):
        scene.answer("quoteSummary", symbol, *["500"] * 99)


def outside(scene: Scene, symbol: str) -> None:
    """A close above the high of the day, in chart and quote."""
    if scene.nth == 1:
        scene.chart(symbol, lambda served: fault.above_high(served, scene.day))
        scene.quote(symbol, regularMarketDayHigh=scene.vendor.lines[symbol].closes[scene.day] - 1)


def slow(scene: Scene, symbol: str) -> None:
    """One chart request gets no answer, on an evening of little patience."""
    if scene.nth == 1:
        scene.answer("chart", symbol, "slow")
    scene.server.patience = 0.5 if scene.nth == 1 else None


def silent(scene: Scene, symbol: str) -> None:
    """A close of NaN beside a volume, and a quote without a price."""
    if scene.nth == 1:
        scene.chart(symbol, lambda served: fault.nan_close(served, scene.day))
        scene.quote(symbol, regularMarketPrice=None)


def lost_until_3(scene: Scene, symbol: str) -> None:
    """The session of evening 1 is missing until evening 3."""
    if scene.nth in (1, 2):
        scene.chart(symbol, lambda served: fault.without_session(served, scene.days[1]))
    if scene.nth == 1:
        stale = datetime.combine(scene.days[0], time(16), NEW_YORK)
        scene.quote(symbol, regularMarketTime=int(stale.timestamp()))


def dead(scene: Scene, symbol: str) -> None:
    """Yahoo knows the symbol no more from evening 1 on."""
    if scene.nth >= 1:
        scene.forget(symbol)


def away(scene: Scene, symbol: str) -> None:
    """Yahoo knows the symbol no more from evening 1 to 3."""
    if scene.nth in (1, 2, 3):
        scene.forget(symbol)


def late_split(scene: Scene, symbol: str) -> None:
    """A split of 4 for 1 on evening 1, neither listed nor applied that evening."""
    if scene.nth == 0:
        scene.vendor.lines[symbol].split(scene.days[1], 4, 1)
    if scene.nth == 1:
        scene.chart(symbol, lambda served: fault.late_split(served, scene.day))
        scene.quote(symbol, regularMarketPreviousClose=scene.vendor.lines[symbol].closes[scene.days[0]])


def split_with(spoil: Callable[[Body, Scene], Body], new: int = 4, old: int = 1, until: int = 1) -> Spoil:
    """A split on evening 1, of 4 for 1 unless said otherwise, with its chart spoiled that evening, or through another one."""

    def both(scene: Scene, symbol: str) -> None:
        if scene.nth == 0:
            scene.vendor.lines[symbol].split(scene.days[1], new, old)
        if 1 <= scene.nth <= until:
            scene.chart(symbol, lambda served: spoil(served, scene))

    return both


def dividend_with(spoil: Callable[[Body, Scene], Body]) -> Spoil:
    """A dividend on evening 1, with its chart spoiled that evening."""

    def both(scene: Scene, symbol: str) -> None:
        if scene.nth == 0:
            scene.vendor.lines[symbol].dividends[scene.days[1]] = 0.3
        if scene.nth == 1:
            scene.chart(symbol, lambda served: spoil(served, scene))

    return both


def weekend_dividend(scene: Scene, symbol: str) -> None:
    """A dividend of Monday, evening 3, that is listed under the Saturday before."""
    monday = scene.days[3]
    if scene.nth == 0:
        scene.vendor.lines[symbol].dividends[monday] = 0.3
    if scene.nth >= 3:
        scene.chart(symbol, lambda served: fault.with_dividend_on(served, monday, monday - timedelta(days=2)))


def running(served: Body, scene: Scene) -> Body:
    """A further bar of a session that still trades."""
    day = scene.days[2]
    return fault.with_unfinished_bar(served, day, datetime.combine(day, time(10, 42), NEW_YORK))


def everybody(nth: int, endpoint: str, subject: str, *faults: str) -> Spoil:
    """Faults for requests that are not about one symbol; ``subject`` may name the day of an evening as {0}, {1} ..."""

    def spoil(scene: Scene, _symbol: str) -> None:
        if scene.nth == nth:
            scene.answer(endpoint, subject.format(*scene.days), *faults)

    return spoil


def lose_session(scene: Scene, symbols: Iterable[str]) -> None:
    """The session of the evening is missing for the symbols; their quotes are of the day before."""
    closed = int(datetime.combine(scene.days[scene.nth - 1], time(16), NEW_YORK).timestamp())
    for symbol in symbols:
        scene.chart(symbol, lambda served: fault.without_session(served, scene.day))
        scene.quote(symbol, regularMarketTime=closed)


def companies_lost(scene: Scene, _symbol: str) -> None:
    """The session of evening 1 is missing for all companies, not for the funds."""
    if scene.nth == 1:
        lose_session(scene, set(scene.vendor.lines) - set(FUNDS))


def everything_lost(scene: Scene, _symbol: str) -> None:
    """The session of evening 6 is missing for everything."""
    if scene.nth == 6:
        lose_session(scene, scene.vendor.lines)


def second_page_fails(scene: Scene, _symbol: str) -> None:
    """A day of the calendar with two pages, of which the second fails once."""
    scene.server.calendar_columns = CALENDAR_COLUMNS
    scene.server.calendar = {str(scene.days[2]): [calendar_row(f"C{n:03}", f"{scene.days[2]}T21:05:00Z") for n in range(150)]}
    everybody(2, "visualization", "{2}", "", "500")(scene, _symbol)
