"""Daily total returns of the companies: r = beta m + s SMB + h HML + q RMW + g TECH + e, with planned events inside e."""

from __future__ import annotations

import numpy as np

from rotation_pipeline.sources.simulated.calendar import SURPRISE_MEAN, EarningsCalendar, reaction_index
from rotation_pipeline.sources.simulated.clock import Clock, Floats, Ints
from rotation_pipeline.sources.simulated.fates import NEVER
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import Universe

CLASS_SD = 0.001  # daily, of the second share class against the first
SURPRISE_RESPONSE = 0.5  # return for a surprise of 100 % of |EPS|
WORST_DAY, BEST_DAY = -0.30, 0.45  # keeps a price path above zero
OFFER_PREMIUM, OFFER_SESSIONS = 0.25, 60  # a takeover is announced this long before the last session
DECLINE_A_DAY, DECLINE_SESSIONS = -0.03, 20  # a failing company before its last session


def residual_returns(seed: int, universe: Universe, calendar: EarningsCalendar, clock: Clock) -> Floats:
    """The company's own part e (T, N), decimal: noise, reactions to earnings, takeover offers, failures."""
    noise: Floats = stream(seed, "residual").standard_normal((clock.n, universe.n))
    own = noise[:, universe.issuer] * universe.residual_sd
    second = np.flatnonzero(universe.issuer != np.arange(universe.n))
    own[:, second] += CLASS_SD * noise[:, second]
    _add_reactions(own, calendar, clock)
    _add_endings(own, universe, clock)
    return own


def total_returns(loading: Floats, factors: Floats, residual: Floats) -> Floats:
    """Total returns (T, N) from loadings (5, N), factors (T, 5) and residuals, summed in a fixed order and kept in bounds."""
    total = residual.copy()
    for k in range(loading.shape[0]):
        total += factors[:, k, None] * loading[None, k, :]
    return np.clip(total, WORST_DAY, BEST_DAY, out=total)


def last_index(universe: Universe, clock: Clock) -> Ints:
    """Index of each line's last session; ``clock.n`` for those that live on."""
    ends = clock.at_or_before(universe.fates.delisted_on)
    return np.where(universe.fates.delisted_on == NEVER, clock.n, np.where(universe.fates.delisted_on > clock.sessions[-1], clock.n, ends))


def _add_reactions(own: Floats, calendar: EarningsCalendar, clock: Clock) -> None:
    at = reaction_index(calendar, clock)
    quarter, name = np.nonzero(at < clock.n)
    news = np.clip(calendar.surprise[quarter, name] - SURPRISE_MEAN, -0.15, 0.15)
    np.add.at(own, (at[quarter, name], name), SURPRISE_RESPONSE * news)


def _add_endings(own: Floats, universe: Universe, clock: Clock) -> None:
    fates = universe.fates
    for name in np.flatnonzero(fates.delisted_on != NEVER):
        if (fates.delist_reason[name] or "").startswith("MERGER"):
            offer = clock.first_from(_sessions_before(fates.delisted_on[name], OFFER_SESSIONS))
            own[offer : offer + 1, name] += OFFER_PREMIUM
        else:
            start = clock.first_from(_sessions_before(fates.delisted_on[name], DECLINE_SESSIONS))
            stop = clock.first_from(fates.delisted_on[name])
            own[start : stop + 1, name] += DECLINE_A_DAY


def _sessions_before(day: np.datetime64, count: int) -> np.datetime64:
    """The weekday ``count`` weekdays earlier: by calendar, so that it does not depend on the sessions known."""
    return np.busday_offset(day, -count, roll="backward")
