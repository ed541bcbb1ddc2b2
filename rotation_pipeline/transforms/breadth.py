"""Breadth measures from daily counts: ratios, running sums, trends, own history, and a reason for every NULL (methodology C, 0.4).

The frame holds one row a universe, basis and session (some 100,000 rows for twenty years). What runs from the beginning on is
always worked through whole, so nothing is kept between runs; the rest only for the wanted rows and the years that they look
back on. Columns in_ are inputs that the table does not keep, gate_ the reason to withhold a group of measures, run_
intermediate series, why_ the reason beside each NULL.
"""

from __future__ import annotations

import math
from datetime import date

import polars as pl

from rotation_pipeline.transforms.breadth_gate import AVERAGES, KEY, count_gates, coverage, weight_gates, weight_label, window_gate
from rotation_pipeline.transforms.history import is_5y_high, last_at_least, n_obs_5y, only_session, percentile_5y, z_5y
from rotation_pipeline.transforms.measure import (
    FEW,
    NONPOSITIVE,
    NOT_LISTED,
    NOT_POINT_IN_TIME,
    STALE,
    THIN,
    UNAVAILABLE,
    YOUNG,
    Measure,
    first_reason,
    ratio,
    reason_map,
    show,
    show_reasons,
    show_values,
    why,
)

SPREADS = (21, 63)
ENDINGS = ("", "_ex_assumed")  # with and without assumed delisting returns (A.5)
STRETCH = (*KEY, "run_stretch")  # running averages begin anew in each (C.4)
RANKED = (*(f"pct_above_{n}" for n in AVERAGES), "nh_share", "net_new_high_share", "summation_index", "adv_share_21")


def breadth(frame: pl.DataFrame) -> pl.DataFrame:
    """The wanted rows of mart.breadth (``in_is_wanted``), in the order universe, basis, session.

    ``frame``: the rows of the select of mart.breadth: counts, raw returns, weights, dispersions, and parameters as constant columns.
    Returns shares, returns and weights as decimals. Every measure is NULL exactly where ``null_reason`` names it.
    """
    parts = frame.partition_by("basis") or [frame]  # one after the other, which halves the memory
    return pl.concat([_of_one_basis(part) for part in parts]).sort("universe_id", "basis", "session")


def _of_one_basis(frame: pl.DataFrame) -> pl.DataFrame:
    position = (pl.col("n_expected") > 0).cum_sum().over(*KEY).cast(
        pl.Int64
    ) - 1  # sessions with members before this one; -1 before the first
    days = frame.sort(*KEY, "session").with_columns(position.alias("run_position"))
    days = days.with_columns(count_gates() + weight_gates()).with_columns(coverage())
    of_day, trends = _ratios() + _weighted(), _trends()
    days = show_values(days, of_day).with_columns(weight_label())
    years = int(_constant(frame, "in_history_years"))
    first = days["session"].filter(days["in_is_wanted"]).min()
    days = _with_since(show_values(_with_running(days, frame), trends))
    days = days.filter(pl.col("session") >= pl.lit(first, pl.Date).dt.offset_by(f"-{years}y"))
    # The history of a measure asks why it was withheld; of the others only the wanted rows say it.
    measures = of_day + trends
    days = show_reasons(days, [measure for measure in measures if measure.name in RANKED])
    days = show_reasons(_with_history(days, years), [measure for measure in measures if measure.name not in RANKED])
    reasons = [f"why_{measure.name}" for measure in measures]
    days = days.select(*reasons, pl.exclude(reasons))
    days = days.with_columns(reason_map(days).alias("null_reason"))
    return days.select(name for name in days.columns if not name.startswith(("in_", "gate_", "run_", "why_")))


def _constant(frame: pl.DataFrame, name: str) -> float:
    return 1.0 if frame.is_empty() else float(frame[name][0])


# --- measures of one day -------------------------------------------------------------------------------------------------


