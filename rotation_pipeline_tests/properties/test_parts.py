"""M-16 and M-19: one member is its own average, and two parts together are the whole."""

from __future__ import annotations

import polars as pl
import pytest

from rotation_pipeline_tests.properties.compare import changed
from rotation_pipeline_tests.properties.market import ALONE, PART_A, PART_B, WHOLE, Built

EXACT = 1e-12
KEY = ["session", "basis"]


def of(built: Built, table: str, name: str) -> pl.DataFrame:
    """A universe's or cohort's rows of a table."""
    column = next(column for column in ("universe_id", "cohort_id") if column in built.table(table).columns)
    return built.table(table).filter(pl.col(column) == name).drop(column)


def of_parts(built: Built, table: str, key: list[str]) -> pl.DataFrame:
    """Rows of one part beside those of the other (``_b``)."""
    return of(built, table, PART_A).join(of(built, table, PART_B), on=key, suffix="_b")


@pytest.mark.parametrize(
    ("table", "column"),
    [("core.universe_return", "cw_return"), ("core.universe_return", "ew_daily_return"), ("core.universe_equal_weight", "ew_return")],
)
def test_a_universe_of_one_member_is_the_member(untouched: Built, table: str, column: str) -> None:
    own = untouched.warehouse.frame(
        "select session, basis, case basis when 'price' then price_return else total_return end as own"
        f" from core.daily_price cross join (values ('price'), ('total')) as of (basis)"
        f" where security_id = (select security_id from core.membership where universe_id = '{ALONE}') and is_valid and not is_stale"
    )
    rows = of(untouched, table, ALONE).join(own, on=KEY).drop_nulls([column, "own"])
    assert rows.height > 450
    assert rows.select((pl.col(column) - pl.col("own")).abs().max()).item() < EXACT


def test_two_parts_weighted_by_cap_are_the_whole(untouched: Built) -> None:
    parts, whole = of_parts(untouched, "core.universe_return", KEY), of(untouched, "core.universe_return", WHOLE)
    assert parts["cw_return"].ne_missing(parts["cw_return_b"]).sum() > 400
    weighted = pl.sum_horizontal(pl.col("cw_return") * pl.col("cap_usd"), pl.col("cw_return_b") * pl.col("cap_usd_b"))
    mean = pl.sum_horizontal(pl.col("ew_daily_return") * pl.col("n_returns"), pl.col("ew_daily_return_b") * pl.col("n_returns_b"))
    counts = [pl.sum_horizontal(name, f"{name}_b").alias(name) for name in ("n_returns", "n_weighted", "cap_usd", "cap_used_usd")]
    joined = parts.select(
        *KEY,
        *counts,
        (weighted / pl.sum_horizontal("cap_usd", "cap_usd_b")).fill_nan(None).alias("cw_return"),
        (mean / pl.sum_horizontal("n_returns", "n_returns_b")).fill_nan(None).alias("ew_daily_return"),
    )
    assert changed(whole.select(joined.columns), joined, KEY, EXACT) == []


def test_counts_of_breadth_add_up(untouched: Built) -> None:
    parts, whole = of_parts(untouched, "core.universe_breadth", KEY), of(untouched, "core.universe_breadth", WHOLE)
    counts = [column for column in whole.columns if column.startswith("n_") or "volume" in column]
    joined = parts.select(*KEY, *[(pl.col(name) + pl.col(f"{name}_b")).alias(name) for name in counts])
    assert joined["n_advancing"].sum() > 1000
    assert changed(whole.select(*KEY, *counts), joined, KEY) == []


@pytest.mark.parametrize("denominator", ["street", "gaap", "book", "revenue"])
def test_sums_of_companies_add_up(untouched: Built, denominator: str) -> None:
    key = ["session", "denominator"]
    parts, whole = (frame.filter(pl.col("denominator") == denominator) for frame in (
        of_parts(untouched, "core.cohort_fundamental", key), of(untouched, "core.cohort_fundamental", WHOLE)))  # fmt: skip
    sums = ["n_used", "used_cap_usd", "used_sum_usd", "n_positive", "positive_cap_usd", "positive_sum_usd"]
    joined = parts.select(*key, *[(pl.col(name) + pl.col(f"{name}_b")).alias(name) for name in sums])
    assert joined.height == whole.height > 250
    assert changed(whole.select(*key, *sums), joined, key, EXACT) == []


@pytest.mark.parametrize("basis", ["street", "gaap"])
def test_the_multiple_of_a_whole_is_between_those_of_its_parts(untouched: Built, basis: str) -> None:
    pe = {
        name: of(untouched, "mart.valuation", name)
        .filter(pl.col("measure") == "pe_incl", pl.col("basis") == basis)
        .select("session", "value")
        for name in (WHOLE, PART_A, PART_B)
    }
    sums = of_parts(untouched, "core.cohort_fundamental", ["session", "denominator"]).filter(pl.col("denominator") == basis)
    rows = pe[WHOLE].join(sums, on="session").join(pe[PART_A], on="session", suffix="_one").join(pe[PART_B], on="session", suffix="_two")
    rows = rows.filter(pl.col("used_sum_usd") > 0, pl.col("used_sum_usd_b") > 0).drop_nulls("value")
    assert rows.height > 50  # where enough of the whole's cap has earnings
    together = (pl.col("used_cap_usd") + pl.col("used_cap_usd_b")) / (pl.col("used_sum_usd") + pl.col("used_sum_usd_b"))
    assert rows.select((pl.col("value") / together - 1).abs().max()).item() < EXACT
    low, high = pl.min_horizontal("value_one", "value_two"), pl.max_horizontal("value_one", "value_two")
    assert rows.select((pl.col("value").is_between(low, high)).all()).item()
