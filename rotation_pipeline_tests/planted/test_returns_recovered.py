"""Returns of groups: cap-weighted, equal-weighted and their dispersion, from planted returns and the caps of the day before (V.3)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from rotation_pipeline.sources.simulated.clock import Flags, Floats
from rotation_pipeline.sources.simulated.labels import MEGA
from rotation_pipeline.sources.simulated.planted.truth_prices import price_returns
from rotation_pipeline_tests.planted.bench import Run
from rotation_pipeline_tests.planted.held import GAP_MAX

EXACT = 1e-9


def seen_returns(run: Run, one_session: Floats) -> Floats:
    """What a reader of the bars that arrived can know (T, N): over the gap, on the session that ends it; NaN without a return.

    A line that ended has its delisting return.
    """
    level = np.cumsum(np.log1p(one_session), axis=0)
    number = np.arange(len(level))[:, None]
    last = np.maximum.accumulate(np.where(run.sound, number, -1), axis=0)
    before = np.vstack([np.full((1, level.shape[1]), -1), last[:-1]])
    known = run.sound & (before >= 0) & (number - before <= GAP_MAX)
    start = np.take_along_axis(level, np.maximum(before, 0), axis=0)
    return np.where(known, np.expm1(level - start), run.booked)


def caps_before(run: Run) -> Floats:
    """Caps (T, N) of the lines at the close before, USD, as built: the market caps have a test of their own. NaN without one.

    A line that comes back after more sessions than a cap is carried on, but with a return, has the cap of its last price.
    """
    clock, n = run.planted.market.clock, run.planted.market.universe.n
    built = run.frame("select security_id, session, line_cap_usd from core.market_cap").drop_nulls()
    caps = np.full((clock.n + 1, n), np.nan)
    at = clock.at_or_after(built["session"].to_numpy().astype("datetime64[D]"))
    caps[at + 1, built["security"].to_numpy()] = built["line_cap_usd"].to_numpy()
    for t, i in zip(*np.nonzero(run.sound & np.isnan(caps[:-1])), strict=True):
        before = np.flatnonzero(run.sound[max(t - GAP_MAX, 0) : t, i])
        if len(before):
            caps[t, i] = caps[max(t - GAP_MAX, 0) + before[-1] + 1, i]
    return caps[:-1]


def groups(run: Run) -> dict[str, Flags]:
    """Members (T, N) of the list, the seven, and the list without them."""
    market = run.planted.market
    tech = np.broadcast_to(market.universe.tier == MEGA, run.member.shape)
    listed = run.member
    return {"SP500": listed, "MAG7": tech, "SP493": listed & ~tech}


@pytest.mark.parametrize("basis", ["total", "price"])
def test_a_group_returns_what_its_members_do(run: Run, basis: str) -> None:
    one_session = run.planted.total_return if basis == "total" else price_returns(run.planted)
    seen, caps = seen_returns(run, one_session), caps_before(run)
    for universe, member in groups(run).items():
        counts = member & ~np.isnan(seen)
        weight = np.where(member & ~np.isnan(caps), caps, 0.0)
        parts = weight * np.nan_to_num(seen)
        built = run.frame(
            "select session, n_returns, cw_return, ew_daily_return from core.universe_return"
            f" where universe_id = '{universe}' and basis = '{basis}' order by session"
        )
        rows = run.planted.market.clock.at_or_after(built["session"].to_numpy().astype("datetime64[D]"))
        kept = weight[rows].sum(axis=1) > 0  # no cap is believed in the first five sessions (E.1)
        rows, built = rows[kept], built.filter(pl.Series(kept))
        assert len(rows) > 0.95 * run.planted.market.clock.n
        assert np.array_equal(built["n_returns"].to_numpy(), counts[rows].sum(axis=1))
        cap_weighted, equal = parts[rows].sum(axis=1) / weight[rows].sum(axis=1), _mean(seen, counts)[rows]
        assert np.abs(built["cw_return"].to_numpy() - cap_weighted).max() < EXACT
        assert np.abs(built["ew_daily_return"].to_numpy() - equal).max() < EXACT


def test_dispersion_is_the_spread_of_the_members_returns(run: Run) -> None:
    sound, member, planted = run.sound, run.planted.market.membership.is_member, run.planted.total_return
    counts = np.zeros_like(member)
    counts[1:] = member[1:] & sound[1:] & sound[:-1]
    wanted = np.sqrt(_mean((planted - _mean(planted, counts)[:, None]) ** 2, counts))
    built = run.frame(
        "select session, n_returns, dispersion_ew from core.universe_dispersion"
        " where universe_id = 'SP500' and horizon = 1 and n_returns > 0 order by session"
    )
    rows = run.planted.market.clock.at_or_after(built["session"].to_numpy().astype("datetime64[D]"))
    assert len(rows) > 0.95 * len(wanted)
    assert np.array_equal(built["n_returns"].to_numpy(), counts.sum(axis=1)[rows])
    assert np.abs(built["dispersion_ew"].to_numpy() - wanted[rows]).max() < EXACT


def _mean(values: Floats, counts: Flags) -> Floats:
    """Mean (T) where it ``counts``; 0 where nothing does."""
    mean: Floats = np.where(counts, values, 0.0).sum(axis=1) / np.maximum(counts.sum(axis=1), 1)
    return mean
