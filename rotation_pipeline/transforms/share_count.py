"""core.share_count: believes a share count only when it fits what was known when it came (methodology B.6, A.7).

Counts of all lines are gone through in the order in which they became known, month by month, because they are compared with a market
that is itself made of counts that were believed: that of the month end before. A count near the one believed is believed. A
larger move, or a first count, is judged by the line's own turnover, by units, by rank and by the cross-section; a quotient of
earnings can only clear it. While it is in doubt the count believed last goes on. Nothing looks ahead.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from statistics import median
from typing import Any

import polars as pl

from rotation_pipeline.transforms.cross_section import Market, fit, usual

SCHEMA = {
    "security_id": pl.Int32(),
    "known_from": pl.Date(),
    "as_of": pl.Date(),
    "shares_fwd": pl.Float64(),
    "shares_reported": pl.Float64(),
    "kind": pl.String(),
    "is_jump": pl.Boolean(),
    "quarantine_reason": pl.String(),
    "doubted_by": pl.String(),
    "cleared_by": pl.String(),
    "turnover_share": pl.Float64(),
    "pit_grade": pl.String(),
}
ORDER = {"cover_page": 0, "reported": 1, "balance_sheet": 1, "vendor": 2, "diluted": 3}  # the better kinds first
FILED = ("cover_page", "reported", "balance_sheet")  # the next count of these clears a doubt

Row = dict[str, Any]
Param = Mapping[str, float]


def share_count(rows: pl.DataFrame) -> pl.DataFrame:
    """Spells of the count in force: one row whenever what is known of a line's shares changes.

    ``rows`` are those of the SQL's select, ordered by what, session and line: ``count`` a count and what its line traded
    when it became known (shares on the first basis, USD), ``month`` what a line traded at a month end, ``param`` the method's numbers.
    """
    parts = {str(key[0]): part for key, part in rows.partition_by("what", as_dict=True, maintain_order=True).items()}
    param = dict(parts["param"].select("name", "value").iter_rows()) if "param" in parts else {}
    spells = list(_judge_all(parts["count"], parts.get("month"), param)) if "count" in parts else []
    frame = pl.DataFrame(spells, schema=SCHEMA, orient="row").sort("security_id", "known_from")
    return frame.with_columns(known_to=pl.col("known_from").shift(-1).over("security_id", order_by="known_from"))


@dataclass
class Level:
    """A count that is believed."""

    shares: float
    known_on: date
    as_of: date
    kind: str


@dataclass
class Doubt:
    """A level that was told and is not believed, and when it was told."""

    shares: float
    told: list[date]


@dataclass
class Line:
    """What is believed of one line's shares, what is in doubt, and what its counts were doubted for before."""

    security_id: int
    reset_no: int = 0  # how often it was taught that the counts of before were another company's
    level: Level | None = None
    is_suspended: bool = False  # nobody knows the basis of the last count: none is in force until the next (A.7)
    doubt: Doubt | None = None
    too_large: list[tuple[date, float]] = field(default_factory=list)  # counts that the cross-section did not pass
    too_small: list[tuple[date, float]] = field(default_factory=list)
    told: list[tuple[date, float]] = field(default_factory=list)  # counts that the cross-section does not speak against
    turnover: deque[tuple[date, float]] = field(default_factory=lambda: deque(maxlen=24))  # logs of believed turnover at month ends
    state: tuple[Any, ...] | None = None  # as_of .. pit_grade of the output
    shown: tuple[Any, ...] | None = None
    shown_from: date = date.min

    @property
    def in_force(self) -> float | None:
        """The count that prices the line."""
        return self.level.shares if self.level is not None and not self.is_suspended else None

    def news(self, day: date) -> Iterator[tuple[Any, ...]]:
        """A row of the output when something changed."""
        if self.state is not None and self.state != self.shown:
            self.shown, self.shown_from = self.state, day
            yield self.security_id, day, *self.state

    def expire(self, before: date, param: Param) -> Iterator[tuple[Any, ...]]:
        """Let go of a count that is too old on a date before ``before``."""
        if self.level is None or self.state is None:
            return
        day = self.level.known_on + timedelta(days=int(param["shares.carry_max_days"]) + 1)
        if day < before:
            as_of, shares, reported, kind, _, _, _, _, turnover, grade = self.state
            self.level, self.turnover = None, deque(maxlen=self.turnover.maxlen)
            if shares is not None:
                self.state = (as_of, None, reported, kind, False, "STALE", None, None, turnover, grade)
                yield from self.news(max(day, self.shown_from))

    def take(self, row: Row, market: Market, param: Param) -> None:
        """Judge one count and remember what holds after it."""
        level = self.level
        if level is not None and self._is_of_no_interest(row, level, param):
            return
        shares: float | None = row["shares_fwd"]
        if row["is_older"]:
            if shares is not None and 0 < shares < math.inf and not _side(shares, row, market, param):
                self.told.append((row["known_on"], shares))
            return
        reason = doubted_by = cleared_by = None
        is_jump = False
        if shares is None or not math.isfinite(shares) or shares <= 0:
            reason = "NONPOSITIVE"
        elif row["is_basis_unclear"]:
            reason, self.is_suspended = "BASIS", True
        else:
            shares = _after_split(shares, level, row, param)
            is_near = level is not None and _is_within(shares / level.shares, 1 + param["shares.jump_quarantine"])
            doubted_by = None if is_near else self._doubt(shares, row, market, param)
            if doubted_by != "CROSS_SECTION":
                self.told.append((row["known_on"], shares))
            cleared_by = self._cleared(shares, doubted_by, row, param) if doubted_by is not None else None
            is_jump = level is not None and abs(shares / level.shares - 1) > param["shares.jump_flag"]
            if doubted_by is not None and cleared_by is None:
                reason, doubted_by = doubted_by, None
            else:
                self._believe(shares, row, is_near)
        said = (row["as_of"], self.in_force, row["shares_reported"], row["kind"], is_jump)
        self.state = (*said, reason, doubted_by, cleared_by, _turnover(row["shares_fwd"], row), row["pit_grade"])

    def _is_of_no_interest(self, row: Row, level: Level, param: Param) -> bool:
        """A count of a worse kind says nothing while a better one is believed and fresh."""
        is_fresh = (row["known_on"] - level.known_on).days <= param["shares.kind_max_age_days"]
        return ORDER[row["kind"]] > ORDER[level.kind] and is_fresh

    def _believe(self, shares: float, row: Row, is_near: bool) -> None:
        if not is_near:
            self.turnover.clear()  # of another level
        self.level = Level(shares, row["known_on"], row["as_of"], row["kind"])
        self.doubt, self.is_suspended = None, False

    def _doubt(self, shares: float, row: Row, market: Market, param: Param) -> str | None:
        """The rule that speaks against a first count or a large move, or None."""
        turnover = self._is_against_turnover(shares, row, param)
        section = self._is_against_market(shares, row, market, param)
        if self.level is not None and (turnover or section) and _is_unit(shares / self.level.shares, param):
            return "UNIT"
        if section:
            return "CROSS_SECTION"
        if turnover:
            return "TURNOVER"
        if self._is_against_rank(shares, row, market, param):
            return "RANK"
        if turnover is None and section is None:
            return "UNJUDGED"
        return "UNSTEADY" if self.level is None and self._is_unsteady(shares, row, param) else None

    def _is_unsteady(self, shares: float, row: Row, param: Param) -> bool:
        """A first count has no past of its own, but what was told before it: counts that leap from filing to filing are none."""
        since = row["known_on"] - timedelta(days=int(param["shares.carry_max_days"]))
        told = [shares, *(count for day, count in self.told if day >= since)]
        return max(told) >= (1 + param["shares.jump_quarantine"]) * min(told)

    def _is_against_turnover(self, shares: float, row: Row, param: Param) -> bool | None:
        """(1): the line's own turnover fits the count believed before better."""
        since = row["known_on"] - timedelta(days=731)
        known = [log for day, log in self.turnover if day >= since]
        if self.level is None or not known or not row["volume_fwd"]:
            return None
        usual_log, now = median(known), math.log(row["volume_fwd"])
        new, old = (abs(now - math.log(count) - usual_log) for count in (shares, self.level.shares))
        return new - old > param["shares.doubt_turnover"]

    def _is_against_market(self, shares: float, row: Row, market: Market, param: Param) -> bool | None:
        """(5): far larger or smaller than companies of its dollar volume, or than a count that was too large or too small already."""
        side = _side(shares, row, market, param)
        if side:
            (self.too_large if side > 0 else self.too_small).append((row["known_on"], shares))
        return None if side is None else side != 0 or self._was_doubted(shares, row, param)

    def _was_doubted(self, shares: float, row: Row, param: Param) -> bool:
        """A busy quarter does not make a count true that was too large within two years, nor a larger one."""
        since = row["known_on"] - timedelta(days=731)
        near = 1 + param["shares.jump_quarantine"]
        large = [count for day, count in self.too_large if day >= since]
        small = [count for day, count in self.too_small if day >= since]
        return any(shares * near > count for count in large) or any(shares < count * near for count in small)

    def _is_against_rank(self, shares: float, row: Row, market: Market, param: Param) -> bool:
        """(4): many places among the largest, or a large factor below them."""
        if self.level is None or not row["close_fwd"] or not market.caps:
            return False
        before, after = (market.rank(count * row["close_fwd"]) for count in (self.level.shares, shares))
        if min(before, after) <= param["shares.rank_first"]:
            return abs(before - after) > param["shares.rank_places"]
        return not _is_within(shares / self.level.shares, param["shares.rank_factor"])

    def _cleared(self, shares: float, rule: str, row: Row, param: Param) -> str | None:
        """What speaks for a count in doubt; remembers that it was told. Nothing but earnings against the cross-section, and nothing
        at all where no rule can judge: an error that is repeated is still one."""
        is_repeated = self.doubt is not None and abs(shares / self.doubt.shares - 1) <= param["shares.confirm_tolerance"]
        told = [*(self.doubt.told if self.doubt is not None and is_repeated else []), row["known_on"]]
        self.doubt = Doubt(shares, told)
        earned = row["earnings_shares_fwd"]
        if rule == "UNJUDGED":
            return None
        if earned is not None and abs(earned / shares - 1) <= param["shares.eps_tolerance"]:
            return "EARNINGS"
        if rule == "CROSS_SECTION" or self._was_doubted(shares, row, param):
            return None
        if is_repeated and row["kind"] in FILED:
            return "NEXT_COUNT"
        is_long = len(set(told)) >= param["shares.told_filings"] and (told[-1] - told[0]).days >= param["shares.told_days"]
        return "THREE_FILINGS" if is_long else None


