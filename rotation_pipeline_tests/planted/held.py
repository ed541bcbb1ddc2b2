"""What the portfolios of a planted market must earn, from the names that they hold: truth for a sort is not the factor itself (V.3).

Sorted legs have no unit spread in a loading and differ in beta, so the truth of a portfolio is the loading-weighted return of its names.
Computed here session by session in numpy; the pipeline gets there without recursion, in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated.clock import Flags, Floats, Ints
from rotation_pipeline.sources.simulated.planted.market import Planted
from rotation_pipeline.sources.simulated.planted.truth_prices import price_returns, residual_sd
from rotation_pipeline_tests.planted.bench import Run

GAP_MAX = 10  # sessions that a return may span (0.6)
CELL = ["formation_session", "factor_id", "variant", "portfolio"]
LEGS = {"UMD": ("UMD", False), "HML_EP": ("HML_EP", False), "HML_BM": ("HML_BM", False)} | {
    "SMB": ("HML_EP", True), "SMB_BM": ("HML_BM", True), "SMB_UMD": ("UMD", True),
}  # fmt: skip


def systematic_returns(planted: Planted) -> Floats:
    """Loadings times factors (T, N): the return without the company's own part."""
    return planted.market.factors @ planted.market.universe.loading


def portfolio_truth(run: Run) -> pl.DataFrame:
    """One row a portfolio and session: mean and variance of its return, given the factors and the weights before."""
    held = run.frame("select formation_session, factor_id, variant, portfolio, security_id, weight from mart.factor_holding")
    clock = run.planted.market.clock
    ends = {day: k for k, day in enumerate(sorted(held["formation_session"].unique()))}
    at = [clock.last_by(np.datetime64(day)) for day in ends] + [clock.n - 1]
    frames = [_holding_period(run, part, at[ends[day]], at[ends[day] + 1]) for (day,), part in held.group_by("formation_session")]
    return pl.concat([frame for frame in frames if frame.height]).sort("session", *CELL)


def factor_truth(run: Run) -> pl.DataFrame:
    """One row a factor, variant and session: what the portfolios say (``recovered``) against the truth, with its variance."""
    built = run.frame("select session, formation_session, factor_id, variant, portfolio, ret from mart.factor_portfolio")
    both = portfolio_truth(run).join(built, on=["session", *CELL], how="left")
    size, side = pl.col("portfolio").str.head(1), pl.col("portfolio").str.tail(1)
    frames = []
    for factor, (sort, is_size) in LEGS.items():
        by_size = pl.when(size == "S").then(1 / 3).otherwise(-1 / 3)
        by_value = pl.when(side == "H").then(0.5).when(side == "L").then(-0.5).otherwise(0.0)
        coefficient = (by_size if is_size else by_value).alias("c")
        frames.append(both.filter(pl.col("factor_id") == sort).with_columns(coefficient).group_by("variant", "session").agg(
            pl.lit(factor).alias("factor_id"),
            (pl.col("c") * pl.col("ret")).sum().alias("recovered"),
            (pl.col("c") * pl.col("mean")).sum().alias("truth"),
            (pl.col("c") ** 2 * pl.col("variance")).sum().alias("variance"),
            pl.len().alias("n_portfolios"),
        ))  # fmt: skip
    return pl.concat(frames).sort("factor_id", "variant", "session")


@dataclass(frozen=True)
class _Names:
    """The names held in a period (columns) and what is true of them (T, columns)."""

    total: Floats  # log of one-session total return without the company's own part
    spread: Floats  # log of the mean square of 1 + the whole return
    price: Floats  # log of the price-only return, as it came about
    sound: Flags
    booked_at: Ints  # session of the delisting return; beyond the last when there is none
    booked: Floats  # that return


def _holding_period(run: Run, held: pl.DataFrame, start: int, end: int) -> pl.DataFrame:
    """The sessions after ``start`` up to ``end`` of what was formed at the close of ``start``."""
    cells = held.select(CELL).unique(maintain_order=True).with_row_index("cell")
    names = np.unique(held["security"].to_numpy())
    weight = np.zeros((cells.height, len(names)))
    placed = held.join(cells, on=CELL, maintain_order="left")
    weight[placed["cell"].to_numpy(), np.searchsorted(names, placed["security"].to_numpy())] = placed["weight"].to_numpy()
    known = _names(run, names)
    sessions, frames = run.planted.market.clock.sessions, []
    last, left, growth = np.full(len(names), start), np.zeros(len(names), dtype=bool), np.ones(len(names))
    for t in range(start + 1, end + 1):
        sound, is_booked = known.sound[t] & ~left, known.booked_at == t
        span = np.where(sound, t - last, 1)
        since = np.where(span <= GAP_MAX, last + 1, t + 1)
        mean, square, price = (_sums(logs, since, t) for logs in (known.total, known.spread, known.price))
        returned = np.where(is_booked, known.booked, np.where(sound, np.expm1(mean), 0.0))
        variance = np.where(sound & ~is_booked, np.exp(square) - np.exp(2 * mean), 0.0)
        stands = ~left & (is_booked | (t - last <= GAP_MAX))  # back after a longer gap it has no return yet
        now = weight * (growth * stands)
        total = now.sum(axis=1)
        frames.append(cells.drop("cell").with_columns(
            pl.lit(sessions[t].item()).alias("session"),
            pl.Series("mean", now @ returned / total),
            pl.Series("variance", (now / total[:, None]) ** 2 @ variance),
        ))  # fmt: skip
        growth *= np.where(is_booked, 1 + known.booked, np.where(sound, np.exp(price), 1.0))
        last, left = np.where(sound, t, last), left | is_booked
    return pl.concat(frames) if frames else pl.DataFrame()


def _sums(logs: Floats, since: Ints, through: int) -> Floats:
    """Sum over the sessions ``since`` (one a column) to ``through``."""
    rows = np.arange(since.min(initial=through), through + 1)
    out: Floats = np.where(rows[:, None] >= since, logs[rows], 0.0).sum(axis=0)
    return out


def _names(run: Run, names: Ints) -> _Names:
    planted, clock = run.planted, run.planted.market.clock
    systematic, sd = systematic_returns(planted)[:, names], residual_sd(planted)[names]
    ends = run.truth.true_identity.filter(pl.col("valid_to").is_null() & pl.col("last_session").is_not_null())
    booked_at, booked = np.full(planted.market.universe.n, clock.n), np.zeros(planted.market.universe.n)
    for security, session, value in ends.select("security", "last_session", "delist_return").iter_rows():
        booked_at[security], booked[security] = clock.last_by(np.datetime64(session)) + 1, value
    return _Names(
        total=np.log1p(systematic),
        spread=np.log((1 + systematic) ** 2 + sd * sd),
        price=np.log1p(price_returns(planted)[:, names]),
        sound=run.sound[:, names],
        booked_at=booked_at[names],
        booked=booked[names],
    )
