"""Who has which fate: splits, listings, delistings and the special dividend, then spin-offs, renames, halts and moves of exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from rotation_pipeline.sources.simulated.clock import Clock, Floats, Ints
from rotation_pipeline.sources.simulated.fates import FORWARD_RATIOS, NEVER, REVERSE_RATIOS, Fates, PlannedSplit
from rotation_pipeline.sources.simulated.labels import LARGE, NAMED, SMALL
from rotation_pipeline.sources.simulated.planted.design import Design
from rotation_pipeline.sources.simulated.planted.earnings import valuation_session
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import Universe

PRE_HISTORY = np.timedelta64(600, "D")  # companies of the first session reported before it: trailing sums exist at once
# Why lines end, in turn, and what the vendor tells of the return after the last trade, in turn for each reason (None: to be assumed).
END_RETURNS: dict[str, tuple[float | None, float | None]] = {
    "MERGER_CASH": (0.012, None),
    "MERGER_STOCK": (None, -0.008),
    "PERFORMANCE": (-0.6, None),
    "LIQUIDATION": (-1.0, None),
    "UNKNOWN": (None, -0.5),
}
REASONS = tuple(END_RETURNS)
OTHER_EXCHANGE = {"NYQ": "NMS", "NMS": "NYQ"}
SPIN_OFF_RATIOS = (1.046, 1.2345)  # no fractions of small integers, so no splits (A.6)
HALT_LENGTHS = (3, 8, 15)  # sessions: two that a return spans, one that it does not (0.6)
REUSED_AFTER = np.timedelta64(120, "D")  # a left symbol is free this long before another company takes it
ON_DIVIDEND_EVERY = 4  # splits


@dataclass(frozen=True)
class Rename:
    """Line ``name`` traded as ``old_symbol`` before the session ``at`` (index)."""

    name: int
    at: int
    old_symbol: str


@dataclass(frozen=True)
class ExchangeMove:
    """Line ``name`` trades on ``exchange`` from session ``at`` (index) on; under another symbol when it is renamed that day."""

    name: int
    at: int
    exchange: str


@dataclass(frozen=True)
class Halt:
    """Line ``name`` does not trade from session ``first`` on, for ``length`` sessions."""

    name: int
    first: int
    length: int


@dataclass(frozen=True)
class Roles:
    """What is planted on lines that have no other fate. ``spin_ratio`` (T, N) is price before over price after, 1 on other days."""

    spin_ratio: Floats
    renames: tuple[Rename, ...]
    halts: tuple[Halt, ...]
    exchange_moves: tuple[ExchangeMove, ...]


def deal_fates(design: Design, seed: int, tier: Ints, n_named: int, clock: Clock) -> Fates:
    """Deal splits, listings, delistings and the special dividend among the made-up companies, each company one of them."""
    pools = _pools(seed, "fates", tier, np.arange(n_named, len(tier)))
    n_reverse = design.n_splits // 4
    splitters = _take(pools[LARGE], design.n_splits - n_reverse) + _take(pools[SMALL], n_reverse)
    n_big = design.n_delistings // 3
    ends = _take(pools[LARGE], n_big) + _take(pools[SMALL], design.n_delistings - n_big)
    newcomers = _take(pools[LARGE], design.n_listings // 5) + _take(pools[SMALL], design.n_listings - design.n_listings // 5)

    listed_on = np.full(len(tier), clock.first_date - PRE_HISTORY)
    listed_on[newcomers] = clock.within(_shares(seed, "listing", 0.05, 0.85, len(newcomers)))
    delisted_on = np.full(len(tier), NEVER)
    delisted_on[ends] = clock.within(_shares(seed, "delisting", 0.2, 0.95, len(ends)))
    reason: list[str | None] = [None] * len(tier)
    told: list[float | None] = [None] * len(tier)
    for k, name in enumerate(ends):
        reason[name] = REASONS[k % len(REASONS)]
        told[name] = END_RETURNS[REASONS[k % len(REASONS)]][k // len(REASONS) % 2]
    forward = [FORWARD_RATIOS[k % len(FORWARD_RATIOS)] for k in range(design.n_splits - n_reverse)]
    ratios = forward + [REVERSE_RATIOS[k % len(REVERSE_RATIOS)] for k in range(n_reverse)]
    dates = clock.within(_shares(seed, "split", 0.1, 0.8, len(ratios)))
    planned = enumerate(zip(splitters, dates, ratios, strict=True))
    splits = tuple(PlannedSplit(name, day, ratio, k % ON_DIVIDEND_EVERY == 0) for k, (name, day, ratio) in planned)
    special_on = clock.within(_shares(seed, "special", 0.3, 0.7, 1))[0]
    return Fates(listed_on, delisted_on, tuple(reason), tuple(told), splits, _take(pools[LARGE], 1)[0], special_on)


def deal_roles(design: Design, seed: int, universe: Universe, clock: Clock) -> Roles:
    """Deal spin-offs, renames, halts and moves to another exchange among lines without a fate; halted lines pay no dividend."""
    fates = universe.fates
    taken = {split.name for split in fates.splits} | {fates.special_name}
    lives_on = (fates.listed_on < clock.first_date) & (fates.delisted_on == NEVER)
    free = np.array([i for i in range(len(NAMED), universe.n) if lives_on[i] and i not in taken])
    payers = universe.dividend_yield[free] > 0
    quiet = _take(iter(_shuffled(seed, "halts", free[~payers])), design.n_halts)
    others = iter(_shuffled(seed, "roles", np.setdiff1d(free, quiet)))
    spun = _take(others, design.n_spin_offs)
    renames = _renames(seed, _take(others, design.n_renames), universe, clock)
    return Roles(
        spin_ratio=_spin_ratios(seed, spun, universe, clock),
        renames=renames,
        halts=_halts(seed, quiet, clock),
        exchange_moves=_exchange_moves(seed, _take(others, design.n_exchange_moves - 1), renames[-1], universe, clock),
    )


def _spin_ratios(seed: int, names: list[int], universe: Universe, clock: Clock) -> Floats:
    ratio = np.ones((clock.n, universe.n))
    for k, (name, share) in enumerate(zip(names, _shares(seed, "spin_off", 0.2, 0.8, len(names)), strict=True)):
        ratio[int(share * clock.n), name] = SPIN_OFF_RATIOS[k % len(SPIN_OFF_RATIOS)]
    return ratio


def _renames(seed: int, names: list[int], universe: Universe, clock: Clock) -> tuple[Rename, ...]:
    """The first of them leaves a symbol that the latest newcomer takes later; the others leave symbols that nobody takes."""
    newcomer = int(np.argmax(np.where(universe.fates.listed_on <= clock.last_date, universe.fates.listed_on, clock.first_date)))
    free_on = universe.fates.listed_on[newcomer] - REUSED_AFTER
    dates = clock.within(_shares(seed, "rename", 0.1, 0.9, len(names)))
    renames = []
    for k, (name, day) in enumerate(zip(names, dates, strict=True)):
        at = clock.first_from(min(day, free_on) if k == 0 else day)
        renames.append(Rename(name, at, universe.companies[newcomer].symbol if k == 0 else f"ZO{name:04d}"))
    return tuple(renames)


def _exchange_moves(seed: int, names: list[int], renamed: Rename, universe: Universe, clock: Clock) -> tuple[ExchangeMove, ...]:
    """The ``names`` keep their symbols; one more line moves on the day on which it is ``renamed``."""
    shares = _shares(seed, "exchange", 0.2, 0.8, len(names))
    at = [(name, int(share * clock.n)) for name, share in zip(names, shares, strict=True)] + [(renamed.name, renamed.at)]
    return tuple(ExchangeMove(name, session, OTHER_EXCHANGE[universe.companies[name].exchange]) for name, session in at)


def _halts(seed: int, names: list[int], clock: Clock) -> tuple[Halt, ...]:
    lengths = [HALT_LENGTHS[k % len(HALT_LENGTHS)] for k in range(len(names))]
    starts = (_shares(seed, "halt", 0.2, 0.8, len(names)) * clock.n).astype(np.int64).tolist()
    # Nobody is halted on the session of the planted multiples.
    valued = valuation_session(clock)
    starts = [valued + 1 if start <= valued < start + length else start for start, length in zip(starts, lengths, strict=True)]
    return tuple(Halt(name, start, length) for name, start, length in zip(names, starts, lengths, strict=True))


def _pools(seed: int, what: str, tier: Ints, names: Ints) -> dict[int, Iterator[int]]:
    """Shuffled names of each size."""
    order = _shuffled(seed, what, names)
    return {size: iter([name for name in order if tier[name] == size]) for size in (LARGE, SMALL)}


def _shuffled(seed: int, what: str, names: Ints) -> list[int]:
    return [int(name) for name in stream(seed, f"planted.{what}").permutation(names)]


def _take(pool: Iterator[int], count: int) -> list[int]:
    return list(islice(pool, count))


def _shares(seed: int, what: str, low: float, high: float, count: int) -> Floats:
    """``count`` uniform draws in [low, high)."""
    return stream(seed, f"planted.{what}").uniform(low, high, count)
