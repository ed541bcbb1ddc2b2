"""One run over the real market data: what it publishes agrees with what others published about the same days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from rotation_pipeline.models import load_questions
from rotation_pipeline_tests.real.market import frame

# Total return from the close of 2025-10-31 to that of 2026-01-30 as the data's own README prints it, rounded to a tenth of a point.
FUNDS = {"SPY": 0.0175, "RSP": 0.058, "QQQ": -0.010, "IWM": 0.058, "IWD": 0.080, "IWF": -0.040, "VLUE": 0.135, "KRE": 0.154}
PRINTED_TO = 0.001


@pytest.mark.parametrize(("average", "tolerance"), [(50, 1.7), (200, 2.2)])
def test_breadth_agrees_with_the_published_series(release: Path, shared_data: Path, average: int, tolerance: float) -> None:
    """Theirs uses adjusted closes and a fixed member list, hence the total-return basis and a tolerance in points."""
    ours = frame(
        release,
        f"select session, 100 * pct_above_{average} as ours from mart.breadth "
        "where universe_id = 'SP500' and basis = 'total' and session >= '2022-07-01'",
    )
    theirs = pl.read_csv(shared_data / "published_breadth_daily" / "pct_above_sma_daily.csv", try_parse_dates=True)
    theirs = theirs.filter(pl.col("index_etf") == "SPY").select(session="date", theirs=f"pct_above_{average}")
    both = ours.join(theirs, on="session").drop_nulls()
    assert both.height > 600
    assert float(np.abs(both["ours"].to_numpy() - both["theirs"].to_numpy()).mean()) < tolerance
    assert float(np.corrcoef(both["ours"], both["theirs"])[0, 1]) >= 0.995


@pytest.mark.parametrize(
    ("factor", "variant", "published", "since", "stands_at"),
    [
        ("UMD", "cap90", ("mom_daily.csv", "Mom"), "2019-01-02", 0.910),
        ("UMD", "cap90", ("mom_daily.csv", "Mom"), "2022-07-01", 0.932),
        # Caps are known for large and mid caps only, so size is the dated S&P 600 less the dated S&P 500 here.
        ("SMB", "list_ew", ("ff5_2x3_daily.csv", "SMB"), "2019-01-02", 0.894),
        ("SMB", "list_ew", ("ff5_2x3_daily.csv", "SMB"), "2022-07-01", 0.883),
        ("HML_EP", "cap90", ("ff5_2x3_daily.csv", "HML"), "2019-01-02", 0.895),
        ("HML_EP", "cap90", ("ff5_2x3_daily.csv", "HML"), "2022-07-01", 0.810),
    ],
)
def test_factors_move_with_the_published_ones(
    release: Path, shared_data: Path, factor: str, variant: str, published: tuple[str, str], since: str, stands_at: float
) -> None:
    """Where the correlation stands, both ways: a change that moves it is looked at, whether it is better or worse."""
    ours = frame(
        release,
        f"select session, ret from mart.factor_return where factor_id = '{factor}' and variant = '{variant}' "
        f"and ret is not null and session >= '{since}'",
    )
    name, column = published
    theirs = pl.read_csv(shared_data / "ken_french_daily" / name, try_parse_dates=True).select(session="date", theirs=column)
    both = ours.join(theirs, on="session")
    assert both.height > 400
    assert float(np.corrcoef(both["ret"], both["theirs"])[0, 1]) == pytest.approx(stands_at, abs=0.01)


def test_two_symbols_of_one_company_are_suspected(release: Path) -> None:
    """SQ became XYZ and CHK became EXE: one series has the new symbols since 2023, the other the old ones, and no source tells it."""
    (question,) = [asked for asked in load_questions() if asked.name == "suspected_renames"]
    assert {frozenset(row[:2]) for row in frame(release, question.sql).rows()} == {frozenset({"SQ", "XYZ"}), frozenset({"CHK", "EXE"})}


def test_no_factor_is_published_from_what_is_left_of_it(release: Path) -> None:
    """From 2024-03-11 on the closes of all but the S&P 500 end: coverage stays low until the next formation, and nothing is published."""
    rows = frame(
        release,
        "select factor_id, variant, count(*) as n, count(ret) as n_published, max(coverage_n) as coverage_n from mart.factor_return "
        "where session between '2024-03-11' and '2024-03-28' and n_expected > 0 group by all",
    )
    assert rows.height > 10
    assert rows["n_published"].sum() == 0
    assert rows.filter(pl.col("coverage_n") > 0.8).rows() == []


def test_fund_returns_over_the_rotation(release: Path, shared_data: Path) -> None:
    """Our returns from closes and dividends against the printed ones, and to a basis point against the vendor's adjusted closes."""
    ours = frame(
        release,
        """
        select security.symbol, exp((last.log_tri_e15 - first.log_tri_e15) / 1e15) - 1 as total_return
        from core.security as security
        join core.daily_price as first on first.security_id = security.security_id and first.session = '2025-10-31'
        join core.daily_price as last on last.security_id = security.security_id and last.session = '2026-01-30'
        """,
    )
    returns: Mapping[str, float] = dict(zip(ours["symbol"], ours["total_return"], strict=True))
    bars = pl.read_parquet(shared_data / "etf_ohlcv_2005_2026" / "etf_daily.parquet")
    for symbol, printed in FUNDS.items():
        assert returns[symbol] == pytest.approx(printed, abs=PRINTED_TO), symbol
        of_fund = bars.filter(pl.col("symbol") == symbol)
        first, last = (of_fund.filter(pl.col("date") == day)["adj_close"].item() for day in (date(2025, 10, 31), date(2026, 1, 30)))
        assert returns[symbol] == pytest.approx(last / first - 1, abs=1e-4), symbol


def test_bases_are_never_mixed_where_one_source_continues_another(release: Path) -> None:
    """On the first session of the continuing series its own two adjusted closes make the return, so no return is odd."""
    seam = frame(
        release,
        """
        select count(*) as n, max(abs(total_return)) as largest, count(close_usd) as n_closes
        from core.daily_price where session = '2024-03-11' and is_adjusted_only and total_return is not null
        """,
    ).row(0)
    assert seam[0] > 480
    assert seam[1] < 0.2
    assert seam[2] == 0


def test_was_breadth_at_its_healthiest_in_half_a_decade(release: Path) -> None:
    """The question is answered, by measure, and for the S&P 500 of dated members the answer is no."""
    (question,) = [asked for asked in load_questions() if asked.name == "healthiest_breadth"]
    rows = frame(release, question.sql)
    answers = rows.filter((pl.col("universe_id") == "SP500") & (pl.col("basis") == "total") & pl.col("is_5y_high").is_not_null())
    assert answers.height >= 6
    assert set(answers["bias_label"]) == {"PIT_PARTIAL"}
    above_200 = answers.filter(pl.col("measure") == "pct_above_200").to_dicts()[0]
    assert above_200["is_5y_high"] is False
    assert 0.6 < above_200["best_value"] < 0.8  # published at the time: 64 to 70 %
