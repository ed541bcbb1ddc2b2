"""mart.valuation_gap through the real chain: the worked examples, half and often half, ranks with label and reason, windows."""

import json
import math
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import (
    contents,
    fill,
    put_company,
    put_defaults,
    put_held,
    put_members,
    put_sessions,
)

GOLDEN = json.loads((Path(__file__).parents[1] / "golden.json").read_text())
DAY = date(2026, 1, 13)
GAP = ("mart.valuation_gap",)


@pytest.fixture
def paired(lab: Lab) -> Lab:
    put_defaults(lab)
    lab.param(cohort__min_names=1, valuation__min_names_median=1, valuation__min_names_median_gap=1)
    lab.put("raw.cohort_pair", [{"cohort_a": "value", "cohort_b": "tech"}])
    return lab


def gap(lab: Lab, measure: str = "pe_incl", day: date = DAY) -> dict[str, object]:
    return lab.dicts(f"select * from mart.valuation_gap where measure = '{measure}' and basis = 'street' and session = '{day}'")[0]


def put_multiples(lab: Lab, days: Sequence[date], multiples: Sequence[float], grades: Sequence[str] | None = None) -> None:
    """mart.valuation as if A cost ``multiples`` times B, which costs 10."""
    rows = [
        {"cohort_id": cohort, "session": day, "measure": measure, "value": value if measure == "pe_incl" else 1 / value, "pit_grade": grade}
        for day, multiple, grade in zip(days, multiples, grades or ["B"] * len(days), strict=True)
        for cohort, value in (("value", 10 * multiple), ("tech", 10.0))
        for measure in ("pe_incl", "ey_incl")
    ]
    constant = {"basis": "street", "n_members": 1, "n_used": 1, "n_missing": 0, "bias_label": "PIT_FULL"}
    lab.put_frame("mart.valuation", pl.DataFrame(rows).with_columns(*(pl.lit(value).alias(name) for name, value in constant.items())))


def test_golden_gap(paired: Lab) -> None:
    golden = GOLDEN["G-E1"]
    put_sessions(paired, [DAY])
    number = iter(range(1, 100))
    for cohort, companies in golden["inputs"].items():
        for _, cap, earnings in companies:
            issuer = next(number)
            put_members(paired, cohort, [issuer], DAY)
            put_company(paired, issuer, DAY, cap, street=earnings)
    fill(paired)
    found, expected = gap(paired), golden["outputs"]
    assert found["ratio"] == pytest.approx(expected["ratio_incl"], rel=1e-9)
    assert found["log_gap"] == pytest.approx(expected["log_gap"], rel=1e-9)
    assert found["yield_gap_pp"] == pytest.approx(expected["ey_gap_pp"], rel=1e-9)
    assert gap(paired, "pe_excl")["ratio"] == pytest.approx(expected["ratio_excl"], rel=1e-9)
    assert gap(paired, "pe_median_pos")["ratio"] == pytest.approx(expected["ratio_median_pos"], rel=1e-9)
    assert found["is_half"] is False
    assert found["share_often_half"] == pytest.approx(1 / 3)  # of 25, 40 and 12.5 only the last is below 17.5
    assert (found["n_members_a"], found["n_used_a"], found["n_members_b"], found["n_used_b"]) == (4, 4, 2, 2)
    assert found["log_gap_percentile_5y"] is found["log_gap_z_5y"] is None


def test_golden_z_of_the_log_gap(paired: Lab) -> None:
    golden = GOLDEN["G-E5"]
    gaps = [*golden["inputs"]["history"], golden["inputs"]["x"]]
    days = [DAY + timedelta(days=back - len(gaps) + 1) for back in range(len(gaps))]
    paired.param(history__min_obs_z=5, history__min_obs_percentile=6)
    put_sessions(paired, days)
    put_multiples(paired, days, [math.exp(x) for x in gaps])
    paired.fill("mart.valuation_gap")
    found = gap(paired)
    assert found["log_gap_z_5y"] == pytest.approx(golden["outputs"]["z"], rel=1e-9)
    assert found["log_gap_percentile_5y"] == pytest.approx(0.5 / 6)
    assert found["yield_gap_percentile_5y"] == pytest.approx(5.5 / 6)  # the cheaper A, the higher its yield
    assert found["n_obs_5y"] == 6
    assert gap(paired, day=days[-2])["log_gap_z_5y"] is None


