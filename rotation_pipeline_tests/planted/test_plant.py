"""The planted market itself: everything V.3 asks for is in it, it is the same on every machine, and its truth is exact."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from rotation_pipeline.errors import BadConfig, BadInput
from rotation_pipeline.sources.simulated.clock import half_days
from rotation_pipeline.sources.simulated.labels import LARGE, MEGA, SMALL
from rotation_pipeline.sources.simulated.planted.design import Design, design_clock, make_design
from rotation_pipeline.sources.simulated.planted.market import Planted, plant
from rotation_pipeline.sources.simulated.planted.roles import END_RETURNS, deal_fates, deal_roles
from rotation_pipeline.sources.simulated.planted.truth import Truth, truth_of
from rotation_pipeline_tests.planted.bench import END, NAMES, SESSIONS, planted_source


@pytest.fixture(scope="module")
def planted(xnys: Sequence[date]) -> Planted:
    return planted_source().planted_market(tuple(xnys))


@pytest.fixture(scope="module")
def silent(xnys: Sequence[date]) -> Planted:
    """The noise-free market."""
    return planted_source(noisy=False).planted_market(tuple(xnys))


@pytest.fixture(scope="module")
def truth(planted: Planted) -> Truth:
    return truth_of(planted)


def test_the_full_size_is_the_one_of_the_methodology() -> None:
    assert make_design() == Design()
    counts = Design()
    assert (counts.n_lines, counts.n_large, counts.n_small, counts.n_years) == (801, 293, 500, 8)
    assert (counts.n_splits, counts.n_spin_offs, counts.n_delistings, counts.n_listings) == (40, 2, 25, 60)
    assert (counts.n_renames, counts.n_halts, counts.n_bad_prints, counts.n_restatements) == (10, 3, 20, 5)


def test_everything_is_in_it_as_often_as_designed(planted: Planted, truth: Truth) -> None:
    design, universe = planted.design, planted.market.universe
    assert Counter(universe.tier.tolist()) == {MEGA: 8, LARGE: design.n_large, SMALL: design.n_small}
    kinds = truth.true_action.group_by("kind").len()
    assert dict(kinds.iter_rows())["split"] == design.n_splits
    assert dict(kinds.iter_rows())["spin_off"] == design.n_spin_offs
    assert (truth.true_action.filter(pl.col("kind") == "split")["amount"] < 1).sum() == design.n_splits // 4
    assert truth.true_action["is_special"].sum() == 1
    lives = truth.true_identity.filter(pl.col("valid_to").is_null())
    assert lives["last_session"].count() == design.n_delistings
    assert lives.filter(pl.col("first_session") > planted.market.clock.sessions[0].item()).height == design.n_listings
    assert truth.true_identity["valid_to"].count() == design.n_renames
    assert truth.true_exchange["valid_to"].count() == design.n_exchange_moves
    faults = Counter(planted.faults.kind)
    assert faults["RESTATED"] == design.n_restatements
    assert sum(faults[kind] for kind in ("TENFOLD", "TENTH", "NEGATIVE", "NO_CLOSE", "CROSSED")) == design.n_bad_prints
    n_bars = truth.true_price["close"].count()
    assert faults["MISSING"] / n_bars == pytest.approx(design.missing_share, abs=0.004)
    losers = (universe.earnings_yield < 0) & (universe.tier == SMALL)
    assert losers.sum() == round(0.3 * design.n_small)


def test_a_return_is_loadings_times_factors_plus_noise(planted: Planted, silent: Planted) -> None:
    factors, loading = silent.market.factors, silent.market.universe.loading
    systematic = sum(factors[:, k, None] * loading[None, k] for k in range(5))
    assert_allclose(silent.total_return, systematic, rtol=0, atol=1e-12)
    noise = planted.total_return - systematic
    for tier, sd in ((MEGA, 0.012), (LARGE, 0.015), (SMALL, 0.025)):
        assert noise[:, planted.market.universe.tier == tier].std() == pytest.approx(sd, rel=0.05)


@pytest.mark.parametrize("kind", ["planted", "silent"])
def test_prices_and_distributions_add_up_to_the_return(kind: str, request: pytest.FixtureRequest) -> None:
    market: Planted = request.getfixturevalue(kind)
    close, out = market.path.close, market.path.cash + market.path.in_kind
    told = market.plan.split[1:] * (close + out)[1:] / close[:-1] - 1.0
    assert np.nanmax(np.abs(told - market.total_return[1:])) < 1e-12


def test_the_rotation_begins_and_ends_on_its_sessions(truth: Truth) -> None:
    episodes = truth.true_episode.sort("factor").rows()
    window = date(2026, 1, 2), date(2026, 1, 22)
    assert episodes == [("HML", *window, 0.002), ("SMB", *window, 0.003), ("TECH", *window, -0.002)]
    inside = truth.true_factor.filter(pl.col("session").is_between(*window))
    assert inside["session"].n_unique() == 14


def test_eight_years_hold_the_decoy_and_results_on_half_days(xnys: Sequence[date]) -> None:
    planted = plant(xnys, make_design(NAMES, n_years=8), 7, END)
    truth = truth_of(planted)
    decoy = truth.true_episode.sort("first_session").row(0)
    assert decoy == ("SMB", date(2024, 7, 11), date(2024, 7, 17), 0.006)
    halves = half_days(planted.market.clock.first_date, planted.market.clock.last_date).tolist()
    half = truth.true_event.filter(pl.col("announced_on").is_in(halves))
    late = half.filter(pl.col("timing") == "AMC")
    assert late.height >= 3
    assert (late["known_session"] > late["announced_on"]).all()
    assert half.filter(pl.col("timing") == "BMO").select((pl.col("known_session") == pl.col("announced_on")).all()).item()


def test_the_full_market_ends_in_every_way_with_and_without_terms(xnys: Sequence[date]) -> None:
    fates = deal_fates(Design(), 7, np.repeat([MEGA, LARGE, SMALL], [8, 293, 500]), 18, design_clock(Design(), xnys, END))
    told = Counter((reason, fates.told_return[i] is not None) for i, reason in enumerate(fates.delist_reason) if reason)
    assert told.total() == Design().n_delistings
    assert set(told) == {(reason, is_told) for reason in END_RETURNS for is_told in (True, False)}


def test_growth_and_the_ratio_of_multiples_are_exact(truth: Truth) -> None:
    multiples = dict(truth.true_multiple.filter("is_planted_ratio").select("cohort_id", "pe_incl").iter_rows())
    assert multiples["SP493"] / multiples["MAG7"] == pytest.approx(0.5, rel=1e-12)
    tier = truth.true_identity.select("security", "tier").unique()
    growth = truth.true_fundamental.drop_nulls("growth").join(tier, on="security")
    for rank, rate in ((MEGA, 0.19), (LARGE, 0.14)):
        assert_allclose(growth.filter(pl.col("tier") == rank)["growth"].to_numpy(), rate, rtol=1e-11)


def test_announcements_meet_half_days_fridays_holidays_and_moves(truth: Truth, planted: Planted) -> None:
    events = truth.true_event
    assert set(events["n_moves"]) == {0, 1, 2}
    assert (events["announced_on"].dt.weekday() == 5).any()
    sessions = set(planted.sessions.astype("datetime64[D]").tolist())
    assert not set(events["announced_on"]) <= sessions  # some on weekdays that are no sessions
    late = events.filter((pl.col("timing") == "AMC") & (pl.col("announced_on").dt.weekday() == 5))
    assert (late["known_session"].dt.weekday() != 5).all()


# Bit for bit: these digests are the same on every machine and for every version of the libraries.
DIGESTS = {
    "factors": "0c48f5a3bb6fc2bf",
    "loading": "ff04ca3a8ee4b48a",
    "close": "b8cc5d9ae83b3b76",
    "cash": "b88e36b943bf8c58",
    "eps": "443aa33e94a27c80",
}


def test_it_is_the_same_on_every_machine(planted: Planted) -> None:
    market = planted.market
    arrays = {
        "factors": market.factors,
        "loading": market.universe.loading,
        "close": planted.path.close,
        "cash": planted.path.cash,
        "eps": market.fundamentals.street_eps_fwd,
    }
    digests = {
        name: hashlib.sha256(np.ascontiguousarray(np.nan_to_num(array)).tobytes()).hexdigest()[:16] for name, array in arrays.items()
    }
    assert digests == DIGESTS


def test_another_seed_is_another_market(planted: Planted, xnys: Sequence[date]) -> None:
    other = planted_source(seed=8).planted_market(tuple(xnys))
    assert not np.array_equal(other.market.factors, planted.market.factors)
    assert {halt.name for halt in other.roles.halts} != {halt.name for halt in planted.roles.halts}


def test_nobody_has_two_fates(planted: Planted) -> None:
    fates, roles = planted.market.universe.fates, planted.roles
    spun = np.flatnonzero((roles.spin_ratio != 1).any(axis=0)).tolist()
    ends = np.flatnonzero(fates.delisted_on < np.datetime64("9999-12-31")).tolist()
    begins = np.flatnonzero(fates.listed_on > planted.market.clock.first_date).tolist()
    dealt = [split.name for split in fates.splits] + [fates.special_name] + ends + begins + spun
    dealt += [rename.name for rename in roles.renames] + [halt.name for halt in roles.halts]
    assert len(dealt) == len(set(dealt))
    again = deal_roles(planted.design, 7, planted.market.universe, planted.market.clock)
    assert again.renames == roles.renames


def test_truth_is_written_as_it_is(truth: Truth, tmp_path: Path) -> None:
    truth.write(tmp_path / "truth")
    for field in fields(truth):
        assert pl.read_parquet(tmp_path / "truth" / f"{field.name}.parquet").equals(getattr(truth, field.name)), field.name


def test_a_market_that_cannot_hold_it_all_is_refused(xnys: Sequence[date]) -> None:
    with pytest.raises(BadConfig, match="cannot hold"):
        make_design(60)
    with pytest.raises(BadConfig, match="momentum"):
        make_design(NAMES, n_sessions=100)
    with pytest.raises(BadInput, match="ends before"):
        plant([session for session in xnys if session < END], make_design(NAMES, n_sessions=SESSIONS), 7, END)
    with pytest.raises(BadInput, match="too few"):
        design_clock(make_design(NAMES, n_sessions=SESSIONS), xnys[-SESSIONS:], xnys[-1])
