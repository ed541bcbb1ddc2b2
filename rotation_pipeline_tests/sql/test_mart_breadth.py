"""mart.breadth: ratios, running sums, trends, own history and reasons (C, 0.4, B.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import GOLDEN, put_params

FULL: Mapping[str, Any] = {
    "universe_id": "SP500", "basis": "price", "n_expected": 500, "n_used": 500, "n_advancing": 250, "n_declining": 250, "n_unchanged": 0,
    "n_untraded": 0, "up_volume": 100, "down_volume": 100, "up_dollar_volume_usd": 100, "down_dollar_volume_usd": 100,
    **{f"n_eligible_{n}": 500 for n in (20, 50, 100, 200)}, **{f"n_above_{n}": 250 for n in (20, 50, 100, 200)},
    "n_high_eligible": 500, "n_new_high": 10, "n_new_low": 10, "n_intraday_eligible": 500, "n_intraday_high": 10, "n_intraday_low": 10,
    **{f"n_young_{n}": 0 for n in (2, 20, 22, 50, 100, 200, 252)},
    "member_label": "PIT_FULL", "pit_grade": "B",
}  # fmt: skip
LENIENT = {"breadth__min_names": 1.0, "cohort__min_names": 1.0}


def put_counts(lab: Lab, days: Sequence[date], rows: Sequence[Mapping[str, Any]]) -> None:
    """core.universe_breadth: one row a session, a full market but for what is given."""
    frame = pl.DataFrame([{**FULL, **row, "session": day} for day, row in zip(days, rows, strict=True)], infer_schema_length=None)
    lab.put_frame("core.universe_breadth", frame)


def fill(lab: Lab) -> None:
    lab.fill("core.universe_label")
    lab.fill("mart.breadth")


def breadth_rows(lab: Lab) -> list[dict[str, Any]]:
    fill(lab)
    rows = lab.dicts("select * replace (map_entries(null_reason) as null_reason) from mart.breadth order by universe_id, session")
    return [{**row, "null_reason": {pair["key"]: pair["value"] for pair in row["null_reason"]}} for row in rows]


def test_advances_golden(lab: Lab, xnys: Sequence[date]) -> None:
    expected = GOLDEN["G-C1"]["outputs"]
    put_params(lab, **LENIENT)
    day = {"n_expected": 6, "n_used": 6, "n_advancing": 3, "n_declining": 1, "n_unchanged": 1, "n_untraded": 1}
    day |= {"up_volume": 450, "down_volume": 300}
    put_counts(lab, xnys[:2], [day, day])
    row = breadth_rows(lab)[1]
    names = {name: name for name in ("ad_ratio", "adv_share", "rana", "trin")}
    for golden, column in (names | {"net": "net_advances", "upvol_share": "up_volume_share"}).items():
        assert row[column] == pytest.approx(expected[golden], rel=1e-12), column


def test_share_above_average_golden(lab: Lab, xnys: Sequence[date]) -> None:
    expected = GOLDEN["G-C2"]["outputs"]
    put_params(lab, breadth__ma_min_eligible=0.5, **LENIENT)
    put_counts(lab, xnys[:1], [{"n_expected": 4, "n_used": 4, "n_eligible_50": expected["eligible"], "n_above_50": expected["above"]}])
    assert breadth_rows(lab)[0]["pct_above_50"] == pytest.approx(expected["pct"], rel=1e-12)


def test_high_low_index_golden(lab: Lab, xnys: Sequence[date]) -> None:
    golden = GOLDEN["G-C6"]
    given = golden["inputs"]
    put_params(lab, breadth__hl_index_days=given["n"], breadth__hl_index_min_days=given["n"])
    put_counts(lab, xnys[:5], [{"n_new_high": high, "n_new_low": low} for high, low in zip(given["nh"], given["nl"], strict=True)])
    rows = breadth_rows(lab)
    assert rows[-1]["record_high_percent"] == pytest.approx(golden["outputs"]["last"])
    assert rows[-1]["high_low_index"] == pytest.approx(golden["outputs"]["sma5"])
    assert rows[-2]["null_reason"]["high_low_index"] == "INSUFFICIENT_HISTORY"


def test_mcclellan_golden_and_a_day_without_breadth_changes_nothing(lab: Lab, xnys: Sequence[date]) -> None:
    golden = GOLDEN["G-C4"]
    put_params(lab, breadth__mcclellan_min_obs=5)
    counts = [(round(500 + rana / 2), round(500 - rana / 2)) for rana in golden["inputs"]["rana"]]
    days: list[dict[str, Any]] = [{"n_expected": 1000, "n_used": 1000, "n_advancing": 0, "n_declining": 0, "n_unchanged": 0}]
    days += [{"n_expected": 1000, "n_used": 1000, "n_advancing": up, "n_declining": down} for up, down in counts]
    days.insert(3, {"n_expected": 1000, "n_used": 10, "n_advancing": 9, "n_declining": 1})
    put_counts(lab, xnys[: len(days)], days)
    rows = breadth_rows(lab)
    found = [rows[-1][name] for name in ("mcclellan_fast", "mcclellan_slow", "mcclellan_oscillator", "summation_index")]
    assert found == pytest.approx([golden["outputs"][name] for name in ("e10", "e5", "osc", "summation")], rel=1e-9)
    assert rows[3]["is_ad_carried"]
    assert rows[3]["ad_line"] == rows[2]["ad_line"]
    assert rows[3]["null_reason"]["rana"] == "LOW_COUNT"
    assert rows[0]["ad_start_session"] is None
    assert rows[-1]["ad_line"] == sum(up - down for up, down in counts)


def test_what_runs_over_sessions_is_carried_ten_and_then_null_until_data_return(lab: Lab, xnys: Sequence[date]) -> None:
    """C.4: the averages begin anew, the advance-decline line goes on from its last level in a new segment."""
    put_params(lab, breadth__mcclellan_min_obs=3)
    up = {"n_advancing": 300, "n_declining": 200}
    lost: dict[str, Any] = {"n_used": 0, "n_advancing": 0, "n_declining": 0}
    put_counts(lab, xnys[:40], [*[up] * 5, *[lost] * 10, *[up] * 2, *[lost] * 15, *[up] * 3, *[up] * 5])
    rows = breadth_rows(lab)
    lines, trends = ("ad_line", "ad_line_normalised", "volume_ad_line"), ("mcclellan_fast", "mcclellan_oscillator", "summation_index")
    assert [row["segment"] for row in rows] == [1] * 32 + [2] * 8
    for name in (*lines, *trends):
        assert {row[name] for row in rows[4:15]} == {rows[4][name]}, name  # ten sessions carried
        assert rows[17][name] == rows[26][name] is not None, name
        assert {(row[name], row["null_reason"][name]) for row in rows[27:32]} == {(None, "STALE_INPUT")}, name
    assert [row["is_ad_carried"] for row in rows[14:34]] == [True, False, False, *[True] * 10, *[False] * 7]
    assert [row["ad_line"] for row in rows[32:35]] == [800.0, 900.0, 1000.0]
    assert [row["null_reason"].get("summation_index") for row in rows[32:35]] == ["INSUFFICIENT_HISTORY"] * 2 + [None]
    assert [rows[34][name] for name in trends] == [rows[2][name] for name in trends]  # from a seed of 0 again
    assert rows[31]["null_reason"]["summation_index_percentile_5y"] == "INSUFFICIENT_HISTORY"


def test_nobody_expected_has_no_coverage_and_one_reason(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab)
    nothing = dict.fromkeys((name for name, value in FULL.items() if isinstance(value, int)), 0)
    put_counts(lab, xnys[:3], [nothing, nothing, {}])
    lab.put("core.member_count", [{"universe_id": "SP500", "session": day, "null_reason": "NOT_LISTED"} for day in xnys[:2]])
    rows = breadth_rows(lab)
    for row in rows[:2]:
        assert set(row["null_reason"].values()) == {"NOT_LISTED"}
        assert (row["coverage_n"], row["bias_label"], row["membership_label"], row["coverage_label"]) == (
            None,
            "PIT_SPARSE",
            "PIT",
            "SPARSE",
        )
    assert rows[2]["pct_above_50"] == 0.5
    assert rows[2]["null_reason"]["ew_cw_spread_log_21"] == "INSUFFICIENT_HISTORY"


def test_a_cohort_named_by_companies_needs_seven_tenths_of_them(lab: Lab, xnys: Sequence[date]) -> None:
    """0.4: five of seven are enough for a cohort that is named, not for a list of seven; four are not."""
    put_params(lab)
    lab.put("raw.cohort_rule", [{"cohort_id": "MAG7", "kind": "FIXED"}])
    for name in ("MAG7", "LIST"):
        seven = {"universe_id": name, "n_expected": 7}
        part = [
            {**seven, "n_used": n, **{f"n_eligible_{w}": n for w in (20, 50, 100, 200)}, **{f"n_above_{w}": 4 for w in (20, 50, 100, 200)}}
            for n in (6, 5, 4)
        ]
        put_counts(lab, xnys[:3], part)
    rows = breadth_rows(lab)
    found = {(row["universe_id"], row["n_used"]): (row["pct_above_50"], row["null_reason"].get("pct_above_50")) for row in rows}
    assert [found["MAG7", n] for n in (6, 5, 4)] == [(4 / 6, None), (0.8, None), (None, "LOW_COUNT")]
    assert [found["LIST", n] for n in (6, 5, 4)] == [(4 / 6, None), (None, "LOW_COVERAGE"), (None, "LOW_COUNT")]


def test_since_when_a_measure_was_as_high_is_told_for_sparse_universes_too(lab: Lab, xnys: Sequence[date]) -> None:
    """C.14: a date needs no distribution; it looks back over all that is held, and its first session stands beside it."""
    put_params(lab)
    sparse = {"n_used": 430, "n_expected": 500}
    put_counts(lab, xnys[:5], [{**sparse, "n_eligible_50": n and 430, "n_above_50": n} for n in (0, 300, 200, 250, 400)])
    rows = breadth_rows(lab)
    names = ("pct_above_50_high_since", "pct_above_50_low_since", "pct_above_50_held_from")
    assert [tuple(row[name] for name in names) for row in rows] == [
        (None, None, None),
        (None, None, xnys[1]),
        (xnys[1], None, xnys[1]),
        (xnys[1], xnys[2], xnys[1]),
        (None, xnys[3], xnys[1]),
    ]
    assert {row["history_label"] for row in rows} == {"PIT_SPARSE"}
    lab.fill("mart.breadth", xnys[4])
    assert lab.rows(f"select {', '.join(names)} from mart.breadth where session = date '{xnys[4]}'") == [(None, xnys[3], xnys[1])]


def test_mcclellan_golden_of_the_publishers_printed_days(lab: Lab, xnys: Sequence[date]) -> None:
    """G-C4b through the table: two observations that leave the averages where the publisher printed them."""
    golden = GOLDEN["G-C4b"]
    for fast, slow, classic in zip(*(golden["inputs"][name] for name in ("e10", "e5")), golden["outputs"].values(), strict=True):
        # From seeds of 0, E10 = 0.09 x1 + 0.1 x2 and E5 = 0.0475 x1 + 0.05 x2.
        first = (fast / 0.1 - slow / 0.05) / (0.9 - 0.95)
        second = fast / 0.1 - 0.9 * first
        assert pytest.approx(classic) == 1000 + 19 * slow - 9 * fast
        lab.warehouse.rows("delete from core.universe_breadth")
        put_params(lab, breadth__mcclellan_min_obs=2, **LENIENT)
        n = 2_000_000
        days = [
            {"n_expected": n, "n_used": n, "n_advancing": round(n * (1 + x / 1e5) / 2), "n_declining": round(n * (1 - x / 1e5) / 2)}
            for x in (first, second)
        ]
        put_counts(lab, xnys[:2], days)
        row = breadth_rows(lab)[1]
        assert (100 * row["mcclellan_fast"], 100 * row["mcclellan_slow"]) == pytest.approx((fast, slow), abs=0.01)
        assert 1000 + 100 * row["summation_index"] == pytest.approx(classic, abs=0.05)


def put_returns(lab: Lab, days: Sequence[date], cw: Sequence[float], ew: Sequence[float]) -> None:
    for day, a, b in zip(days, cw, ew, strict=True):
        lab.put(
            "core.universe_return",
            [
                {
                    "universe_id": "SP500",
                    "session": day,
                    "basis": "price",
                    "n_returns": 500,
                    "n_weighted": 500,
                    "cap_usd": 1e9,
                    "cap_used_usd": 1e9,
                    "coverage_w": 1.0,
                    "cw_return": a,
                    "ew_daily_return": b,
                    "cw_return_ex_assumed": a,
                    "ew_daily_return_ex_assumed": b,
                }
            ],
        )
        lab.put(
            "core.universe_equal_weight",
            [
                {
                    "universe_id": "SP500",
                    "session": day,
                    "basis": "price",
                    "n_held": 500,
                    "n_used": 500,
                    "used_weight": 1.0,
                    "ew_return": b,
                    "ew_return_ex_assumed": b,
                }
            ],
        )


def test_equal_against_cap_weight_golden(lab: Lab, xnys: Sequence[date]) -> None:
    expected = GOLDEN["G-C7"]["outputs"]
    put_params(lab)
    days = xnys[:22]
    put_counts(lab, days, [{}] * 22)
    put_returns(lab, days[1:], [0.0] * 19 + [expected["cw1"], expected["cw2"]], [0.0] * 19 + [expected["ew1"], expected["ew2_drift"]])
    row = breadth_rows(lab)[-1]
    assert row["cw_level"] == pytest.approx(100 * (1 + expected["cum_cw"]), rel=1e-9)
    assert row["ew_level"] == pytest.approx(100 * (1 + expected["cum_ew"]), rel=1e-9)
    assert row["ew_cw_spread_pp_21"] == pytest.approx(expected["spread_pp"], rel=1e-9)
    assert row["ew_cw_spread_log_21"] == pytest.approx(expected["spread_log"], rel=1e-9)
    assert row["null_reason"]["ew_cw_spread_log_63"] == "INSUFFICIENT_HISTORY"


def test_levels_with_and_without_assumed_delisting_returns(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab)
    days = xnys[:4]
    put_counts(lab, days, [{}] * 4)
    put_returns(lab, days[1:], [0.01] * 3, [0.02] * 3)
    on_second = f"where session = date '{days[2]}'"
    flagged = "n_assumed = 3, assumed_w = 0.006, is_assumption_material = true"
    lab.rows(f"update core.universe_return set {flagged}, cw_return_ex_assumed = 0.03, ew_daily_return_ex_assumed = 0.05 {on_second}")
    lab.rows(f"update core.universe_equal_weight set assumed_w = 0.004, ew_return_ex_assumed = 0.04 {on_second}")
    rows = breadth_rows(lab)
    assert [(row["n_assumed"], row["assumed_w"], row["is_assumption_material"]) for row in rows[2:]] == [(3, 0.006, True), (0, None, False)]
    assert [row["cw_level"] for row in rows[1:]] == pytest.approx([101, 100 * 1.01**2, 100 * 1.01**3])
    assert [row["cw_level_ex_assumed"] for row in rows[1:]] == pytest.approx([101, 101 * 1.03, 101 * 1.03 * 1.01])
    assert [row["ew_level_ex_assumed"] for row in rows[1:]] == pytest.approx([102, 102 * 1.04, 102 * 1.04 * 1.02])
    assert [row["ew_daily_return_ex_assumed"] for row in rows[1:]] == [0.02, 0.05, 0.02]


def test_a_spread_over_a_session_without_return_is_withheld(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab)
    days = xnys[:24]
    put_counts(lab, days, [{}] * 24)
    put_returns(lab, days[1:], [0.01] * 23, [0.01] * 23)
    lab.warehouse.rows(f"update core.universe_return set coverage_w = 0.89 where session = date '{days[10]}'")
    rows = breadth_rows(lab)
    assert (rows[10]["cw_return"], rows[10]["null_reason"]["cw_return"]) == (None, "LOW_COVERAGE")
    assert rows[-1]["null_reason"]["ew_cw_spread_pp_21"] == "LOW_COVERAGE"
    assert rows[-1]["coverage_w"] == 1


def test_a_level_begins_anew_after_a_session_without_return(lab: Lab, xnys: Sequence[date]) -> None:
    """What the session returned is not nothing: a chain over it would be wrong from then on."""
    put_params(lab)
    days = xnys[:6]
    put_counts(lab, days, [{}] * 6)
    put_returns(lab, days[1:], [0.01, 0.02, 0.5, 0.03, 0.04], [0.01] * 5)
    lab.warehouse.rows(f"update core.universe_return set coverage_w = 0.89 where session = date '{days[3]}'")
    rows = breadth_rows(lab)
    assert [row["cw_level"] for row in rows] == [
        None,
        *(pytest.approx(level) for level in (101, 101 * 1.02)),
        None,
        *(pytest.approx(level) for level in (103, 103 * 1.04)),
    ]
    assert [row["cw_level_from"] for row in rows] == [None, days[1], days[1], None, days[4], days[4]]
    assert rows[-1]["ew_level"] == pytest.approx(100 * 1.01**5)


@pytest.mark.parametrize(
    ("kind", "coverage_w", "n_unknown", "reason", "label"),
    [
        ("list", 0.98, 9, None, "FULL"),
        ("list", 0.97, 9, None, "PARTIAL"),
        ("list", 0.90, 9, None, "PARTIAL"),
        ("list", 0.89, 9, "LOW_COVERAGE", None),
        ("FIXED", 0.60, 0, None, "PARTIAL"),  # one of them is halted: its weight is carried
        ("FIXED", 0.99, 1, "LOW_COVERAGE", None),  # nobody knows what one of them is worth
    ],
)
def test_what_is_weighted_by_cap_needs_the_cap(
    lab: Lab, xnys: Sequence[date], kind: str, coverage_w: float, n_unknown: int, reason: str | None, label: str | None
) -> None:
    put_params(lab)
    days, weights = xnys[:2], {"coverage_w": coverage_w, "n_unknown": n_unknown}
    if kind == "FIXED":
        lab.put("raw.cohort_rule", [{"cohort_id": "SP500", "kind": kind}])
    put_counts(lab, days, [{}] * 2)
    put_returns(lab, days[1:], [0.01], [0.01])
    lab.rows(f"update core.universe_return set coverage_w = {coverage_w}, n_unknown = {n_unknown}")
    key = {"universe_id": "SP500", "session": days[1]}
    caps = {"n_capped": 500, "n_issuers": 500, "cap_usd": 1.0, "fresh_cap_usd": 1.0, "hhi": 0.1, "pit_grade": "B"}
    lab.put("core.universe_concentration", [key | caps])
    lab.put("core.universe_weight", [key | weights | {"unknown_w": 1 - coverage_w}])
    spread = {"n_returns": 500, "n_weighted": 500, "dispersion_cw": 0.02, "dispersion_ew": 0.03}
    lab.put("core.universe_dispersion", [key | weights | spread | {"horizon": horizon} for horizon in (1, 21)])
    row = breadth_rows(lab)[1]
    for measure in ("cw_return", "hhi", "dispersion_cw", "dispersion_cw_21"):
        assert row["null_reason"].get(measure) == reason, measure
    assert (row["ew_return"], row["dispersion_ew"], row["dispersion_ew_21"]) == (0.01, 0.03, 0.03)  # of names, not of caps
    assert (row["coverage_w"], row["weight_label"]) == (coverage_w, label)


def history(lab: Lab, days: Sequence[date], above: Sequence[int], **columns: Any) -> list[dict[str, Any]]:
    put_counts(lab, days, [{"n_above_50": n, **columns} for n in above])
    return breadth_rows(lab)


def test_percentile_golden(lab: Lab, xnys: Sequence[date]) -> None:
    window = GOLDEN["G-C11"]["inputs"]["window"]
    put_params(lab, history__min_obs_percentile=10, history__min_obs_z=9)
    row = history(lab, xnys[:10], [5 * x for x in window])[-1]
    assert row["pct_above_50_percentile_5y"] == pytest.approx(GOLDEN["G-C11"]["outputs"]["pct"])
    assert row["pct_above_50_is_5y_high"] is False
    before = pl.Series([x / 100 for x in window[:-1]])
    assert row["pct_above_50_z_5y"] == pytest.approx((0.6 - before.mean()) / before.std(), rel=1e-9)


def test_the_window_is_five_calendar_years_open_at_its_start(lab: Lab) -> None:
    """2019-06-03 has left the window of 2024-06-03; the day after it has not."""
    days = [date(2019, 6, 3), date(2019, 6, 4), date(2024, 6, 3)]
    put_params(lab, history__min_obs_percentile=2, history__min_obs_z=1)
    row = history(lab, days, [500, 100, 200])[-1]
    assert (row["pct_above_50_percentile_5y"], row["pct_above_50_is_5y_high"]) == (0.75, True)


def test_ties_are_highs(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab, history__min_obs_percentile=3, history__min_obs_z=2)
    row = history(lab, xnys[:3], [300, 200, 300])[-1]
    assert row["pct_above_50_is_5y_high"] is True


def test_sparse_sessions_do_not_count_and_have_no_rank(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab, history__min_obs_percentile=2, history__min_obs_z=1)
    sparse = {"n_used": 425, "n_eligible_50": 425, "n_above_50": 425}
    put_counts(lab, xnys[:4], [{}, sparse, {}, sparse])
    rows = breadth_rows(lab)
    assert [row["bias_label"] for row in rows] == ["PIT_FULL", "PIT_SPARSE", "PIT_FULL", "PIT_SPARSE"]
    assert rows[2]["pct_above_50_percentile_5y"] == 0.5  # not below the sparse 100 %
    assert rows[2]["history_bias_label"] == "PIT_SPARSE"
    assert rows[3]["pct_above_50"] == 1
    assert rows[3]["null_reason"]["pct_above_50_percentile_5y"] == "LOW_COVERAGE"


@pytest.mark.parametrize(("columns", "reason"), [
    ({}, "INSUFFICIENT_HISTORY"),
    ({"n_used": 40, "n_eligible_50": 40}, "LOW_COUNT"),
    ({"n_used": 380, "n_eligible_50": 380}, "LOW_COVERAGE"),
    ({"n_eligible_50": 30, "n_young_50": 470}, "INSUFFICIENT_HISTORY"),
    ({"n_eligible_50": 30}, "LOW_COUNT"),  # of age, without prices
    ({"n_eligible_50": 380}, "LOW_COVERAGE"),
    ({"n_eligible_50": 380, "n_young_50": 100}, "LOW_COVERAGE"),  # 400 of 500 are of age: prices for them would do
    ({"n_eligible_50": 380, "n_young_50": 101}, "INSUFFICIENT_HISTORY"),
    ({"n_used": 40, "n_eligible_50": 0, "n_young_50": 500}, "INSUFFICIENT_HISTORY"),
    ({"n_expected": 49, "n_used": 34, "n_eligible_50": 34, "n_young_50": 15}, "INSUFFICIENT_HISTORY"),
    ({"n_expected": 2, "n_used": 2, "n_eligible_50": 0, "n_young_50": 2}, "LOW_COUNT"),  # of age they would still be two
])  # fmt: skip
def test_reasons_of_a_share_and_of_its_rank(lab: Lab, xnys: Sequence[date], columns: dict[str, Any], reason: str) -> None:
    put_params(lab)
    put_counts(lab, xnys[:2], [{}, columns])
    row = breadth_rows(lab)[1]
    assert row["null_reason"].get("pct_above_50") == (reason if columns else None)
    # Too short a history comes before any count (0.4).
    assert row["null_reason"]["pct_above_50_percentile_5y"] == "INSUFFICIENT_HISTORY"


def test_the_first_session_of_a_universe_is_shown_where_its_lines_are_older(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab)
    put_counts(lab, xnys[:1], [{"universe_id": "NEW", "n_young_2": 500, "n_advancing": 0, "n_declining": 0}])
    put_counts(lab, xnys[:1], [{"universe_id": "OLD", "n_advancing": 300, "n_declining": 200}])
    new, old = breadth_rows(lab)
    assert (new["net_advances"], new["null_reason"]["net_advances"]) == (None, "INSUFFICIENT_HISTORY")
    assert (old["net_advances"], old["ad_line"]) == (100, 100)


def test_figures_over_sessions_tell_a_short_past_from_one_with_holes(lab: Lab, xnys: Sequence[date]) -> None:
    """Thirty sessions without enough advances, then a full one; a session is short of history only when nothing else could help."""
    put_params(lab, breadth__mcclellan_min_obs=20)
    thin = {"n_advancing": 190, "n_declining": 190, "n_high_eligible": 380}
    put_counts(lab, xnys[:31], [*[thin] * 30, {}])
    rows = breadth_rows(lab)
    measures = ("adv_share_21", "net_new_high_share_10", "trin_10", "mcclellan_fast", "high_low_index")
    assert {rows[3]["null_reason"][name] for name in measures} == {"INSUFFICIENT_HISTORY"}
    assert {rows[29]["null_reason"][name] for name in measures} == {"LOW_COVERAGE"}
    assert {rows[30]["null_reason"][name] for name in measures} == {"LOW_COVERAGE"}


def test_an_index_without_highs_and_lows_lacks_its_denominator(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab)
    put_counts(lab, xnys[:8], [{"n_new_high": 0, "n_new_low": 0}] * 8)
    rows = breadth_rows(lab)
    reasons = [row["null_reason"]["high_low_index"] for row in rows]
    assert reasons == ["INSUFFICIENT_HISTORY"] * 7 + ["NONPOSITIVE_DENOMINATOR"]


def test_a_history_with_holes_is_not_a_short_one(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab, history__min_obs_percentile=5, history__min_obs_z=4)
    young = {"n_eligible_50": 0, "n_young_50": 500}
    put_counts(lab, xnys[:9], [young, young, {}, {"n_eligible_50": 380}, {"n_eligible_50": 380}, {}, {}, {}, {}])
    found = [row["null_reason"].get("pct_above_50_percentile_5y") for row in breadth_rows(lab)]
    assert found == [*["INSUFFICIENT_HISTORY"] * 6, "LOW_COVERAGE", "LOW_COVERAGE", None]


def test_a_z_score_needs_its_minimum_of_sessions_before_today(lab: Lab, xnys: Sequence[date]) -> None:
    """Today is no part of its own history: with three sessions needed, the third session has two, and the fourth has three."""
    put_params(lab, history__min_obs_percentile=2, history__min_obs_z=3)
    put_counts(lab, xnys[:4], [{"n_above_50": n} for n in (100, 200, 400, 300)])
    rows = breadth_rows(lab)
    assert [row["null_reason"].get("pct_above_50_z_5y") for row in rows] == [*["INSUFFICIENT_HISTORY"] * 3, None]
    assert rows[3]["pct_above_50_z_5y"] == pytest.approx((300 - 700 / 3) / (70000 / 3) ** 0.5)


def test_a_z_score_with_holes_in_its_history_needs_its_minimum_too(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab, history__min_obs_percentile=2, history__min_obs_z=3)
    put_counts(lab, xnys[:5], [{"n_above_50": 100}, {"n_eligible_50": 380}, {"n_above_50": 200}, {"n_above_50": 400}, {}])
    found = [row["null_reason"].get("pct_above_50_z_5y") for row in breadth_rows(lab)]
    assert found[3:] == ["LOW_COVERAGE", None]


@pytest.mark.parametrize(("n_sessions", "n_issuers", "reason"), [
    (20, 50, "INSUFFICIENT_HISTORY"), (21, 6, "LOW_COUNT"), (21, 50, "LOW_COVERAGE"),
])  # fmt: skip
def test_why_the_top_seven_have_no_change(lab: Lab, xnys: Sequence[date], n_sessions: int, n_issuers: int, reason: str) -> None:
    put_params(lab)
    put_counts(lab, xnys[:n_sessions], [{}] * n_sessions)
    row = {"universe_id": "SP500", "n_capped": 500, "n_issuers": n_issuers, "cap_usd": 1.0, "fresh_cap_usd": 1.0, "hhi": 0.1}
    lab.put("core.universe_concentration", [row | {"session": day, "pit_grade": "B"} for day in xnys[:n_sessions]])
    lab.put("core.universe_weight", [{"universe_id": "SP500", "session": day, "coverage_w": 1.0} for day in xnys[:n_sessions]])
    last = breadth_rows(lab)[-1]
    assert (last["hhi"], last["null_reason"]["top7_price_change_20"]) == (0.1, reason)


def test_what_is_chosen_from_a_list_with_holes_has_its_label_and_no_rank(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab, history__min_obs_percentile=2, history__min_obs_z=1)
    lab.put("core.cohort_part", [{"cohort_id": "TOP7", "part_id": "SP500"}])
    seven = {name: 0 if name.startswith("n_young") else 7 for name in FULL if name.startswith("n_")} | {"universe_id": "TOP7"}
    for rows in ([{"n_used": 440}] * 3, [seven] * 3):
        put_counts(lab, xnys[:3], rows)
    top = breadth_rows(lab)[-1]
    assert (top["universe_id"], top["coverage_n"], top["bias_label"], top["history_bias_label"]) == ("TOP7", 1, "PIT_SPARSE", "PIT_SPARSE")
    assert top["null_reason"]["pct_above_50_percentile_5y"] == "LOW_COVERAGE"


def test_lists_of_today_have_no_rank(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab, history__min_obs_percentile=2, history__min_obs_z=1)
    row = history(lab, xnys[:3], [100, 200, 300], member_label="CURRENT_LIST")[-1]
    assert row["null_reason"]["pct_above_50_is_5y_high"] == "NOT_POINT_IN_TIME"
    assert row["bias_label"] == row["history_bias_label"] == "CURRENT_LIST"


def test_a_rank_universe_needs_its_target_and_a_short_list_seventy_percent(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab)
    lab.put("raw.cohort_rule", [{"cohort_id": "RANK2000", "kind": "RANK", "rank_from": 1001, "rank_to": 3000, "band": 0.025}])
    counts = {f"n_eligible_{n}": 1599 for n in (20, 50, 100, 200)}
    put_counts(lab, xnys[:1], [{"universe_id": "RANK2000", "n_expected": 1599, "n_used": 1599, **counts}])
    thirty = {f"n_eligible_{n}": 28 for n in (20, 50, 100, 200)} | {f"n_above_{n}": 7 for n in (20, 50, 100, 200)}
    put_counts(lab, xnys[:1], [{"universe_id": "DOW30", "n_expected": 30, "n_used": 28, **thirty}])
    dow, rank = breadth_rows(lab)
    assert rank["null_reason"]["pct_above_50"] == "LOW_COUNT"
    assert (dow["pct_above_50"], dow["bias_label"]) == (0.25, "PIT_PARTIAL")


def test_price_basis_without_closes_is_unavailable(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab)
    nothing = {name: 0 for name in FULL if name.startswith("n_") and name != "n_expected"}
    put_counts(lab, xnys[:1], [nothing])
    put_counts(lab, xnys[:1], [{"basis": "total"}])
    fill(lab)
    rows = lab.rows("select basis, null_reason['pct_above_50'], null_reason['intraday_nh_share'] from mart.breadth order by basis")
    assert rows == [("price", "UNAVAILABLE", "UNAVAILABLE"), ("total", None, "UNAVAILABLE")]


def test_every_null_has_a_reason_and_every_reason_a_null(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab)
    put_counts(lab, xnys[:30], [{"n_used": 500 - 20 * (t % 9), "n_declining": 250 * (t % 4)} for t in range(30)])
    structural = {
        "cw_level_from",
        "ew_level_from",
        "unknown_w",
        "unknown_method",
        "coverage_w",
        "weight_label",
        "cap_pit_grade",
        "assumed_w",
        "ew_assumed_w",
        "ad_start_session",
        "segment",
        "null_reason",
    }
    for row in breadth_rows(lab):
        missing = {name for name, value in row.items() if value is None and not name.endswith(("_since", "_held_from"))}
        assert missing - structural == row["null_reason"].keys()


def test_no_rows_in_no_rows_out(lab: Lab) -> None:
    put_params(lab)
    fill(lab)
    assert lab.rows("select count(*) from mart.breadth") == [(0,)]


def test_cutting_the_future_changes_no_past_row(lab: Lab, xnys: Sequence[date]) -> None:
    put_params(lab, history__min_obs_percentile=20, history__min_obs_z=10, breadth__mcclellan_min_obs=5)
    days = xnys[:80]
    put_counts(lab, days, [{"n_advancing": 200 + (t * t) % 97, "n_above_50": (t * 31) % 400, "n_new_high": t % 13} for t in range(80)])
    put_returns(lab, days[1:], [0.001 * (t % 7 - 3) for t in range(79)], [0.001 * (t % 5 - 2) for t in range(79)])
    cut = days[60]
    sql = f"select * from mart.breadth where session < date '{cut}' order by all"
    fill(lab)
    whole = lab.rows(sql)
    for table in ("core.universe_breadth", "core.universe_return", "core.universe_equal_weight"):
        lab.warehouse.rows(f"delete from {table} where session >= date '{cut}'")
    fill(lab)
    assert lab.rows(sql) == whole
