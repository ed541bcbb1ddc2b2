"""Why a group of breadth measures is withheld on a session (methodology 0.4, C).

Expressions over the rows of mart.breadth's select: columns ``gate_<group>`` with a reason, NULL where the group may be shown.

A measure needs a number of lines, and of the expected lines a share. INSUFFICIENT_HISTORY is the reason where too few of a
universe's lines are old enough for it, so that prices for all of them would not help. Where enough are, prices are what lacks.
"""

from __future__ import annotations

import polars as pl

from rotation_pipeline.transforms.measure import FEW, NOT_LISTED, THIN, UNAVAILABLE, YOUNG, first_reason, ratio

KEY = ("universe_id", "basis")
AVERAGES = (20, 50, 100, 200)
TOP, TOP_SESSIONS = 7, 20  # top7_price_change_20
Case = tuple[pl.Expr, str]


def _is_too_few(n: pl.Expr, share: str, needed: str) -> pl.Expr:
    return (n < pl.col(needed)) | (n < pl.col(share) * pl.col("n_expected"))


def _few(n: pl.Expr, share: str, needed: str = "in_names_needed") -> tuple[Case, Case]:
    return (n < pl.col(needed), FEW), (n < pl.col(share) * pl.col("n_expected"), THIN)


def _young(sessions: int, share: str, needed: str = "in_names_needed") -> Case:
    """Too few lines have been listed for so many sessions, of a universe that has lines enough."""
    grown = pl.col("n_expected") - pl.col(f"in_n_young_{sessions}")
    return (pl.col("n_expected") >= pl.col(needed)) & _is_too_few(grown, share, needed), YOUNG


def _of_members(*cases: Case) -> pl.Expr:
    """The reason of the first case that holds; where nobody is a member, why nobody is."""
    return pl.coalesce(pl.col("in_member_reason"), first_reason(*cases))


def count_gates() -> list[pl.Expr]:
    """Gates of what is counted: advances, averages, highs on closes, highs within the session."""
    share = "in_min_breadth_coverage"
    no_price = ((pl.col("n_used") == 0) & (pl.col("in_n_used_any") > 0), UNAVAILABLE)

    def gate(name: str, n: pl.Expr, sessions: int, share: str, *unavailable: Case) -> pl.Expr:
        return _of_members(no_price, *unavailable, _young(sessions, share), *_few(n, share)).alias(f"gate_{name}")

    traded = pl.col("n_advancing") + pl.col("n_declining") + pl.col("n_unchanged")
    intraday = pl.col("n_intraday_eligible")
    no_highs = ((pl.col("basis") == "total") | ((intraday == 0) & (pl.col("n_high_eligible") > 0)), UNAVAILABLE)
    return [
        gate("ad", traded, 2, share),
        *(gate(f"above_{n}", pl.col(f"n_eligible_{n}"), n, "in_min_eligible") for n in AVERAGES),
        gate("high", pl.col("n_high_eligible"), 252, share),
        gate("intraday", intraday, 252, share, no_highs),
    ]


