"""M-4: names that no list holds and no rule admits change no row but their own."""

from __future__ import annotations

import polars as pl
import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.properties.changes import copied
from rotation_pipeline_tests.properties.compare import differences
from rotation_pipeline_tests.properties.conftest import Build
from rotation_pipeline_tests.properties.market import (
    ACTIONS,
    ALONE,
    BARS,
    EVENTS,
    LISTINGS,
    PART_A,
    PART_B,
    SHARES,
    STATEMENTS,
    WHOLE,
    Built,
    Frames,
    derived,
)

# A company without a share count, a fund and an index: nothing ranks them. Sorted last, so that all others keep their numbers.
STRANGERS = {"MSFT": "~COMPANY", "SPY": "~FUND", "^VIX": "~INDEX"}
# Universes whose members a list names, or that are cut from such a list alone.
LISTS = ("SP500", "SP600", "MAG7", "SP493", "TOP7", "ARTICLE", WHOLE, PART_A, PART_B, ALONE)
UNIVERSES = ("universe_id", "cohort_id", "cohort_a")


def strangers(frames: Frames, spelt: dict[str, str], *tables: str) -> Frames:
    """Names that trade and report as others do; no two of them are of one company."""
    rows = dict(copied(frames, spelt, (LISTINGS, BARS, ACTIONS, EVENTS, STATEMENTS, *tables)))
    return rows | {LISTINGS: rows[LISTINGS].with_columns(pl.lit(None, dtype=pl.String).alias("issuer_key"))}


def test_names_without_membership_change_no_row_but_their_own(frames: Frames, untouched: Built, built: Build, catalog: Catalog) -> None:
    after = built(frames, strangers(frames, STRANGERS))
    # A table of sessions alone counts whatever is served on them.
    found = differences(
        untouched, after, [name for name in derived(catalog) if name == "core.session" or catalog.models[name].key != ("session",)]
    )
    assert {line for lines in found.values() for line in lines if not line.endswith("rows new")} == set()
    new = {after.id_of[symbol] for symbol in STRANGERS.values()}
    own: dict[str, set[object]] = {"security_id": set(new), "issuer_id": set(new), "symbol": set(STRANGERS.values())}
    for table in found:
        column = next(name for name in own if name in after.table(table).columns)
        added = after.table(table).join(untouched.table(table), on=catalog.models[table].key, how="anti")
        assert set(added[column]) <= own[column], table
    assert set(after.table("core.daily_price")["security_id"]) >= new
    assert not {"core.membership", "core.universe_breadth", "core.characteristic"} & set(found)


@pytest.mark.long
def test_a_large_company_outside_the_lists_leaves_them_as_they_were(
    frames: Frames, untouched: Built, built: Build, catalog: Catalog
) -> None:
    after = built(frames, strangers(frames, {"MSFT": "~LARGE"}, SHARES))
    assert "LARGE" in after.warehouse.frame(f"from core.membership where security_id = {after.id_of['~LARGE']}")["universe_id"]
    for table in derived(catalog):
        column = next((name for name in UNIVERSES if name in untouched.table(table).columns), None)
        if column:
            old, new = (built.table(table).filter(pl.col(column).is_in(LISTS)) for built in (untouched, after))
            old, new = (frame.filter(pl.col("cohort_b").is_in(LISTS)) if "cohort_b" in old.columns else frame for frame in (old, new))
            key = list(catalog.models[table].key)
            assert old.sort(key).equals(new.sort(key)), table
