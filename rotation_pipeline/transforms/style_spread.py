"""Own history of the style spreads: widest since when, mid-rank and z-score of the five years (methodology C.11, D.8)."""

from __future__ import annotations

import polars as pl

from rotation_pipeline.transforms.history import YEARS, last_at_least, n_obs_5y, only_session, percentile_5y, z_5y

UNIT = 1e15  # spread_e15 per log point
METHOD_VERSION = "1.0"
# A series ends where its fund changed the index that it tracks.
_SERIES = ("spread_id", "horizon_sessions", "is_after_break")
_HELPERS = ("spread_e15", "is_after_break", "is_wanted", "min_obs_percentile", "min_obs_z")


def style_spread(frame: pl.DataFrame) -> pl.DataFrame:
    """What each wanted spread (``is_wanted``) is against its own history: the rows of mart.style_spread.

    ``frame`` holds one row per spread, horizon and session, from the beginning on: ``spread_e15`` (log points in 1e-15, NULL where
    unknown), ``is_after_break`` and the minimum counts of a percentile and a z-score.
    """
    ordered = frame.sort(*_SERIES, "session").with_columns((pl.col("spread_e15") / UNIT).alias("spread_log"))
    dated = ordered.with_columns(
        pl.col("session").filter(pl.col("spread_log").is_not_null()).min().over(_SERIES).alias("history_from"), _widest(ordered)
    )
    first = dated["session"].filter(dated["is_wanted"]).min()
    recent = dated.filter(pl.col("session") >= pl.lit(first, pl.Date).dt.offset_by(f"-{YEARS}y"))
    latest = only_session(recent, "is_wanted")
    compared = recent.with_columns(
        percentile_5y("spread_log", _SERIES, pl.col("min_obs_percentile"), latest=latest).alias("percentile_5y"),
        z_5y("spread_log", _SERIES, pl.col("min_obs_z"), latest=latest).alias("z_5y"),
        n_obs_5y("spread_log", _SERIES, latest=latest).cast(pl.Int32).alias("n_obs"),
        pl.when(pl.col("session") >= pl.col("history_from")).then("history_from").alias("history_from"),
        pl.when(pl.col("spread_log").is_not_null()).then(pl.col("widest_since").is_null()).alias("is_record"),
    )
    return (
        compared.filter("is_wanted")
        .with_columns(
            (pl.col("long_return") - pl.col("short_return")).alias("spread_pp"),
            (pl.col("n_expected") - pl.col("n_used")).alias("n_missing"),
            _why("percentile_5y"),
            _why("z_5y"),
            pl.lit("ETF").alias("bias_label"),
            pl.lit(METHOD_VERSION).alias("method_version"),
        )
        .drop(_HELPERS)
        .sort("session", "spread_id", "horizon_sessions")
    )


def _why(measure: str) -> pl.Expr:
    reason = pl.coalesce("null_reason", pl.lit("INSUFFICIENT_HISTORY"))
    return pl.when(pl.col(measure).is_null()).then(reason).alias(f"{measure.removesuffix('_5y')}_null_reason")


def _widest(ordered: pl.DataFrame) -> pl.Series:
    """The last earlier session with a spread of the same sign at least as wide; zero counts as positive."""
    spread = pl.col("spread_log")
    sides = [pl.when(spread >= 0).then(spread), pl.when(spread < 0).then(-spread)]
    above, below = last_at_least(ordered, sides, _SERIES, "is_wanted")
    return pl.select(pl.coalesce(above, below)).to_series().alias("widest_since")
