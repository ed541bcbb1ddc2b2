"""core.share_count: believes a share count only when it fits what was known when it came (methodology E.1, A.7).

Each kind of count of a line runs on its own track with a level, the count in force. A count near the level is the new level. One
far from it is taken for a wrong unit, a count of before the last split, or a jump: a jump gives no market cap until the next count
agrees with it. Where there is no level yet, or none was filed for long, the traded volume decides. A count grows old: it is no
evidence of a company that has filed nothing since, or of the next company that uses the symbol. Nothing looks ahead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from statistics import median
from typing import Any

import polars as pl

SCHEMA = {
    "security_id": pl.Int32(),
    "known_from": pl.Date(),
    "as_of": pl.Date(),
    "shares_fwd": pl.Float64(),
    "shares_reported": pl.Float64(),
    "kind": pl.String(),
    "is_jump": pl.Boolean(),
    "quarantine_reason": pl.String(),
    "turnover_share": pl.Float64(),
    "pit_grade": pl.String(),
}
MEMORY_DAYS = 45  # about 30 sessions: the level is the median of the usable counts of that time, else the last one
UNITS = (1e-6, 1e-3, 1e3, 1e6)

Row = dict[str, Any]


def share_count(counts: pl.DataFrame) -> pl.DataFrame:
    """Spells of the count in force: one row whenever what is known of a line's shares changes.

    ``counts`` holds one row a count, in the order in which the counts became known within each line: the columns of the SQL's
    select (shares in single shares on the first basis, volume in shares a session on the same basis, thresholds as shares of 1).
    """
    rows = [row for _, group in groupby(counts.iter_rows(named=True), key=_line) for row in _spells(list(group))]
    spells = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return spells.with_columns(known_to=pl.col("known_from").shift(-1).over("security_id", order_by="known_from"))


@dataclass
class Track:
    """One kind of count of one line: what is believed, and which jump waits for a second count."""

    usable: list[tuple[date, float]] = field(default_factory=list)
    waiting: float | None = None
    refused: float | None = None  # the last count that did not fit the volume
    state: tuple[Any, ...] | None = None  # as_of .. pit_grade of the output
    value: float | None = None
    known_on: date = date(1900, 1, 1)

    def level(self, on: date) -> float | None:
        """The running level of E.1: a median over some 30 sessions, so that one odd vendor value does not move it."""
        since = on - timedelta(days=MEMORY_DAYS)
        if len(self.usable) < 2 or self.usable[-2][0] < since:  # most counts come once a quarter
            return self.usable[-1][1] if self.usable else None
        return median(value for known, value in self.usable[-30:] if known >= since)

    def take(self, row: Row) -> None:
        """Judge one count and remember what holds after it."""
        if self.state is not None and (row["known_on"] - self.known_on).days > row["carry_max_days"]:
            self.usable.clear()  # nothing was filed for so long that the level says nothing of this count
            self.value = self.waiting = None
        shares, reason = self._judge(row)
        is_jump = reason == "JUMP"
        if reason is None and shares is not None:
            level = self.level(row["known_on"])
            is_jump = level is not None and abs(shares / level - 1) > row["jump_flag"]
            if self.waiting is not None and is_jump:
                self.usable.clear()  # a confirmed level starts afresh, or the median would hold it back
            self.usable.append((row["known_on"], shares))
            self.value, self.waiting = shares, None
        elif reason in ("JUMP", "BASIS"):
            self.value, self.waiting = None, row["shares_fwd"]
        self.known_on = row["known_on"]
        turnover = _turnover(row["shares_fwd"], row)
        self.state = (row["as_of"], self.value, row["shares_reported"], row["kind"], is_jump, reason, turnover, row["pit_grade"])

    def old_from(self, carry_max_days: float) -> date | None:
        """First date on which the count in force is too old to be used; None when none is in force."""
        return None if self.value is None else self.usable[-1][0] + timedelta(days=int(carry_max_days) + 1)

    def expire(self) -> None:
        """Use the count in force no longer."""
        assert self.state is not None
        as_of, _, reported, kind, _, _, turnover, grade = self.state
        self.value, self.state = None, (as_of, None, reported, kind, False, "STALE", turnover, grade)

    def _judge(self, row: Row) -> tuple[float | None, str | None]:
        shares = row["shares_fwd"]
        if shares is None or not math.isfinite(shares) or shares <= 0:
            return None, "NONPOSITIVE"
        if row["is_basis_unclear"]:
            return None, "BASIS"
        level = self.level(row["known_on"])
        is_far = level is not None and abs(shares / level - 1) > row["jump_quarantine"]
        if level is not None and not _is_plausible(level, row, is_new=is_far):
            self.usable.clear()  # the volume speaks against the old level: it was believed for want of evidence
            self.value = level = None
        if level is None and not self._fits_volume(shares, row):
            return None, "TURNOVER"
        if level is not None and not _is_plausible(shares, row, is_new=False):
            self.refused = shares
            return None, "TURNOVER"
        return (shares, None) if level is None else self._against(level, shares, row)

    def _fits_volume(self, shares: float, row: Row) -> bool:
        """Whether the volume allows a level that is new. A level that was refused must pass by a factor of two: a busy quarter,
        or a quarter without volume, does not make it true."""
        is_refused = self.refused is not None and abs(shares / self.refused - 1) <= row["jump_quarantine"]
        if is_refused and row["volume_fwd"] is None:
            return False
        fits = _is_plausible(shares, row, is_new=True, margin=2.0 if is_refused else 1.0)
        self.refused = None if fits else shares
        return fits

    def _against(self, level: float, shares: float, row: Row) -> tuple[float | None, str | None]:
        ratio, split = shares / level, row["split_ratio"]
        if split != 1 and abs(ratio * split - 1) <= row["split_tolerance"] < abs(ratio - 1):
            return shares * split, None  # filed after the split, counted before it
        if abs(ratio - 1) <= row["jump_quarantine"]:
            return shares, None
        if any(abs(ratio / unit - 1) <= row["unit_tolerance"] for unit in UNITS):
            return None, "UNIT"
        if not self._fits_volume(shares, row):
            return None, "TURNOVER"
        is_confirmed = self.waiting is not None and abs(shares / self.waiting - 1) <= row["confirm_tolerance"]
        return (shares, None) if is_confirmed else (None, "JUMP")


def _line(row: Row) -> int:
    line: int = row["security_id"]
    return line


def _spells(rows: list[Row]) -> Iterator[tuple[Any, ...]]:
    """What holds for one line, whenever it changes."""
    tracks = {"vendor": Track(), "reported": Track()}
    line, carry, max_age, through = (rows[0][name] for name in ("security_id", "carry_max_days", "vendor_max_age_days", "through"))
    shown: tuple[Any, ...] | None = None

    def news(day: date) -> Iterator[tuple[Any, ...]]:
        nonlocal shown
        state = _in_force(tracks, max_age)
        if state is not None and state != shown:
            shown = state
            yield line, day, *state

    for known_from, arrived in groupby(rows, key=lambda row: row["known_from"]):
        for day in _expire(tracks, carry, known_from - timedelta(days=1)):
            yield from news(day)
        for (kind, _), same_day in groupby(arrived, key=lambda row: (row["kind"], row["as_of"])):
            tracks[kind].take(_nearest(list(same_day), tracks, kind))
        list(_expire(tracks, carry, known_from))  # what came late may be too old already
        yield from news(known_from)
    for day in _expire(tracks, carry, through):
        yield from news(day)


def _expire(tracks: dict[str, Track], carry_max_days: float, through: date) -> Iterator[date]:
    """Let go, one after the other, of the counts that are too old on ``through``; yields the first date of each."""
    while due := [(day, kind) for kind, track in tracks.items() if (day := track.old_from(carry_max_days)) and day <= through]:
        day, kind = min(due)
        tracks[kind].expire()
        yield day


def _in_force(tracks: dict[str, Track], max_age_days: float) -> tuple[Any, ...] | None:
    """The vendor's count while it is usable and fresh, else the reported one."""
    vendor, reported = tracks["vendor"], tracks["reported"]
    if reported.state is None:
        return vendor.state
    is_fresh = (reported.known_on - vendor.known_on).days <= max_age_days
    return vendor.state if vendor.value is not None and is_fresh else reported.state


def _nearest(same_day: list[Row], tracks: dict[str, Track], kind: str) -> Row:
    """Of several counts of one day the one nearest to the latest reported count, else to the running level."""
    reference = tracks["reported"].value or tracks[kind].level(same_day[0]["known_on"])
    if len(same_day) == 1 or reference is None:
        return same_day[-1]
    positive = [row for row in same_day if (row["shares_fwd"] or 0) > 0]
    return min(positive or same_day, key=lambda row: abs(math.log(row["shares_fwd"] / reference)) if positive else 0.0)


def _turnover(shares: float | None, row: Row) -> float | None:
    volume: float | None = row["volume_fwd"]
    return volume / shares if volume is not None and shares is not None and shares > 0 else None


def _is_plausible(shares: float, row: Row, is_new: bool, margin: float = 1.0) -> bool:
    """Whether the usual volume fits the count; the two bounds are a factor of 250 apart, so no count and its thousandfold both fit.

    A level in force may see any volume above the lower bound: trading frenzies happen, vanishing volume does not.
    """
    turnover = _turnover(shares, row)
    if turnover is None:
        return True
    return bool(row["turnover_min"] * margin <= turnover and (turnover < row["turnover_max"] / margin or not is_new))
