"""M-9: companies whose shares are parted in two classes are the same companies, with twice as many lines.

The classes are no equal halves: two lines that report one count report the company's (B.6).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.properties.changes import second_class
from rotation_pipeline_tests.properties.compare import changed, differences
from rotation_pipeline_tests.properties.market import Built, Frames, build

ROUNDED = 1e-7  # dollar volumes are summed in whole dollars; a variance loses half its digits where returns are alike
OF_COMPANIES = (
    "core.earnings_event",
    "core.trailing_fundamental",
    "core.issuer_valuation",
    "core.cohort_cap",
    "core.cohort_fundamental",
    "core.cohort_half_price",
    "core.characteristic",
    "core.sort_breakpoint",
    "core.universe_concentration",
    "core.universe_return",
    "mart.earnings_calendar",
    "mart.earnings_exposure",
    "mart.factor_return",
    "mart.valuation",
    "mart.valuation_gap",
)
OF_LINES = ("core.universe_concentration", "core.universe_return", "mart.factor_return")  # what they count are lines
# Large enough that no minimum of names is met by lines alone.
WIDE = ("SP500", "SP600", "SMALL")
LINE_COUNTS = ("n_expected", "n_used", "n_advancing", "n_declining", "n_unchanged", "n_untraded", "n_above_50", "n_eligible_50")
SHARES_OF_LINES = ("adv_share", "pct_above_20", "pct_above_50", "cw_return", "ew_daily_return", "hhi", "top7_weight", "dispersion_ew")


@pytest.fixture(scope="module")
def doubled(frames: Frames, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    built = build(tmp_path_factory.mktemp("doubled"), catalog, second_class(frames, 0.4, "-X"), [*OF_COMPANIES, "mart.breadth"])
    yield built
    built.warehouse.close()


def test_companies_are_what_they_were(untouched: Built, doubled: Built) -> None:
    old, new = (built.warehouse.rows("select count(*), count(distinct issuer_id) from core.security")[0] for built in (untouched, doubled))
    assert new[0] > 1.7 * old[0]
    assert new[1] == old[1]
    counts = {table: [name for name in untouched.table(table).columns if name.startswith("n_")] for table in OF_LINES}
    assert differences(untouched, doubled, OF_COMPANIES, ROUNDED, counts) == {}


def test_lines_are_counted_twice_and_their_shares_are_the_same(untouched: Built, doubled: Built) -> None:
    key = ["universe_id", "session", "basis"]
    old, new = (built.table("mart.breadth").filter(pl.col("universe_id").is_in(WIDE)) for built in (untouched, doubled))
    assert old.height > 1000
    counts = old.select(*key, pl.col(LINE_COUNTS) * 2)
    assert changed(counts, new.select(*key, *LINE_COUNTS), key) == []
    assert changed(old.select(*key, *SHARES_OF_LINES), new.select(*key, *SHARES_OF_LINES), key, ROUNDED) == []
    assert old["adv_share"].count() > 1000


def test_equal_weights_are_of_companies(untouched: Built, doubled: Built) -> None:
    columns = ["universe_id", "session", "basis", "ew_return"]
    old, new = (built.table("core.universe_equal_weight").select(columns) for built in (untouched, doubled))
    assert changed(old, new, columns[:3], ROUNDED) == []
