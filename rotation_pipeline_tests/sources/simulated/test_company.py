"""Earnings dates, results, statements and share counts of the simulated companies."""

from __future__ import annotations

from datetime import time

import numpy as np
import polars as pl
from numpy.testing import assert_allclose

from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.simulated.labels import ENERGY, FINANCE, INDUSTRY, MATERIALS, MEGA, SMALL
from rotation_pipeline.sources.simulated.market import Market


def reported(whole: Batch) -> pl.DataFrame:
    return whole.frames["raw.earnings_event"].filter(pl.col("eps_actual").is_not_null())


def test_each_event_is_expected_then_confirmed_then_reported(whole: Batch) -> None:
    rows = whole.frames["raw.earnings_event"].with_columns(lead=(pl.col("announced_on") - pl.col("observed_on")).dt.total_days())
    assert rows.filter(~pl.col("is_confirmed"))["lead"].is_between(25, 75).all()
    assert rows.filter(pl.col("eps_actual").is_not_null())["lead"].unique().to_list() == [0]
    dates = rows.group_by("symbol", "fiscal_period_end").agg(pl.col("announced_on").n_unique(), pl.len())
    assert 0.1 < (dates["announced_on"] > 1).mean() < 0.6
    assert rows.filter(pl.col("eps_actual").is_null() & pl.col("announced_at").is_not_null()).is_empty()


def test_announcement_instants_agree_with_their_timing(whole: Batch) -> None:
    rows = reported(whole).with_columns(
        at=pl.col("announced_at").dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York"),
    )
    assert set(rows["timing"]) == {"BMO", "AMC", "DMH", "UNKNOWN"}
    known = rows.filter(pl.col("timing") != "UNKNOWN")
    assert (known["at"].dt.date() == known["announced_on"]).all()
    assert known.filter(pl.col("timing") == "BMO")["at"].dt.time().max() < time(9, 30)
    assert known.filter(pl.col("timing") == "AMC")["at"].dt.time().min() >= time(13, 0)
    assert rows.filter((pl.col("timing") == "UNKNOWN") != pl.col("announced_at").is_null()).is_empty()
    assert set(rows["announced_on"].dt.weekday()) == {1, 2, 3, 4, 5}


def test_street_eps_is_near_but_not_net_income_per_share(market: Market) -> None:
    made, companies = market.fundamentals, market.universe.company_total(market.fundamentals.shares_fwd)
    per_share = made.net_income / companies
    gap = (made.street_eps_fwd / per_share - 1.0)[made.exists & (per_share > 0)]
    assert 0.0 < np.median(gap) < 0.06
    assert (np.abs(gap) < 0.10).mean() > 0.85
    assert (np.abs(gap) > 1e-6).all()


def test_eps_is_quoted_on_the_basis_of_its_day(whole: Batch, market: Market) -> None:
    rows = reported(whole)
    assert (rows["basis_date"] == rows["announced_on"]).all()
    assert (rows["eps_actual"] != 0).all()
    split = market.universe.fates.splits[0]
    symbol = market.universe.companies[split.name].symbol
    quoted = rows.filter(pl.col("symbol") == symbol).sort("announced_on")
    at = market.clock.at_or_before(quoted["announced_on"].to_numpy())
    k = np.searchsorted(market.calendar.announced_on[:, split.name], quoted["announced_on"].to_numpy())
    expected = market.fundamentals.street_eps_fwd[k, split.name] / market.split_factor[at, split.name]
    assert_allclose(quoted["eps_actual"].to_numpy(), expected, atol=0.0051)


def test_most_companies_beat(whole: Batch) -> None:
    rows = reported(whole).with_columns(surprise=pl.col("eps_actual") - pl.col("eps_estimate"))
    assert 0.5 < np.mean(rows["surprise"].to_numpy() > 0.005) < 0.85


def test_share_counts_carry_splits_on_their_own_basis(whole: Batch, market: Market) -> None:
    counts = whole.frames["raw.share_count"]
    assert (counts["basis_date"] == counts["as_of"]).all()
    assert (counts["known_on"] >= counts["as_of"]).all()
    split = next(s for s in market.universe.fates.splits if s.ratio == 10.0)
    day = split.on.item()
    mine = counts.filter(pl.col("symbol") == market.universe.companies[split.name].symbol).sort("as_of")
    before, after = (mine.filter(pl.col("as_of") < day), mine.filter(pl.col("as_of") > day))
    assert_allclose(after["shares"][0] / before["shares"][-1], 10.0, rtol=0.05)


def test_two_classes_share_a_company_but_not_a_count(whole: Batch) -> None:
    last = whole.frames["raw.share_count"].sort("as_of").group_by("symbol").agg(pl.col("shares").last())
    a, c = (last.filter(pl.col("symbol") == s)["shares"][0] for s in ("GOOGL", "GOOG"))
    assert abs(a / c - 1) > 0.02
    pair = whole.frames["raw.listing"].filter(pl.col("symbol").is_in(["GOOGL", "GOOG"]))
    assert pair["issuer_key"].n_unique() == 1
    statements = whole.frames["raw.statement"]
    assert (
        statements.filter(pl.col("symbol") == "GOOGL").drop("symbol").equals(statements.filter(pl.col("symbol") == "GOOG").drop("symbol"))
    )


def test_cyclical_value_is_cheaper_than_big_tech_and_small_caps_lose(market: Market) -> None:
    universe = market.universe
    sector = np.array([c.sector for c in universe.companies])
    mega = np.median(universe.earnings_yield[universe.tier == MEGA])
    cyclical = np.median(universe.earnings_yield[(universe.tier != SMALL) & np.isin(sector, [INDUSTRY, FINANCE, ENERGY, MATERIALS])])
    assert cyclical > 1.6 * mega
    assert_allclose((universe.earnings_yield[universe.tier == SMALL] < 0).mean(), 0.30, atol=0.02)
    assert (universe.earnings_yield[universe.tier != SMALL] > 0).all()


def test_trailing_earnings_stay_near_the_planted_yield(market: Market) -> None:
    """Earnings follow the market cap of the past half year: a P/E is off by its growth, not by a random walk."""
    made, universe = market.fundamentals, market.universe
    last = np.flatnonzero(made.exists[:, 0] & (market.calendar.announced_on[:, 0] <= market.clock.sessions[-1]))[-1]
    ttm = made.net_income[last - 3 : last + 1].sum(axis=0)
    cap = universe.company_total(np.nan_to_num(market.companies.close[-1:] * made.shares_fwd[last] * market.split_factor[-1]))[0]
    whole_year = made.exists[last - 3 : last + 1].all(axis=0) & ~np.isnan(market.companies.close[-1]) & (universe.earnings_yield > 0)
    ratio = ttm[whole_year] / cap[whole_year] / universe.earnings_yield[whole_year]
    assert 0.7 < np.median(ratio) < 1.3
