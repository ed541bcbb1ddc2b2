"""Identity, membership, announcements, trailing sums, multiples and breadth: found as they were planted (V.3)."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from rotation_pipeline_tests.planted.bench import END, Run

EXACT = 1e-9


def test_every_symbol_of_a_day_leads_to_its_line(run: Run) -> None:
    spells = run.frame("select security_id, symbol, valid_from as from_day, valid_to as to_day from core.line_symbol")
    days = run.truth.true_price.select("security", "session")
    inside = pl.col("valid_from").fill_null(date.min) <= pl.col("session"), pl.col("session") < pl.col("valid_to").fill_null(date.max)
    spelt = days.join(run.truth.true_identity.select("security", "symbol", "valid_from", "valid_to"), on="security").filter(*inside)
    found = spelt.join(spells, on="symbol", suffix="_found").filter(
        pl.col("from_day") <= pl.col("session"), pl.col("session") < pl.col("to_day")
    )
    assert found.height == spelt.height == days.height
    assert found.filter(pl.col("security") != pl.col("security_found")).is_empty()


def test_a_rename_keeps_its_line_and_a_reused_symbol_is_another(run: Run) -> None:
    names = run.truth.true_identity
    renames = run.planted.roles.renames
    assert run.number["security"].is_unique().all()
    assert run.number["security_id"].is_unique().all()
    assert run.number.height == names["security"].n_unique()
    reused = names.filter(pl.col("symbol") == renames[0].old_symbol).sort("first_session")
    assert reused["security"].n_unique() == 2
    left_on, taken_on = reused["valid_to"][0], reused["first_session"][1]
    assert left_on < taken_on
    assert run.warehouse.rows("select count(*) from core.symbol_rename where is_applied") == [(len(renames),)]


def test_lives_begin_and_end_as_planted(run: Run) -> None:
    planted = run.truth.true_identity.filter(pl.col("valid_to").is_null())
    built = run.frame(
        "select security_id, first_session as found_first, delist_session, delist_reason as found_reason, delist_return as found_return,"
        " is_delist_return_assumed from core.security"
    )
    both = planted.join(built, on="security")
    same = [
        pl.col("first_session").eq(pl.col("found_first")),
        pl.col("last_session").eq_missing(pl.col("delist_session")),
        pl.col("delist_reason").eq_missing(pl.col("found_reason")),
        pl.col("delist_return").eq_missing(pl.col("found_return")),
        pl.col("is_return_assumed").eq(pl.col("is_delist_return_assumed")),
    ]
    assert both.filter(~pl.all_horizontal(same)).is_empty()
    assert set(both["delist_reason"].drop_nulls()) == {"MERGER_CASH", "MERGER_STOCK", "PERFORMANCE", "LIQUIDATION", "UNKNOWN"}


def test_membership_is_the_planted_list(run: Run) -> None:
    built = run.frame("select security_id, valid_from, valid_to from core.membership where universe_id = 'SP500'")
    planted = run.truth.true_membership.select("valid_from", "valid_to", "security")
    key = ["security", "valid_from"]
    assert built.select(planted.columns).sort(key).equals(planted.sort(key))


def test_every_announcement_has_its_sessions_and_moves(run: Run) -> None:
    built = run.frame(
        "select security_id, fiscal_period_end, announced_on, timing, known_session, reaction_session, n_moves::bigint as n_moves"
        " from core.earnings_event where status = 'REPORTED'"
    )
    planted = run.truth.true_event.select(pl.exclude("eps_actual"))
    key = ["security", "fiscal_period_end"]
    assert built.select(planted.columns).sort(key).equals(planted.sort(key))
    assert set(planted["timing"]) == {"BMO", "DMH", "AMC", "UNKNOWN"}
    assert planted["n_moves"].max() == 2


def test_trailing_sums_are_exact_from_the_session_that_knew_them(run: Run) -> None:
    built = run.frame(
        "select line.security_id, spell.known_from as known_session, spell.period_end, spell.eps_fwd"
        " from core.trailing_fundamental as spell join core.security as line on line.issuer_id = spell.issuer_id and line.is_primary"
        " where spell.basis = 'street' and spell.eps_fwd is not null"
    )
    # What came out after the last close is known on a session that has not come.
    planted = run.truth.true_fundamental.filter(pl.col("known_session") <= END)
    both = planted.join(built, on=["security", "known_session", "period_end"], how="full", coalesce=True)
    assert both.height == planted.height == built.height
    assert both.select((pl.col("eps_fwd") / pl.col("eps_first_basis") - 1).abs().max()).item() < EXACT
    growth = both.drop_nulls("growth").join(run.truth.true_identity.select("security", "tier").unique(), on="security")
    assert growth.filter(pl.col("tier") == 0)["growth"].round(9).unique().to_list() == [0.19]
    assert set(growth.filter(pl.col("tier") == 1)["growth"].round(9)) == {0.14}


def test_the_planted_ratio_of_multiples_is_one_half(run: Run) -> None:
    day = run.truth.true_multiple["session"][0]
    built = dict(run.warehouse.rows(
        "select cohort_id, value from mart.valuation where measure = 'pe_incl' and basis = 'street' and cohort_id in ('MAG7', 'SP493')"
        f" and session = date '{day}'"
    ))  # fmt: skip
    planted = dict(run.truth.true_multiple.select("cohort_id", "pe_incl").iter_rows())
    assert built == {cohort: pytest.approx(multiple, rel=EXACT) for cohort, multiple in planted.items()}
    assert built["SP493"] / built["MAG7"] == pytest.approx(0.5, rel=EXACT)


def _counted(run: Run) -> pl.DataFrame:
    return run.frame("select * from core.universe_breadth where universe_id = 'SP500' and basis = 'price' order by session")


def test_advancing_and_declining_are_counted_as_planted(run: Run) -> None:
    built = _counted(run)
    level, member = run.level, run.planted.market.membership.is_member
    change = np.full_like(level, np.nan)
    change[1:] = level[1:] - level[:-1]
    up, down = ((member & (sign * change > 0)).sum(axis=1) for sign in (1.0, -1.0))
    assert np.array_equal(built["n_advancing"].to_numpy(), up)
    assert np.array_equal(built["n_declining"].to_numpy(), down)


@pytest.mark.parametrize("n", [20, 50, 200])
def test_names_above_their_average_are_counted_as_planted(run: Run, n: int) -> None:
    built = _counted(run)
    level, member = run.level, run.planted.market.membership.is_member
    needed, above, eligible = int(np.ceil(0.98 * n)), np.zeros(len(level)), np.zeros(len(level))
    for t in range(n - 1, len(level)):
        window = level[t - n + 1 : t + 1]
        old_enough = run.planted.plan.first <= t - n + 1
        ready = member[t] & old_enough & ~np.isnan(level[t]) & ((~np.isnan(window)).sum(axis=0) >= needed)
        mean = np.nansum(window, axis=0) / np.maximum((~np.isnan(window)).sum(axis=0), 1)
        eligible[t], above[t] = ready.sum(), (ready & (level[t] > mean)).sum()
    assert np.array_equal(built[f"n_eligible_{n}"].to_numpy(), eligible)
    assert np.array_equal(built[f"n_above_{n}"].to_numpy(), above)


def test_as_many_advance_as_the_factors_let_expect(run: Run) -> None:
    """The z of each session has mean 0 and sd 1; without noise nothing is left to chance."""
    breadth = run.truth.true_breadth_expectation.filter(pl.col("n_counted") > 0)
    if not run.planted.design.is_noisy:
        assert (breadth["n_advancing"] == breadth["expected_advancing"]).all()
        return
    z = ((breadth["n_advancing"] - breadth["expected_advancing"]) / breadth["variance_advancing"].sqrt()).to_numpy()
    assert 0.9 < z.std() < 1.1
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