def _ratios() -> list[Measure]:
    up, down = pl.col("n_advancing"), pl.col("n_declining")
    up_volume, down_volume = pl.col("in_up_volume"), pl.col("in_down_volume")
    up_usd, down_usd = pl.col("in_up_dollar_volume"), pl.col("in_down_dollar_volume")
    high, low, n_high = pl.col("n_new_high"), pl.col("n_new_low"), pl.col("n_high_eligible")
    day_high, day_low, n_day = pl.col("n_intraday_high"), pl.col("n_intraday_low"), pl.col("n_intraday_eligible")
    return [
        Measure("net_advances", (up - down).cast(pl.Float64), "gate_ad"),
        Measure("ad_ratio", ratio(up, down), "gate_ad"),
        Measure("adv_share", ratio(up, up + down), "gate_ad"),
        Measure("rana", ratio(1000 * (up - down), up + down), "gate_ad"),
        Measure("up_volume_share", ratio(up_volume, up_volume + down_volume), "gate_ad"),
        Measure("up_dollar_volume_share", ratio(up_usd, up_usd + down_usd), "gate_ad"),
        Measure("trin", pl.when(up * down > 0, up_volume > 0, down_volume > 0).then((up / down) / (up_volume / down_volume)), "gate_ad"),
        *(Measure(f"pct_above_{n}", ratio(pl.col(f"n_above_{n}"), pl.col(f"n_eligible_{n}")), f"gate_above_{n}") for n in AVERAGES),
        Measure("nh_share", ratio(high, n_high), "gate_high"),
        Measure("nl_share", ratio(low, n_high), "gate_high"),
        Measure("net_new_high_share", ratio(high - low, n_high), "gate_high"),
        Measure("intraday_nh_share", ratio(day_high, n_day), "gate_intraday"),
        Measure("intraday_nl_share", ratio(day_low, n_day), "gate_intraday"),
        Measure("intraday_net_new_high_share", ratio(day_high - day_low, n_day), "gate_intraday"),
        Measure("record_high_percent", ratio(100 * high, high + low), "gate_high"),
    ]


def _weighted() -> list[Measure]:
    return [
        Measure("cw_return", pl.col("in_cw_return"), "gate_cw"),
        Measure("ew_return", pl.col("in_ew_return"), "gate_ew"),
        Measure("ew_daily_return", pl.col("in_ew_daily_return"), "gate_ew_daily"),
        # NULL of its own where nobody else has a return.
        *(
            Measure(f"{kind}_return_ex_assumed", pl.col(f"in_{kind}_return_ex_assumed"), f"gate_{kind}", FEW)
            for kind in ("cw", "ew", "ew_daily")
        ),
        Measure("effective_n", 1 / pl.col("in_hhi"), "gate_concentration"),
        *(Measure(name, pl.col(f"in_{name}"), "gate_concentration") for name in ("hhi", "top7_weight", "top10_weight", "mag7_weight")),
        Measure("top7_price_change_20", pl.col("in_top7_price_change_20"), "gate_top7", THIN),
        Measure("dispersion_cw", pl.col("in_dispersion_cw"), "gate_daily_cw"),
        Measure("dispersion_ew", pl.col("in_dispersion_ew"), "gate_daily"),
        Measure("max_contribution", pl.col("in_max_contribution"), "gate_daily_cw"),
        Measure("dispersion_cw_21", pl.col("in_dispersion_cw_21"), "gate_monthly_cw"),
        Measure("dispersion_ew_21", pl.col("in_dispersion_ew_21"), "gate_monthly"),
    ]


# --- running sums, trends, windows ---------------------------------------------------------------------------------------


