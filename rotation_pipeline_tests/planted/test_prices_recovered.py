"""Prices, returns, actions and caps: what the pipeline makes of the vendor's frames is what was planted (V.3)."""

from __future__ import annotations

import numpy as np
import polars as pl

from rotation_pipeline_tests.planted.bench import Run

EXACT = 1e-9
GAP_MAX = 10  # sessions that a return may span (0.6)
CAPS_FROM = 6  # a share count is judged from the fifth session of a line's prices on


def test_every_price_that_arrived_is_the_price_as_traded(run: Run) -> None:
    built = run.frame("select security_id, session, close_usd from core.daily_price where close_usd is not null")
    sound = run.truth.true_price.drop_nulls("close").join(run.unheard, on=["security", "session"], how="anti")
    both = sound.join(built, on=["security", "session"], how="left")
    assert both["close_usd"].null_count() == 0
    assert both.select((pl.col("close_usd") / pl.col("close") - 1).abs().max()).item() < EXACT
    assert built.join(sound, on=["security", "session"], how="anti").is_empty()


def test_a_return_is_the_planted_one_and_spans_a_gap(run: Run) -> None:
    log = pl.col("total_return").fill_null(0).log1p().cum_sum().over("security", order_by="session").alias("log_tri")
    price_log = pl.col("price_return").fill_null(0).log1p().cum_sum().over("security", order_by="session").alias("log_price")
    number = pl.DataFrame({"session": run.planted.market.clock.sessions}).with_row_index("at")
    truth = run.truth.true_price.with_columns(log, price_log).join(number, on="session")
    built = run.frame(
        "select security_id, session, total_return as built_return, price_return as built_price, gap_sessions from core.daily_price"
    )
    moves = truth.join(built.drop_nulls("built_return"), on=["security", "session"])
    start = truth.select(
        "security", (pl.col("at") + 0).alias("from_at"), pl.col("log_tri").alias("tri_0"), pl.col("log_price").alias("price_0")
    )
    moves = moves.with_columns((pl.col("at") - pl.col("gap_sessions")).alias("from_at")).join(
        start.cast({"from_at": pl.Int64}), on=["security", "from_at"]
    )
    total = (pl.col("log_tri") - pl.col("tri_0")).exp() - 1 - pl.col("built_return")
    price = (pl.col("log_price") - pl.col("price_0")).exp() - 1 - pl.col("built_price")
    assert max(moves.select(total.abs().max().alias("total"), price.abs().max().alias("price")).row(0)) < 1e-12
    assert set(moves["gap_sessions"].unique()) >= {1, 2}
    assert moves.height > 0.9 * truth.height


def test_a_halt_within_ten_sessions_is_one_return_and_a_longer_one_none(run: Run) -> None:
    clock = run.planted.market.clock
    built = run.frame("select security_id, session, total_return, gap_sessions from core.daily_price where is_valid")
    seen = {}
    for halt in run.planted.roles.halts:
        back = clock.sessions[halt.first + halt.length].item()
        seen[halt.length] = (
            built.filter((pl.col("security") == halt.name) & (pl.col("session") == back)).select("gap_sessions", "total_return").row(0)
        )
    assert {length: gap for length, (gap, _) in seen.items()} == {3: 4, 8: 9, 15: None}
    assert seen[15] == (None, None)


def test_actions_are_told_apart_and_sized(run: Run) -> None:
    amount, kind = pl.col("amount"), pl.col("kind")
    planted = run.truth.true_action.group_by("security", pl.col("ex_session")).agg(
        amount.filter(kind == "split").product().alias("split"),
        amount.filter(kind == "spin_off").product().alias("spin_off"),
        amount.filter(kind == "dividend").sum().alias("cash"),
        pl.col("is_special").any(),
    )
    built = run.frame(
        "select security_id, ex_session, split_ratio, price_only_ratio, cash_usd, is_special as found_special from core.corporate_action"
    )
    both = planted.join(built, on=["security", "ex_session"], how="full", coalesce=True)
    assert both.height == planted.height == built.height
    errors = both.select(
        (pl.col("split_ratio") / pl.col("split") - 1).abs().max(),
        (pl.col("price_only_ratio") / pl.col("spin_off") - 1).abs().max(),
        (pl.col("cash_usd") / pl.when(pl.col("cash") > 0).then("cash").otherwise(1) - pl.col("cash").sign()).abs().max(),
    )
    assert max(errors.row(0)) < EXACT
    assert both.filter(pl.col("is_special") != pl.col("found_special")).is_empty()
    assert both.select(pl.col("is_special").sum(), (pl.col("spin_off") != 1).sum()).row(0) == (1, 2)
    same_day = both.filter((pl.col("split") != 1) & (pl.col("cash") > 0))
    assert same_day.height >= 1


