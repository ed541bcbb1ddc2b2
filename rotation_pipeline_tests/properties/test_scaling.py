"""M-6 and M-7: what is relative does not depend on how large companies are, nor on the unit of money."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from rotation_pipeline_tests.properties import draws
from rotation_pipeline_tests.properties.changes import scale_caps, scale_money
from rotation_pipeline_tests.properties.compare import changed, differences
from rotation_pipeline_tests.properties.conftest import Build
from rotation_pipeline_tests.properties.market import Built, Frames

# Caps are summed in cents and compared in whole dollars.
ROUNDED = 1e-7
RELATIVE = (
    "core.membership",
    "core.universe_return",
    "core.universe_concentration",
    "mart.factor_holding",
    "mart.factor_portfolio",
    "mart.factor_return",
    "mart.valuation",
    "mart.valuation_gap",
)
IN_DOLLARS = {
    "core.universe_return": ("cap_usd", "cap_used_usd"),
    "core.universe_concentration": ("cap_usd", "fresh_cap_usd"),
    "mart.factor_holding": ("me_usd", "size_breakpoint_usd"),
    "mart.factor_portfolio": ("cap_usd",),
}
MULTIPLES = {
    "mart.factor_holding": ("me_usd", "size_breakpoint_usd", "sort_value", "low_breakpoint", "high_breakpoint"),
    "mart.valuation": ("value",),
    "mart.valuation_gap": ("pe_a", "pe_b", "yield_gap_pp"),
}
PER_PRICE = ("pe_incl", "pe_excl", "pe_median_pos", "pe_median_yield", "pb", "ps")


def by_cap(built: Built) -> pl.DataFrame:
    return built.table("core.cohort_cap").select("cohort_id", "session", "cap_usd")


@pytest.mark.parametrize("seed", draws.seeds())
def test_caps_times_c_are_multiples_times_c_and_nothing_else_in_whatever_unit_of_money(
    seed: int, frames: Frames, untouched: Built, built: Build
) -> None:
    c, unit = float(Random(seed).choice((2, 3, 5, 7))), Random(seed).choice((0.5, 1.25, 1.7, 7.0, 100.0))
    after = built(scale_money(scale_caps(frames, c), unit), tables=RELATIVE)
    assert differences(untouched, after, RELATIVE, ROUNDED, IN_DOLLARS | MULTIPLES) == {}
    power = pl.when(pl.col("measure").is_in(PER_PRICE)).then(c).when(pl.col("measure") == "ey_incl").then(1 / c).otherwise(1.0)
    key = ["cohort_id", "session", "measure", "basis"]
    is_scaled = pl.col("measure") != "pe_capped"  # a P/E is set to 60 whatever the caps
    old, new = (built.table("mart.valuation").filter(is_scaled).select(*key, "value") for built in (untouched, after))
    assert old["value"].count() > 10_000
    assert changed(old.with_columns(pl.col("value") * power), new, key, ROUNDED) == []
    assert changed(by_cap(untouched).with_columns(pl.col("cap_usd") * c * unit), by_cap(after), key[:2], ROUNDED) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(draws.LONG))
def test_another_unit_of_money_changes_no_multiple_and_no_return(seed: int, frames: Frames, untouched: Built, built: Build) -> None:
    c = Random(seed).choice((0.5, 1.25, 1.7, 7.0, 100.0))
    after = built(scale_money(frames, c), tables=RELATIVE)
    assert differences(untouched, after, RELATIVE, ROUNDED, IN_DOLLARS) == {}
    assert changed(by_cap(untouched).with_columns(pl.col("cap_usd") * c), by_cap(after), ["cohort_id", "session"], ROUNDED) == []
