"""Own history of the style spreads: widest since when, mid-rank and z-score of the five years (methodology C.11, D.8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from rotation_pipeline.transforms.history import n_obs_5y, percentile_5y, z_5y

UNIT = 1e15  # spread_e15 per log point
METHOD_VERSION = "1.0"
# A series ends where its fund changed the index that it tracks.
_SERIES = ("spread_id", "horizon_sessions", "is_after_break")
_HELPERS = ("spread_e15", "is_after_break", "min_obs_percentile", "min_obs_z")


def style_spread(frame: pl.DataFrame) -> pl.DataFrame:
    """Add what each spread is against its own history.

    ``frame`` holds one row per spread, horizon and session: ``spread_e15`` (log points in 1e-15, NULL where unknown),
    ``is_after_break`` and the minimum counts of a percentile and a z-score. Returns the rows of mart.style_spread.
    """
    ordered = frame.sort(*_SERIES, "session").with_columns((pl.col("spread_e15") / UNIT).alias("spread_log"))
    compared = ordered.with_columns(
        percentile_5y("spread_log", _SERIES, pl.col("min_obs_percentile")).alias("percentile_5y"),
        z_5y("spread_log", _SERIES, pl.col("min_obs_z")).alias("z_5y"),
        n_obs_5y("spread_log", _SERIES).cast(pl.Int32).alias("n_obs"),
        pl.col("session").filter(pl.col("spread_log").is_not_null()).min().over(_SERIES).alias("history_from"),
        _widest(ordered),
    ).with_columns(
        pl.when(pl.col("session") >= pl.col("history_from")).then("history_from").alias("history_from"),
        pl.when(pl.col("spread_log").is_not_null()).then(pl.col("widest_since").is_null()).alias("is_record"),
    )
    return (
        compared.with_columns(
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
    found: list[date | None] = []
    for series in ordered.partition_by(*_SERIES, maintain_order=True):
        found.extend(widest_since(series["session"].to_list(), series["spread_e15"].to_list()))
    return pl.Series("widest_since", found, dtype=pl.Date)


def widest_since(sessions: Sequence[date], spreads: Sequence[int | None]) -> list[date | None]:
    """For each spread the last earlier session with one of the same sign at least as wide; zero counts as positive.

    A stack a side holds the sessions that nothing later has matched, widest first, so every session enters and leaves once.
    """
    stacks: tuple[list[tuple[int, date]], list[tuple[int, date]]] = ([], [])
    found: list[date | None] = []
    for session, spread in zip(sessions, spreads, strict=True):
        if spread is None:
            found.append(None)
            continue
        stack, width = stacks[spread < 0], abs(spread)
        while stack and stack[-1][0] < width:
            stack.pop()
        found.append(stack[-1][1] if stack else None)
        stack.append((width, session))
    return found
