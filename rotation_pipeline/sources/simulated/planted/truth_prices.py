"""The truth about prices, actions and breadth of a planted market."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated.clock import Flags, Floats
from rotation_pipeline.sources.simulated.emit_market import UNIVERSE_ID
from rotation_pipeline.sources.simulated.planted.market import Planted
from rotation_pipeline.sources.simulated.planted.paths import CLASS_SD
from rotation_pipeline.sources.simulated.universe import RESIDUAL_SD

SPECIAL_FROM = 0.10  # of the price before: a distribution that is called special (A.4)


def prices(planted: Planted) -> pl.DataFrame:
    """true_price: returns are of one session, NULL on the first; a halted line has them too, and no close."""
    clock, path = planted.market.clock, planted.path
    t, i = np.nonzero(~np.isnan(path.close))
    is_first = t == planted.plan.first[i]
    frame = pl.DataFrame({
        "security": i,
        "session": clock.sessions[t],
        "close": planted.market.companies.close[t, i],
        "total_return": planted.total_return[t, i],
        "price_return": price_returns(planted)[t, i],
        "is_first": is_first,
    })  # fmt: skip
    returns = [pl.when("is_first").then(None).otherwise(name).alias(name) for name in ("total_return", "price_return")]
    return frame.with_columns(pl.col("close").fill_nan(None), *returns).drop("is_first")


def price_returns(planted: Planted) -> Floats:
    """Returns (T, N) without cash: r - s D / P(-1). Distributions in kind stay in."""
    path, split = planted.path, planted.plan.split
    out = planted.total_return.copy()
    out[1:] -= np.nan_to_num(split[1:] * path.cash[1:] / path.close[:-1])
    return out


def residual_sd(planted: Planted) -> Floats:
    """Daily sd (N) of the residual return; 0 in a noise-free market."""
    universe = planted.market.universe
    own = RESIDUAL_SD[universe.tier]
    second = universe.issuer != np.arange(universe.n)
    sd: Floats = np.where(second, np.sqrt(own * own + CLASS_SD * CLASS_SD), own) * (1.0 if planted.design.is_noisy else 0.0)
    return sd


def actions(planted: Planted) -> pl.DataFrame:
    """true_action: split, spin_off, dividend; special when the cash is a tenth of the price before or more."""
    clock, path = planted.market.clock, planted.path
    live = ~np.isnan(path.close)
    live[planted.plan.first[planted.plan.first < clock.n], np.flatnonzero(planted.plan.first < clock.n)] = False
    before = np.full_like(path.close, np.nan)
    before[1:] = path.close[:-1] / planted.plan.split[1:]
    kinds = (
        ("split", planted.plan.split, planted.plan.split != 1),
        ("spin_off", planted.roles.spin_ratio, planted.roles.spin_ratio != 1),
        ("dividend", path.cash, path.cash > 0),
    )
    frames = []
    for kind, amount, is_event in kinds:
        t, i = np.nonzero(is_event & live)
        special = (amount >= SPECIAL_FROM * before)[t, i] & (kind == "dividend")
        columns = {"security": i, "ex_session": clock.sessions[t], "amount": amount[t, i], "is_special": special}
        frames.append(pl.DataFrame(columns).insert_column(2, pl.Series("kind", [kind] * len(i), dtype=pl.String)))
    return pl.concat(frames).sort("ex_session", "security", "kind")


def breadth(planted: Planted) -> pl.DataFrame:
    """true_breadth_expectation: counts if every bar of a trading line arrived, and mean and variance of the advancing given the factors."""
    market = planted.market
    close, change = market.companies.close, price_returns(planted)
    counts = np.zeros_like(close, dtype=bool)
    counts[1:] = market.membership.is_member[1:] & ~np.isnan(close[1:]) & ~np.isnan(close[:-1])
    spine = pl.DataFrame({
        "session": market.clock.sessions,
        "n_members": market.membership.is_member.sum(axis=1),
        "n_counted": counts.sum(axis=1),
        "n_advancing": (counts & (change > 0)).sum(axis=1),
        "n_declining": (counts & (change < 0)).sum(axis=1),
    })  # fmt: skip
    expected, variance = expected_advancing(planted, counts)
    return spine.with_columns(
        pl.Series("expected_advancing", np.round(expected, 9)),
        pl.Series("variance_advancing", np.round(variance, 9)),
        pl.lit(UNIVERSE_ID).alias("universe_id"),
    )


def expected_advancing(planted: Planted, counts: Flags) -> tuple[Floats, Floats]:
    """Mean and variance (T) of how many of the lines that count (T, N) advance, given the factors.

    A line advances with probability Phi((loading f - yield of the day) / sd): independently of other companies, and together
    with the other class of its own, but for a small difference that is left out.
    """
    universe = planted.market.universe
    p = np.where(counts, _advance_probability(planted, counts), 0.0)
    variance = (p * (1.0 - p)).sum(axis=1)
    for second in np.flatnonzero(universe.issuer != np.arange(universe.n)).tolist():
        first = int(universe.issuer[second])
        variance += 2.0 * np.where(
            counts[:, first] & counts[:, second], np.fmin(p[:, first], p[:, second]) - p[:, first] * p[:, second], 0.0
        )
    return p.sum(axis=1), variance


def _advance_probability(planted: Planted, counts: Flags) -> Floats:
    """Probability (T, N) of a price above the one before, given the factors, where it ``counts``; 0 or 1 without noise."""
    change = price_returns(planted)
    if not planted.design.is_noisy:
        return (change > 0).astype(np.float64)
    market = planted.market
    mean = change - planted.total_return  # less the yield of the day
    for k in range(market.universe.loading.shape[0]):
        mean += market.factors[:, k, None] * market.universe.loading[None, k, :]
    score = (mean / residual_sd(planted) / math.sqrt(2.0))[counts]
    out = np.zeros_like(mean)
    out[counts] = np.round([0.5 * (1.0 + math.erf(one)) for one in score.tolist()], 12)
    return out
