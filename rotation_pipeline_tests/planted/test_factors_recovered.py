"""Factor returns: what the names held must earn by their loadings, exactly without noise and as chance allows with it (V.3)."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from rotation_pipeline_tests.planted.bench import Run
from rotation_pipeline_tests.planted.chance import judge, within
from rotation_pipeline_tests.planted.held import CELL, factor_truth, portfolio_truth

EXACT = 1e-10
ALARM = 0.001  # how often a sound pipeline fails a test of chance, all series together
NOISE_FREE = ["in steps", pytest.param("full noise-free", marks=pytest.mark.long)]
NOISY = ["at once", pytest.param("full", marks=pytest.mark.long)]
KEY = ["factor_id", "variant", "session"]


@pytest.mark.parametrize("run", NOISE_FREE, indirect=True)
def test_without_noise_a_portfolio_earns_the_loadings_of_its_names(run: Run) -> None:
    """Those with too little of their weight priced have no return, and only those."""
    built = run.frame("select session, formation_session, factor_id, variant, portfolio, ret, null_reason from mart.factor_portfolio")
    truth = portfolio_truth(run)
    both = truth.join(built, on=["session", *CELL], how="full", coalesce=True)
    assert both.height == truth.height == built.height
    assert both.filter(pl.col("ret").is_null())["null_reason"].unique().to_list() == ["LOW_COVERAGE"]
    assert both["ret"].count() > 0.9 * both.height
    assert both.select((pl.col("ret") - pl.col("mean")).abs().max()).item() < EXACT
    assert set(both["factor_id"]) == {"UMD", "HML_EP", "HML_BM"}


@pytest.mark.parametrize("run", NOISE_FREE, indirect=True)
def test_without_noise_a_factor_is_its_truth(run: Run) -> None:
    built = run.frame("select session, factor_id, variant, ret from mart.factor_return where ret is not null")
    both = built.join(factor_truth(run), on=KEY)
    assert both.height == built.height > 100
    assert both.select((pl.col("ret") - pl.col("truth")).abs().max()).item() < EXACT


@pytest.mark.parametrize("run", NOISY, indirect=True)
def test_with_noise_the_errors_are_those_of_the_names_held(run: Run) -> None:
    """Of each series: the sum of squares, the largest and the mean error, against what the residuals of the names allow."""
    series = factor_truth(run).partition_by("factor_id", "variant", as_dict=True, maintain_order=True)
    assert len(series) == 24
    for which, days in series.items():
        error = (days["recovered"] - days["truth"]).to_numpy()
        z = error / days["variance"].sqrt().to_numpy()
        assert within(z, ALARM / len(series)), (which, judge(z))
        assert abs(error.mean()) < 4 * np.sqrt(days["variance"].mean() / len(error)), which


def test_a_factor_return_is_the_difference_of_its_portfolios(run: Run) -> None:
    built = run.frame("select session, factor_id, variant, ret from mart.factor_return where ret is not null")
    both = built.join(factor_truth(run), on=KEY)
    assert both.height == built.height > 100
    assert both.select((pl.col("ret") - pl.col("recovered")).abs().max()).item() < 1e-14


def test_momentum_is_the_planted_growth_of_the_eleven_months(run: Run) -> None:
    planted, sessions = run.planted, run.planted.market.clock.sessions
    month = sessions.astype("datetime64[M]")
    ends = np.flatnonzero(np.append(month[1:] != month[:-1], True))
    log_tri = np.cumsum(np.log1p(planted.total_return), axis=0)
    halted = {halt.name for halt in planted.roles.halts}  # a return over more than ten sessions is lost
    rows = []
    for at in range(12, len(ends)):
        start, stop = ends[at - 12], ends[at - 1]
        seen = run.sound[start] & run.sound[stop] & run.sound[ends[at]]
        value = np.expm1(log_tri[stop] - log_tri[start])
        rows += [(sessions[ends[at]].item(), i, value[i]) for i in np.flatnonzero(seen).tolist() if i not in halted]
    schema = {"formation_session": pl.Date, "security": pl.Int64, "planted": pl.Float64}
    truth = pl.DataFrame(rows, schema=schema, orient="row")
    built = run.frame(
        "select formation_session, security_id, value from core.characteristic where characteristic = 'momentum' and is_screened"
    )
    both = truth.join(built, on=["formation_session", "security"])
    assert both.height > 0.8 * built["value"].count() > 100
    assert both["value"].null_count() == 0
    assert both.select(((1 + pl.col("value")) / (1 + pl.col("planted")) - 1).abs().max()).item() < 1e-9
