"""What is planned for which company: listings during the sample, delistings, splits, one special dividend.

Plans are calendar dates over the fixed horizon; roles are dealt from shuffled pools of made-up companies so that no company
has two of them and even a small market has one of each kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rotation_pipeline.sources.simulated.clock import Clock, Dates, Floats, Ints
from rotation_pipeline.sources.simulated.labels import LARGE, SMALL
from rotation_pipeline.sources.simulated.streams import stream

NEVER = np.datetime64("9999-12-31", "D")
FORWARD_RATIOS = (2.0, 3.0, 4.0, 1.5, 10.0)
REVERSE_RATIOS = (0.1, 0.05)
LARGE_ENDS = ("MERGER_CASH", "MERGER_STOCK")
SMALL_ENDS = ("PERFORMANCE", "LIQUIDATION", "MERGER_CASH", "UNKNOWN")
END_RETURN = {"MERGER_CASH": 0.0, "PERFORMANCE": -0.6, "LIQUIDATION": -1.0}
SPLIT_SHARE, LISTING_SHARE, END_SHARE = 0.08, 0.075, 0.031  # of all companies: 40, 38 and 16 of 500 (V.3 has 40, 60, 25 of 800)
SPECIAL_FRACTION = 0.25  # of the price before it


@dataclass(frozen=True)
class PlannedSplit:
    """``ratio`` new shares per old one on the first session from ``on``, or on the next ex-dividend session after it."""

    name: int
    on: np.datetime64
    ratio: float
    on_dividend: bool


@dataclass(frozen=True)
class Fates:
    """Per company (N): first and last date of life (NEVER: lives on), why it ends; the planned splits; the special dividend."""

    listed_on: Dates
    delisted_on: Dates
    delist_reason: tuple[str | None, ...]
    told_return: tuple[float | None, ...]  # of the session after the last trade, decimal, where the vendor tells it
    splits: tuple[PlannedSplit, ...]
    special_name: int
    special_on: np.datetime64


def assign_fates(seed: int, tier: Ints, n_named: int, clock: Clock) -> Fates:
    """Deal the roles among the companies after the first ``n_named``, by ``tier`` (N)."""
    n = len(tier)
    deck = _Deck(seed, tier, n_named)
    n_splits = max(len(FORWARD_RATIOS) + len(REVERSE_RATIOS), round(SPLIT_SHARE * n))
    n_reverse = max(len(REVERSE_RATIOS), n_splits // 4)
    forward = deck.take(LARGE, n_splits - n_reverse)
    reverse = deck.take(SMALL, n_reverse)
    n_ends = max(4, round(END_SHARE * n))
    large_ends, small_ends = deck.take(LARGE, n_ends // 3 or 1), deck.take(SMALL, n_ends - (n_ends // 3 or 1))
    n_listings = max(3, round(LISTING_SHARE * n))
    newcomers = deck.take(LARGE, n_listings // 5) + deck.take(SMALL, n_listings - n_listings // 5)

    listed_on = np.full(n, clock.first_date + 1)
    listed_on[newcomers] = clock.within(_share(seed, "listing", 0.05, 0.85, len(newcomers)))
    delisted_on = np.full(n, NEVER)
    ends = large_ends + small_ends
    delisted_on[ends] = clock.within(_share(seed, "delisting", 0.2, 0.95, len(ends)))
    reason: list[str | None] = [None] * n
    for names, kinds in ((large_ends, LARGE_ENDS), (small_ends, SMALL_ENDS)):
        for k, name in enumerate(names):
            reason[name] = kinds[k % len(kinds)]
    ratios = _cycle(FORWARD_RATIOS, len(forward)) + _cycle(REVERSE_RATIOS, len(reverse))
    dates = clock.within(_share(seed, "split", 0.1, 0.9, len(ratios)))
    splits = tuple(PlannedSplit(n_, d, q, k == 0) for k, (n_, d, q) in enumerate(zip(forward + reverse, dates, ratios, strict=True)))
    special = deck.take(LARGE, 1)[0]
    told = tuple(END_RETURN.get(one or "") for one in reason)
    return Fates(listed_on, delisted_on, tuple(reason), told, splits, special, clock.within(_share(seed, "special", 0.3, 0.7, 1))[0])


class _Deck:
    """Shuffled pools of made-up companies by tier, each company dealt once."""

    def __init__(self, seed: int, tier: Ints, n_named: int) -> None:
        order = n_named + stream(seed, "fates.deck").permutation(len(tier) - n_named)
        self._pools = {size: [int(i) for i in order if tier[i] == size] for size in (LARGE, SMALL)}

    def take(self, tier: int, count: int) -> list[int]:
        """The next ``count`` companies of the tier."""
        pool = self._pools[tier]
        taken, self._pools[tier] = pool[:count], pool[count:]
        return taken


def _share(seed: int, name: str, low: float, high: float, count: int) -> Floats:
    """``count`` uniform draws in [low, high)."""
    return stream(seed, f"fates.{name}").uniform(low, high, count)


def _cycle(values: tuple[float, ...], count: int) -> list[float]:
    return [values[k % len(values)] for k in range(count)]
