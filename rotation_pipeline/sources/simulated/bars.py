"""From total returns to what trades: as-traded closes in cents, dividends, splits, and the bar around each close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rotation_pipeline.sources.simulated.clock import Clock, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.streams import stream

TICK_DECIMALS = 2
LEAST_PRICE = 0.05
RAISE_AT, CUT_AT = 1.15, 0.6  # a payer moves its dividend when the target is this far from the last one
HALF_DAY_VOLUME = 0.45


@dataclass(frozen=True)
class Plan:
    """What is planned for M lines over T sessions: life (indices of first and last session), prices and payments."""

    first: Ints  # (M,)
    last: Ints  # (M,), T for lines that live on
    start_price: Floats  # (M,), as traded
    split: Floats  # (T, M), new shares per old one, 1 when none
    ex_dividend: Flags  # (T, M)
    dividend_yield: Floats  # (M,), a year, decimal
    special: Floats  # (T, M), share of the previous price paid out once
    is_sticky: bool  # companies keep their dividend until it is far off; funds pay what they earned


@dataclass(frozen=True)
class Panel:
    """As-traded facts of M lines (T, M). NaN where a line does not trade; ``dividend`` in USD on the basis of its session."""

    symbols: tuple[str, ...]
    close: Floats
    open: Floats
    high: Floats
    low: Floats
    volume: Floats
    dividend: Floats
    split: Floats

    @property
    def is_live(self) -> Flags:
        """Where the line trades."""
        return ~np.isnan(self.close)

    def growth(self, with_dividends: bool) -> Floats:
        """Returns (T, M) of A.2 from the rounded prices; 0 where there is none (first session, not trading)."""
        paid = self.close + self.dividend if with_dividends else self.close
        out = np.zeros_like(self.close)
        out[1:] = self.split[1:] * paid[1:] / self.close[:-1] - 1.0
        return np.nan_to_num(out, copy=False)


def walk(total_return: Floats, plan: Plan) -> tuple[Floats, Floats]:
    """As-traded closes in cents and dividends (T, M) that realise ``total_return`` up to rounding: P = P(-1) (1 + r) / s - D."""
    n, m = total_return.shape
    close, paid = np.full((n, m), np.nan), np.zeros((n, m))
    price, dividend = plan.start_price.copy(), np.zeros(m)
    for t in range(n):
        split = plan.split[t]
        price = np.where(t <= plan.first, plan.start_price, price * (1.0 + total_return[t]) / split)
        dividend = dividend / split
        live = (plan.first <= t) & (t <= plan.last)
        if plan.ex_dividend[t].any():
            dividend = np.where(plan.ex_dividend[t], _next_dividend(dividend, plan.dividend_yield / 4 * price, plan.is_sticky), dividend)
            paid[t] = np.where(plan.ex_dividend[t] & live & (t > plan.first), np.round(dividend, 4), 0.0)
        paid[t] += np.where(live, np.round(plan.special[t] * price, 2), 0.0)
        price = np.maximum(price - paid[t], LEAST_PRICE)
        close[t] = np.where(live, np.round(price, TICK_DECIMALS), np.nan)
    return close, paid


def make_panel(
    seed: int, name: str, symbols: tuple[str, ...], close: Floats, paid: Floats, split: Floats, daily_sd: Floats, volume: Floats
) -> Panel:
    """Put open, high and low around the closes; ``daily_sd`` (M,) sizes the range. Low <= open, close <= high by construction."""
    shock = stream(seed, f"{name}.range").standard_normal((*close.shape, 3))
    before = np.full_like(close, np.nan)
    before[1:] = close[:-1] / split[1:]
    before = np.where(np.isnan(before), close, before)
    half = 0.5 * (before + np.maximum(close + paid, LEAST_PRICE))
    opened = np.maximum(half * (1.0 + 0.3 * daily_sd * shock[:, :, 0]) - paid, LEAST_PRICE)
    high = np.maximum(opened, close) * (1.0 + 0.4 * daily_sd * np.abs(shock[:, :, 1]))
    low = np.maximum(np.minimum(opened, close) * (1.0 - 0.4 * daily_sd * np.minimum(np.abs(shock[:, :, 2]), 4.0)), LEAST_PRICE)
    return Panel(
        symbols,
        close,
        np.round(opened, TICK_DECIMALS),
        np.round(high, TICK_DECIMALS),
        np.minimum(np.round(low, TICK_DECIMALS), close),
        volume,
        paid,
        split,
    )


def draw_volume(seed: int, name: str, clock: Clock, mean_shares: Floats) -> Floats:
    """Shares traded (T, M): lognormal around ``mean_shares`` (T, M), lower on half days, whole and positive."""
    shock = stream(seed, f"{name}.volume").standard_normal(mean_shares.shape)
    busy = np.where(clock.is_half_day(), HALF_DAY_VOLUME, 1.0)[:, None]
    return np.maximum(np.round(mean_shares * busy * np.exp(0.35 * shock)), 100.0)


def _next_dividend(last: Floats, target: Floats, is_sticky: bool) -> Floats:
    """The dividend a payer declares: the last one while it is near the target, else the target."""
    target = np.round(target, 2 if is_sticky else 4)
    if not is_sticky:
        return target
    keeps = (target < RAISE_AT * last) & (target > CUT_AT * last)
    return np.where(keeps, last, np.maximum(target, 0.0))