def weight_gates() -> list[pl.Expr]:
    """Gates of returns, concentration and dispersion.

    What is weighted by cap needs coverage.min_w of the whole cap, the unknown estimated; in a cohort that is named by companies every
    one of them (0.4). Equal weights need lines.
    """
    share, needed = "in_min_coverage", "in_dispersion_needed"
    no_past, no_past_spread, no_month = _young(2, share), _young(2, share, needed), _young(22, share, needed)
    no_weights = ((pl.col("run_position") == 0) & (pl.col("in_n_equal") == 0), YOUNG)  # weights are set at a close
    no_caps = (pl.col("in_cap").fill_null(0) == 0, UNAVAILABLE)
    n_with_caps = (pl.col("in_n_capped") > 0).cum_sum().over(*KEY)
    is_top_null = pl.col("in_top7_price_change_20").is_null()
    no_top = (is_top_null & (n_with_caps <= TOP_SESSIONS), YOUNG), (is_top_null & (pl.col("in_n_issuers") < TOP), FEW)
    uncapped = (pl.col("in_n_capped") == 0, UNAVAILABLE)
    no_daily_caps = ((pl.col("in_n_daily") > 0) & (pl.col("in_n_daily_weighted") == 0), UNAVAILABLE)
    no_monthly_caps = ((pl.col("in_n_monthly") > 0) & (pl.col("in_n_monthly_weighted") == 0), UNAVAILABLE)
    of_return = _light("in_n_weighted", "in_return_w", "in_n_unknown_before")
    of_close = _light("in_n_capped", "in_close_w", "in_n_unknown")
    return [
        _of_members(no_past, no_caps, *of_return).alias("gate_cw"),
        _of_members(no_past, no_weights, *_few(pl.col("in_n_equal"), share)).alias("gate_ew"),
        _of_members(no_past, *_few(pl.col("in_n_returns"), share)).alias("gate_ew_daily"),
        _of_members(uncapped, *of_close).alias("gate_concentration"),
        _of_members(uncapped, *no_top, *of_close).alias("gate_top7"),
        _of_members(no_past_spread, *_few(pl.col("in_n_daily"), share, needed)).alias("gate_daily"),
        _of_members(no_daily_caps, no_past_spread, *_light("in_n_daily_weighted", "in_daily_w", "in_n_daily_unknown", needed)).alias(
            "gate_daily_cw"
        ),
        _of_members(no_month, *_few(pl.col("in_n_monthly"), share, needed)).alias("gate_monthly"),
        _of_members(no_monthly_caps, no_month, *_light("in_n_monthly_weighted", "in_monthly_w", "in_n_monthly_unknown", needed)).alias(
            "gate_monthly_cw"
        ),
    ]


def _light(n: str, weight: str, unknown: str, needed: str = "in_names_needed") -> tuple[Case, Case]:
    """Too few lines with a cap, or too little of the whole cap; a cohort named by companies asks for all of them instead, however few."""
    is_whole = (pl.col(unknown) == 0) & (pl.col(n) > 0)
    is_covered = pl.col(weight).fill_null(0) >= pl.col("in_min_w")
    return (~pl.col("in_is_fixed") & (pl.col(n) < pl.col(needed)), FEW), (
        pl.when("in_is_fixed").then(~is_whole).otherwise(~is_covered),
        THIN,
    )


def coverage() -> list[pl.Expr]:
    """How many of the expected lines, and how much of their cap, the session covers."""
    return [
        (pl.col("n_expected") - pl.col("n_used")).alias("n_missing"),
        ratio(pl.col("n_used"), pl.col("n_expected")).alias("coverage_n"),
        pl.col("in_return_w").alias("coverage_w"),
    ]


def weight_label() -> pl.Expr:
    """How much of the cap a cap-weighted return that is shown rests on (0.4)."""
    label = pl.when(pl.col("in_return_w") >= pl.col("in_full_w")).then(pl.lit("FULL")).otherwise(pl.lit("PARTIAL"))
    return pl.when(pl.col("cw_return").is_not_null()).then(label).alias("weight_label")


def window_gate(gate: str, is_short: pl.Expr, n_grown: pl.Expr, needed: int | pl.Expr) -> pl.Expr:
    """Why a figure over several sessions is withheld where ``is_short``: too few of them have a value.

    ``gate`` is the column with the reason of each session itself. ``n_grown`` is how many sessions are not withheld for their own
    want of history: where they are too few the history is too short, else it has holes.
    """
    own = pl.col(gate)
    return first_reason(
        (is_short & (own == UNAVAILABLE), UNAVAILABLE),
        (is_short & (own == NOT_LISTED), NOT_LISTED),
        (is_short & ((own == YOUNG) | (n_grown < needed)), YOUNG),
        (is_short & (own == FEW), FEW),
        (is_short, THIN),
    )
