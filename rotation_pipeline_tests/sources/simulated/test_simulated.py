"""The source: what it promises about seeds, cuts, cursors and the planted rotation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

from rotation_pipeline.errors import BadConfig, BadInput
from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.base import FetchRequest, Source
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.sources.simulated.funds import make_state, portfolio_return
from rotation_pipeline.sources.simulated.market import Market, generate, shares_fwd
from rotation_pipeline.sources.simulated.streams import stream
from rotation_pipeline_tests.sources.simulated.bench import END, NOW, Fetch, as_traded

MIDDLE = date(2025, 7, 16)
COMPANY_FACTS = ("raw.share_count", "raw.statement", "raw.earnings_event")


def test_it_is_a_source(small: Simulated) -> None:
    source: Source = small
    assert source.is_simulated
    assert source.name == "simulated"


def test_same_seed_same_market_other_seed_another(whole: Batch, xnys: Sequence[date]) -> None:
    (again,) = Simulated(60, 2).fetch(FetchRequest(END, xnys, NOW))
    (other,) = Simulated(60, 2, seed=8).fetch(FetchRequest(END, xnys, NOW))
    assert all(whole.frames[table].equals(again.frames[table]) for table in whole.frames)
    assert not whole.frames["raw.price_bar"].equals(other.frames["raw.price_bar"])


def test_first_draws_are_the_same_on_every_machine() -> None:
    """PCG64 seeded by name: literal values, so that a changed generator or naming is seen."""
    assert stream(7, "factors").integers(0, 1000, 5).tolist() == [910, 357, 502, 232, 251]


def test_cutting_the_future_changes_nothing_that_was_said(fetch: Fetch, whole: Batch) -> None:
    cut = fetch(MIDDLE)
    past = as_traded(whole).filter(pl.col("session") <= MIDDLE)
    assert past.equals(as_traded(cut))
    for table, clock in (("raw.share_count", "known_on"), ("raw.statement", "known_on"), ("raw.earnings_event", "observed_on")):
        assert whole.frames[table].filter(pl.col(clock) <= MIDDLE).equals(cut.frames[table]), table
    dates = whole.frames["raw.corporate_action"].filter(pl.col("ex_date") <= MIDDLE).select("symbol", "ex_date", "kind")
    assert dates.equals(cut.frames["raw.corporate_action"].select("symbol", "ex_date", "kind"))
    stays = cut.frames["raw.membership"]
    assert whole.frames["raw.membership"].filter(pl.col("valid_from") <= MIDDLE).height == stays.height
    assert stays.filter(pl.col("valid_to") > MIDDLE).is_empty()
    assert cut.frames["raw.listing"].filter(pl.col("last_session") >= MIDDLE).is_empty()


def test_sessions_not_yet_known_change_nothing(fetch: Fetch, xnys: Sequence[date]) -> None:
    known = [s for s in xnys if s <= date(2025, 7, 21)]
    (short,) = Simulated(60, 2).fetch(FetchRequest(MIDDLE, known, NOW))
    long = fetch(MIDDLE)
    assert all(long.frames[table].equals(short.frames[table]) for table in long.frames)


def test_fund_not_yet_listed_is_not_mentioned(xnys: Sequence[date]) -> None:
    """Not even when the calendar ends before its listing, so that it has no bar at all."""
    day = date(2023, 3, 10)
    known = [s for s in xnys if s <= day]
    (batch,) = Simulated(60, 2, last_session=date(2023, 12, 29)).fetch(FetchRequest(day, known, NOW))
    for table in ("raw.listing", "raw.price_bar"):
        assert "MAGS" not in set(batch.frames[table]["symbol"])


def test_incremental_fetches_add_up_to_the_whole(fetch: Fetch, whole: Batch) -> None:
    cursor: dict[str, str] = {}
    parts = []
    for day in [MIDDLE, date(2025, 7, 17), date(2025, 7, 18), date(2025, 12, 24), date(2026, 6, 20), END]:
        part = fetch(day, cursor)
        cursor |= part.cursor
        parts.append(part)
    for table in COMPANY_FACTS:
        found = pl.concat([p.frames[table] for p in parts if table in p.frames])
        order = sorted(found.columns)
        assert found.sort(order, nulls_last=True).equals(whole.frames[table].sort(order, nulls_last=True)), table
    bars = pl.concat([p.frames["raw.price_bar"] for p in parts])
    actions = pl.concat([p.frames["raw.corporate_action"] for p in parts if "raw.corporate_action" in p.frames])
    assert bars.height == whole.frames["raw.price_bar"].height
    assert actions.height == whole.frames["raw.corporate_action"].height
    for table in ("raw.listing", "raw.membership"):
        assert [p.frames[table] for p in parts if table in p.frames][-1].equals(whole.frames[table])
    splits = actions.filter(pl.col("kind") == "split").select("symbol", "ex_date", ratio="amount")
    assert _to_end(bars, splits).equals(_to_end(whole.frames["raw.price_bar"], splits))


def _to_end(bars: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Closes and volumes brought from each row's own basis to the last one."""
    ahead = bars.select("symbol", "session", "basis_date").join(splits, on="symbol").filter(pl.col("ex_date") > pl.col("basis_date"))
    factor = ahead.group_by("symbol", "session").agg(pl.col("ratio").product())
    joined = bars.join(factor, on=["symbol", "session"], how="left").with_columns(pl.col("ratio").fill_null(1.0)).sort("symbol", "session")
    return joined.select("symbol", "session", (pl.col("close") / pl.col("ratio")).round(8), (pl.col("volume") * pl.col("ratio")).round(2))


