"""Real files that grow: what was told by a date says the same of every session up to it when the rest has come, identity included.

Prices, filings, lists and earnings are cut at three dates, each built as a user's daily files would be, one after the other in one
home; then the whole files come. Listings and the reference's own lists are of today in all of them; so are renames, as the prices
are spelt with the symbols of today, and splits, up to the day that all prices are adjusted to. Once with the prices of one share
in 24, once with all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from zlib import crc32

import polars as pl
import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import find_transform
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import Warehouse
from rotation_pipeline_tests.point_in_time.market import derived
from rotation_pipeline_tests.point_in_time.view import View, differences, view_of

CUTS = (date(2023, 3, 15), date(2023, 12, 20), date(2025, 3, 19))  # each file has begun
END = date(2026, 1, 30)
Cut = Callable[[Path, Path, date], None]


def _rows(clock: str) -> Cut:
    """A file of which only rows with a clock up to the cut are known."""

    def cut(source: Path, target: Path, through: date) -> None:
        if source.suffix == ".parquet":
            pl.read_parquet(source).filter(pl.col(clock).cast(pl.Date) <= through).write_parquet(target)
        else:
            _text(source).filter(pl.col(clock).str.to_date() <= through).write_csv(target)

    return cut


def _stays(source: Path, target: Path, through: date) -> None:
    """A file of stays: those that have begun, without an end that has not come."""
    begun = _text(source).filter(pl.col("start_date").str.to_date() <= through)
    gone = pl.col("end_date").str.to_date(strict=False) <= through
    begun.with_columns(pl.when(gone).then("end_date").otherwise(pl.lit("")).alias("end_date")).write_csv(target)


def _changes(source: Path, target: Path, through: date) -> None:
    """A file of changes that also tells renames: the prices are spelt with the symbols of today, so all of these are known."""
    of_day = pl.col("date").str.to_date() <= through
    _text(source).filter(of_day | pl.col("reason").str.starts_with("rename ").fill_null(value=False)).write_csv(target)


def _text(source: Path) -> pl.DataFrame:
    return pl.read_csv(source, infer_schema=False)


LISTS, FUNDAMENTALS = "index_membership", "sp900_earnings_fundamentals_2009_2026"
SHARES = ("us_equity_ohlcv_2019_2024/*.parquet", "sp500_adjclose_2023_2026/sp500_adj_close_daily.parquet")
FILES: Mapping[str, Cut | None] = {
    "us_equity_ohlcv_2019_2024/*.parquet": _rows("date"),
    "sp500_adjclose_2023_2026/sp500_adj_close_daily.parquet": _rows("date"),
    "etf_ohlcv_2005_2026/etf_daily.parquet": _rows("date"),
    "vix_daily/vix_daily.csv": _rows("date"),
    "splits_2019_2025/splits.csv": None,
    f"{LISTS}/fja_sp500_changes_since_2019.csv": _rows("date"),
    f"{LISTS}/fja_sp500_ticker_start_end.csv": _stays,
    f"{LISTS}/pitindex_*_changes.csv": _changes,
    f"{LISTS}/pitindex_*_seed.csv": _rows("effective_date"),
    f"{LISTS}/pitindex_*_current.csv": None,
    f"{FUNDAMENTALS}/fundamentals_by_filing.parquet": _rows("filing_date"),
    f"{FUNDAMENTALS}/earnings_events.parquet": _rows("announcement_date"),
}


def _tell(shared_data: Path, folder: Path, through: date, every: int) -> None:
    """The files as they were on the evening of a session, with the prices of one share in ``every``."""
    for pattern, cut in FILES.items():
        for source in shared_data.glob(pattern):
            target = folder / source.relative_to(shared_data)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            if cut is None or through == END:
                shutil.copy(source, target)
                target.chmod(0o644)
            else:
                cut(source, target, through)
            if pattern in SHARES and every > 1:
                bars = pl.read_parquet(target)
                kept = [symbol for symbol in bars["symbol"].unique() if crc32(symbol.encode()) % every == 0]
                bars.filter(pl.col("symbol").is_in(kept)).write_parquet(target)


@pytest.mark.long
@pytest.mark.parametrize("every", [24, 1], ids=["a part", "all"])
def test_what_was_told_by_a_date_says_the_same_when_the_rest_has_come(
    shared_data: Path, tmp_path: Path, catalog: Catalog, every: int
) -> None:
    template = (Path(__file__).parent / "shared_data.toml").read_text()
    config = tmp_path / "rotation.toml"
    config.write_text(template.replace("{shared_data}", str(tmp_path / "data")))
    then: dict[date, View] = {}
    now: dict[date, View] = {}
    for through in (*CUTS, END):
        _tell(shared_data, tmp_path / "data", through, every)
        settings = Settings(home=tmp_path / "home", source="files", config=config, through=through)
        summary = pipeline.run(settings, pipeline.Quiet())
        assert not [result for result in summary.failures if result.table.startswith(("raw.", "core.", "mart."))], summary.failures
        warehouse = Warehouse(settings.warehouse, catalog, find_transform)
        try:
            if through == END:
                now = {cut: view_of(warehouse, derived(catalog), cut) for cut in CUTS}
            else:
                then[through] = view_of(warehouse, derived(catalog), through)
        finally:
            warehouse.close()
    assert {cut: differences(then[cut], now[cut]) for cut in CUTS} == {cut: [] for cut in CUTS}
