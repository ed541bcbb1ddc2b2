"""On which share basis each bar of one chart answer is: splits of a symbol, and stretches that Yahoo has not rescaled.

Yahoo serves closes on the basis of the fetch. Now and then a split is listed and the bars before it, or some days of them, still
are on the basis of before (yfinance issues 1531, 906). Within one answer such a stretch shows as a jump by the inverse ratio.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import log

import polars as pl

SMALLEST = log(1.2)  # smaller ratios cannot be told from a day's move
NEAR_EX_DATE = 0.25  # of ln q: at the ex-date itself the stock may have moved too, yet halves no further than that
ELSEWHERE = 0.02  # a jump before the ex-date has to be the ratio this closely (methodology A.7)
REACH = 10  # bars before the ex-date in which such a stretch ends


@dataclass(frozen=True)
class Splits:
    """Splits by ex-date: new shares per old share."""

    ratios: tuple[tuple[date, float], ...] = ()

    @classmethod
    def of(cls, actions: pl.DataFrame) -> Splits:
        """The sound splits among rows of raw.corporate_action of one symbol."""
        rows = actions.filter((pl.col("kind") == "split") & (pl.col("amount") > 0) & pl.col("amount").is_finite()).sort("ex_date")
        return cls(tuple(zip(rows["ex_date"].to_list(), rows["amount"].to_list(), strict=True)))

    def dates(self) -> frozenset[date]:
        """The ex-dates."""
        return frozenset(ex_date for ex_date, _ in self.ratios)

    def only(self, ex_dates: Iterable[date]) -> Splits:
        """Those with the given ex-dates."""
        wanted = set(ex_dates)
        return Splits(tuple(one for one in self.ratios if one[0] in wanted))

    def without(self, stretches: Iterable[NotApplied]) -> Splits:
        """Those without a stretch among the given ones."""
        return self.only(self.dates() - {one.ex_date for one in stretches})

    def joined(self, other: Splits) -> Splits:
        """These and the ``other`` ones."""
        return Splits(tuple(sorted({*self.ratios, *other.ratios})))

    def factor(self, day: str) -> pl.Expr:
        """Product of the ratios with an ex-date on or before the date column ``day``; A(u, v] = factor(v) / factor(u)."""
        product = pl.lit(1.0)
        for ex_date, ratio in self.ratios:
            product = product * pl.when(pl.col(day) >= ex_date).then(ratio).otherwise(1.0)
        return product


@dataclass(frozen=True)
class NotApplied:
    """Bars from ``first`` through ``last`` (both sessions before ``ex_date``) that a listed split has not rescaled."""

    ex_date: date
    ratio: float
    first: date
    last: date
    n_sessions: int
    is_shown: bool = True  # the close of the ex-date is nearer to such a split than to none

    @property
    def basis_date(self) -> date:
        """A day on whose basis the bars are: the last before the split."""
        return max(self.last, self.ex_date - timedelta(days=1))


def find_not_applied(sessions: Sequence[date], closes: Sequence[float], splits: Splits) -> list[NotApplied]:
    """Stretches of one answer that are still on the basis before a split that the answer lists.

    ``sessions`` ascending with ``closes`` > 0 as served. At the ex-date the close must jump by 1/q within a quarter of ln q, on
    one of the REACH bars before it within 2 %; the stretch goes back to a jump by q within a quarter of ln q (again within
    REACH), else to the first bar. Splits of less than 1.2:1 cannot be judged.
    """
    found = []
    for ex_date, ratio in splits.ratios:
        stretch = _stretch(sessions, closes, ex_date, ratio) if abs(log(ratio)) >= SMALLEST else None
        if stretch is not None:
            first, last = stretch
            found.append(NotApplied(ex_date, ratio, sessions[first], sessions[last], last - first + 1))
    return found


def find_unshown(sessions: Sequence[date], closes: Sequence[float], splits: Splits) -> list[NotApplied]:
    """For each split the stretch of all the bars before it, to be tried against what is held: one answer alone cannot tell.

    Where no close jumps, a split that was never made looks like one that was applied.
    """
    found = []
    for ex_date, ratio in splits.ratios:
        at = next((n for n, session in enumerate(sessions) if session >= ex_date), 0)
        if at:
            move = log(closes[at] / closes[at - 1])
            found.append(NotApplied(ex_date, ratio, sessions[0], sessions[at - 1], at, abs(move + log(ratio)) < abs(move)))
    return found


def on_own_basis(bars: pl.DataFrame, stretches: Iterable[NotApplied]) -> pl.DataFrame:
    """The bars with ``basis_date`` before the earliest split that has not rescaled them; the others as they are."""
    basis = pl.col("basis_date")
    for one in stretches:
        is_inside = pl.col("session").is_between(one.first, one.last)
        basis = pl.when(is_inside).then(pl.min_horizontal(basis, pl.lit(one.basis_date))).otherwise(basis)
    return bars.with_columns(basis.alias("basis_date"))


def rescaled(bars: pl.DataFrame, stretches: Iterable[NotApplied]) -> pl.DataFrame:
    """The bars with the closes, adjusted ones too, of the stretches brought to the basis of the fetch."""
    factor = pl.lit(1.0)
    for one in stretches:
        factor = factor * pl.when(pl.col("session").is_between(one.first, one.last)).then(one.ratio).otherwise(1.0)
    return bars.with_columns(pl.col("close") / factor, pl.col("adj_close") / factor)


def _stretch(sessions: Sequence[date], closes: Sequence[float], ex_date: date, ratio: float) -> tuple[int, int] | None:
    """Positions of the first and the last bar of the stretch."""
    at = next((n for n, session in enumerate(sessions) if session >= ex_date), None)
    if not at:
        return None
    width, reach = abs(log(ratio)) * NEAR_EX_DATE, range(at, max(at - REACH, 1) - 1, -1)

    def is_jump(n: int, size: float, tolerance: float) -> bool:
        return abs(log(closes[n] / closes[n - 1]) - log(size)) <= tolerance

    end = next((n for n in reach if is_jump(n, 1 / ratio, width if n == at else ELSEWHERE)), None)
    if end is None:
        return None
    start = next((n for n in range(end - 1, max(at - REACH, 1) - 1, -1) if is_jump(n, ratio, width)), 0)
    return start, end - 1
