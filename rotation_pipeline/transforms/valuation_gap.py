"""Where the distance between two cohorts' multiples stands in its own five years (methodology E.3, C.11)."""

from __future__ import annotations

import polars as pl

from rotation_pipeline.transforms.history import n_obs_5y, percentile_5y, z_5y

_SERIES = ["cohort_a", "cohort_b", "measure", "basis"]
_HELPERS = ["is_wanted", "is_observation", "min_obs_percentile", "min_obs_z"]


def valuation_gap(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of sql/mart/valuation_gap.sql, five years of look-back included, to rows of mart.valuation_gap.

    Look-back rows (``is_wanted`` false) are left out, rows that are no ``is_observation`` neither count nor get statistics.
    """
    log_gap, yield_gap = (pl.when("is_observation").then(name) for name in ("log_gap", "yield_gap_pp"))
    enough, enough_z = pl.col("min_obs_percentile"), pl.col("min_obs_z")
    statistics = {
        "log_gap_percentile_5y": percentile_5y(log_gap, _SERIES, enough),
        "log_gap_z_5y": z_5y(log_gap, _SERIES, enough_z),
        "yield_gap_percentile_5y": percentile_5y(yield_gap, _SERIES, enough),
        "yield_gap_z_5y": z_5y(yield_gap, _SERIES, enough_z),
        "n_obs_5y": n_obs_5y(log_gap, _SERIES).cast(pl.Int32),
    }
    ordered = frame.sort("session", *_SERIES)
    return ordered.with_columns(**statistics).filter("is_wanted").drop(_HELPERS)
