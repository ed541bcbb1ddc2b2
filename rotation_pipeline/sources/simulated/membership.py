"""The simulated SP500: mega and large companies, reviewed each quarter, with departures replaced on the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rotation_pipeline.sources.simulated.bars import Plan
from rotation_pipeline.sources.simulated.clock import Clock, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.labels import SMALL
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import Universe

RESERVE_SHARE = 0.08  # of the large companies left out at the start
SEASONING = 60  # sessions a company has traded before it can be added
MOST_SWAPS = 3  # at a quarterly review


@dataclass(frozen=True)
class Stay:
    """One stay of a line: in from session ``first`` on, out at the open of session ``end`` (T: still in)."""

    name: int
    first: int
    end: int


@dataclass(frozen=True)
class Membership:
    """Stays in order of entry, and the same as flags (T, N): in at the open of the session."""

    stays: tuple[Stay, ...]
    is_member: Flags


def run_committee(seed: int, universe: Universe, plan: Plan, cap: Floats, clock: Clock) -> Membership:
    """Keep the list over time from market caps (T, N) of the session before each change.

    A review after the third Friday of March, June, September and December swaps the smallest members for the largest
    outsiders; a delisted member leaves at the open after its last session and is replaced.
    """
    reviews = {int(t) + 1: k for k, t in enumerate(clock.quarterly_resets())}
    swaps = stream(seed, "membership.swaps").integers(1, 1 + min(MOST_SWAPS, universe.n // 100 + 1), 4 * 40)
    member = _first_list(universe, plan, cap)
    since, stays = np.zeros(universe.n, dtype=np.int64), []
    is_member = np.zeros((clock.n, universe.n), dtype=bool)
    is_member[0] = member
    for t in range(1, clock.n):
        gone = member & (plan.last < t)
        n_swaps = int(swaps[reviews[t]]) if t in reviews else 0
        if gone.any() or n_swaps:
            size = np.nan_to_num(cap[t - 1])
            seasoned = (plan.first == 0) | (plan.first + SEASONING <= t)
            eligible = ~member & seasoned & (plan.last > t)
            leavers = np.flatnonzero(gone)
            if n_swaps:
                leavers = np.concatenate([leavers, _extreme(size, member & ~gone, n_swaps)])
            joiners = _extreme(-size, eligible, len(leavers))
            stays += [Stay(int(i), int(since[i]), t) for i in leavers]
            member[leavers], member[joiners], since[joiners] = False, True, t
        is_member[t] = member
    stays += [Stay(int(i), int(since[i]), clock.n) for i in np.flatnonzero(member)]
    return Membership(tuple(sorted(stays, key=lambda stay: (stay.first, stay.name))), is_member)


def _first_list(universe: Universe, plan: Plan, cap: Floats) -> Flags:
    """All mega and large companies that trade on the first session, but for a reserve of the smallest."""
    member: Flags = (universe.tier != SMALL) & (plan.first <= 0)
    n_reserve = max(2, round(RESERVE_SHARE * int(member.sum())))
    member[_extreme(np.nan_to_num(cap[0]), member, n_reserve)] = False
    return member


def _extreme(size: Floats, among: Flags, count: int) -> Ints:
    """Indices of the ``count`` smallest of ``size`` where ``among``; ties go to the earlier name."""
    candidates = np.flatnonzero(among)
    return candidates[np.argsort(size[candidates], kind="stable")[:count]]
