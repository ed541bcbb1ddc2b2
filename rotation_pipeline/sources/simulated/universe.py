"""Who exists: labels, characteristics and loadings of the simulated companies (methodology V.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rotation_pipeline.errors import BadConfig
from rotation_pipeline.sources.simulated.clock import Clock, Flags, Floats, Ints
from rotation_pipeline.sources.simulated.fates import Fates, assign_fates
from rotation_pipeline.sources.simulated.labels import DEALT, LARGE, MEGA, NAMED, SMALL, TECH, VALUE_TILT, Company
from rotation_pipeline.sources.simulated.streams import stream

MIN_NAMES = 60
LARGE_SHARE = 0.37
SECOND_CLASS_SIZE = 0.92  # shares of a second class to those of the first
LOSS_SHARE = 0.30  # of the small companies
RESIDUAL_SD = np.array([0.012, 0.015, 0.025])  # daily, by tier (V.3)
VALUE_SD = np.array([0.25, 0.6, 0.6])  # of the value characteristic within a sector, by tier
Deal = Callable[[Ints, int, Clock], Fates]
LOADING_NAMES = ("MKT", "SMB", "HML", "RMW", "TECH")


@dataclass(frozen=True)
class Universe:
    """Arrays over the N lines. ``issuer`` is the index of a company's primary line; yields are to market cap, a year, decimal."""

    companies: tuple[Company, ...]
    tier: Ints
    issuer: Ints
    fates: Fates
    loading: Floats  # (5, N), rows as LOADING_NAMES
    residual_sd: Floats  # daily
    start_cap: Floats  # USD, of the line, at its listing
    start_price: Floats  # USD, as traded
    book_yield: Floats  # book equity to market cap
    earnings_yield: Floats  # negative for loss-makers
    sales_yield: Floats
    dividend_yield: Floats  # 0 for companies that pay none
    share_growth: Floats  # a year, decimal; negative: buybacks
    turnover: Floats  # shares traded a day to shares outstanding

    @property
    def n(self) -> int:
        """Number of lines."""
        return len(self.companies)

    def company_total(self, lines: Floats) -> Floats:
        """Sum over the lines of each company, given back to every line; ``lines`` is (rows, N)."""
        total = np.zeros_like(lines)
        np.add.at(total.T, self.issuer, lines.T)
        return total[:, self.issuer]

    def has(self, **labels: str) -> Flags:
        """True where every given attribute of the company equals the label."""
        return np.array([all(getattr(c, key) == value for key, value in labels.items()) for c in self.companies])


def make_universe(n_names: int, seed: int, clock: Clock, n_large: int | None = None, deal: Deal | None = None) -> Universe:
    """Draw ``n_names`` lines, ``n_large`` of them large; ``deal`` (tiers, number of named lines, clock) says what becomes of whom.

    Raises BadConfig when they are too few to hold one of each kind.
    """
    if n_names < MIN_NAMES:
        raise BadConfig("n_names", f"{n_names} names cannot hold every kind of company", f"choose {MIN_NAMES} or more")
    companies = _companies(n_names, round(LARGE_SHARE * n_names) if n_large is None else n_large)
    tier = np.array([c.tier for c in companies])
    position = {c.symbol: i for i, c in enumerate(companies)}
    issuer = np.array([position[c.issuer] for c in companies])
    fates = deal(tier, len(NAMED), clock) if deal else assign_fates(seed, tier, len(NAMED), clock)

    def draw(name: str) -> Floats:
        shock: Floats = stream(seed, f"universe.{name}").standard_normal(n_names)[issuer]
        return shock

    value = np.array([VALUE_TILT[c.sector] for c in companies]) - 0.2 * (tier == MEGA) + VALUE_SD[tier] * draw("value")
    is_loss = _loss_makers(seed, tier)
    profit = draw("profit") - 0.8 * is_loss
    size = draw("cap")
    cap = np.choose(tier, [450e9 * np.exp(0.3 * size), _between(30e9, 0.9, size, 6e9, 250e9), _between(1.2e9, 0.8, size, 1e8, 5e9)])
    cap = cap * _line_share(issuer)
    earnings = 0.055 * np.exp(0.42 * value + 0.12 * profit + 0.05 * draw("earnings"))
    earnings = np.where(is_loss, -0.025 * np.exp(0.5 * draw("loss")), earnings)
    margin = np.clip(0.11 * np.exp(0.4 * profit), 0.02, 0.4)
    pays = ((draw("pays") < np.choose(tier, [0.0, 0.7, -0.3])) & ~is_loss) | _must_pay(fates, n_names)
    paid_out = np.clip(0.02 * np.exp(0.3 * value + 0.3 * draw("yield")), 0.004, 0.05)
    return Universe(
        companies=companies,
        tier=tier,
        issuer=issuer,
        fates=fates,
        loading=_loadings(companies, tier, value, profit, draw),
        residual_sd=RESIDUAL_SD[tier],
        start_cap=cap,
        start_price=_start_prices(tier, fates, draw("price")),
        book_yield=0.4 * np.exp(0.55 * value + 0.1 * draw("book")),
        earnings_yield=earnings,
        sales_yield=np.abs(earnings) / margin,
        dividend_yield=np.where(pays, paid_out, 0.0),
        share_growth=np.where(tier == SMALL, 0.02, -0.015) + 0.01 * draw("shares"),
        turnover=np.choose(tier, [0.008, 0.007, 0.009]) * np.exp(0.4 * draw("turnover")),
    )


