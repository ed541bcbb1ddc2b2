"""The whole simulated market, generated once over its horizon and frozen; frames (and truth) are read off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from rotation_pipeline.sources.simulated.bars import Panel, draw_volume, make_panel, walk
from rotation_pipeline.sources.simulated.calendar import EarningsCalendar, plan_earnings
from rotation_pipeline.sources.simulated.clock import Clock, Dates, Floats, make_clock
from rotation_pipeline.sources.simulated.factors import draw_factors
from rotation_pipeline.sources.simulated.fundamentals import Fundamentals, draw_fundamentals
from rotation_pipeline.sources.simulated.funds import make_funds, make_gauges, make_indices, make_state
from rotation_pipeline.sources.simulated.membership import Membership, run_committee
from rotation_pipeline.sources.simulated.plans import company_plan
from rotation_pipeline.sources.simulated.returns import residual_returns, total_returns
from rotation_pipeline.sources.simulated.universe import Universe, make_universe

DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Market:
    """Arrays over T sessions, N lines, K quarters. ``split_factor`` is the product of split ratios from the start (F of A.1)."""

    clock: Clock
    universe: Universe
    factors: Floats  # (T, 5)
    companies: Panel
    split_factor: Floats  # (T, N)
    membership: Membership
    calendar: EarningsCalendar
    fundamentals: Fundamentals
    funds: Panel
    indices: Panel
    gauges: Panel

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Everything that has bars."""
        return self.companies, self.funds, self.indices, self.gauges


def generate(sessions: Sequence[date], n_names: int, n_years: int, seed: int, last_session: date) -> Market:
    """Generate the market on the XNYS ``sessions`` inside its horizon.

    Whatever happens on a session depends on the settings and on earlier sessions alone: more sessions change no earlier row.
    Raises BadConfig for unusable settings, BadInput when the sessions do not reach back to the horizon's start.
    """
    clock = make_clock(sessions, n_years, last_session)
    universe = make_universe(n_names, seed, clock)
    calendar = plan_earnings(seed, universe, clock)
    factors = draw_factors(seed, clock)
    plan = company_plan(seed, universe, clock)
    close, paid = walk(total_returns(universe.loading, factors, residual_returns(seed, universe, calendar, clock)), plan)
    split_factor = np.cumprod(plan.split, axis=0)
    shares = shares_fwd(universe, clock.sessions[:, None]) * split_factor
    volume = draw_volume(seed, "companies", clock, shares * universe.turnover)
    symbols = tuple(c.symbol for c in universe.companies)
    companies = make_panel(seed, "companies", symbols, close, paid, plan.split, universe.residual_sd, volume)
    cap = close * shares
    membership = run_committee(seed, universe, plan, cap, clock)
    state = make_state(universe, clock, companies, cap, membership.is_member)
    return Market(
        clock=clock,
        universe=universe,
        factors=factors,
        companies=companies,
        split_factor=split_factor,
        membership=membership,
        calendar=calendar,
        fundamentals=draw_fundamentals(seed, universe, calendar, cap, shares_fwd(universe, calendar.period_end), clock),
        funds=make_funds(seed, state, companies),
        indices=make_indices(seed, state, companies),
        gauges=make_gauges(seed, clock, factors[:, 0]),
    )


def shares_fwd(universe: Universe, dates: Dates) -> Floats:
    """Shares outstanding of each line on the first share basis at dates that broadcast to (rows, N): slow issuance or buybacks."""
    years = (dates - universe.fates.listed_on).astype(np.float64) / DAYS_A_YEAR
    shares: Floats = np.round(universe.start_cap / universe.start_price) * np.power(1.0 + universe.share_growth, years)
    return shares
