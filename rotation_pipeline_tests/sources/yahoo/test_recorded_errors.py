"""Recorded faults of Yahoo's histories: what is found of the bad splits and dividends, and that sound ones raise no alarm."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.sources.yahoo.charts.bars import Shaped
from rotation_pipeline.sources.yahoo.charts.comparing import Compared, compare
from rotation_pipeline.sources.yahoo.charts.payouts import judge_payouts
from rotation_pipeline.sources.yahoo.charts.share_basis import Splits, find_not_applied
from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import begin, build, column

PRICES = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "adj_close", "Volume": "volume"}
ACTIONS = {"Dividends": "dividend", "Stock Splits": "split", "Capital Gains": "capital_gain"}


def read(path: Path) -> Shaped:
    """A recorded table of daily bars with actions, as one answer."""
    table = pl.read_csv(path, infer_schema_length=None)
    numbers = [name for name in (*PRICES, *ACTIONS) if name in table.columns]
    served = table.select(pl.col(table.columns[0]).str.head(10).str.to_date().alias("session"), pl.col(numbers).cast(pl.Float64))
    served = served.sort("session").rename({old: new for old, new in (PRICES | ACTIONS).items() if old in served.columns})
    through = pl.lit(served["session"].max()).alias("basis_date")
    symbol, currency = pl.lit(path.stem.split("-1d-")[0]).alias("symbol"), pl.lit("XXX").alias("currency")
    bars = served.select(
        symbol, "session", *PRICES.values(), currency,
        pl.lit("split_adjusted").alias("price_basis"), pl.lit("listed").alias("dividend_basis"), through,
    )  # fmt: skip
    kinds = [kind for kind in ACTIONS.values() if kind in served.columns]
    actions = served.unpivot(kinds, index="session", variable_name="kind", value_name="amount").filter(pl.col("amount") != 0)
    listed = actions.select(symbol, pl.col("session").alias("ex_date"), "kind", "amount", currency, through)
    return Shaped(bars, listed.sort("ex_date", "kind"), 0, None)


def judge(shaped: Shaped) -> Compared:
    return compare("A", shaped.bars.clear(), shaped.actions.clear(), shaped, date.min)


def amounts(shaped: Shaped) -> dict[tuple[date, str], float]:
    return {(ex_date, kind): amount for ex_date, kind, amount in shaped.actions.select("ex_date", "kind", "amount").iter_rows()}


@pytest.fixture
def folder(shared_data: Path) -> Path:
    return shared_data / "yahoo_recorded" / "price_errors_csv"


def bad_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*-1d-*.csv")) if not path.stem.endswith("-fixed")]


def truth_of(path: Path) -> Shaped:
    """The repaired table; a file without one is sound."""
    repaired = path.with_name(f"{path.stem}-fixed.csv")
    return read(repaired if repaired.exists() else path)


def test_every_bad_amount_is_found_and_no_sound_one_doubted(folder: Path) -> None:
    """Sixteen listed amounts are wrong, by the repaired tables: pence for pounds, a sum with a split in it, a day too early, twice."""
    bad: set[tuple[str, date, str]] = set()
    sound, doubted = bad.copy(), bad.copy()
    for path in bad_files(folder):
        shaped = read(path)
        right = amounts(truth_of(path))
        for key, amount in amounts(shaped).items():
            is_bad = abs(right.get(key, 0.0) - amount) > 1e-6 * amount
            (bad if is_bad else sound).add((path.stem, *key))
        doubted |= {(path.stem, r.first_session, r.item) for r in judge(shaped).restatements if r.kind == "CONTRADICTED_DIVIDEND"}
    assert (len(bad), len(sound)) == (16, 39)
    assert bad <= doubted
    assert doubted - bad == {
        ("KEN-TA-1d-bad-div", date(2022, 1, 19), "dividend"),  # of one dividend on two days: either may be the wrong one
        ("DODFX-1d-cg-double-count", date(2025, 12, 18), "capital_gain"),  # in the dividend already, repaired in the adjusted close
    }


def test_every_bar_that_a_split_did_not_rescale_is_found(folder: Path) -> None:
    n_bars = {}
    for path in bad_files(folder):
        if not path.stem.endswith("bad-stock-split"):
            continue
        shaped, right = read(path), truth_of(path).bars.select("session", pl.col("close").alias("right"))
        off = shaped.bars.join(right, on="session").filter((pl.col("close") / pl.col("right") - 1).abs() > 1e-3)["session"].to_list()
        found = judge(shaped)
        earlier = found.bars.filter(pl.col("basis_date") < shaped.bars["basis_date"][0])["session"].to_list()
        assert earlier == off
        assert [r.kind for r in found.restatements if r.item == "split"] == ["SPLIT_NOT_APPLIED"]
        n_bars[path.stem.split("-1d-")[0]] = len(off)
    assert n_bars == {"4063-T": 9, "ALPHA-PA": 1, "CNE-L": 1, "DEX-AX": 15}


def test_repaired_tables_raise_no_alarm(folder: Path) -> None:
    alarms = {path.stem: [r.item for r in judge(truth_of(path)).restatements] for path in bad_files(folder)}
    # Its repair takes the capital gain out of the adjusted close, not out of the list.
    assert {name: items for name, items in alarms.items() if items} == {"DODFX-1d-cg-double-count": ["capital_gain"]}


def test_a_dividend_that_the_adjusted_close_leaves_out_is_used(folder: Path) -> None:
    found = judge(read(folder / "8TRA-DE-1d-missing-div-adjust.csv"))
    assert (found.restatements, found.actions["amount"].to_list()) == ((), [0.7])
    assert found.note == "the adjusted close leaves out what was paid on 2023-06-02: the listed amounts are used"


def test_prices_in_the_wrong_unit_are_quarantined_where_they_leap(folder: Path, lab: Lab) -> None:
    """No action is listed, so within one answer nothing tells which side is right: A.8 takes out both leaps."""
    shaped = read(folder / "AET-L-1d-100x-error.csv")
    sessions = shaped.bars["session"].to_list()
    begin(lab, sessions)
    stamps = {"load_id": "01", "fetched_at": datetime.combine(sessions[-1], time(22))}
    lab.put("raw.price_bar", [row | stamps for row in shaped.bars.with_columns(symbol=pl.lit("AET")).to_dicts()])
    build(lab)
    reasons = dict(zip(sessions, column(lab, "AET", "quarantine_reason"), strict=True))
    assert [session for session in sessions if reasons[session] == "SUSPECT_SPLIT"] == [date(2022, 5, 9), date(2022, 5, 20)]


def test_real_splits_are_found_when_they_are_undone_and_not_otherwise(shared_data: Path) -> None:
    """42 splits of 2019 to 2024 in histories that carry them: no alarm; the history before each scaled back: every one is found whole."""
    folder = shared_data / "us_equity_ohlcv_2019_2024"
    splits = pl.read_csv(shared_data / "splits_2019_2025" / "splits.csv", try_parse_dates=True)
    names = splits["symbol"].unique().to_list()
    prices = pl.scan_parquet(folder / "*.parquet").filter(pl.col("symbol").is_in(names) & (pl.col("close") > 0))
    bars = prices.select("symbol", pl.col("date").cast(pl.Date), "close").sort("symbol", "date").collect()
    n_splits = 0
    for symbol, ex_date, new, old in splits.select("symbol", "ex_date", "new_shares", "old_shares").iter_rows():
        history = bars.filter(pl.col("symbol") == symbol)
        days, closes = history["date"].to_list(), history["close"].to_list()
        if not days or not days[0] < ex_date <= days[-1]:
            continue
        n_splits += 1
        split = Splits(((ex_date, new / old),))
        assert find_not_applied(days, closes, split) == []
        undone = [close * new / old if day < ex_date else close for day, close in zip(days, closes, strict=True)]
        (found,) = find_not_applied(days, undone, split)
        assert (found.first, found.n_sessions) == (days[0], sum(day < ex_date for day in days))
    assert n_splits == 42


def test_real_dividends_raise_no_alarm_but_for_one_listed_twice(shared_data: Path) -> None:
    """8,637 dividends of 109 funds beside the vendor's adjusted closes."""
    table = pl.read_parquet(shared_data / "etf_ohlcv_2005_2026" / "etf_daily.parquet")
    rows = table.with_columns(pl.col("date").cast(pl.Date).alias("session"), pl.lit("USD").alias("currency")).sort("symbol", "session")
    n_paid, doubted = 0, []
    for bars in rows.partition_by("symbol"):
        paid = bars.filter(pl.col("dividends") > 0).select(
            pl.col("session").alias("ex_date"), pl.lit("dividend").alias("kind"), pl.col("dividends").alias("amount"), "currency"
        )
        n_paid += paid.height
        doubted += [(bars["symbol"][0], doubt.ex_date, doubt.listed) for doubt in judge_payouts(bars, paid).doubts]
    assert n_paid == 8637
    assert doubted == [("TIP", date(2008, 4, 1), 0.632), ("TIP", date(2008, 4, 3), 0.632)]
