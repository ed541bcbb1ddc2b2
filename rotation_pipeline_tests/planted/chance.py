"""What chance allows: bounds whose rate of false alarms is known before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt
from statistics import NormalDist

import numpy as np

from rotation_pipeline.sources.simulated.clock import Floats

NORMAL = NormalDist()
# The tolerances of V.3 for a run of about 260 sessions.
SD_LOW, SD_HIGH, MOST, P_LOW, P_HIGH = 0.9, 1.1, 4.5, 0.001, 0.999


@dataclass(frozen=True)
class Verdict:
    """Scores that should be independent standard normal: how many, sd about 0, the largest, chi-square p of the sum of squares."""

    n: int
    sd: float
    most: float
    p: float


def judge(z: Floats) -> Verdict:
    """Look at scores ``z`` (n): 30 or more, for the approximation of chi-square (Wilson and Hilferty 1931) to hold to 2e-4."""
    n, squares = len(z), float(z @ z)
    third = 2.0 / (9.0 * n)
    return Verdict(n, sqrt(squares / n), float(np.abs(z).max()), NORMAL.cdf(((squares / n) ** (1 / 3) - (1 - third)) / sqrt(third)))


def within(z: Floats, alarm: float) -> bool:
    """Whether the sum of squares and the largest are what independent standard normal scores give in all but ``alarm`` of all cases."""
    found = judge(z)
    largest = -NORMAL.inv_cdf(alarm / 4 / found.n)
    return alarm / 4 < found.p < 1 - alarm / 4 and found.most < largest


def most_alarms(n: int, rate: float, alarm: float) -> int:
    """The fewest false alarms of ``rate`` each, among ``n`` independent runs, that more than ``alarm`` of all cases do not exceed."""
    beyond, k = 1.0, -1
    while beyond > alarm:
        k += 1
        beyond -= comb(n, k) * rate**k * (1 - rate) ** (n - k)
    return k


def tolerated(verdict: Verdict) -> bool:
    """Whether scores of one market are within the tolerances of V.3."""
    return SD_LOW <= verdict.sd <= SD_HIGH and verdict.most < MOST and P_LOW <= verdict.p <= P_HIGH


def tolerance_alarm(n: int) -> float:
    """At most how often ``n`` independent standard normal scores are not within the tolerances of V.3."""
    third = 2.0 / (9.0 * n)
    low, high = (NORMAL.cdf((sd ** (2 / 3) - (1 - third)) / sqrt(third)) for sd in (SD_LOW, SD_HIGH))
    return max(low, P_LOW) + max(1 - high, 1 - P_HIGH) + 2 * n * NORMAL.cdf(-MOST)
