"""The market that a share count is compared with: how large companies of a given dollar volume are, and who is how large (B.6).

The fit is that of 0.4: log cap on log median dollar volume over the companies whose count is believed, trimmed once at three robust
standard deviations. Sums are of sorted numbers, so that it is the same to the bit whatever order the rows came in.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np
from numpy.typing import NDArray

Pair = tuple[float, float]  # log dollar volume, log cap
Logs = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """What was known at one moment: the line of the fit, and all believed caps, ascending."""

    intercept: float
    slope: float
    caps: Sequence[float] = ()

    def residual(self, cap: float, dollar_volume: float) -> float:
        """How much larger than its dollar volume tells, in logs."""
        return math.log(cap) - self.intercept - self.slope * math.log(dollar_volume)

    def rank(self, cap: float) -> int:
        """Place among the believed caps, 1 being the largest."""
        return len(self.caps) - bisect_left(self.caps, cap) + 1


def usual(turnover: float) -> Market:
    """A market that is too small for a fit of its own: its shares turn over as shares usually do, a session."""
    return Market(-math.log(turnover), 1.0)


def fit(pairs: Sequence[Pair], param: Mapping[str, float]) -> Market | None:
    """The market of these companies, or None with too few of them."""
    if len(pairs) < param["shares.fit_min_names"]:
        return None
    volume, cap = np.array(sorted(pairs)).T
    intercept, slope = _line(volume, cap)
    residual = cap - intercept - slope * volume
    middle = median(residual.tolist())
    spread = 1.4826 * median(np.abs(residual - middle).tolist())
    kept = np.abs(residual - middle) <= param["shares.fit_trim_sd"] * spread
    intercept, slope = _line(volume[kept], cap[kept])
    return Market(intercept, slope, sorted(map(math.exp, cap.tolist())))


def _line(volume: Logs, cap: Logs) -> tuple[float, float]:
    """Least squares; where all trade alike, caps in proportion to volume. Sums are exact, so that no machine adds otherwise."""
    x_mean, y_mean = fmean(volume.tolist()), fmean(cap.tolist())
    x, y = volume - x_mean, cap - y_mean
    width = math.fsum((x * x).tolist())
    slope = math.fsum((x * y).tolist()) / width if width > 1e-9 * len(x) else 1.0
    return y_mean - slope * x_mean, slope