@pytest.mark.parametrize(("multiple", "is_half"), [(0.5, True), (0.54, True), (0.56, False)])
def test_half(paired: Lab, multiple: float, is_half: bool) -> None:
    put_sessions(paired, [DAY])
    put_multiples(paired, [DAY], [multiple])
    paired.fill("mart.valuation_gap")
    assert gap(paired)["is_half"] is is_half


@pytest.mark.parametrize("label", ["PIT_PARTIAL", "HINDSIGHT_SELECTED", "PIT_SPARSE", "CURRENT_LIST"])
def test_a_rank_is_given_with_the_worst_label_of_its_window(paired: Lab, label: str) -> None:
    """Seven in ten ranks were NULL without a word, those of the article's own pair all of them."""
    days = [DAY + timedelta(days=day) for day in range(4)]
    paired.param(history__min_obs_percentile=2, history__min_obs_z=2)
    put_sessions(paired, days)
    put_multiples(paired, days, [0.9, 0.8, 0.7, 0.75], ["B", "D", "B", "B"])
    paired.rows(f"update mart.valuation set bias_label = '{label}' where cohort_id = 'tech' and session = date '{days[1]}'")
    paired.fill("mart.valuation_gap")
    rows = [gap(paired, day=day) for day in days]
    assert [row["bias_label"] for row in rows] == ["PIT_FULL", label, "PIT_FULL", "PIT_FULL"]
    assert [row["history_label"] for row in rows] == ["PIT_FULL", label, label, label]
    assert [row["log_gap_percentile_5y"] for row in rows] == [None, 0.25, pytest.approx(0.5 / 3), pytest.approx(1.5 / 4)]
    assert [row["percentile_null_reason"] for row in rows] == ["INSUFFICIENT_HISTORY", None, None, None]
    assert [row["z_null_reason"] for row in rows] == ["INSUFFICIENT_HISTORY", "INSUFFICIENT_HISTORY", None, None]


def test_why_there_is_no_rank(paired: Lab) -> None:
    """Too short a history, one with holes, or no gap at all; the first in the order of precedence."""
    days = [DAY + timedelta(days=day) for day in range(5)]
    paired.param(history__min_obs_percentile=3, history__min_obs_z=2)
    put_sessions(paired, days)
    put_multiples(paired, days, [0.9, 0.8, 0.7, 0.6, 0.5])
    which = "cohort_id = 'tech' and measure = 'pe_incl'"
    lost = f"update mart.valuation set value = null, null_reason = 'LOW_COVERAGE' where {which} and session ="
    for day in (days[0], days[1], days[4]):
        paired.rows(f"{lost} date '{day}'")
    paired.fill("mart.valuation_gap")
    rows = [gap(paired, day=day) for day in days]
    young, thin = "INSUFFICIENT_HISTORY", "LOW_COVERAGE"
    assert [row["null_reason"] for row in rows] == [thin, thin, None, None, thin]
    assert [row["percentile_null_reason"] for row in rows] == [young, young, thin, thin, thin]
    assert [row["n_obs_5y"] for row in rows] == [0, 0, 1, 2, 2]
    assert [row["yield_percentile_null_reason"] for row in rows] == [young, young, None, None, None]  # yields were there


def test_since_when_it_was_not_as_wide(paired: Lab) -> None:
    """A date of the last time needs no distribution, so it is given from the second gap on, whatever the label."""
    days = [DAY + timedelta(days=day) for day in range(5)]
    put_sessions(paired, days)
    put_multiples(paired, days, [0.9, 0.5, 0.7, 0.6, 0.7])
    paired.rows("update mart.valuation set bias_label = 'HINDSIGHT_SELECTED'")
    paired.fill("mart.valuation_gap")
    rows = [gap(paired, day=day) for day in days]
    assert [row["high_since"] for row in rows] == [None, days[0], days[0], days[2], days[2]]
    assert [row["low_since"] for row in rows] == [None, None, days[1], days[1], days[3]]
    assert {row["held_from"] for row in rows} == {days[0]}
    assert [row["yield_gap_high_since"] for row in rows] == [row["low_since"] for row in rows]  # the cheaper A, the higher its yield


