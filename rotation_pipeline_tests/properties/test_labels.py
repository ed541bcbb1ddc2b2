"""B.7: whatever rests on a list of today says so, in every mart that speaks of a universe or cohort."""

from __future__ import annotations

import polars as pl

from rotation_pipeline_tests.properties.conftest import Build
from rotation_pipeline_tests.properties.market import LISTS, Frames

MARTS = {
    "mart.breadth": "universe_id",
    "mart.valuation": "cohort_id",
    "mart.earnings_exposure": "cohort_id",
    "mart.earnings_calendar": "cohort_id",
}
CHOSEN = {"TOP7", "SP493", "CYCLICAL", "CYC_VALUE"}  # a TOP_N, a MINUS and two SCREENs


def test_what_is_chosen_from_a_list_of_today_is_of_today(frames: Frames, built: Build) -> None:
    """The list is told to be today's; its members and all prices are as before."""
    of_today = pl.when(pl.col("universe_id") == "SP500").then(pl.lit("CURRENT_LIST")).otherwise("bias_label")
    after = built({**frames, LISTS: frames[LISTS].with_columns(of_today.alias("bias_label"))}, tables=[*MARTS, "mart.valuation_gap"])
    part = after.table("core.cohort_part")
    resting = {"SP500", *part.filter(pl.col("part_id") == "SP500")["cohort_id"]}
    assert resting >= CHOSEN
    for mart, universe in MARTS.items():
        labels = after.table(mart).select(pl.col(universe).alias("universe_id"), "bias_label").unique()
        found = labels.filter(pl.col("universe_id").is_in(sorted(resting)))
        assert found.height >= 3, mart
        assert found["bias_label"].unique().to_list() == ["CURRENT_LIST"], mart
        assert labels.filter(~pl.col("universe_id").is_in(sorted(resting)) & (pl.col("bias_label") != "CURRENT_LIST")).height > 0, mart
    gap = after.table("mart.valuation_gap").filter(pl.col("cohort_a").is_in(sorted(resting)) | pl.col("cohort_b").is_in(sorted(resting)))
    assert gap["bias_label"].unique().to_list() == ["CURRENT_LIST"]
