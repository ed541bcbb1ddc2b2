"""Why a group of breadth measures is withheld on a session, and which bias label the session has (methodology 0.4, B.7, C).

Expressions over the rows of mart.breadth's select: columns ``gate_<group>`` with a reason, NULL where the group may be shown.
"""

from __future__ import annotations

import polars as pl

from rotation_pipeline.transforms.measure import FEW, THIN, UNAVAILABLE, YOUNG, first_reason, ratio

AVERAGES = (20, 50, 100, 200)
LABELS = ("PIT_FULL", "PIT_PARTIAL", "PIT_SPARSE", "CURRENT_LIST", "HINDSIGHT_SELECTED")  # from best to worst (B.7)


def _few(n: pl.Expr, share: str, needed: str = "in_names_needed") -> tuple[tuple[pl.Expr, str], ...]:
    return (n < pl.col(needed), FEW), (n < pl.col(share) * pl.col("n_expected"), THIN)


def count_gates() -> list[pl.Expr]:
    """Gates of what is counted: advances, averages, highs on closes, highs within the session."""
    n_used, share = pl.col("n_used"), "in_min_breadth_coverage"
    no_price = ((n_used == 0) & (pl.col("in_n_used_any") > 0), UNAVAILABLE)
    # Names enough with a price, but not with a past: that is the reason before any count (0.4).
    enough = (n_used >= pl.col("in_names_needed")) & (n_used >= pl.col(share) * pl.col("n_expected"))
    is_first = pl.col("run_position") == 0

    def past(n: pl.Expr, minimum: str) -> tuple[tuple[pl.Expr, str], ...]:
        return (enough & ((n < pl.col("in_names_needed")) | (n < pl.col(minimum) * pl.col("n_expected"))), YOUNG), *_few(n, minimum)

    traded = pl.col("n_advancing") + pl.col("n_declining") + pl.col("n_unchanged")
    intraday = pl.col("n_intraday_eligible")
    no_highs = ((pl.col("basis") == "total") | ((intraday == 0) & (pl.col("n_high_eligible") > 0)), UNAVAILABLE)
    return [
        first_reason(no_price, (is_first & enough, YOUNG), *_few(traded, share)).alias("gate_ad"),
        *(first_reason(no_price, *past(pl.col(f"n_eligible_{n}"), "in_min_eligible")).alias(f"gate_above_{n}") for n in AVERAGES),
        first_reason(no_price, *past(pl.col("n_high_eligible"), share)).alias("gate_high"),
        first_reason(no_price, no_highs, *past(intraday, share)).alias("gate_intraday"),
    ]


def weight_gates() -> list[pl.Expr]:
    """Gates of returns, concentration and dispersion."""
    share, needed = "in_min_coverage", "in_dispersion_needed"
    is_first = (pl.col("run_position") == 0, YOUNG)
    is_young = (pl.col("run_position") < 21, YOUNG)
    no_caps = (pl.col("in_cap").fill_null(0) == 0, UNAVAILABLE)
    thin_caps = (pl.col("in_cap_used") < pl.col("in_min_return_w") * pl.col("in_cap"), THIN)
    thin_weight = (pl.col("in_used_weight").fill_null(0) < pl.col("in_min_return_w"), THIN)
    stale_caps = (pl.col("in_fresh_share") < pl.col("in_min_concentration_w"), THIN)
    uncapped = (pl.col("in_n_capped") == 0, UNAVAILABLE)
    no_daily_caps = ((pl.col("in_n_daily") > 0) & (pl.col("in_n_daily_weighted") == 0), UNAVAILABLE)
    no_monthly_caps = ((pl.col("in_n_monthly") > 0) & (pl.col("in_n_monthly_weighted") == 0), UNAVAILABLE)
    return [
        first_reason(is_first, no_caps, *_few(pl.col("in_n_weighted"), share), thin_caps).alias("gate_cw"),
        first_reason(is_first, *_few(pl.col("in_n_equal"), share), thin_weight).alias("gate_ew"),
        first_reason(is_first, *_few(pl.col("in_n_returns"), share)).alias("gate_ew_daily"),
        first_reason(uncapped, *_few(pl.col("in_n_capped"), share), stale_caps).alias("gate_concentration"),
        first_reason(is_first, *_few(pl.col("in_n_daily"), share, needed)).alias("gate_daily"),
        first_reason(is_first, no_daily_caps, *_few(pl.col("in_n_daily_weighted"), share, needed)).alias("gate_daily_cw"),
        first_reason(is_young, *_few(pl.col("in_n_monthly"), share, needed)).alias("gate_monthly"),
        first_reason(is_young, no_monthly_caps, *_few(pl.col("in_n_monthly_weighted"), share, needed)).alias("gate_monthly_cw"),
    ]


def labels() -> list[pl.Expr]:
    """Coverage of the session, its bias label, and the label's rank as run_label."""
    coverage = pl.col("n_used") / pl.col("n_expected")
    is_sparse = coverage < pl.col("in_bias_partial")
    of_prices = pl.when(is_sparse).then(2).when(coverage < pl.col("in_bias_full")).then(1).otherwise(0)
    of_stays = pl.col("in_member_label").replace_strict(LABELS, range(len(LABELS)), return_dtype=pl.Int32)
    rank = pl.max_horizontal(of_prices, of_stays)
    return [
        (pl.col("n_expected") - pl.col("n_used")).alias("n_missing"),
        coverage.alias("coverage_n"),
        ratio(pl.col("in_cap_used"), pl.col("in_cap")).alias("coverage_w"),
        rank.alias("run_label"),
        rank.replace_strict(range(len(LABELS)), LABELS, return_dtype=pl.String).alias("bias_label"),
        is_sparse.alias("run_is_sparse"),
    ]
