"""How large a planted market is, and how many things happen in it; the defaults are those of methodology V.3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from rotation_pipeline.errors import BadConfig, BadInput
from rotation_pipeline.sources.simulated.clock import Clock, check_horizon, make_clock

N_TECH = 7
FULL_SIZE, FULL_LARGE = 800, 293
LEAST_NAMES, LEAST_SESSIONS, LEAST_YEARS = 100, 280, 2


@dataclass(frozen=True)
class Design:
    """Companies by size, the horizon, and how often each thing is planted. ``n_sessions`` goes before ``n_years``."""

    n_large: int = 293
    n_small: int = 500
    n_years: int = 8
    n_sessions: int | None = None
    is_noisy: bool = True  # False: no company has a residual return of its own
    n_splits: int = 40  # a quarter of them reverse, some on an ex-dividend day
    n_spin_offs: int = 2
    n_delistings: int = 25
    n_listings: int = 60
    n_renames: int = 10
    n_halts: int = 3
    n_exchange_moves: int = 2  # the last of them under a new symbol: one of the renames
    n_bad_prints: int = 20
    n_restatements: int = 5
    missing_share: float = 0.02  # of all bars, never served
    late_share: float = 0.01  # of all bars, served some sessions later
    duplicate_share: float = 0.002  # of all bars

    @property
    def n_lines(self) -> int:
        """Lines that trade at some time: the seven technology companies have eight."""
        return N_TECH + 1 + self.n_large + self.n_small


def make_design(n_names: int = FULL_SIZE, n_years: int = 8, n_sessions: int | None = None, is_noisy: bool = True) -> Design:
    """A market of ``n_names`` companies in the proportions of V.3; at least two of each rare thing.

    Raises BadConfig when it is too small to hold one of each kind.
    """
    if n_names < LEAST_NAMES:
        raise BadConfig("names", f"{n_names} names cannot hold everything that is planted", f"choose {LEAST_NAMES} or more")
    if n_sessions is not None and n_sessions < LEAST_SESSIONS:
        raise BadConfig("n_sessions", f"{n_sessions} sessions hold no year of momentum", f"choose {LEAST_SESSIONS} or more")
    if n_sessions is None and n_years < LEAST_YEARS:
        raise BadConfig("years", f"{n_years} year holds no momentum after its twelve months", f"choose {LEAST_YEARS} or more")
    check_horizon(n_years)
    share = n_names / FULL_SIZE
    n_large = round(FULL_LARGE * share)

    def scaled(count: int, least: int) -> int:
        return max(least, round(count * share))

    return Design(
        n_large=n_large,
        n_small=n_names - N_TECH - n_large,
        n_years=n_years,
        n_sessions=n_sessions,
        is_noisy=is_noisy,
        n_splits=scaled(40, 8),
        n_delistings=scaled(25, 5),
        n_listings=scaled(60, 5),
        n_renames=scaled(10, 3),
        n_bad_prints=scaled(20, 8),
        n_restatements=scaled(5, 3),
    )


def design_clock(design: Design, sessions: Sequence[date], last_session: date) -> Clock:
    """The horizon on the XNYS ``sessions``. Raises BadInput unless they cover all of it: earnings are planted with its end in view."""
    if not sessions or sessions[-1] < last_session:
        raise BadInput("sessions", f"the list ends before {last_session}", f"hand over the XNYS sessions up to {last_session}")
    if design.n_sessions is None:
        return make_clock(sessions, design.n_years, last_session)
    known = [session for session in sessions if session <= last_session]
    if len(known) <= design.n_sessions:
        raise BadInput("sessions", f"{len(known)} sessions are too few", f"hand over more than {design.n_sessions}")
    inside = np.array(known[-design.n_sessions - 1 :], dtype="datetime64[D]")
    return Clock(inside[1:], inside[0], inside[-1])