@pytest.mark.parametrize(("n", "reason"), [(15, None), (14, "LOW_COUNT")])
def test_a_median_of_few_names_has_no_gap(paired: Lab, n: int, reason: str | None) -> None:
    """Medians of five to seven names jump by a third in a day."""
    paired.param(valuation__min_names_median_gap=15)
    put_sessions(paired, [DAY])
    put_members(paired, "value", range(1, n + 1), DAY)
    put_members(paired, "tech", [99], DAY)
    for issuer in (*range(1, n + 1), 99):
        put_company(paired, issuer, DAY, 10.0, street=1.0)
    fill(paired)
    found = gap(paired, "pe_median_pos")
    assert (found["pe_a"], found["null_reason"], found["percentile_null_reason"]) == (10.0, reason, "INSUFFICIENT_HISTORY")
    assert (found["log_gap"] is None) == (found["yield_gap_pp"] is None) == (reason is not None)
    assert gap(paired)["null_reason"] is None


def test_reason_with_precedence_and_yield_gap_survives_losses(paired: Lab) -> None:
    put_sessions(paired, [DAY])
    put_multiples(paired, [DAY], [0.8])
    losing = "cohort_id = 'value' and measure ="
    paired.rows(f"update mart.valuation set value = null, null_reason = 'NONPOSITIVE_DENOMINATOR' where {losing} 'pe_incl'")
    paired.rows(f"update mart.valuation set value = -0.02 where {losing} 'ey_incl'")
    paired.fill("mart.valuation_gap")
    found = gap(paired)
    assert (found["ratio"], found["log_gap"], found["is_half"], found["null_reason"]) == (None, None, None, "NONPOSITIVE_DENOMINATOR")
    assert found["yield_gap_pp"] == pytest.approx(-12.0)
    paired.rows("update mart.valuation set value = null, null_reason = 'LOW_COUNT' where cohort_id = 'tech'")
    paired.fill("mart.valuation_gap")
    assert (gap(paired)["null_reason"], gap(paired)["yield_gap_pp"]) == ("LOW_COUNT", None)


def test_windowed_is_whole_over_more_than_five_years(paired: Lab, xnys: Sequence[date]) -> None:
    days = [day for day in xnys if date(2019, 6, 1) <= day <= DAY]
    multiples = [0.4 + (i * 7919 % 1009) / 1009 for i in range(len(days))]
    put_sessions(paired, days[:-30])
    put_multiples(paired, days[:-30], multiples[:-30])
    fill(paired, tables=GAP)
    put_held(paired, days[-30:], after=len(days) - 30)
    put_multiples(paired, days[-30:], multiples[-30:])
    fill(paired, days[-40], GAP)
    windowed = contents(paired, GAP)
    fill(paired, tables=GAP)
    assert contents(paired, GAP) == windowed
    assert gap(paired)["log_gap_percentile_5y"] is not None
    assert gap(paired)["n_obs_5y"] == sum(date(2021, 1, 13) < day <= DAY for day in days)


def test_whole_chain_windowed_is_whole(paired: Lab) -> None:
    days = [DAY + timedelta(days=day) for day in range(5)]
    paired.param(history__min_obs_percentile=2, history__min_obs_z=2)
    put_members(paired, "value", range(1, 6), days[0])
    put_members(paired, "tech", range(5, 8), days[0])

    def put(some: Sequence[date], after: int) -> None:
        put_held(paired, some, after)
        for day in some:
            for issuer in range(1, 8):
                put_company(paired, issuer, day, 1e9 / issuer + day.day, 3e7 / (issuer + day.day), 2e7 / issuer)

    put(days[:3], 0)
    fill(paired)
    put(days[3:], 3)
    fill(paired, days[3])
    windowed = contents(paired)
    fill(paired)
    assert contents(paired) == windowed
    assert len(windowed["mart.valuation_gap"]) == 5 * 4 * 2
