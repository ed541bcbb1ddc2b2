"""Funds and indices as portfolios of the simulated companies, and the three yield and volatility indices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rotation_pipeline.sources.simulated.bars import Panel, draw_volume, make_panel, walk
from rotation_pipeline.sources.simulated.clock import Clock, Flags, Floats
from rotation_pipeline.sources.simulated.fund_rules import FUNDS, INDICES, Fund, State
from rotation_pipeline.sources.simulated.plans import fund_plan
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import Universe

FUND_DAILY_SD = 0.010
FUND_DOLLARS_A_DAY, INDEX_SHARES_A_DAY = 2e9, 3e9
GAUGES = (
    ("^TNX", "ten-year yield, percent", "CGI"),
    ("^IRX", "13-week bill discount rate, percent", "CGI"),
    ("^VIX", "volatility index", "CXI"),
)
BILL_START, BILL_HOME, BILL_PULL, BILL_SD, LEAST_BILL = 1.8, 3.0, 0.002, 0.025, 0.05  # percent
SLOPE_START, SLOPE_HOME, SLOPE_PULL, SLOPE_SD, LEAST_YIELD = 0.6, 0.7, 0.004, 0.03, 0.4  # percentage points
VIX_START, VIX_HOME, VIX_PULL, VIX_FALL, VIX_SD = 16.0, 17.0, 0.04, 4.0, 0.035  # level; log changes


def make_state(universe: Universe, clock: Clock, panel: Panel, cap: Floats, is_member: Flags) -> State:
    """What portfolio rules look at, from the companies' panel, their caps (T, N; NaN when not trading) and the list."""
    live = panel.is_live
    member_next = np.vstack([is_member[1:], is_member[-1:]])
    return State(
        universe=universe,
        clock=clock,
        cap=np.nan_to_num(cap),
        price=np.nan_to_num(panel.close),
        level=np.cumprod(1.0 + panel.growth(with_dividends=False), axis=0),
        tri=np.cumprod(1.0 + panel.growth(with_dividends=True), axis=0),
        live=live,
        member_next=member_next,
        resets=clock.quarterly_resets(),
    )


def portfolio_return(weight: Floats, returns: Floats) -> Floats:
    """Returns (T,) of holdings ``weight`` (T, N) at one close that earn ``returns`` (T, N) of the next session."""
    held = weight[:-1]
    total = held.sum(axis=1)
    earned = (held * returns[1:]).sum(axis=1)
    return np.concatenate([[0.0], np.divide(earned, total, out=np.zeros_like(earned), where=total > 0)])


def make_funds(seed: int, state: State, panel: Panel) -> Panel:
    """Panel of FUNDS: total returns of their holdings, quarterly dividends, no fees."""
    path = _portfolio_paths(FUNDS, state, panel.growth(with_dividends=True))
    close, paid = _walk(FUNDS, state.clock, path)
    volume = draw_volume(seed, "funds", state.clock, FUND_DOLLARS_A_DAY / np.nan_to_num(close, nan=1.0))
    sd = np.full(len(FUNDS), FUND_DAILY_SD)
    return make_panel(seed, "funds", tuple(f.symbol for f in FUNDS), close, paid, np.ones_like(close), sd, volume)


def make_indices(seed: int, state: State, panel: Panel) -> Panel:
    """Panel of INDICES: price returns of their holdings."""
    path = _portfolio_paths(INDICES, state, panel.growth(with_dividends=False))
    close, paid = _walk(INDICES, state.clock, path)
    volume = draw_volume(seed, "indices", state.clock, np.full_like(close, INDEX_SHARES_A_DAY))
    sd = np.full(len(INDICES), FUND_DAILY_SD)
    return make_panel(seed, "indices", tuple(f.symbol for f in INDICES), close, paid, np.ones_like(close), sd, volume)


def make_gauges(seed: int, clock: Clock, market: Floats) -> Panel:
    """Panel of ^TNX, ^IRX (percent) and ^VIX, mean-reverting; ^VIX rises when the ``market`` factor (T,) falls. No volume."""
    shock = stream(seed, "gauges").standard_normal((clock.n, 3))
    bill, slope, log_vix = BILL_START, SLOPE_START, np.log(VIX_START)
    close = np.empty((clock.n, 3))
    for t in range(clock.n):
        bill = max(bill + BILL_PULL * (BILL_HOME - bill) + BILL_SD * shock[t, 0], LEAST_BILL)
        slope = slope + SLOPE_PULL * (SLOPE_HOME - slope) + SLOPE_SD * shock[t, 1]
        log_vix = log_vix + VIX_PULL * (np.log(VIX_HOME) - log_vix) - VIX_FALL * market[t] + VIX_SD * shock[t, 2]
        close[t] = max(bill + slope, LEAST_YIELD), bill, np.exp(log_vix)
    nothing = np.zeros_like(close)
    symbols = tuple(symbol for symbol, _, _ in GAUGES)
    return make_panel(seed, "gauges", symbols, np.round(close, 2), nothing, np.ones_like(close), np.array([0.01, 0.005, 0.03]), nothing)


def _portfolio_paths(funds: Sequence[Fund], state: State, returns: Floats) -> Floats:
    """Returns (T, M) of each fund's holdings; rules used twice are worked out one at a time to keep memory low."""
    return np.stack([portfolio_return(fund.rule(state), returns) for fund in funds], axis=1)


def _walk(funds: Sequence[Fund], clock: Clock, path: Floats) -> tuple[Floats, Floats]:
    listed = np.maximum(np.array([f.listed_on for f in funds], dtype="datetime64[D]"), clock.sessions[0])
    return walk(path, fund_plan(clock, listed, np.array([f.start_price for f in funds]), np.array([f.dividend_yield for f in funds])))
