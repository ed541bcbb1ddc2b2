"""mart.earnings_calendar: who reports when, as seen at each close; nothing that was not on show then."""

from collections.abc import Sequence
from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import COUNTS, contents, fill, put_company, put_defaults, put_held, put_members, put_sessions

TABLES = (*COUNTS, "core.cohort_cap", "mart.earnings_calendar")
TODAY = date(2026, 1, 13)


@pytest.fixture
def held(lab: Lab, xnys: Sequence[date]) -> Lab:
    """Sessions of January 2026 up to TODAY; the calendar goes on."""
    january = [day for day in xnys if date(2026, 1, 1) <= day <= date(2026, 3, 31)]
    put_sessions(lab, [day for day in january if day <= TODAY], [day for day in january if day > TODAY])
    put_defaults(lab)
    lab.put("raw.cohort_pair", [{"cohort_a": "U", "cohort_b": "V"}])
    put_lines(lab)
    return lab


def put_lines(lab: Lab) -> None:
    lines = [{"security_id": i, "issuer_id": i, "kind": "EQUITY", "symbol": f"S{i}", "name": f"Company {i}"} for i in range(1, 6)]
    lab.put("core.security", lines)


def shown(
    event: str, issuer: int, known_from: date, reaction: date | None, known_to: date | None = None, **more: object
) -> dict[str, object]:
    vintage = {"event_id": event, "issuer_id": issuer, "security_id": issuer, "known_from": known_from, "known_to": known_to}
    return {**vintage, "reaction_session": reaction, "announced_on": reaction or known_from, "timing": "BMO", "status": "ESTIMATED", **more}


def rows(lab: Lab, columns: str, where: str = "true") -> list[tuple[object, ...]]:
    fill(lab, tables=TABLES)
    return lab.rows(f"select {columns} from mart.earnings_calendar where {where} order by all")


def test_sessions_until_counts_the_sessions_of_the_calendar(held: Lab) -> None:
    put_members(held, "U", [1], date(2026, 1, 2))
    held.put("core.earnings_date_vintage", [shown("1-2025-12", 1, date(2026, 1, 12), date(2026, 1, 20))])
    # Martin Luther King Day, Monday 2026-01-19, is no session; before 2026-01-12 nobody knew
    assert rows(held, "session, sessions_until") == [(date(2026, 1, 12), 5), (date(2026, 1, 13), 4)]


def test_horizon_ends_after_twenty_sessions_and_reports_past_are_gone(held: Lab) -> None:
    put_members(held, "U", [1, 2, 3, 4], date(2026, 1, 2))
    known = date(2026, 1, 2)
    held.put(
        "core.earnings_date_vintage",
        [
            shown("1-2025-12", 1, known, date(2026, 2, 11)),  # the twentieth session after TODAY
            shown("2-2025-12", 2, known, date(2026, 2, 12)),
            shown("3-2025-12", 3, known, TODAY),
            shown("4-2025-12", 4, known, None),  # past the calendar
        ],
    )
    assert rows(held, "event_id, sessions_until", f"session = '{TODAY}'") == [("1-2025-12", 20)]


def test_a_date_that_moves_is_shown_as_it_was_known_each_day(held: Lab) -> None:
    put_members(held, "U", [1], date(2026, 1, 2))
    early, late = date(2026, 1, 14), date(2026, 1, 22)
    held.put(
        "core.earnings_date_vintage",
        [
            shown("1-2025-12", 1, date(2026, 1, 7), early, date(2026, 1, 9)),
            shown("1-2025-12", 1, date(2026, 1, 9), early, date(2026, 1, 13), status="CONFIRMED"),
            shown("1-2025-12", 1, date(2026, 1, 13), late, timing="AMC"),
        ],
    )
    assert rows(held, "session, announced_on, timing, status, n_moves") == [
        (date(2026, 1, 7), early, "BMO", "ESTIMATED", 0),
        (date(2026, 1, 8), early, "BMO", "ESTIMATED", 0),
        (date(2026, 1, 9), early, "BMO", "CONFIRMED", 0),
        (date(2026, 1, 12), early, "BMO", "CONFIRMED", 0),
        (date(2026, 1, 13), late, "AMC", "ESTIMATED", 1),
    ]


