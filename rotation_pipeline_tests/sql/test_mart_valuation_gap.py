"""mart.valuation_gap through the real chain: the worked examples, half and often half, history of good grade only, windows."""

import json
import math
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import (
    CHAIN,
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


@pytest.fixture
def paired(lab: Lab) -> Lab:
    put_defaults(lab)
    lab.param(cohort__min_names=1, valuation__min_names_median=1)
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


def test_only_sessions_of_good_grade_are_history(paired: Lab) -> None:
    days = [DAY + timedelta(days=day) for day in range(5)]
    paired.param(history__min_obs_percentile=1, history__min_obs_z=2)
    put_sessions(paired, days)
    put_multiples(paired, days, [0.9, 0.1, 0.8, 0.7, 0.6], ["A", "C", "B", "D", "B"])
    paired.fill("mart.valuation_gap")
    assert [gap(paired, day=day)["n_obs_5y"] for day in days] == [1, 1, 2, 2, 3]
    assert [gap(paired, day=day)["log_gap_percentile_5y"] for day in days] == pytest.approx([0.5, None, 0.25, None, 0.5 / 3])
    assert gap(paired, day=days[3])["pit_grade"] == "D"


@pytest.mark.parametrize(
    ("label", "is_ranked"),
    [("PIT_PARTIAL", True), ("HINDSIGHT_SELECTED", True), ("PIT_SPARSE", False), ("CURRENT_LIST", False)],
)
def test_worse_label_of_the_two_decides(paired: Lab, label: str, is_ranked: bool) -> None:
    paired.param(history__min_obs_percentile=1)
    put_sessions(paired, [DAY])
    put_multiples(paired, [DAY], [0.8])
    paired.rows(f"update mart.valuation set bias_label = '{label}' where cohort_id = 'tech'")
    paired.fill("mart.valuation_gap")
    found = gap(paired)
    assert found["bias_label"] == label
    assert (found["log_gap_percentile_5y"] is not None) is is_ranked
    assert found["ratio"] == pytest.approx(0.8)


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
    fill(paired, tables=CHAIN[5:])
    put_held(paired, days[-30:], after=len(days) - 30)
    put_multiples(paired, days[-30:], multiples[-30:])
    fill(paired, days[-40], CHAIN[5:])
    windowed = contents(paired, CHAIN[5:])
    fill(paired, tables=CHAIN[5:])
    assert contents(paired, CHAIN[5:]) == windowed
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
