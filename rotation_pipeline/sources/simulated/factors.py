"""The daily factor returns, with the rotation and the decoy that are planted in them (methodology V.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rotation_pipeline.sources.simulated.clock import Clock, Floats
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import LOADING_NAMES

DAILY_SD = np.array([0.009, 0.005, 0.005, 0.005, 0.005])


@dataclass(frozen=True)
class Drift:
    """Expected daily return of one factor (decimal) from ``first`` to ``last``, replacing what was planted before it."""

    factor: str
    first: str
    last: str
    mean: float


PLANTED = (
    Drift("MKT", "0001-01-01", "9999-12-31", 0.0004),
    Drift("TECH", "0001-01-01", "2026-01-01", 0.0004),
    Drift("SMB", "0001-01-01", "2026-01-01", -0.0001),
    Drift("SMB", "2024-07-11", "2024-07-17", 0.0060),  # the decoy: five sessions, small caps alone
    Drift("SMB", "2026-01-02", "2026-01-22", 0.0030),
    Drift("HML", "2026-01-02", "2026-01-22", 0.0020),
    Drift("TECH", "2026-01-02", "2026-01-22", -0.0020),
)


def expected_factors(clock: Clock) -> Floats:
    """Planted mean of each factor (T, 5), columns as LOADING_NAMES."""
    mean = np.zeros((clock.n, len(LOADING_NAMES)))
    for drift in PLANTED:
        on = (clock.sessions >= np.datetime64(drift.first)) & (clock.sessions <= np.datetime64(drift.last))
        mean[on, LOADING_NAMES.index(drift.factor)] = drift.mean
    return mean


def draw_factors(seed: int, clock: Clock) -> Floats:
    """Realised factor returns (T, 5), decimal a day. Rows are drawn in session order: a longer clock changes no earlier row."""
    shock: Floats = stream(seed, "factors").standard_normal((clock.n, len(LOADING_NAMES)))
    return expected_factors(clock) + DAILY_SD * shock