def test_cohorts_of_pairs_only_with_the_share_of_each(held: Lab) -> None:
    for cohort, issuers in (("U", (1, 2)), ("V", (2, 3)), ("OTHER", (2,))):
        put_members(held, cohort, issuers, date(2026, 1, 2), valid_to=date(2026, 1, 14))
    for issuer, cap in ((1, 30.0), (2, 10.0)):
        put_company(held, issuer, TODAY, cap)
    known = date(2026, 1, 13)
    held.put("core.earnings_date_vintage", [shown(f"{i}-2025-12", i, known, date(2026, 1, 15)) for i in (1, 2, 3)])
    assert rows(held, "cohort_id, symbol, name, market_cap_usd, share_of_cohort_cap") == [
        ("U", "S1", "Company 1", 30.0, 0.75),
        ("U", "S2", "Company 2", 10.0, 0.25),
        ("V", "S2", "Company 2", 10.0, 1.0),
        ("V", "S3", "Company 3", None, None),
    ]


def test_a_row_has_the_label_of_its_cohort_and_the_worst_grade(held: Lab) -> None:
    """U is a dated list with half of its caps, the rest of V a list of today; before the first cap nothing is priced."""
    put_members(held, "U", (1, 2), date(2026, 1, 2))
    put_members(held, "V", (1,), date(2026, 1, 2))
    put_members(held, "V", (3,), date(2026, 1, 2), bias_label="CURRENT_LIST", pit_grade="D")
    for issuer, grade in ((1, "C"), (3, "B")):
        put_company(held, issuer, TODAY, 10.0, pit_grade=grade)
    held.put("core.earnings_date_vintage", [shown(f"{i}-2025-12", i, date(2026, 1, 12), date(2026, 1, 15)) for i in (1, 2, 3)])
    assert rows(held, "session, cohort_id, issuer_id, bias_label, pit_grade") == [
        (date(2026, 1, 12), "U", 1, "PIT_SPARSE", "B"),
        (date(2026, 1, 12), "U", 2, "PIT_SPARSE", "B"),
        (date(2026, 1, 12), "V", 1, "CURRENT_LIST", "D"),
        (date(2026, 1, 12), "V", 3, "CURRENT_LIST", "D"),
        (TODAY, "U", 1, "PIT_SPARSE", "C"),
        (TODAY, "U", 2, "PIT_SPARSE", "C"),
        (TODAY, "V", 1, "CURRENT_LIST", "D"),
        (TODAY, "V", 3, "CURRENT_LIST", "D"),
    ]


def test_windowed_is_whole(lab: Lab, xnys: Sequence[date]) -> None:
    days = [day for day in xnys if date(2026, 1, 2) <= day <= date(2026, 2, 27)]
    put_sessions(lab, days[:20], days[20:])
    put_defaults(lab)
    lab.put("raw.cohort_pair", [{"cohort_a": "U", "cohort_b": "V"}])
    put_lines(lab)
    put_members(lab, "U", [1, 2, 3, 4], days[0])
    first_shown = [shown(f"{i}-2025-12", i, days[3 * i], days[3 * i + 12], days[23] if i == 4 else None) for i in range(1, 5)]
    lab.put("core.earnings_date_vintage", first_shown)
    fill(lab, tables=TABLES)
    put_held(lab, days[20:25], after=20)
    lab.put("core.earnings_date_vintage", [shown("4-2025-12", 4, days[23], days[30])])
    fill(lab, days[20], TABLES)
    windowed = contents(lab, TABLES)
    fill(lab, tables=TABLES)
    assert contents(lab, TABLES) == windowed
    assert lab.rows("select max(session), max(n_moves) from mart.earnings_calendar") == [(days[24], 1)]
