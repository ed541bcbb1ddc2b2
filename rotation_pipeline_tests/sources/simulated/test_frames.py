"""The frames land, mean what the contracts say, and hang together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.testing import assert_allclose

from rotation_pipeline.landing import Batch, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.simulated.clock import half_days
from rotation_pipeline.sources.simulated.market import Market
from rotation_pipeline_tests.sources.simulated.bench import END, NOW, as_traded


def test_batch_satisfies_every_contract(whole: Batch, catalog: Catalog, tmp_path: Path) -> None:
    load = Landing(tmp_path, catalog.models).write("simulated", whole, NOW)
    assert {f.table for f in load.files} == {*whole.frames, "ops.fetch_ledger"}
    assert {f.table: f.n_rows for f in load.files if f.table != "ops.fetch_ledger"} == {t: f.height for t, f in whole.frames.items()}


def test_keys_are_unique(whole: Batch) -> None:
    keys = {
        "raw.listing": ["symbol"],
        "raw.membership": ["universe_id", "symbol", "valid_from"],
        "raw.price_bar": ["symbol", "session"],
        "raw.corporate_action": ["symbol", "ex_date", "kind"],
        "raw.share_count": ["symbol", "as_of", "known_on", "kind"],
        "raw.statement": ["symbol", "fiscal_period", "fiscal_period_end"],
        "raw.earnings_event": ["symbol", "announced_on", "observed_on"],
    }
    assert set(keys) == set(whole.frames)
    for table, key in keys.items():
        assert not whole.frames[table].select(key).is_duplicated().any(), table


def test_ledger_has_every_symbol_with_its_rows(whole: Batch) -> None:
    bars = whole.frames["raw.price_bar"]
    entries = {e.subject: e for e in whole.ledger if e.dataset == "raw.price_bar"}
    assert set(entries) == set(bars["symbol"])
    assert sum(e.n_rows for e in entries.values()) == bars.height
    assert entries["SPY"].last_session == END
    assert [e.n_rows for e in whole.ledger if e.dataset == "raw.statement"] == [whole.frames["raw.statement"].height]


def test_bars_are_consistent_and_on_sessions(whole: Batch, xnys: Sequence[date]) -> None:
    bars = whole.frames["raw.price_bar"]
    bad = bars.filter(
        (pl.col("low") > pl.min_horizontal("open", "close"))
        | (pl.col("high") < pl.max_horizontal("open", "close"))
        | (pl.col("low") <= 0)
        | (pl.col("volume") < 0)
    )
    assert bad.is_empty()
    assert set(bars["session"]) == {s for s in xnys if date(2024, 6, 30) < s <= END}
    prices = bars.select("open", "high", "low", "close", "adj_close", "volume").to_numpy()
    assert np.isfinite(prices).all()


def test_as_traded_prices_are_whole_cents(whole: Batch) -> None:
    closes = as_traded(whole)["close"].to_numpy() * 100
    assert_allclose(closes, np.round(closes), atol=1e-3)


def test_closes_run_smoothly_through_splits(whole: Batch) -> None:
    """A return that forgot the split would be 50 % or more off; in the vendor's basis nothing is to be seen."""
    actions = whole.frames["raw.corporate_action"]
    splits = actions.filter(pl.col("kind") == "split")
    assert {1.5, 2.0, 3.0, 4.0, 10.0, 0.1, 0.05} == set(splits["amount"])
    bars = whole.frames["raw.price_bar"].sort("symbol", "session")
    moves = bars.with_columns(move=pl.col("close") / pl.col("close").shift(1).over("symbol") - 1)
    at_split = moves.join(splits, left_on=["symbol", "session"], right_on=["symbol", "ex_date"])
    assert at_split.height == splits.height
    assert at_split["move"].abs().max() < 0.25
    both = splits.join(actions.filter(pl.col("kind") == "dividend"), on=["symbol", "ex_date"])
    assert both.height >= 1


def test_special_dividend_is_a_quarter_of_the_price(market: Market) -> None:
    paid = market.companies.dividend[1:] * market.companies.split[1:] / market.companies.close[:-1]
    assert np.nansum(paid > 0.10) == 1
    assert 0.2 < np.nanmax(paid) < 0.3


def test_adjusted_close_follows_yahoo(whole: Batch) -> None:
    """Its implied return is P / (P(-1) - D) - 1 on one share basis (methodology A.2)."""
    dividends = whole.frames["raw.corporate_action"].filter(pl.col("kind") == "dividend").select("symbol", session="ex_date", cash="amount")
    bars = whole.frames["raw.price_bar"].join(dividends, on=["symbol", "session"], how="left").sort("symbol", "session")
    before = pl.col("close").shift(1).over("symbol") - pl.col("cash").fill_null(0.0)
    implied = bars.select(a=pl.col("adj_close") / pl.col("adj_close").shift(1).over("symbol"), b=pl.col("close") / before).drop_nulls()
    assert_allclose(implied["a"].to_numpy(), implied["b"].to_numpy(), rtol=1e-10)
    last = bars.filter(pl.col("session") == END)
    assert_allclose(last["adj_close"].to_numpy(), last["close"].to_numpy(), rtol=1e-12)


def test_delisted_names_stop_and_say_why(whole: Batch) -> None:
    listing = whole.frames["raw.listing"]
    ends = whole.frames["raw.price_bar"].group_by("symbol").agg(pl.col("session").min().alias("lo"), pl.col("session").max().alias("hi"))
    joined = listing.join(ends, on="symbol", how="left")
    assert (joined["lo"] == joined["first_session"]).all()
    gone = joined.filter(pl.col("last_session").is_not_null())
    assert (gone["hi"] == gone["last_session"]).all()
    assert {"MERGER_CASH", "PERFORMANCE", "LIQUIDATION"} <= set(gone["delist_reason"])
    assert (joined.filter(pl.col("last_session").is_null())["hi"] == END).all()
    assert joined.filter((pl.col("kind") == "EQUITY") & (pl.col("first_session") > date(2024, 8, 1))).height >= 3
    assert listing["name"].str.ends_with("(simulated)").all()


def test_membership_changes_on_sessions_and_never_overlaps(whole: Batch, market: Market, xnys: Sequence[date]) -> None:
    stays = whole.frames["raw.membership"].sort("symbol", "valid_from")
    assert set(stays["valid_from"]) | set(stays["valid_to"].drop_nulls()) <= set(xnys)
    overlap = stays.with_columns(following=pl.col("valid_from").shift(-1).over("symbol")).filter(
        pl.col("valid_to").is_null().fill_null(False) & pl.col("following").is_not_null() | (pl.col("valid_to") > pl.col("following"))
    )
    assert overlap.is_empty()
    gone = whole.frames["raw.listing"].filter(pl.col("last_session").is_not_null()).select("symbol", "last_session")
    assert (
        stays.join(gone, on="symbol")
        .filter(pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("last_session") + timedelta(5)))
        .is_empty()
    )
    assert len(set(stays["valid_from"])) >= 8
    assert set(market.membership.is_member.sum(axis=1)) == {int(market.membership.is_member[0].sum())}


def test_half_days_are_the_exchange_s(xnys: Sequence[date]) -> None:
    from rotation_pipeline.reference.calendar import session_rows

    rows = session_rows(datetime(2026, 11, 22, tzinfo=UTC)).filter(pl.col("session").is_between(date(2014, 1, 1), date(2026, 12, 31)))
    real = set(rows.filter("is_early_close")["session"])
    ours = {d.item() for d in half_days(np.datetime64("2014-01-01"), np.datetime64("2026-12-31"))}
    assert ours & set(xnys) == real
