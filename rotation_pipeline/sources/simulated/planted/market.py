"""The planted market as a whole: the shared pieces of the simulated market with planted roles, exact prices and known faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from rotation_pipeline.sources.simulated.bars import Panel, Plan, draw_volume
from rotation_pipeline.sources.simulated.calendar import EarningsCalendar, plan_earnings
from rotation_pipeline.sources.simulated.clock import Clock, Dates, Flags, Floats
from rotation_pipeline.sources.simulated.factors import draw_factors
from rotation_pipeline.sources.simulated.fundamentals import session_factor
from rotation_pipeline.sources.simulated.funds import make_funds, make_gauges, make_indices, make_state
from rotation_pipeline.sources.simulated.labels import MEGA, SMALL
from rotation_pipeline.sources.simulated.market import Market, shares_fwd
from rotation_pipeline.sources.simulated.membership import run_committee
from rotation_pipeline.sources.simulated.plans import company_plan
from rotation_pipeline.sources.simulated.planted import earnings
from rotation_pipeline.sources.simulated.planted.design import Design, design_clock
from rotation_pipeline.sources.simulated.planted.faults import KEEP_OFF, Faults, plan_faults
from rotation_pipeline.sources.simulated.planted.paths import DRAW_DECIMALS, Path, panel_of, residuals, trade
from rotation_pipeline.sources.simulated.planted.roles import Roles, deal_fates, deal_roles
from rotation_pipeline.sources.simulated.returns import total_returns
from rotation_pipeline.sources.simulated.universe import Universe, make_universe

SHARE_LOT = 1000.0  # shares outstanding are whole lots: any planted split leaves whole shares


@dataclass(frozen=True)
class Planted:
    """The market that the vendor serves (``market``: no bars in halts), and all that is known of it. Arrays (T, N) or (K, N)."""

    design: Design
    market: Market
    sessions: Dates  # all XNYS sessions, beyond the horizon too
    roles: Roles
    plan: Plan
    path: Path
    total_return: Floats  # one session, decimal; also in halts
    faults: Faults


def plant(sessions: Sequence[date], design: Design, seed: int, last_session: date) -> Planted:
    """Make the planted market on the XNYS ``sessions``. Raises BadInput when they do not cover its horizon."""
    clock = design_clock(design, sessions, last_session)
    universe = _universe(design, seed, clock)
    calendar = plan_earnings(seed, universe, replace(clock, first_date=clock.first_date - np.timedelta64(450, "D")))
    roles = deal_roles(design, seed, universe, clock)
    plan = _dividends_before_halts(company_plan(seed, universe, clock), roles)
    factors = np.round(draw_factors(seed, clock), DRAW_DECIMALS)
    returns = total_returns(universe.loading, factors, residuals(seed, universe, clock.n, design.is_noisy))
    path = trade(returns, plan, roles.spin_ratio)
    market = _market(seed, clock, universe, calendar, factors, plan, path, roles)
    faults = plan_faults(design, seed, market.companies.is_live, _quiet(market, roles, clock), clock)
    every_session = np.array(sessions, dtype="datetime64[D]")
    return Planted(design, _valued(market, every_session), every_session, roles, plan, path, returns, faults)


def _universe(design: Design, seed: int, clock: Clock) -> Universe:
    """The companies, their numbers cut to a few digits so that they are the same on every machine."""
    drawn = make_universe(design.n_lines, seed, clock, n_large=design.n_large, deal=partial(deal_fates, design, seed))
    digits = {name: np.round(getattr(drawn, name), 6) for name in ("book_yield", "earnings_yield", "sales_yield", "dividend_yield")}
    return replace(
        drawn,
        loading=np.round(drawn.loading, 6),
        start_cap=drawn.start_price * SHARE_LOT * np.round(drawn.start_cap / drawn.start_price / SHARE_LOT),
        share_growth=np.where(drawn.tier == SMALL, np.round(drawn.share_growth, 4), 0.0),
        turnover=np.round(drawn.turnover, 6),
        **digits,
    )


def _dividends_before_halts(plan: Plan, roles: Roles) -> Plan:
    """A company whose shares are halted goes ex at no other time than before."""
    ex_dividend = plan.ex_dividend.copy()
    for halt in roles.halts:
        ex_dividend[halt.first : halt.first + halt.length + 1, halt.name] = False
    return replace(plan, ex_dividend=ex_dividend)


def _market(
    seed: int, clock: Clock, universe: Universe, calendar: EarningsCalendar, factors: Floats, plan: Plan, path: Path, roles: Roles
) -> Market:
    """The demonstration market's structure, filled with planted paths; index lists look through halts, bars do not."""
    split_factor = np.cumprod(plan.split, axis=0)
    shares = shares_fwd(universe, clock.sessions[:, None]) * split_factor
    volume = draw_volume(seed, "companies", clock, shares * universe.turnover)
    companies = panel_of(seed, universe, path, plan.split * roles.spin_ratio, volume)
    cap = path.close * shares
    membership = run_committee(seed, universe, plan, cap, clock)
    state = make_state(universe, clock, companies, cap, membership.is_member)
    return Market(
        clock=clock,
        universe=universe,
        factors=factors,
        companies=_halted(companies, roles),
        split_factor=split_factor,
        membership=membership,
        calendar=calendar,
        fundamentals=earnings.plant_earnings(universe, calendar),
        funds=make_funds(seed, state, companies),
        indices=make_indices(seed, state, companies),
        gauges=make_gauges(seed, clock, factors[:, 0]),
    )


