"""M-8: on a session on which every price moves the other way, what rose fell, and every return has the other sign."""

from __future__ import annotations

from datetime import date
from random import Random

import polars as pl
import pytest

from rotation_pipeline_tests.properties import draws
from rotation_pipeline_tests.properties.changes import mirror
from rotation_pipeline_tests.properties.compare import changed
from rotation_pipeline_tests.properties.conftest import Build
from rotation_pipeline_tests.properties.market import Built, Frames

EXACT = 1e-12
TABLES = ("core.universe_breadth", "core.universe_return", "mart.breadth", "mart.factor_return")
NEGATED = {
    "core.universe_return": ("cw_return", "ew_daily_return"),
    "mart.breadth": ("net_advances", "rana", "cw_return", "ew_return", "ew_daily_return"),
    "mart.factor_return": ("ret", "long_ret", "short_ret"),
}
COUNTED = ("n_used", "n_advancing", "n_declining", "n_unchanged", "n_untraded", "up_volume", "down_volume")
SWAPPED = {"n_advancing": "n_declining", "n_declining": "n_advancing", "up_volume": "down_volume", "down_volume": "up_volume"}


def on_day(built: Built, table: str, day: date) -> pl.DataFrame:
    return built.table(table).filter(pl.col("session") == day)


@pytest.mark.parametrize("seed", draws.seeds())
def test_a_mirrored_session_turns_every_sign(seed: int, frames: Frames, untouched: Built, built: Build) -> None:
    day = draws.mirrored_day(frames, untouched, Random(seed))
    after = built(mirror(frames, day), tables=TABLES)
    for table, columns in NEGATED.items():
        key = untouched.warehouse.catalog.models[table].key
        old, new = (on_day(built, table, day).select(*key, *columns) for built in (untouched, after))
        assert old.select(pl.col(columns).is_not_null().sum() > 0).row(0) == (True,) * len(columns)
        assert changed(old.with_columns(-pl.col(columns)), new, key, EXACT) == [], table
        past = [built.table(table).filter(pl.col("session") < day) for built in (untouched, after)]
        assert changed(past[0], past[1], key) == [], table
    key = untouched.warehouse.catalog.models["core.universe_breadth"].key
    old, new = (on_day(built, "core.universe_breadth", day).select(*key, *COUNTED) for built in (untouched, after))
    assert (old["n_advancing"] != old["n_declining"]).any()
    assert changed(old.rename(SWAPPED).select(*key, *COUNTED), new, key) == []
