"""Listed dividends against the adjusted close of the same answer, which says what Yahoo itself took a dividend to be.

On an ex-date Yahoo multiplies every earlier adjusted close by 1 - D / close of the day before, so the step of adj_close / close
across the ex-date tells D (recorded: to 3e-7). Amounts in pence beside prices in pounds, sums taken twice and dividends doubled by
a later split disagree with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import polars as pl

TOLERANCE = 1e-4  # of the price before: a listed amount further from the implied one is contradicted
UNADJUSTED = 1e-6  # a step smaller than this is none
SPECIAL = 0.10  # of the price before: what has to be seen in the price, too
FELT = 0.3  # share of a special dividend by which the price falls at least
TWICE_WITHIN = 3  # bars: nobody pays the same amount again so soon; weekly payers do after five
ONCE_ADJUSTED_WITHIN = 5  # bars: two equal amounts of which the adjusted close carries one
UNUSUAL, MIN_MOVES = 5, 20  # median absolute moves that no gain reaches on an ex-date by itself, and moves that a median needs


@dataclass(frozen=True)
class Doubt:
    """A listed amount that is not believed, with the amount that the adjusted close implies (None: nothing is implied)."""

    ex_date: date
    kind: str
    listed: float
    implied: float | None
    note: str


@dataclass(frozen=True)
class Judged:
    """``doubts``; ex-dates whose amount the adjusted close ``confirmed`` or does not carry at all (``unadjusted``)."""

    doubts: tuple[Doubt, ...] = ()
    confirmed: frozenset[date] = frozenset()
    unadjusted: frozenset[date] = frozenset()


@dataclass(frozen=True)
class _Payout:
    """The cash of one ex-date between two bars; amounts and prices per share on the basis of the answer."""

    ex_date: date
    kinds: tuple[str, ...]
    amounts: tuple[float, ...]
    n: int
    before: float
    after: float
    implied: float

    @property
    def cash(self) -> float:
        return sum(self.amounts)

    @property
    def is_unadjusted(self) -> bool:
        return abs(self.implied) <= UNADJUSTED * self.before

    def is_gain_counted_twice(self, usual_move: float | None) -> bool:
        """Whether the capital gain is in the dividend already: the adjusted close, or a price that fell by the dividend alone, says so."""
        if self.kinds != ("capital_gain", "dividend") or self.amounts[0] > self.amounts[1]:
            return False
        if abs(self.implied - self.amounts[1]) <= TOLERANCE * self.before:
            return True
        with_both, with_one = ((self.after + cash) / self.before - 1 for cash in (self.cash, self.amounts[1]))
        return usual_move is not None and with_both > UNUSUAL * usual_move and abs(with_one) < with_both / 2


def judge_payouts(bars: pl.DataFrame, actions: pl.DataFrame) -> Judged:
    """Which of the listed dividends and capital gains contradict the adjusted close, the price or one another.

    ``bars`` and ``actions`` as in bars.Shaped: rows of one symbol from one answer. Amounts in another currency than the prices,
    and ex-dates without a bar on both sides, are not judged. A listed amount that the adjusted close does not carry at all is
    believed while it is below a tenth of the price: leaving it out is a known omission of Yahoo's.
    """
    payouts = _payouts(bars, actions)
    doubts: list[Doubt] = []
    usual_move = _usual_move(bars) if payouts else None
    for one in payouts:
        note = _contradiction(one)
        if one.is_gain_counted_twice(usual_move):
            gain, dividend = one.amounts
            note = f"{gain:g} is listed beside a dividend of {dividend:g} that seems to hold it already"
            doubts.append(Doubt(one.ex_date, "capital_gain", gain, None, note))
        elif note is not None:
            implied = None if one.is_unadjusted else one.implied
            doubts += [Doubt(one.ex_date, kind, amount, implied, note) for kind, amount in zip(one.kinds, one.amounts, strict=True)]
    doubted = {doubt.ex_date for doubt in doubts}
    doubts += _listed_twice([one for one in payouts if one.ex_date not in doubted])
    doubted = {doubt.ex_date for doubt in doubts}
    unadjusted = frozenset(one.ex_date for one in payouts if one.is_unadjusted) - doubted
    return Judged(tuple(doubts), frozenset(one.ex_date for one in payouts) - doubted - unadjusted, unadjusted)


def implied_cash(bars: pl.DataFrame, ex_date: date) -> float | None:
    """What the adjusted close of the answer says was paid with ``ex_date``; None when it cannot tell."""
    steps = _steps(bars).filter((pl.col("session") >= ex_date) & (pl.col("session_before") < ex_date))
    return float(steps["implied"][0]) if steps.height else None


def _usual_move(bars: pl.DataFrame) -> float | None:
    closes = bars.filter(pl.col("close") > 0).sort("session")["close"]
    moves = (closes / closes.shift(1) - 1).abs().drop_nulls()
    return float(moves.median()) if moves.len() >= MIN_MOVES else None  # type: ignore[arg-type]


def _steps(bars: pl.DataFrame) -> pl.DataFrame:
    """Usable bars with the usable bar before and the cash that the adjusted close implies in between."""
    usable = bars.filter((pl.col("close") > 0) & (pl.col("adj_close") > 0)).sort("session").with_row_index("n")
    part = pl.col("adj_close") / pl.col("close")
    return usable.select(
        pl.col("n").cast(pl.Int64),
        "session",
        pl.col("session").shift(1).alias("session_before"),
        pl.col("close").shift(1).alias("before"),
        pl.col("close").alias("after"),
        (pl.col("close").shift(1) * (1 - part.shift(1) / part)).alias("implied"),
    ).drop_nulls()


def _payouts(bars: pl.DataFrame, actions: pl.DataFrame) -> list[_Payout]:
    cash = actions.filter(pl.col("kind").is_in(["dividend", "capital_gain"])).sort("ex_date", "kind")
    if cash.is_empty():
        return []
    steps = _steps(bars)
    currency = bars["currency"][0] if bars.height else None
    found = []
    for group in cash.partition_by("ex_date", maintain_order=True):
        ex_date = group["ex_date"][0]
        step = steps.filter((pl.col("session") >= ex_date) & (pl.col("session_before") < ex_date))
        others = (
            cash.filter((pl.col("ex_date") > step["session_before"][0]) & (pl.col("ex_date") <= step["session"][0]))
            if step.height
            else cash
        )
        is_alone = others.height == group.height
        if step.is_empty() or not is_alone or not (group["currency"] == currency).all() or not (group["amount"] > 0).all():
            continue
        n, _, _, before, after, implied = step.row(0)
        found.append(_Payout(ex_date, tuple(group["kind"]), tuple(group["amount"]), n, before, after, implied))
    return found


def _contradiction(one: _Payout) -> str | None:
    """Why the amounts of an ex-date are not believed; None when they are."""
    is_special = one.cash >= SPECIAL * one.before
    if one.is_unadjusted:
        return f"{one.cash:g} is listed, a tenth of the price or more, and the adjusted close carries none of it" if is_special else None
    if abs(one.implied - one.cash) > TOLERANCE * one.before:
        return f"{one.cash:g} is listed where the adjusted close implies {one.implied:g}"
    if is_special and one.before - one.after < FELT * one.cash:
        return f"{one.cash:g} is listed, a tenth of the price or more, and the price went from {one.before:g} to {one.after:g}"
    return None


def _listed_twice(payouts: list[_Payout]) -> list[Doubt]:
    """Of two equal dividends close together the one that the adjusted close does not carry; both when it carries both or neither."""
    found: dict[date, list[Doubt]] = {}
    for one, other in pairwise(payouts):
        apart = other.n - one.n
        if abs(one.cash - other.cash) > UNADJUSTED * one.cash or apart > ONCE_ADJUSTED_WITHIN:
            continue
        doubted = [each for each in (one, other) if each.is_unadjusted]
        if len(doubted) != 1:
            doubted = [one, other] if apart <= TWICE_WITHIN else []
        note = f"{one.cash:g} is listed on {one.ex_date} and again on {other.ex_date}"
        for each in doubted:
            implied = None if each.is_unadjusted else each.implied
            found[each.ex_date] = [Doubt(each.ex_date, *listed, implied, note) for listed in zip(each.kinds, each.amounts, strict=True)]
    return [doubt for doubts in found.values() for doubt in doubts]
