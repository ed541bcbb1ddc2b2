"""M-15: a member of which nothing is ever served makes coverage fall; values stay, or are NULL with a reason."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.properties import draws
from rotation_pipeline_tests.properties.changes import with_missing_members
from rotation_pipeline_tests.properties.market import Built, Frames, build

MARTS = ("mart.breadth", "mart.valuation", "mart.valuation_gap", "mart.earnings_exposure", "mart.factor_return")
ONE, MANY = "SP600", "SP500"  # one missing all the time; from the 151st session on, too many for the breadth of the list
N_MANY = 12
# Runs over sessions: a session without breadth is left out of means and comparisons, and a running sum is carried over it (C.1, C.4).
OVER_SESSIONS = (
    "adv_share_21",
    "trin_10",
    "ad_line",
    "ad_line_normalised",
    "volume_ad_line",
    "mcclellan_fast",
    "mcclellan_slow",
    "mcclellan_oscillator",
    "summation_index",
    "_level",  # begins anew after a session without a return
    "_level_ex_assumed",
    "_percentile_5y",
    "_z_5y",
    "cumulative_sum",
    "cumulative_sum_ex_assumed",
    "cumulative_legs",
)


@pytest.fixture(scope="module")
def thinned(frames: Frames, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    days = draws.sessions(frames)
    changed = with_missing_members(with_missing_members(frames, ONE, 1, days[0]), MANY, N_MANY, days[150])
    built = build(tmp_path_factory.mktemp("thinned"), catalog, [changed], MARTS)
    yield built
    built.warehouse.close()


def both(untouched: Built, thinned: Built, table: str) -> pl.DataFrame:
    """Rows before, beside rows after (``_after``)."""
    key = untouched.warehouse.catalog.models[table].key
    rows = untouched.table(table).join(thinned.table(table), on=key, suffix="_after")
    assert rows.height == untouched.table(table).height == thinned.table(table).height
    return rows


@pytest.mark.parametrize("table", MARTS)
def test_no_value_becomes_another_value(table: str, untouched: Built, thinned: Built) -> None:
    rows = both(untouched, thinned, table)
    columns = untouched.warehouse.catalog.models[table].columns
    values = [
        one.name
        for one in columns
        if one.type == "double" and not one.name.startswith(("coverage_", "unknown_")) and not one.name.endswith(OVER_SESSIONS)
    ]
    assert values
    for name in values:
        after = pl.col(f"{name}_after")
        other = rows.filter(after.is_not_null() & after.ne_missing(pl.col(name)))
        assert other.is_empty(), f"{name}: {other.select(pl.first(), name, after).row(0)}"


def test_coverage_falls_and_breadth_is_null_below_its_minimum(untouched: Built, thinned: Built) -> None:
    rows = both(untouched, thinned, "mart.breadth")
    one, many = (rows.filter(pl.col("universe_id") == universe) for universe in (ONE, MANY))
    assert (one["n_expected_after"] == one["n_expected"] + 1).all()
    assert one.filter(pl.col("n_used") > 0).select((pl.col("coverage_n_after") < pl.col("coverage_n")).all()).item()
    hit = many.filter(pl.col("n_expected_after") == pl.col("n_expected") + N_MANY)
    fallen = hit.filter(pl.col("n_used") > 0.9 * pl.col("n_expected"), pl.col("coverage_n_after") < 0.8)
    assert fallen.height > 200
    assert fallen["adv_share"].null_count() < 20
    assert fallen["adv_share_after"].count() == 0
    assert fallen["bias_label_after"].unique().to_list() == ["PIT_SPARSE"]


def test_multiples_lose_coverage_in_the_list_and_in_what_is_cut_from_it(untouched: Built, thinned: Built) -> None:
    rows = both(untouched, thinned, "mart.valuation").filter(
        pl.col("cohort_id").is_in([MANY, "SP493"]), pl.col("session") >= pl.date(2026, 1, 2)
    )
    assert rows.height > 1000
    assert (rows["n_members_after"] == rows["n_members"] + N_MANY).all()
    assert rows.select((pl.col("coverage_n_after") < pl.col("coverage_n")).all()).item()


def test_breadth_of_what_is_cut_from_a_list_loses_coverage(untouched: Built, thinned: Built) -> None:
    rows = both(untouched, thinned, "mart.breadth").filter(pl.col("universe_id") == "SP493", pl.col("session") >= pl.date(2026, 1, 2))
    assert rows.height > 200
    assert (rows["n_expected_after"] == rows["n_expected"] + N_MANY).all()