def _judge_all(counts: pl.DataFrame, months: pl.DataFrame | None, param: Param) -> Iterator[tuple[Any, ...]]:
    """What holds for every line, whenever it changes."""
    lines: dict[int, Line] = {}
    through: date | None = None
    market: Market | None = None
    ends = iter([] if months is None else _months(months))
    end = next(ends, None)
    for known_from, of_session in groupby(counts.iter_rows(named=True), key=lambda row: row["session"]):
        while end is not None and end[0] < known_from:
            market = _month_end(*end, lines, param) or market
            end = next(ends, None)
        arrived = list(of_session)
        now = market or _of_the_day(arrived, param) or usual(param["shares.turnover_usual"])
        through = arrived[0]["through"]
        for security_id, group in groupby(arrived, key=lambda row: row["security_id"]):
            told = list(group)
            line = _of_now(lines, security_id, told[0]["reset_no"])
            yield from line.expire(known_from, param)
            for _, same in groupby(told, key=lambda row: (row["known_on"], row["as_of"], row["kind"])):
                line.take(_nearest(list(same), line), now, param)
            list(line.expire(known_from + timedelta(days=1), param))  # what came late may be too old already
            yield from line.news(known_from)
    for line in lines.values():
        if through is not None:
            yield from line.expire(through + timedelta(days=1), param)