def test_quiet_day_brings_bars_alone(fetch: Fetch) -> None:
    first = fetch(date(2025, 7, 16))
    second = fetch(date(2025, 7, 17), first.cursor)
    assert set(second.frames["raw.price_bar"]["session"]) == {date(2025, 7, 17)}
    assert "raw.membership" not in second.frames
    assert "raw.listing" not in second.frames


def test_nothing_new_yields_nothing(small: Simulated, whole: Batch, xnys: Sequence[date]) -> None:
    assert whole.cursor["through"] == "2026-06-30"
    assert list(small.fetch(FetchRequest(date(2026, 11, 20), tuple(xnys), NOW, whole.cursor))) == []
    assert list(small.fetch(FetchRequest(date(2024, 6, 3), tuple(xnys), NOW))) == []


def test_another_market_in_the_same_home_is_refused(whole: Batch, xnys: Sequence[date]) -> None:
    with pytest.raises(BadConfig, match=r"another simulated market lives in this home.*seed 7") as caught:
        list(Simulated(60, 2, seed=9).fetch(FetchRequest(END, xnys, NOW, whole.cursor)))
    assert "empty home" in caught.value.fix


@pytest.mark.parametrize(("n_names", "n_years"), [(10, 2), (60, 0), (60, 99)])
def test_impossible_settings_are_refused(n_names: int, n_years: int, xnys: Sequence[date]) -> None:
    with pytest.raises(BadConfig):
        list(Simulated(n_names, n_years).fetch(FetchRequest(END, xnys, NOW)))


def test_sessions_that_start_late_are_refused(xnys: Sequence[date]) -> None:
    with pytest.raises(BadInput, match="2024-06-30"):
        list(Simulated(60, 2).fetch(FetchRequest(END, [s for s in xnys if s.year >= 2025], NOW)))


def test_progress_is_told(small: Simulated, xnys: Sequence[date]) -> None:
    said: list[tuple[int, int, str]] = []
    request = FetchRequest(END, tuple(xnys), NOW, progress=lambda done, total, what: said.append((done, total, what)))
    list(small.fetch(request))
    assert said[0][0] == 0
    assert said[-1][0] == said[-1][1]


def test_funds_are_portfolios_of_the_list(market: Market) -> None:
    """SPY and RSP against the list's cap and equal weights worked out here; a cent of rounding is 0.5 bp of SPY."""
    panel, member = market.companies, market.membership.is_member
    total = panel.growth(with_dividends=True)
    cap = np.nan_to_num(panel.close * shares_fwd(market.universe, market.clock.sessions[:, None]) * market.split_factor)
    weight = cap[:-1] * member[1:]
    expected = (weight * total[1:]).sum(axis=1) / weight.sum(axis=1)
    funds = market.funds.growth(with_dividends=True)
    assert_allclose(funds[1:, market.funds.symbols.index("SPY")], expected, atol=1.5e-4)
    equal = (member[1:] * total[1:]).sum(axis=1) / member[1:].sum(axis=1)
    rsp = funds[1:, market.funds.symbols.index("RSP")]
    assert np.corrcoef(rsp, equal)[0, 1] > 0.99
    spread, own = rsp - funds[1:, market.funds.symbols.index("SPY")], equal - expected
    assert np.corrcoef(spread, own)[0, 1] > 0.95


def test_one_name_portfolio_is_that_name(market: Market) -> None:
    returns = market.companies.growth(with_dividends=True)
    weight = np.zeros_like(returns)
    weight[:, 0] = 3.0
    assert_allclose(portfolio_return(weight, returns)[1:], returns[1:, 0], rtol=1e-12)
    state = make_state(market.universe, market.clock, market.companies, market.companies.close, market.membership.is_member)
    assert state.level.shape == returns.shape


def test_index_is_the_fund_without_dividends(market: Market) -> None:
    fund, index = market.funds.growth(with_dividends=True), market.indices.growth(with_dividends=False)
    gap = fund[:, market.funds.symbols.index("SPY")] - index[:, market.indices.symbols.index("^GSPC")]
    assert gap.min() > -1.5e-4
    assert 0.0 < gap.sum() < 0.10


def test_rotation_is_planted(xnys: Sequence[date]) -> None:
    """The default market: small caps beat the Nasdaq leaders from 2026-01-02 to 2026-01-22, and by less in the decoy of July 2024."""
    market = generate(xnys, 500, 10, 7, END)
    level = np.cumsum(np.log1p(market.funds.growth(with_dividends=True)), axis=0)
    spread = level[:, market.funds.symbols.index("IWM")] - level[:, market.funds.symbols.index("QQQ")]

    def over(first: str, last: str) -> float:
        at = market.clock.at_or_before(np.array([first, last], dtype="datetime64[D]"))
        return float(spread[at[1]] - spread[at[0]])

    assert over("2025-12-31", "2026-01-22") > 0.04
    assert over("2024-07-10", "2024-07-17") > 0.01
    assert over("2023-01-03", "2025-12-31") < 0.10
    assert len(market.universe.fates.splits) == 40
    assert np.nanmin(market.companies.close) > 0
