"""Assumed delisting returns: as many as were planted, where their lines were members, and what they make of the mean (A.5)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from rotation_pipeline_tests.planted.bench import Run


def planted_ends(run: Run) -> pl.DataFrame:
    """Universe, session, count and sum of the planted assumed returns that members book."""
    sessions = pl.DataFrame({"session": run.planted.market.clock.sessions}).with_columns(pl.col("session").shift(1).alias("last_session"))
    ended = run.truth.true_identity.filter(pl.col("valid_to").is_null() & pl.col("is_return_assumed")).join(sessions, on="last_session")
    stays = run.frame("select security_id, universe_id, valid_from, valid_to from core.membership")
    inside = ended.select("security", "session", "delist_return").join(stays, on="security")
    inside = inside.filter(pl.col("valid_from") <= pl.col("session"), pl.col("session") < pl.col("valid_to").fill_null(date.max))
    return inside.group_by("universe_id", "session").agg(pl.len().cast(pl.Int32).alias("n"), pl.col("delist_return").sum().alias("total"))


def test_assumed_returns_are_counted_and_left_out_where_they_were_planted(run: Run) -> None:
    planted = planted_ends(run).sort("universe_id", "session")
    built = run.frame(
        "select universe_id, session, n_assumed as n,"
        " n_returns * ew_daily_return - (n_returns - n_assumed) * ew_daily_return_ex_assumed as total"
        " from core.universe_return where basis = 'total' and n_assumed > 0 order by universe_id, session"
    )
    assert {"SMALL", "RANK3000"} <= set(planted["universe_id"])
    assert built.select("universe_id", "session", "n").equals(planted.select("universe_id", "session", "n"))
    assert built["total"].to_list() == pytest.approx(planted["total"].to_list(), abs=1e-9)
    equal = run.frame(
        "select universe_id, session, n_assumed as n from core.universe_equal_weight where basis = 'total' and n_assumed > 0 order by all"
    )
    assert equal.equals(planted.select("universe_id", "session", "n"))
