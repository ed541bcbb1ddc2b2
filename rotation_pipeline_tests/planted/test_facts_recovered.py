"""Identity, membership, announcements, trailing sums, multiples and breadth: found as they were planted (V.3)."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from rotation_pipeline.sources.simulated.labels import MEGA
from rotation_pipeline_tests.planted.bench import END, Run
from rotation_pipeline_tests.planted.chance import judge, within
from rotation_pipeline_tests.planted.counted import breadth_scores, counted

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


def test_a_move_to_another_exchange_ends_no_line(run: Run) -> None:
    built = run.frame("select security_id, exchange as found, delist_session, delist_return from core.security")
    both = run.truth.true_exchange.filter(pl.col("valid_to").is_null()).join(built, on="security")
    assert both.height == run.number.height
    assert both.filter(pl.col("exchange") != pl.col("found")).is_empty()
    moved = both.filter(pl.col("valid_from").is_not_null())
    assert moved.height == run.planted.design.n_exchange_moves
    assert moved.select(pl.col("delist_session", "delist_return").count()).row(0) == (0, 0)
    told = run.warehouse.rows("select distinct symbol from raw.listing where delist_reason = 'EXCHANGE_MOVE'")
    assert told == [(run.planted.roles.renames[-1].old_symbol,)]


def test_membership_is_the_planted_list(run: Run) -> None:
    built = run.frame("select security_id, valid_from, valid_to from core.list_membership where universe_id = 'SP500'")
    planted = run.truth.true_membership.select("valid_from", "valid_to", "security")
    key, sessions = ["security", "valid_from"], run.planted.market.clock.sessions
    # A line that ends in the list stays for the session that books its delisting return, the one on which the list drops it.
    ended = run.truth.true_identity.drop_nulls("delist_return").unique("security").select("security", "last_session")
    after = pl.DataFrame({"last_session": sessions[:-2], "valid_to": sessions[1:-1], "stays_to": sessions[2:]})
    stays = ended.join(after, on="last_session").select("security", "valid_to", "stays_to")
    wanted = planted.join(stays, on=["security", "valid_to"], how="left").with_columns(valid_to=pl.coalesce("stays_to", "valid_to"))
    assert built.select(planted.columns).sort(key).equals(wanted.select(planted.columns).sort(key))


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
    before = both.select("security", pl.col("period_end").dt.offset_by("1y").dt.month_end(), pl.col("eps_fwd").alias("eps_before"))
    grown = both.with_columns(pl.col("period_end").dt.month_end()).join(before, on=["security", "period_end"])
    growth = (
        grown.with_columns((pl.col("eps_fwd") / pl.col("eps_before") - 1).alias("built_growth"))
        .drop_nulls("growth")
        .join(run.truth.true_identity.select("security", "tier").unique(), on="security")
    )
    assert growth.filter(pl.col("tier") == 0)["growth"].round(9).unique().to_list() == [0.19]
    assert set(growth.filter(pl.col("tier") == 1)["growth"].round(9)) == {0.14}
    assert growth.select((pl.col("built_growth") - pl.col("growth")).abs().max()).item() < EXACT


def test_multiples_are_the_planted_ones_wherever_every_price_arrived(run: Run) -> None:
    """On the session of the planted ratio, which faults keep off, and on the month ends that no missing bar touches."""
    market, clock = run.planted.market, run.planted.market.clock
    arrives = run.sound  # a halted member has no price either
    tech = market.universe.tier == MEGA
    whole = [("MAG7", arrives[:, tech].all(axis=1)), ("SP493", (arrives | ~market.membership.is_member | tech).all(axis=1))]
    arrived = pl.concat(
        pl.DataFrame({"cohort_id": [cohort] * clock.n, "session": clock.sessions, "is_whole": flags}) for cohort, flags in whole
    )
    planted = run.truth.true_multiple.join(arrived, on=["cohort_id", "session"]).filter("is_whole")
    built = run.warehouse.frame("select cohort_id, session, value from mart.valuation where measure = 'pe_incl' and basis = 'street'")
    both = planted.join(built, on=["cohort_id", "session"], how="left")
    assert both["value"].null_count() == 0
    assert both.select((pl.col("value") / pl.col("pe_incl") - 1).abs().max()).item() < EXACT
    assert both.filter(pl.col("cohort_id") == "MAG7").height > len(set(planted["session"])) / 2
    ratio = dict(both.filter("is_planted_ratio").select("cohort_id", "value").iter_rows())
    assert ratio["SP493"] / ratio["MAG7"] == pytest.approx(0.5, rel=EXACT)


def test_advancing_and_declining_are_counted_as_planted(run: Run) -> None:
    built = counted(run)
    level, member = run.level, run.planted.market.membership.is_member
    change = np.full_like(level, np.nan)
    change[1:] = level[1:] - level[:-1]
    up, down = ((member & (sign * change > 0)).sum(axis=1) for sign in (1.0, -1.0))
    assert np.array_equal(built["n_advancing"].to_numpy(), up)
    assert np.array_equal(built["n_declining"].to_numpy(), down)


@pytest.mark.parametrize("n", [20, 50, 200])
def test_names_above_their_average_are_counted_as_planted(run: Run, n: int) -> None:
    built = counted(run)
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
    """Without noise nothing is left to chance; with it a sound pipeline fails once in a thousand markets."""
    if not run.planted.design.is_noisy:
        breadth = run.truth.true_breadth_expectation
        assert (breadth["n_advancing"] == breadth["expected_advancing"]).all()
        return
    z = breadth_scores(run)
    assert len(z) > 0.8 * len(run.level)
    assert within(z, alarm=0.001), judge(z)
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
