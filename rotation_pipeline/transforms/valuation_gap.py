"""Where the distance between two cohorts' multiples stands in its own five years, and since when it was not as wide (E.3, C.11, C.14)."""

from __future__ import annotations

from datetime import date

import polars as pl

from rotation_pipeline.transforms.history import YEARS, last_at_least, n_obs_5y, only_session, percentile_5y, z_5y
from rotation_pipeline.transforms.measure import NONPOSITIVE, NOT_LISTED, PRECEDENCE, THIN, UNAVAILABLE, YOUNG, first_reason

_SERIES = ["cohort_a", "cohort_b", "measure", "basis"]
_RANKED = (("log_gap", "log_gap", "", "null_reason"), ("yield_gap_pp", "yield_gap", "yield_", "yield_null_reason"))
_HELPERS = [
    *("is_wanted", "badness", "yield_null_reason", "min_obs_percentile", "min_obs_z"),
    *(f"{what}_{column}" for what in ("n", "n_seen", "why", "why_z") for _, column, _, _ in _RANKED),
]
_NOT_YET = [UNAVAILABLE, NOT_LISTED, YOUNG]  # a session withheld for one of these is no hole: there was nothing to see yet


def valuation_gap(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of sql/mart/valuation_gap.sql, from the beginning of the history on, to the wanted rows of mart.valuation_gap (``is_wanted``).

    Percentiles and z-scores look back five years, dates of the last time over everything. Every statistic that is NULL has its reason.
    """
    ordered = frame.sort(*_SERIES, "session")
    dated = ordered.with_columns(_since(ordered))
    first = dated["session"].filter(dated["is_wanted"]).min()
    recent = dated.filter(pl.col("session") >= pl.lit(first, pl.Date).dt.offset_by(f"-{YEARS}y"))
    ranked = recent.with_columns(_history_label(recent).alias("history_label"))
    latest = only_session(recent, "is_wanted")
    for value, column, prefix, own_reason in _RANKED:
        ranked = _with_statistics(ranked, value, column, prefix, own_reason, latest)
    ranked = ranked.with_columns(pl.col("n_log_gap").cast(pl.Int32).alias("n_obs_5y"))
    return ranked.filter("is_wanted").drop(_HELPERS).sort("session", *_SERIES)


def _since(ordered: pl.DataFrame) -> list[pl.Series | pl.Expr]:
    """Dates of the last time at least as high and low, of both gaps at once, and where each begins."""
    asked = [(value, prefix, sign) for value, prefix in (("log_gap", ""), ("yield_gap_pp", "yield_gap_")) for sign in (1, -1)]
    found = last_at_least(ordered, [sign * pl.col(value) for value, _, sign in asked], _SERIES, "is_wanted")
    held = {prefix: pl.col("session").filter(pl.col(value).is_not_null()).min().over(_SERIES) for value, prefix, _ in asked}
    return [
        *(date.alias(f"{prefix}{'high' if sign > 0 else 'low'}_since") for date, (_, prefix, sign) in zip(found, asked, strict=True)),
        *(pl.when(pl.col("session") >= first).then(first).alias(f"{prefix}held_from") for prefix, first in held.items()),
    ]


def _with_statistics(frame: pl.DataFrame, value: str, column: str, prefix: str, own_reason: str, latest: date | None) -> pl.DataFrame:
    """Add percentile and z-score of a value, each with the reason where it is NULL: today's own, too short a history, or one with holes."""
    enough, enough_z, own = pl.col("min_obs_percentile"), pl.col("min_obs_z"), pl.col(own_reason)
    n, n_seen, z = pl.col(f"n_{column}"), pl.col(f"n_seen_{column}"), f"{column}_z_5y"
    counted = frame.with_columns(
        n_obs_5y(value, _SERIES, latest=latest).alias(f"n_{column}"),
        n_obs_5y(pl.when(~own.is_in(_NOT_YET) | own.is_null()).then(1.0), _SERIES, latest=latest).alias(f"n_seen_{column}"),
        percentile_5y(value, _SERIES, enough, latest=latest).alias(f"{column}_percentile_5y"),
        z_5y(value, _SERIES, enough_z, latest=latest).alias(z),
    ).with_columns(
        first_reason((n_seen < enough, YOUNG), (n < enough, THIN)).alias(f"why_{column}"),
        first_reason((n_seen <= enough_z, YOUNG), (n <= enough_z, THIN), (pl.col(z).is_null(), NONPOSITIVE)).alias(f"why_z_{column}"),
    )
    return counted.with_columns(
        _first(own, pl.col(f"why_{column}")).alias(f"{prefix}percentile_null_reason"),
        _first(own, pl.col(f"why_z_{column}")).alias(f"{prefix}z_null_reason"),
    )


def _first(*reasons: pl.Expr) -> pl.Expr:
    """Of several reasons the one that comes first in the order of precedence."""
    return first_reason(*((pl.any_horizontal(reason == known for reason in reasons), known) for known in PRECEDENCE))


def _history_label(recent: pl.DataFrame) -> pl.Expr:
    """The worst label of the sessions that count, and of today's."""
    known = recent.select("badness", "bias_label").unique()
    counted = pl.when(pl.col("log_gap").is_not_null()).then(pl.col("badness")).rolling_max_by("session", f"{YEARS}y").over(_SERIES)
    return pl.max_horizontal(counted, "badness").replace_strict(known["badness"], known["bias_label"], return_dtype=pl.String)
