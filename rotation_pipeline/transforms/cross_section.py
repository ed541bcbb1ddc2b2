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

Pair = tuple[float, float]  # log dollar volume, log cap


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
    ordered = sorted(pairs)
    intercept, slope = _line(ordered)
    spread, middle = _spread(ordered, intercept, slope)
    reach = param["shares.fit_trim_sd"] * spread
    kept = [pair for pair in ordered if abs(_residual(pair, intercept, slope) - middle) <= reach]
    intercept, slope = _line(kept)
    return Market(intercept, slope, sorted(math.exp(cap) for _, cap in ordered))


def _line(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Least squares; where all trade alike, caps in proportion to volume."""
    x_mean, y_mean = fmean(x for x, _ in pairs), fmean(y for _, y in pairs)
    width = math.fsum((x - x_mean) ** 2 for x, _ in pairs)
    slope = math.fsum((x - x_mean) * (y - y_mean) for x, y in pairs) / width if width > 1e-9 * len(pairs) else 1.0
    return y_mean - slope * x_mean, slope


def _spread(pairs: Sequence[Pair], intercept: float, slope: float) -> tuple[float, float]:
    residuals = [_residual(pair, intercept, slope) for pair in pairs]
    middle = median(residuals)
    return 1.4826 * median(abs(residual - middle) for residual in residuals), middle


def _residual(pair: Pair, intercept: float, slope: float) -> float:
    return pair[1] - intercept - slope * pair[0]