def _of_now(lines: dict[int, Line], security_id: int, reset_no: int) -> Line:
    """The line, without what it knew of another company's counts."""
    line = lines.get(security_id)
    if line is None:
        line = lines[security_id] = Line(security_id, reset_no)
    elif line.reset_no < reset_no:
        line = lines[security_id] = Line(security_id, reset_no, shown=line.shown, shown_from=line.shown_from)
    return line


def _months(months: pl.DataFrame) -> Iterator[tuple[date, list[tuple[int, float, float]]]]:
    rows = months.select("session", "security_id", "close_fwd", "dollar_volume_usd").iter_rows()
    for session, group in groupby(rows, key=lambda row: row[0]):
        yield session, [(security_id, close, volume) for _, security_id, close, volume in group]


def _month_end(session: date, traded: Sequence[tuple[int, float, float]], lines: Mapping[int, Line], param: Param) -> Market | None:
    """The market of the counts that are believed at a month end; each line remembers its turnover."""
    oldest = session - timedelta(days=int(param["shares.carry_max_days"]))
    log, pairs = math.log, []
    for security_id, close, volume in traded:
        line = lines.get(security_id)
        if line is None or (level := line.level) is None or line.is_suspended or line.doubt is not None or level.known_on < oldest:
            continue
        log_cap, log_volume = log(level.shares * close), log(volume)
        line.turnover.append((session, log_volume - log_cap))
        pairs.append((log_volume, log_cap))
    return fit(pairs, param)