def test_a_bad_print_is_not_used_and_says_why(run: Run) -> None:
    reasons = {"NEGATIVE": "NONPOSITIVE_PRICE", "NO_CLOSE": "NO_PRICE", "CROSSED": "INCONSISTENT_BAR"}
    bad = run.unheard.filter(pl.col("kind").is_in(list(reasons))).with_columns(pl.col("kind").replace(reasons).alias("wanted"))
    built = run.frame("select security_id, session, close_usd, quarantine_reason from core.daily_price")
    both = bad.join(built, on=["security", "session"], how="left")
    assert set(both["kind"]) == set(reasons)
    assert both["close_usd"].null_count() == both.height
    assert both["quarantine_reason"].to_list() == both["wanted"].to_list()


def test_a_leap_that_stands_is_a_suspected_split_or_is_found_out_when_it_is_undone(run: Run) -> None:
    """A leap counts as a usual ratio within 2 % (A.8); a price that moved more on its own that day is beyond it."""
    leaps = run.unheard.filter(pl.col("kind").is_in(["TENFOLD", "TENTH"])).join(run.truth.true_price, on=["security", "session"])
    built = run.frame("select security_id, session, close_usd, quarantine_reason from core.daily_price")
    found = run.frame("select security_id, session, decided_session, is_released from core.price_correction")
    both = leaps.join(built, on=["security", "session"], how="left").join(found, on=["security", "session"], how="full", suffix="_found")
    assert both["close_usd"].null_count() == both.height == found.height == leaps.height
    is_near = pl.col("total_return").abs() < 0.019
    assert set(both.filter(is_near)["quarantine_reason"]) <= {"SUSPECT_SPLIT"}
    assert set(both.filter(pl.col("total_return").abs() > 0.021)["quarantine_reason"]) <= {"BAD_PRINT", "UNTRADED_LEAP"}
    assert both.filter(pl.col("decided_session") <= pl.col("session")).is_empty()


def test_what_was_corrected_or_late_is_told(run: Run) -> None:
    told = run.frame("select security_id, first_session as session, kind, effect from ops.restatement")
    steps = run.frame("select count(distinct load_id) as n from raw.price_bar")["n"].item()
    if steps == 1:
        assert told.is_empty()  # one fetch has nothing to restate
        return
    assert set(told["kind"]) == {"CORRECTION", "LATE_ROW"}
    assert set(told["effect"]) == {"RECOMPUTED"}
    outage = run.truth.true_fault.filter(pl.col("kind") == "OUTAGE")["session"].item()
    assert told.filter(pl.col("session") == outage).height > 90


def test_market_caps_are_price_times_the_count_known_that_day(run: Run) -> None:
    market = run.planted.market
    clock, rows = market.clock, []
    for security, as_of, known_on, shares in run.truth.true_shares.sort("known_on", "as_of").iter_rows():
        at = clock.last_by(np.datetime64(as_of))
        rows.append((security, known_on, shares / (market.split_factor[at, security] if at >= 0 else 1.0)))
    counts = pl.DataFrame(rows, schema={"security": pl.Int64, "known_on": pl.Date, "shares_fwd": pl.Float64}, orient="row").sort("known_on")
    t, i = np.nonzero(run.sound)
    cells = pl.DataFrame({
        "security": i, "session": clock.sessions[t], "close": market.companies.close[t, i], "factor": market.split_factor[t, i],
        "age": t - run.planted.plan.first[i],
    }).sort("session")  # fmt: skip
    wanted = cells.join_asof(
        counts,
        left_on="session",
        right_on="known_on",
        by="security",
        strategy="backward",
        allow_exact_matches=False,
        check_sortedness=False,
    ).with_columns((pl.col("close") * pl.col("shares_fwd") * pl.col("factor")).alias("cap"))
    built = run.frame("select security_id, session, line_cap_usd from core.market_cap where not is_stale")
    both = wanted.filter(pl.col("age") >= CAPS_FROM).join(built, on=["security", "session"], how="left")
    assert both["line_cap_usd"].null_count() == 0
    assert both.select((pl.col("line_cap_usd") / pl.col("cap") - 1).abs().max()).item() < EXACT
