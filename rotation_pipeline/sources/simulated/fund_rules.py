"""What each simulated fund and index holds: a rule from the state of the market to portfolio weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rotation_pipeline.sources.simulated.clock import Clock, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.labels import ENERGY, FINANCE, MEGA, SMALL
from rotation_pipeline.sources.simulated.universe import LOADING_NAMES, Universe

MOMENTUM_SESSIONS, MOMENTUM_SKIP = 252, 21
DOW_SIZE = 30


@dataclass(frozen=True)
class State:
    """What a rule may look at; arrays are (T, N). ``member_next`` says who is in at the next open."""

    universe: Universe
    clock: Clock
    cap: Floats  # USD, 0 where the line does not trade
    price: Floats  # as traded, 0 where it does not
    level: Floats  # price on the first share basis, 1 at the listing, last value carried on
    tri: Floats  # total-return index, likewise
    live: Flags
    member_next: Flags
    resets: Ints  # sessions after whose close the quarterly portfolios are reset


Rule = Callable[[State], Floats]


@dataclass(frozen=True)
class Fund:
    """A fund or index. ``dividend_yield`` a year; an index has none and follows price returns."""

    symbol: str
    name: str
    exchange: str
    start_price: float
    dividend_yield: float
    rule: Rule
    listed_on: str = "0001-01-01"


def cap_of(pick: Callable[[State], Flags]) -> Rule:
    """Cap-weighted holdings of those picked."""
    return lambda state: state.cap * pick(state)


def members(state: State) -> Flags:
    """The simulated SP500."""
    return state.member_next


def small(state: State) -> Flags:
    """The small companies."""
    picked: Flags = state.live & (state.universe.tier == SMALL)
    return picked


def nasdaq(state: State) -> Flags:
    """Everything listed on Nasdaq."""
    return state.live & state.universe.has(exchange="NMS")


def nasdaq_leaders(state: State) -> Flags:
    """Members listed on Nasdaq, without financials."""
    return state.member_next & state.universe.has(exchange="NMS") & ~state.universe.has(sector=FINANCE)


def labelled(inside: Callable[[State], Flags], **labels: str) -> Callable[[State], Flags]:
    """Those of ``inside`` with the given labels."""
    return lambda state: inside(state) & state.universe.has(**labels)


def everyone(state: State) -> Flags:
    """Every line that trades."""
    return state.live


def value_side(inside: Callable[[State], Flags]) -> Rule:
    """Cap times the rank of book to market among those picked."""
    return lambda state: state.cap * inside(state) * _value_rank(state)


def growth_side(inside: Callable[[State], Flags]) -> Rule:
    """Cap times what the value side leaves."""
    return lambda state: state.cap * inside(state) * (1.0 - _value_rank(state))


def top_third(score: Callable[[Universe], Floats]) -> Rule:
    """Cap-weighted third of the members with the highest score, a fixed characteristic."""

    def rule(state: State) -> Floats:
        return state.cap * state.member_next * (_rank(score(state.universe)) >= 2 / 3)

    return rule


def low_beta(state: State) -> Floats:
    """Equal-weighted third of the members with the lowest market beta."""
    return 1.0 * state.member_next * (_rank(state.universe.loading[0]) <= 1 / 3)


def low_size(state: State) -> Floats:
    """Members by the square root of their cap: a mid-cap tilt inside large and mid caps."""
    return np.sqrt(state.cap) * state.member_next


def momentum(state: State) -> Floats:
    """Cap-weighted third of the members with the best return from 252 to 21 sessions ago, chosen at quarterly resets."""
    past = np.zeros_like(state.tri)
    past[MOMENTUM_SESSIONS:] = state.tri[MOMENTUM_SESSIONS - MOMENTUM_SKIP : -MOMENTUM_SKIP] / state.tri[:-MOMENTUM_SESSIONS] - 1.0
    chosen = np.ones(state.universe.n, dtype=bool)
    weight = state.cap * state.member_next
    for start, stop in pairwise([*state.resets, len(past)]):
        if start >= MOMENTUM_SESSIONS:
            held = state.member_next[start]
            chosen = past[start] >= np.quantile(past[start][held], 2 / 3)
        weight[start:stop] *= chosen
    return weight


def equal_of(pick: Callable[[State], Flags]) -> Rule:
    """Equal weight a company, its lines by cap, reset quarterly, drifting with prices in between (methodology C.7)."""

    def rule(state: State) -> Floats:
        company_cap = state.universe.company_total(state.cap)
        share = np.divide(state.cap, company_cap, out=np.ones_like(state.cap), where=company_cap > 0)
        since = np.zeros(len(state.cap), dtype=np.int64)
        since[state.resets] = state.resets
        since = np.maximum.accumulate(since)
        return np.where(pick(state), share[since] * state.level / state.level[since], 0.0)

    return rule


def price_weighted(state: State) -> Floats:
    """The largest members at the start by their share price, as the Dow Jones average weights them."""
    leaders = np.argsort(-state.universe.start_cap * (state.universe.tier != SMALL), kind="stable")[:DOW_SIZE]
    return state.price * state.member_next * np.isin(np.arange(state.universe.n), leaders)


def mega_primary(state: State) -> Flags:
    """One line of each mega company."""
    picked: Flags = state.live & (state.universe.tier == MEGA) & (state.universe.issuer == np.arange(state.universe.n))
    return picked


def _rank(values: Floats) -> Floats:
    """Rank of each value, 0 to 1."""
    rank: Floats = np.argsort(np.argsort(values, kind="stable"), kind="stable") / max(len(values) - 1, 1)
    return rank


def _value_rank(state: State) -> Floats:
    """Rank of book to market within the size half of the line, so that both halves have a value and a growth side."""
    is_small = state.universe.tier == SMALL
    out = np.zeros(state.universe.n)
    for half in (is_small, ~is_small):
        out[half] = _rank(state.universe.book_yield[half])
    return out


FUNDS = (
    Fund("SPY", "S&P 500 cap-weighted fund", "PCX", 210.0, 0.015, cap_of(members)),
    Fund("RSP", "S&P 500 equal-weighted fund", "PCX", 80.0, 0.017, equal_of(members)),
    Fund("QQQ", "Nasdaq leaders fund", "NMS", 108.0, 0.007, cap_of(nasdaq_leaders)),
    Fund("IWM", "small-cap fund", "PCX", 115.0, 0.013, cap_of(small)),
    Fund("IWD", "large value fund", "PCX", 103.0, 0.022, value_side(members)),
    Fund("IWF", "large growth fund", "PCX", 100.0, 0.008, growth_side(members)),
    Fund("IWN", "small value fund", "PCX", 98.0, 0.019, value_side(small)),
    Fund("IWO", "small growth fund", "PCX", 138.0, 0.006, growth_side(small)),
    Fund("VLUE", "enhanced value fund", "BTS", 62.0, 0.024, top_third(lambda u: u.book_yield)),
    Fund("MTUM", "momentum fund", "BTS", 76.0, 0.010, momentum),
    Fund("QUAL", "quality fund", "BTS", 66.0, 0.013, top_third(lambda u: u.loading[LOADING_NAMES.index("RMW")])),
    Fund("USMV", "minimum volatility fund", "BTS", 46.0, 0.018, low_beta),
    Fund("SIZE", "low size fund", "PCX", 68.0, 0.016, low_size),
    Fund("KRE", "regional banks fund", "PCX", 40.0, 0.026, equal_of(labelled(everyone, industry="Banks - Regional"))),
    Fund("MAGS", "seven mega companies fund", "BTS", 25.0, 0.002, equal_of(mega_primary), "2023-04-11"),
    Fund("XLE", "energy fund", "PCX", 68.0, 0.035, cap_of(labelled(members, sector=ENERGY))),
    Fund("OIH", "oil services fund", "PCX", 290.0, 0.015, cap_of(labelled(everyone, industry="Oil & Gas Equipment & Services"))),
    Fund("DIA", "thirty leaders fund", "PCX", 178.0, 0.019, price_weighted),
)

INDICES = (
    Fund("^GSPC", "S&P 500 index", "SNP", 2100.0, 0.0, cap_of(members)),
    Fund("^RUT", "small-cap index", "NIM", 1150.0, 0.0, cap_of(small)),
    Fund("^IXIC", "Nasdaq composite index", "NIM", 4850.0, 0.0, cap_of(nasdaq)),
    Fund("^NDX", "Nasdaq leaders index", "NIM", 4420.0, 0.0, cap_of(nasdaq_leaders)),
)