def _companies(n_names: int, n_large: int) -> tuple[Company, ...]:
    """The named companies, then made-up ones: large, then small, sectors dealt in turn within each tier."""
    n_made_up_large = n_large - sum(c.tier == LARGE for c in NAMED)
    made_up = []
    for k in range(n_names - len(NAMED)):
        tier, turn = (LARGE, k) if k < n_made_up_large else (SMALL, k - n_made_up_large)
        sector, industry = DEALT[turn % len(DEALT)]
        exchange = "NMS" if sector in (TECH, "Healthcare") or turn % 3 == 0 else "NYQ"
        shift = 1 if k % 17 == 3 else 2 if k % 23 == 5 else 0
        symbol = f"ZQ{k + 1:04d}"
        made_up.append(Company(symbol, symbol, tier, sector, industry, exchange, symbol, shift))
    return NAMED + tuple(made_up)


def _loadings(companies: tuple[Company, ...], tier: Ints, value: Floats, profit: Floats, draw: Callable[[str], Floats]) -> Floats:
    """Betas (5, N) whose ranks follow the characteristics: size tier and cap for SMB, book to market for HML, profitability for RMW."""
    is_tech = np.array([c.sector == TECH for c in companies])
    return np.stack([
        np.clip(np.choose(tier, [1.1, 1.0, 1.05]) + 0.2 * draw("beta"), 0.3, 1.9),
        np.choose(tier, [-0.35, 0.05, 1.0]) - 0.15 * draw("cap") + 0.1 * draw("smb"),
        0.4 * value + 0.15 * draw("hml"),
        0.35 * profit + 0.15 * draw("rmw"),
        np.where(tier == MEGA, 1.0, np.where(is_tech, 0.4, -0.05)) + 0.05 * draw("tech"),
    ])  # fmt: skip


def _start_prices(tier: Ints, fates: Fates, shock: Floats) -> Floats:
    """As-traded prices that make the planned split plausible: high before a forward split, low before a reverse one."""
    price: Floats = np.choose(tier, [90.0, 70.0, 28.0]) * np.exp(0.4 * shock)
    for split in fates.splits:
        price[split.name] = 60.0 * split.ratio if split.ratio > 1 else 0.3 / split.ratio
    return np.round(price, 2)


def _loss_makers(seed: int, tier: Ints) -> Flags:
    """A fixed share of the small companies, chosen at random."""
    small = np.flatnonzero(tier == SMALL)
    chosen = stream(seed, "universe.losses").permutation(small)[: round(LOSS_SHARE * len(small))]
    return np.isin(np.arange(len(tier)), chosen)


def _line_share(issuer: Ints) -> Floats:
    """Share of each line in its company's cap: a further class is a little smaller, as real ones are."""
    weight = np.where(issuer == np.arange(len(issuer)), 1.0, SECOND_CLASS_SIZE)
    share: Floats = weight / np.bincount(issuer, weights=weight, minlength=len(issuer))[issuer]
    return share


def _must_pay(fates: Fates, n: int) -> Flags:
    """Companies whose split is planned for an ex-dividend day have to pay dividends."""
    return np.isin(np.arange(n), [s.name for s in fates.splits if s.on_dividend])


def _between(median: float, sd: float, shock: Floats, low: float, high: float) -> Floats:
    bounded: Floats = np.clip(median * np.exp(sd * shock), low, high)
    return bounded
