"""What is so in the planted market, as tables: the answers that a pipeline which saw only the vendor's frames must find.

Securities are numbers (the line's place in the market), sessions are dates, prices and per-share figures are USD on the basis
of their own session unless a column says otherwise, returns are decimals. One row is:

true_identity             one line under one symbol (valid_from to the session before valid_to), with its company and its end
true_exchange             one line on one exchange (valid_from to the session before valid_to)
true_loading              one line's loading on one factor, and the daily sd of its residual
true_factor               one factor on one session: realised value, and the mean that was planted
true_price                one line on one session of its life: close (NULL in a halt), one-session returns with and without cash
true_action               one split, spin-off (amount: price before over price after) or cash dividend
true_shares               one filing of shares outstanding, known from the session after known_on
true_membership           one stay in the list, half-open
true_breadth_expectation  the list on one session: what would be counted if every bar arrived, and what the factors let expect
true_episode              one stretch of sessions with a planted mean
true_event                one reported quarter: announcement, first sessions that knew and could react, how often the date moved
true_fundamental          one trailing sum of four quarters from known_session on
true_multiple             one cohort's price-earnings ratio at a month end, and on the session on which the ratio of the two is planted
true_fault                one bar that the vendor gets wrong
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated.emit_market import UNIVERSE_ID
from rotation_pipeline.sources.simulated.factors import PLANTED, expected_factors
from rotation_pipeline.sources.simulated.planted import truth_company, truth_prices
from rotation_pipeline.sources.simulated.planted.market import Planted
from rotation_pipeline.sources.simulated.universe import LOADING_NAMES


@dataclass(frozen=True)
class Truth:
    """The tables named in this module."""

    true_identity: pl.DataFrame
    true_exchange: pl.DataFrame
    true_loading: pl.DataFrame
    true_factor: pl.DataFrame
    true_price: pl.DataFrame
    true_action: pl.DataFrame
    true_shares: pl.DataFrame
    true_membership: pl.DataFrame
    true_breadth_expectation: pl.DataFrame
    true_episode: pl.DataFrame
    true_event: pl.DataFrame
    true_fundamental: pl.DataFrame
    true_multiple: pl.DataFrame
    true_fault: pl.DataFrame

    def write(self, folder: Path) -> None:
        """Write every table to ``folder`` as Parquet, named as it is here."""
        folder.mkdir(parents=True, exist_ok=True)
        for field in fields(self):
            getattr(self, field.name).write_parquet(folder / f"{field.name}.parquet")


def truth_of(planted: Planted) -> Truth:
    """All truth tables of a planted market."""
    return Truth(
        true_identity=truth_company.identities(planted),
        true_exchange=truth_company.exchanges(planted),
        true_loading=_loadings(planted),
        true_factor=_factors(planted),
        true_price=truth_prices.prices(planted),
        true_action=truth_prices.actions(planted),
        true_shares=truth_company.share_filings(planted),
        true_membership=_memberships(planted),
        true_breadth_expectation=truth_prices.breadth(planted),
        true_episode=_episodes(planted),
        true_event=truth_company.events(planted),
        true_fundamental=truth_company.trailing_sums(planted),
        true_multiple=truth_company.multiples(planted),
        true_fault=_faults(planted),
    )


def _loadings(planted: Planted) -> pl.DataFrame:
    universe = planted.market.universe
    n, n_factors = universe.n, len(LOADING_NAMES)
    return pl.DataFrame({
        "security": np.repeat(np.arange(n), n_factors),
        "factor": np.tile(np.array(LOADING_NAMES), n).tolist(),
        "value": universe.loading.T.ravel(),
        "residual_sd": np.repeat(truth_prices.residual_sd(planted), n_factors),
    })  # fmt: skip


def _factors(planted: Planted) -> pl.DataFrame:
    clock = planted.market.clock
    return pl.DataFrame({
        "session": np.repeat(clock.sessions, len(LOADING_NAMES)),
        "factor": np.tile(np.array(LOADING_NAMES), clock.n).tolist(),
        "value": planted.market.factors.ravel(),
        "planted_mean": expected_factors(clock).ravel(),
    })  # fmt: skip


def _memberships(planted: Planted) -> pl.DataFrame:
    clock, stays = planted.market.clock, planted.market.membership.stays
    return pl.DataFrame(
        {
            "universe_id": [UNIVERSE_ID] * len(stays),
            "security": [stay.name for stay in stays],
            "valid_from": [clock.sessions[stay.first].item() for stay in stays],
            "valid_to": [clock.sessions[stay.end].item() if stay.end < clock.n else None for stay in stays],
        },
        schema={"universe_id": pl.String, "security": pl.Int64, "valid_from": pl.Date, "valid_to": pl.Date},
    )


def _episodes(planted: Planted) -> pl.DataFrame:
    """Planted means that begin inside the horizon, cut to it."""
    sessions = planted.market.clock.sessions
    rows = []
    for drift in PLANTED:
        on = sessions[(sessions >= np.datetime64(drift.first)) & (sessions <= np.datetime64(drift.last))]
        if drift.first > "0001-01-01" and len(on):
            rows.append((drift.factor, on[0].item(), on[-1].item(), drift.mean))
    schema = {"factor": pl.String, "first_session": pl.Date, "last_session": pl.Date, "planted_mean": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _faults(planted: Planted) -> pl.DataFrame:
    """Faults of single bars, and the outage: one row without a security. A date is NULL when it does not come."""
    clock, faults = planted.market.clock, planted.faults

    def dates(at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.Series:
        days = pl.Series(clock.sessions[np.minimum(at, clock.n - 1)])
        return pl.DataFrame({"day": days, "comes": at < clock.n}).select(pl.when("comes").then("day"))["day"]

    single = pl.DataFrame({
        "kind": pl.Series(faults.kind, dtype=pl.String),
        "security": faults.name,
        "session": clock.sessions[faults.at],
        "served_on": dates(faults.served_at),
        "corrected_on": dates(np.where(faults.corrected_at > 0, faults.corrected_at, clock.n)),
        "close_factor": faults.factors[:, 3],
    })  # fmt: skip
    out = np.array([faults.outage_at])
    whole_day = pl.DataFrame({"kind": ["OUTAGE"], "session": clock.sessions[out], "served_on": dates(out + 1)})
    return pl.concat([single, whole_day], how="diagonal").sort("session", "security", nulls_last=True)
