"""Spin-offs that a vendor applied to its history: as-traded closes are right once their ratios are declared, and doubtful before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import Warehouse
from rotation_pipeline_tests.narrow import with_inputs

DAY = date(2019, 12, 31)
SPINS = {"T": ("2022-04-11", 1324), "GE": ("2023-01-04", 1281), "DHR": ("2023-10-02", 1128)}
TOML = """
[[prices]]
files = "prices.parquet"
columns = { session = "date" }
price_basis = "split_adjusted"
basis_date = 2024-03-09
dividends = "implied"
kind = "EQUITY"

[[splits]]
files = "splits*.csv"
"""


@pytest.fixture
def market(shared_data: Path, tmp_path: Path) -> Path:
    rows = pl.scan_parquet(shared_data / "us_equity_ohlcv_2019_2024" / "*.parquet").filter(pl.col("symbol").is_in([*SPINS, "AAPL"]))
    rows.collect().write_parquet(tmp_path / "prices.parquet")
    (tmp_path / "rotation.toml").write_text(TOML)
    listed = ["GE,2021-08-02,1,8", "AAPL,2020-08-31,4,1"]
    (tmp_path / "splits.csv").write_text("\n".join(["symbol,ex_date,new_shares,old_shares", *listed]) + "\n")
    return tmp_path


@contextmanager
def built(market: Path, catalog: Catalog) -> Iterator[Warehouse]:
    """The files as they are now fetched, and the tables of prices brought up to date."""
    settings, quiet = (
        Settings(home=market / "home", source="files", config=market / "rotation.toml", through=date(2024, 3, 8)),
        pipeline.Quiet(),
    )
    pipeline.fetch(settings, quiet, catalog=catalog)
    tables = with_inputs(catalog, "core.daily_price", "core.split_regime", "ops.doubtful_basis")
    with pipeline.open_warehouse(settings, catalog) as warehouse:
        results = list(pipeline.build_in(warehouse, settings, quiet, tables))
        assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
        yield warehouse


def test_closes_of_before_a_spin_off(market: Path, catalog: Catalog) -> None:
    returns = """select s.symbol, p.session, p.total_return from core.daily_price as p join core.security as s using (security_id)
        where p.session in (date '2022-04-11', date '2023-01-04', date '2023-10-02') order by 1, 2"""
    with built(market, catalog) as warehouse:
        doubtful = warehouse.rows("select symbol, missing_from from ops.doubtful_basis where evidence = 'OFF_GRID' order by symbol")
        assert [(symbol, str(day)) for symbol, day in doubtful] == sorted((symbol, ex_date) for symbol, (ex_date, _) in SPINS.items())
        before = warehouse.rows(returns)
    spins = [f"{symbol},{ex_date},{new},1000" for symbol, (ex_date, new) in SPINS.items()]
    (market / "splits_of_spin_offs.csv").write_text("\n".join(["symbol,ex_date,new_shares,old_shares", *spins]) + "\n")
    closes = f"select symbol, close_usd from core.daily_price join core.security using (security_id) where session = date '{DAY}'"
    with built(market, catalog) as warehouse:
        found = {str(symbol): float(close) for symbol, close in warehouse.rows(closes)}
        left = warehouse.rows("select symbol, missing_from from ops.doubtful_basis")
        after = warehouse.rows(returns)
        odd_factors = warehouse.rows("select count(*) from core.split_regime where share_factor not in (1, 4, 0.125)")
    assert {symbol: round(close, 2) for symbol, close in found.items()} == {"T": 39.08, "GE": 11.16, "DHR": 153.48, "AAPL": 293.65}
    assert all(abs(close - round(close, 2)) < 1e-4 for close in found.values())
    # What is left is another one of GE's: Wabtec, 104 for 100.
    assert left == [("GE", date(2019, 2, 26))]
    # Reinvested in the share or paid out at its price before: the total return differs by the move of the day times the part.
    assert [row[2] for row in after] == pytest.approx([row[2] for row in before], abs=0.02)
    assert odd_factors == [(0,)]
