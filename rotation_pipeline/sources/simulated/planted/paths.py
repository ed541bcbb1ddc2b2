"""Prices that realise planted returns to full precision: nothing is rounded to cents, so that the truth is exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rotation_pipeline.sources.simulated.bars import Panel, Plan, make_panel
from rotation_pipeline.sources.simulated.clock import Floats
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import RESIDUAL_SD, Universe

DRAW_DECIMALS = 9  # draws are rounded: the last bits of a normal draw depend on the machine's mathematical library
CLASS_SD = 0.001  # daily, of a second share class against the first


@dataclass(frozen=True)
class Path:
    """As-traded closes, cash dividends and distributions in kind (T, N), USD a share on the basis of their session; NaN outside life."""

    close: Floats
    cash: Floats
    in_kind: Floats


def residuals(seed: int, universe: Universe, n_sessions: int, is_noisy: bool) -> Floats:
    """The company's own return (T, N): independent normal draws, the same for the classes of a company but for a small difference."""
    if not is_noisy:
        return np.zeros((n_sessions, universe.n))
    draw = stream(seed, "planted.residual").standard_normal((n_sessions, universe.n))
    own = draw[:, universe.issuer] * RESIDUAL_SD[universe.tier]
    second = np.flatnonzero(universe.issuer != np.arange(universe.n))
    own[:, second] += CLASS_SD * draw[:, second]
    rounded: Floats = np.round(own, DRAW_DECIMALS)
    return rounded


def trade(total_return: Floats, plan: Plan, spin_ratio: Floats) -> Path:
    """P = P(-1) (1 + r) / s - D, with D in cash and in kind; a spin-off of ratio q is worth P(-1) (1 - 1/q) (A.2, A.6)."""
    shape = total_return.shape
    close, cash, in_kind = np.full(shape, np.nan), np.zeros(shape), np.zeros(shape)
    price = plan.start_price.copy()
    for t in range(shape[0]):
        live, begins = (plan.first <= t) & (t <= plan.last), t <= plan.first
        before = price
        price = np.where(begins, plan.start_price, before * (1.0 + total_return[t]) / plan.split[t])
        due = plan.ex_dividend[t] * plan.dividend_yield / 4 + plan.special[t]
        cash[t] = np.where(live & ~begins, np.round(due * price, 4), 0.0)
        in_kind[t] = np.where(live & ~begins, before * (1.0 - 1.0 / spin_ratio[t]), 0.0)
        price = price - cash[t] - in_kind[t]
        close[t] = np.where(live, price, np.nan)
    return Path(close, cash, in_kind)


def panel_of(seed: int, universe: Universe, path: Path, price_ratio: Floats, volume: Floats) -> Panel:
    """Bars around exact closes; ``price_ratio`` (T, N) is what the vendor adjusts prices by, spin-offs included."""
    symbols = tuple(company.symbol for company in universe.companies)
    daily_sd = RESIDUAL_SD[universe.tier]
    rough = make_panel(seed, "companies", symbols, path.close, path.cash, price_ratio, daily_sd, volume)
    # Open, high and low are in cents and the close is not: the range has to hold it.
    high, low = np.fmax(rough.high, path.close), np.fmin(rough.low, path.close)
    return Panel(symbols, path.close, rough.open, high, low, volume, path.cash, price_ratio)