def _with_running(days: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Add the series that run over sessions, and the gates that their windows open."""
    days = _with_segments(days)
    net = pl.col("net_advances")
    has_breadth = net.is_not_null()
    volume = pl.when(has_breadth).then(pl.col("in_up_volume") - pl.col("in_down_volume"))
    running = days.lazy().with_columns(  # a lazy plan goes through each window once, however often it is named
        net.fill_null(0).cum_sum().over(*KEY).alias("run_net"),
        (pl.col("rana") / 1000).fill_null(0).cum_sum().over(*KEY).alias("run_normalised"),
        volume.fill_null(0).cum_sum().cast(pl.Float64).over(*KEY).alias("run_volume"),
        _trend(pl.col("rana"), _constant(frame, "in_fast")).alias("run_fast"),
        _trend(pl.col("rana"), _constant(frame, "in_slow")).alias("run_slow"),
        pl.col("rana").is_not_null().cum_sum().over(*STRETCH).alias("run_n_rana"),
        pl.col("session").filter(has_breadth).min().over(*KEY).alias("run_start"),
        *(_growth(f"in_{kind}_return").alias(f"run_{kind}") for kind in ("cw", "ew")),
        *(_level(f"{kind}_return{ending}").alias(f"run_{kind}_level{ending}") for kind in ("cw", "ew") for ending in ENDINGS),
        *(_level_from(kind) for kind in ("cw", "ew")),
        (pl.col("cw_return").is_null() | pl.col("ew_return").is_null()).cast(pl.Int32).cum_sum().over(*KEY).alias("run_no_return"),
        *_means(frame),
    )
    days = running.collect()
    started, is_stale = pl.col("segment").is_not_null(), pl.col("run_is_stale")
    trend = window_gate(
        "gate_ad",
        pl.col("run_n_rana") < pl.col("in_mcclellan_min_obs"),
        _is_grown("gate_ad").cum_sum().over(*STRETCH),
        pl.col("in_mcclellan_min_obs"),
    )
    return days.with_columns(
        pl.when(started).then(pl.col("run_start")).alias("ad_start_session"),
        pl.when(~started).then(pl.coalesce(pl.col("gate_ad"), pl.lit(YOUNG))).when(is_stale).then(pl.lit(STALE)).alias("gate_line"),
        pl.when(is_stale).then(pl.lit(STALE)).otherwise(trend).alias("gate_mcclellan"),
        *(
            pl.coalesce(
                pl.col("in_member_reason"),
                first_reason((pl.col("run_position") < n, YOUNG), (_since("run_no_return", n) > 0, THIN)),
            ).alias(f"gate_spread_{n}")
            for n in SPREADS
        ),
    )


def _with_segments(days: pl.DataFrame) -> pl.DataFrame:
    """Number the stretches of what runs over sessions: another begins with the data that return after too many sessions without (C.4)."""
    has_breadth = pl.col("rana").is_not_null()
    days = days.with_columns(pl.int_range(pl.len()).over(*KEY).alias("run_row"))
    days = days.with_columns(pl.when(has_breadth).then("run_row").forward_fill().over(*KEY).alias("run_last_row"))
    n_without = pl.col("run_row") - pl.col("run_last_row")
    was_lost = pl.col("run_row") - pl.col("run_last_row").shift(1).over(*KEY) > pl.col("in_carry_sessions") + 1
    is_first = has_breadth & was_lost.fill_null(True)
    n_begun = is_first.cum_sum().over(*KEY)
    return days.with_columns(
        pl.when(n_begun > 0).then(n_begun).cast(pl.Int32).alias("segment"),
        n_begun.clip(1).alias("run_stretch"),  # what comes before the first data counts as history that the first stretch lacks
        ((n_without > 0) & (n_without <= pl.col("in_carry_sessions"))).fill_null(False).alias("is_ad_carried"),
        (n_without > pl.col("in_carry_sessions")).fill_null(False).alias("run_is_stale"),
    )


def _growth(name: str) -> pl.Expr:
    """Returns chained from 1 on, withheld ones too; a session without one adds nothing.

    For growth between two sessions without a withheld return in between: what came before then leaves no trace in the last bits.
    """
    return (1 + pl.col(name)).fill_null(1).cum_prod().over(*KEY)


def _unbroken(name: str) -> pl.Expr:
    """Which unbroken run of values of its universe a row is in, or comes after."""
    is_known = pl.col(name).is_not_null()
    return (is_known & ~is_known.shift(1).over(*KEY).fill_null(False)).cum_sum().over(*KEY)


def _level(name: str) -> pl.Expr:
    """Returns chained from 1 on, anew after a session without one: what it returned is not nothing, it is not known."""
    return (1 + pl.col(name)).fill_null(1).cum_prod().over(*KEY, _unbroken(name))


def _level_from(kind: str) -> pl.Expr:
    """The first session of the unbroken run of returns that a level is chained of."""
    value = pl.col(f"{kind}_return")
    first = pl.col("session").filter(value.is_not_null()).min().over(*KEY, _unbroken(f"{kind}_return"))
    return pl.when(value.is_not_null()).then(first).alias(f"{kind}_level_from")


def _trend(x: pl.Expr, alpha: float) -> pl.Expr:
    """E += alpha (x - E) from a seed of 0 in each stretch; a NULL leaves E as it is (C.4)."""
    is_first = x.is_not_null() & (x.is_not_null().cum_sum() == 1)
    seeded = pl.when(is_first).then(alpha * x).otherwise(x)
    return seeded.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True).forward_fill().over(*STRETCH)


def _is_grown(gate: str) -> pl.Expr:
    """Sessions that are not withheld for want of their own history, as a number."""
    return (pl.col(gate).fill_null("") != YOUNG).cast(pl.Int32)


def _since(name: str, sessions: int) -> pl.Expr:
    return pl.col(name) - pl.col(name).shift(sessions).over(*KEY)


def _means(frame: pl.DataFrame) -> list[pl.Expr]:
    """Means over the last sessions, NULL with fewer values than the window needs: 80 % of it unless a parameter says otherwise."""

    def days(name: str) -> tuple[int, int]:
        n = int(_constant(frame, name))
        return n, math.ceil(_constant(frame, "in_window_share") * n)

    def mean(name: str, window: int, needed: int) -> pl.Expr:
        return pl.col(name).rolling_mean(window, min_samples=needed).over(*KEY)

    def total(x: pl.Expr, window: int, needed: int, gate: str = "gate_ad") -> pl.Expr:
        return pl.when(pl.col(gate).is_null()).then(x).rolling_sum(window, min_samples=needed).over(*KEY)

    def gate(name: str, own: str, is_short: pl.Expr, window: int, needed: int) -> pl.Expr:
        n_grown = _is_grown(own).rolling_sum(window, min_samples=1).over(*KEY)
        return window_gate(own, is_short, n_grown, needed).alias(f"gate_{name}")

    trin, share, net = days("in_trin_days"), days("in_adv_share_days"), days("in_net_high_days")
    n_index = int(_constant(frame, "in_hl_index_days"))
    index = n_index, min(n_index, int(_constant(frame, "in_hl_index_min_days")))
    sums = {name: total(pl.col(name), *trin) for name in ("n_advancing", "n_declining", "in_up_volume", "in_down_volume")}
    all_up = (sums["n_advancing"] > 0) & (sums["n_declining"] > 0) & (sums["in_up_volume"] > 0) & (sums["in_down_volume"] > 0)
    open_trin = (sums["n_advancing"] / sums["n_declining"]) / (sums["in_up_volume"] / sums["in_down_volume"])
    # A session without any high or low counts here: it has no record-high percent for want of a denominator.
    no_index = pl.col("gate_high").is_not_null() | total(pl.lit(1), *index, "gate_high").is_null()
    return [
        mean("adv_share", *share).alias("run_adv_share_21"),
        mean("net_new_high_share", *net).alias("run_net_new_high_share_10"),
        mean("record_high_percent", *index).alias("run_high_low_index"),
        pl.when(all_up).then(open_trin).alias("run_trin_10"),
        gate("adv_share_21", "gate_ad", mean("adv_share", *share).is_null(), *share),
        gate("net_new_high_share_10", "gate_high", mean("net_new_high_share", *net).is_null(), *net),
        gate("trin_10", "gate_ad", sums["n_advancing"].is_null(), *trin),
        gate("high_low_index", "gate_high", no_index, *index),
    ]


def _trends() -> list[Measure]:
    spreads = []
    for n in SPREADS:
        cw, ew = (pl.col(f"run_{kind}") / pl.col(f"run_{kind}").shift(n).over(*KEY) for kind in ("cw", "ew"))
        log_spread = pl.when(cw > 0, ew > 0).then(ew.log() - cw.log())
        spreads += [
            Measure(f"ew_cw_spread_log_{n}", log_spread, f"gate_spread_{n}"),
            Measure(f"ew_cw_spread_pp_{n}", ew - cw, f"gate_spread_{n}"),
        ]
    fast, slow = pl.col("run_fast"), pl.col("run_slow")
    return [
        Measure("ad_line", pl.col("run_net"), "gate_line"),
        Measure("ad_line_normalised", pl.col("run_normalised"), "gate_line"),
        Measure("volume_ad_line", pl.col("run_volume"), "gate_line"),
        Measure("adv_share_21", pl.col("run_adv_share_21"), "gate_adv_share_21"),
        Measure("trin_10", pl.col("run_trin_10"), "gate_trin_10"),
        Measure("net_new_high_share_10", pl.col("run_net_new_high_share_10"), "gate_net_new_high_share_10"),
        Measure("high_low_index", pl.col("run_high_low_index"), "gate_high_low_index"),
        Measure("mcclellan_fast", fast, "gate_mcclellan"),
        Measure("mcclellan_slow", slow, "gate_mcclellan"),
        Measure("mcclellan_oscillator", fast - slow, "gate_mcclellan"),
        Measure("summation_index", 19 * slow - 9 * fast, "gate_mcclellan"),
        *(
            Measure(f"{kind}_level{ending}", 100 * pl.col(f"run_{kind}_level{ending}"), f"gate_{kind}")
            for kind in ("cw", "ew")
            for ending in ENDINGS
        ),
        *spreads,
    ]


# --- own history (C.11, C.14) --------------------------------------------------------------------------------------------------


def _with_since(days: pl.DataFrame) -> pl.DataFrame:
    """Add since when each ranked measure was not as high and not as low, and from when on it is held: a date needs no distribution."""
    high = last_at_least(days, [pl.col(name) for name in RANKED], KEY, "in_is_wanted")
    low = last_at_least(days, [-pl.col(name) for name in RANKED], KEY, "in_is_wanted")
    held_from = {name: pl.col("session").filter(pl.col(name).is_not_null()).min().over(*KEY) for name in RANKED}
    return days.with_columns(
        *(since.alias(f"{name}_high_since") for name, since in zip(RANKED, high, strict=True)),
        *(since.alias(f"{name}_low_since") for name, since in zip(RANKED, low, strict=True)),
        *(pl.when(first <= pl.col("session")).then(first).alias(f"{name}_held_from") for name, first in held_from.items()),
    )


def _with_history(days: pl.DataFrame, years: int) -> pl.DataFrame:
    """The wanted rows with mid-rank percentile, z-score and high of the last years, among the sessions that may be compared.

    A sparse session is not comparable (B.7): it has no rank itself and does not count in the window of another.
    """
    known = days.select("in_badness", "bias_label").unique()
    worst = pl.col("in_badness").rolling_max_by("session", f"{years}y").over(*KEY)
    label = worst.replace_strict(known["in_badness"], known["bias_label"], return_dtype=pl.String)
    latest = only_session(days, "in_is_wanted")
    # A lazy plan counts and sums each window once, however many measures use it.
    standing = days.lazy().with_columns(label.alias("history_label"), label.alias("history_bias_label"))
    standing = standing.with_columns(expr for name in RANKED for expr in _standing(name, years, latest))
    ranked = standing.collect().filter("in_is_wanted")
    for name in RANKED:
        ranked = _ranked(ranked, name)
    return ranked


def _standing(name: str, years: int, latest: date | None) -> list[pl.Expr]:
    """Where a measure stands in its window, and how many sessions of it there are and could be."""
    x = pl.when(~pl.col("in_is_sparse")).then(pl.col(name))
    is_grown = pl.col(f"why_{name}").is_null() | (pl.col(f"why_{name}") != f"{name}={YOUNG}")
    needed, needed_z = pl.col("in_min_obs_percentile"), pl.col("in_min_obs_z")
    return [
        n_obs_5y(pl.when(is_grown).then(1), KEY, years, latest).alias(f"run_n_grown_{name}"),
        n_obs_5y(x, KEY, years, latest).alias(f"run_n_{name}"),
        percentile_5y(x, KEY, needed, years, latest).alias(f"run_percentile_{name}"),
        z_5y(x, KEY, needed_z, years, latest).alias(f"run_z_{name}"),
        is_5y_high(x, KEY, needed, years, latest).alias(f"run_high_{name}"),
    ]


def _ranked(days: pl.DataFrame, name: str) -> pl.DataFrame:
    n_grown, n = pl.col(f"run_n_grown_{name}"), pl.col(f"run_n_{name}")
    needed, needed_z = pl.col("in_min_obs_percentile"), pl.col("in_min_obs_z")
    days = days.with_columns(
        _history_gate(name, n_grown < needed, n < needed).alias("gate_rank"),
        _history_gate(name, n_grown <= needed_z, n <= needed_z).alias("gate_z"),
    )
    high = f"{name}_is_5y_high"
    days = show(days, [
        Measure(f"{name}_percentile_5y", pl.col(f"run_percentile_{name}"), "gate_rank"),
        Measure(f"{name}_z_5y", pl.col(f"run_z_{name}"), "gate_z"),
    ])  # fmt: skip
    days = days.with_columns(pl.when(pl.col("gate_rank").is_null()).then(pl.col(f"run_high_{name}")).alias(high))
    return days.with_columns(why(high, pl.coalesce(pl.col("gate_rank"), pl.lit(NONPOSITIVE))))


def _history_gate(name: str, is_young: pl.Expr, is_thin: pl.Expr) -> pl.Expr:
    """Why a value has no place in its history; today's own reason comes in where the order of precedence has it (0.4)."""
    own = pl.col(f"why_{name}").str.strip_prefix(f"{name}=")
    return first_reason(
        (own == UNAVAILABLE, UNAVAILABLE),
        (own == NOT_LISTED, NOT_LISTED),
        ((own == YOUNG) | is_young, YOUNG),
        (own == FEW, FEW),
        ((own == THIN) | is_thin | pl.col("in_is_sparse"), THIN),
        (own == STALE, STALE),
        (own == NONPOSITIVE, NONPOSITIVE),
        (pl.col("bias_label") == "CURRENT_LIST", NOT_POINT_IN_TIME),
    )