def _halted(panel: Panel, roles: Roles) -> Panel:
    close = panel.close.copy()
    for halt in roles.halts:
        close[halt.first : halt.first + halt.length, halt.name] = np.nan
    return replace(panel, close=close)


def _quiet(market: Market, roles: Roles, clock: Clock) -> Flags:
    """Cells that faults keep off: around splits, dividends and spin-offs, renamed lines, halted lines, the valuation session."""
    panel = market.companies
    event = (panel.split != 1) | (panel.dividend > 0)
    quiet: Flags = event.copy()
    for k in range(1, KEEP_OFF + 1):
        quiet[k:] |= event[:-k]
        quiet[:-k] |= event[k:]
    quiet[:, [rename.name for rename in roles.renames] + [halt.name for halt in roles.halts]] = True
    valued = earnings.valuation_session(clock)
    if valued >= 0:
        quiet[valued] = True
    return quiet


def _valued(market: Market, sessions: Dates) -> Market:
    """The market with earnings scaled so that the ratio of multiples holds on the valuation session."""
    t = earnings.valuation_session(market.clock)
    if t < 0:
        return market
    known_at = earnings.knowledge(market.calendar, sessions).known_at
    known = market.fundamentals.exists & (known_at <= np.searchsorted(sessions, market.clock.sessions[t]))
    eps = earnings.trailing_eps(market.fundamentals, known)
    price_fwd = np.nan_to_num(market.companies.close[t]) * market.split_factor[t]
    cap = price_fwd * counted_shares(market, t)
    scale = earnings.cohort_scale(market.universe, price_fwd, cap, eps, market.membership.is_member[t])
    others = np.where(market.universe.tier == MEGA, 1.0, scale)
    return replace(market, fundamentals=earnings.scaled(market.fundamentals, others))


def counted_shares(market: Market, t: int) -> Floats:
    """Shares (N) on the first basis by the latest filing known at the close of session ``t``, as filed in whole shares."""
    calendar, day = market.calendar, market.clock.sessions[t]
    factor = session_factor(market.split_factor, calendar.period_end, market.clock)
    filed = np.round(market.fundamentals.shares_fwd * factor) / factor
    known = market.fundamentals.exists & (calendar.filed_on < day)
    latest = np.where(known.any(axis=0), len(known) - 1 - known[::-1].argmax(axis=0), -1)
    first = np.minimum(market.clock.at_or_after(market.universe.fates.listed_on), market.clock.n - 1)
    at_listing = np.round(shares_fwd(market.universe, market.clock.sessions[first][None, :])[0])
    shares: Floats = np.where(latest >= 0, filed[np.maximum(latest, 0), np.arange(len(latest))], at_listing)
    return shares