def _of_the_day(arrived: Sequence[Row], param: Param) -> Market | None:
    """Before any count is believed: the market as all counts of the day tell it, the wrong ones trimmed."""
    told = [
        (math.log(row["dollar_volume_usd"]), math.log(row["shares_fwd"] * row["close_fwd"]))
        for row in arrived
        if row["dollar_volume_usd"] and row["close_fwd"] and row["shares_fwd"] is not None and 0 < row["shares_fwd"] < math.inf
    ]
    return fit(told, param)


def _side(shares: float, row: Row, market: Market, param: Param) -> int | None:
    """1 for a cap that is too large for its dollar volume, -1 for one that is too small, else 0; None where nothing tells."""
    if not row["dollar_volume_usd"] or not row["close_fwd"]:
        return None
    residual = market.residual(shares * row["close_fwd"], row["dollar_volume_usd"])
    return 1 if residual > math.log(param["shares.fit_above"]) else -1 if residual < -math.log(param["shares.fit_below"]) else 0


def _after_split(shares: float, level: Level | None, row: Row, param: Param) -> float:
    """The count on the basis of its filing, where it was filed after a split and counted before it."""
    split, tolerance = row["split_ratio"], param["split.share_tolerance"]
    if level is None or split == 1:
        return shares
    ratio = shares / level.shares
    return shares * split if abs(ratio * split - 1) <= tolerance < abs(ratio - 1) else shares


def _is_unit(ratio: float, param: Param) -> bool:
    """(2): a sum of four quarters, or thousands for ones."""
    if any(abs(ratio * four - 1) <= param["shares.fourfold_tolerance"] for four in (0.25, 4.0)):
        return True
    power = round(math.log10(ratio))
    return power != 0 and abs(ratio / 10.0**power - 1) <= param["shares.unit_tolerance"]


def _is_within(ratio: float, factor: float) -> bool:
    return 1 / factor < ratio < factor


def _nearest(same: Sequence[Row], line: Line) -> Row:
    """Of several counts of one day and kind the one nearest to the count believed last."""
    positive = [row for row in same if (row["shares_fwd"] or 0) > 0]
    reference = line.level.shares if line.level is not None else line.doubt.shares if line.doubt is not None else None
    if len(positive) < 2 or reference is None:
        return (positive or same)[-1]
    return min(positive, key=lambda row: abs(math.log(row["shares_fwd"] / reference)))


def _turnover(shares: float | None, row: Row) -> float | None:
    volume: float | None = row["volume_fwd"]
    return volume / shares if volume is not None and shares is not None and shares > 0 else None
