"""The corporate actions of companies and funds laid out on sessions: splits, ex-dividend days, the special dividend."""

from __future__ import annotations

import numpy as np

from rotation_pipeline.sources.simulated.bars import Plan
from rotation_pipeline.sources.simulated.clock import Clock, Dates, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.fates import SPECIAL_FRACTION
from rotation_pipeline.sources.simulated.returns import last_index
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline.sources.simulated.universe import Universe


def company_plan(seed: int, universe: Universe, clock: Clock) -> Plan:
    """Everything planned for the companies, as arrays over (T sessions, N lines)."""
    fates = universe.fates
    ex_dividend = _ex_dividend_days(seed, universe, clock)
    special = np.zeros((clock.n, universe.n))
    at = clock.first_from(fates.special_on)
    special[at : at + 1, fates.special_name] = SPECIAL_FRACTION
    return Plan(
        first=clock.at_or_after(fates.listed_on),
        last=last_index(universe, clock),
        start_price=universe.start_price,
        split=_splits(universe, clock, ex_dividend),
        ex_dividend=ex_dividend,
        dividend_yield=universe.dividend_yield,
        special=special,
        is_sticky=True,
    )


def fund_plan(clock: Clock, listed_on: Dates, start_price: Floats, dividend_yield: Floats) -> Plan:
    """Funds pay quarterly on the third Friday of the quarter's last month, have no splits and live on."""
    shape = (clock.n, len(listed_on))
    ex_dividend = np.zeros(shape, dtype=bool)
    ex_dividend[clock.quarterly_resets()] = dividend_yield > 0
    return Plan(
        first=clock.at_or_after(listed_on),
        last=np.full(len(listed_on), clock.n),
        start_price=start_price,
        split=np.ones(shape),
        ex_dividend=ex_dividend,
        dividend_yield=dividend_yield,
        special=np.zeros(shape),
        is_sticky=False,
    )


def _ex_dividend_days(seed: int, universe: Universe, clock: Clock) -> Flags:
    """One ex-dividend session a quarter for each payer, in its own month and week of the quarter."""
    rng = stream(seed, "plans.dividends")
    month, day = rng.integers(0, 3, universe.n)[universe.issuer], rng.integers(4, 24, universe.n)[universe.issuer]
    start = clock.first_date.astype("datetime64[M]")
    n_quarters = int(clock.last_date.astype("datetime64[M]") - start) // 3 + 1
    months = start + (3 * np.arange(n_quarters)[:, None] + month[None, :]).astype("timedelta64[M]")
    at = clock.at_or_after((months.astype("datetime64[D]") + day.astype("timedelta64[D]")).ravel()).reshape(months.shape)
    out = np.zeros((clock.n, universe.n), dtype=bool)
    quarter, name = np.nonzero((at < clock.n) & (universe.dividend_yield > 0) & (months.astype("datetime64[D]") > clock.first_date))
    out[at[quarter, name], name] = True
    return out


def _splits(universe: Universe, clock: Clock, ex_dividend: Flags) -> Floats:
    """Split ratios (T, N), 1 where none."""
    out = np.ones((clock.n, universe.n))
    for split in universe.fates.splits:
        at = clock.first_from(split.on)
        if split.on_dividend:
            later: Ints = np.flatnonzero(ex_dividend[at:, split.name])
            at = at + int(later[0]) if len(later) else clock.n
        out[at : at + 1, split.name] = split.ratio
    return out
