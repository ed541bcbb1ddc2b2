"""mart.earnings_exposure: the worked example, horizons, unknown dates, what was known when."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import COUNTS, contents, fill, put_company, put_defaults, put_held, put_members, put_sessions

GOLDEN = json.loads((Path(__file__).parents[1] / "golden.json").read_text())
TABLES = (*COUNTS, "core.cohort_cap", "mart.earnings_exposure")
TODAY = date(2026, 1, 13)


@pytest.fixture
def held(lab: Lab, xnys: Sequence[date]) -> Lab:
    """One session; the calendar goes on."""
    put_sessions(lab, [TODAY], [day for day in xnys if TODAY < day <= date(2026, 6, 30)])
    put_defaults(lab)
    return lab


def put_dates(lab: Lab, reactions: dict[int, date], known_from: date = TODAY, **more: object) -> None:
    vintage = {"known_from": known_from, "status": "ESTIMATED", **more}
    reports = [{**vintage, "event_id": f"{i}-{day}", "issuer_id": i, "reaction_session": day} for i, day in reactions.items()]
    lab.put("core.earnings_date_vintage", reports)


def exposures(lab: Lab, column: str = "exposure", day: date = TODAY) -> dict[int, object]:
    fill(lab, tables=TABLES)
    return dict(lab.rows(f"select horizon_sessions, {column} from mart.earnings_exposure where session = '{day}'"))


def put_three(lab: Lab) -> None:
    put_members(lab, "U", [1, 2, 3], TODAY)
    for issuer, cap in enumerate(GOLDEN["G-F4"]["inputs"]["caps"], start=1):
        put_company(lab, issuer, TODAY, cap)


def test_golden_exposure(held: Lab) -> None:
    golden = GOLDEN["G-F4"]
    put_three(held)
    put_dates(held, {i: date(2026, 1, 20 if reports else 28) for i, reports in enumerate(golden["inputs"]["reports"], start=1)})
    assert exposures(held) == {5: pytest.approx(golden["outputs"]["exposure"], rel=1e-9), 10: 1.0, 20: 1.0}
    assert exposures(held, "count_share")[5] == pytest.approx(golden["outputs"]["count_share"], rel=1e-9)
    assert exposures(held, "unknown_w") == {5: 0.0, 10: 0.0, 20: 0.0}
    assert exposures(held, "confirmed_share") == {5: 0.0, 10: 0.0, 20: 0.0}


def test_horizon_counts_sessions_and_leaves_out_today(held: Lab) -> None:
    put_three(held)
    put_dates(held, {1: date(2026, 1, 21), 2: TODAY, 3: date(2026, 1, 20)})  # the fifth session after TODAY is 2026-01-21
    put_dates(held, {2: date(2026, 1, 22)})
    assert exposures(held)[5] == pytest.approx(3500 / 4500)
    assert exposures(held)[10] == 1.0


def test_confirmed_share_of_the_cap_that_reports(held: Lab) -> None:
    put_three(held)
    put_dates(held, {1: date(2026, 1, 20)}, status="CONFIRMED")
    put_dates(held, {2: date(2026, 1, 20), 3: date(2026, 3, 20)})
    assert exposures(held, "confirmed_share")[5] == pytest.approx(0.75)


def test_unknown_dates_count_against_and_hide_the_number(held: Lab) -> None:
    put_three(held)
    put_dates(held, {1: date(2026, 1, 20), 2: date(2026, 1, 20)})
    assert exposures(held)[5] == pytest.approx(4000 / 4500)  # 500 of 4500 unknown: shown
    assert exposures(held, "unknown_w")[5] == pytest.approx(500 / 4500)
    held.param(exposure__max_unknown_w=0.1)
    assert set(exposures(held).values()) == set(exposures(held, "count_share").values()) == {None}
    assert set(exposures(held, "null_reason").values()) == {"LOW_COVERAGE"}
    assert exposures(held, "n_used")[5] == 2


def test_nothing_known_at_all(held: Lab) -> None:
    put_three(held)
    assert set(exposures(held, "null_reason").values()) == {"UNAVAILABLE"}


def test_two_reports_of_a_company_count_once_and_its_next_one_decides(held: Lab) -> None:
    put_three(held)
    put_dates(held, {i: date(2026, 1, 20) for i in (1, 2, 3)}, status="CONFIRMED")
    put_dates(held, {1: date(2026, 1, 21)})
    assert exposures(held) == {5: 1.0, 10: 1.0, 20: 1.0}
    assert exposures(held, "n_reporting")[5] == 3


def test_windowed_is_whole_and_uses_no_later_date(lab: Lab, xnys: Sequence[date]) -> None:
    days = [day for day in xnys if date(2026, 1, 2) <= day <= date(2026, 3, 27)]
    put_sessions(lab, days[:10], days[10:])
    put_defaults(lab)
    put_members(lab, "U", [1, 2, 3], days[0])
    for day in days[:10]:
        for issuer in (1, 2, 3):
            put_company(lab, issuer, day, 1e9 / issuer)
    put_dates(lab, {1: days[30], 2: days[12]}, known_from=days[0])
    put_dates(lab, {3: days[11]}, known_from=days[0], known_to=days[10])
    fill(lab, tables=TABLES)
    before = exposures(lab, day=days[9])
    put_held(lab, days[10:12], after=10)
    put_dates(lab, {3: days[40]}, known_from=days[10])
    for issuer in (1, 2, 3):
        put_company(lab, issuer, days[10], 1e9 / issuer)
    fill(lab, days[10], TABLES)
    windowed = contents(lab, TABLES)
    fill(lab, tables=TABLES)
    assert contents(lab, TABLES) == windowed
    assert exposures(lab, day=days[9]) == before
    assert before[5] == pytest.approx((1 / 2 + 1 / 3) / (1 + 1 / 2 + 1 / 3))
    assert exposures(lab, day=days[10])[5] == pytest.approx((1 / 2) / (1 + 1 / 2 + 1 / 3))
