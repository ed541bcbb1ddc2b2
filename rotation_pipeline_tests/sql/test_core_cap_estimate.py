"""core.cap_estimate: what a company without a believed cap is probably worth, by its last cap or by its dollar volume (0.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import assert_windowed_is_whole, put_caps, put_params, put_sessions

BILLION = 1e9


@pytest.fixture
def days(lab: Lab, xnys: Sequence[date]) -> Sequence[date]:
    """Eight sessions; the fifth is one whose volumes are looked at."""
    put_params(lab, estimate__min_volume_sessions=1)
    put_sessions(lab, xnys[:8])
    return xnys[:8]


def put_lines(lab: Lab, issuers: Mapping[int, int], **columns: Any) -> None:
    """Lines and their companies."""
    row = {"kind": "EQUITY", "is_primary": True, "valid_from": date(1900, 1, 1)}
    lab.put("core.line", [row | {"security_id": line, "issuer_id": issuer} | columns for line, issuer in issuers.items()])


def put_list(lab: Lab, lines: Mapping[int, int], since: date) -> None:
    lab.put(
        "core.list_membership", [{"universe_id": "LIST", "security_id": i, "issuer_id": j, "valid_from": since} for i, j in lines.items()]
    )


def put_closes(lab: Lab, line: int, days: Sequence[date], closes: Sequence[float | None], volume_usd: float | None = None) -> None:
    """Prices from the first of the days on; None is a session without a bar."""
    rows, missing = [], 0
    for no, (day, close) in enumerate(zip(days, closes, strict=False), 1):
        missing = missing + 1 if close is None else 0
        row = {"security_id": line, "session": day, "session_no": no, "is_valid": close is not None, "n_missing": missing}
        rows.append(row | {"close_fwd_e9": close and round(close * 1e9), "dollar_volume_usd": close and volume_usd})
    lab.put("core.daily_price", rows)


def estimates(lab: Lab, issuer: int) -> list[tuple[Any, ...]]:
    lab.fill("core.cap_estimate")
    return lab.rows(f"select session, method, cap_usd from core.cap_estimate where issuer_id = {issuer} order by session")


def put_market(lab: Lab, days: Sequence[date], n: int = 60) -> None:
    """Companies 101, 102, ... that are worth 1,000 times what is traded of them in a usual session."""
    put_lines(lab, {i: i for i in range(101, 101 + n)})
    for i in range(101, 101 + n):
        put_closes(lab, i, days, [10.0] * len(days), 1e6 * (i - 100))
    put_caps(lab, [(i, i, day, 1e9 * (i - 100)) for i in range(101, 101 + n) for day in days])


def test_the_last_believed_cap_moves_with_the_price(lab: Lab, days: Sequence[date]) -> None:
    """Also where the last price is older than the session; nothing is told before the first cap."""
    put_lines(lab, {1: 1, 2: 2})
    put_list(lab, {1: 1}, days[0])
    put_closes(lab, 1, days, [90.0, 100.0, 110.0, None, 120.0, 130.0])
    put_caps(lab, [(1, 1, days[1], 10 * BILLION), (1, 1, days[5], 99 * BILLION), *((2, 2, day, BILLION) for day in days[:6])])
    assert estimates(lab, 1) == [
        (days[2], "LAST_CAP", pytest.approx(11 * BILLION)),
        (days[3], "LAST_CAP", pytest.approx(11 * BILLION)),
        (days[4], "LAST_CAP", pytest.approx(12 * BILLION)),
    ]


def test_who_never_had_a_cap_is_worth_what_others_of_its_dollar_volume_are(lab: Lab, days: Sequence[date]) -> None:
    """Both lines of a company are traded; one company far off the line is left out of it."""
    put_market(lab, days)
    put_lines(lab, {1: 1, 2: 1, 3: 3})
    put_list(lab, {1: 1, 2: 1}, days[0])
    put_closes(lab, 1, days, [5.0] * 8, 6e6)
    put_closes(lab, 2, days, [5.0] * 8, 1e6)
    put_closes(lab, 3, days, [5.0] * 8, 60e6)
    put_caps(lab, [(3, 3, day, 1e14) for day in days])  # a thousand times too large
    assert estimates(lab, 1) == [(day, "VOLUME", pytest.approx(7 * BILLION, rel=1e-4)) for day in days[4:]]


def test_the_usual_volume_is_a_median_and_needs_its_sessions(lab: Lab, xnys: Sequence[date]) -> None:
    """Sessions 5, 10, 15 ... are looked at; each counts until the next."""
    days = xnys[:19]
    put_params(lab, estimate__min_volume_sessions=3)
    put_sessions(lab, days)
    put_market(lab, days)
    put_lines(lab, {1: 1})
    put_list(lab, {1: 1}, days[0])
    looked_at = {5: 5e6, 10: 9e9, 15: 5e6}
    for no, day in enumerate(days, 1):
        volume = looked_at.get(no, 1e3)
        lab.put("core.daily_price", [{"security_id": 1, "session": day, "session_no": no, "is_valid": True, "dollar_volume_usd": volume}])
    assert estimates(lab, 1) == [(day, "VOLUME", pytest.approx(5 * BILLION, rel=1e-4)) for day in days[14:]]


def test_a_fit_needs_companies_and_a_company_a_price(lab: Lab, days: Sequence[date]) -> None:
    put_market(lab, days, n=49)
    put_lines(lab, {1: 1, 2: 2})
    put_list(lab, {1: 1, 2: 2}, days[0])
    put_closes(lab, 1, days, [5.0] * 8, 6e6)
    assert estimates(lab, 1) == []  # 49 names
    assert estimates(lab, 2) == []  # no bar at all


def test_who_is_in_no_list_is_remembered_for_a_while(lab: Lab, days: Sequence[date]) -> None:
    """A universe by size may still hold it; one that ended or never had a cap is nobody's member."""
    lab.param(estimate__remembered_days=4)
    put_lines(lab, {1: 1, 2: 2, 3: 3})
    put_lines(lab, {4: 4}, valid_to=days[2])
    for line in (1, 2, 3, 4):
        put_closes(lab, line, days, [10.0] * 8, 1e6)
    put_caps(lab, [(1, 1, days[0], BILLION), (4, 4, days[0], BILLION), *((2, 2, day, BILLION) for day in days)])
    assert [row[0] for row in estimates(lab, 1)] == [day for day in days[1:] if (day - days[0]).days <= 4]
    assert estimates(lab, 3) == []
    assert [row[0] for row in estimates(lab, 4)] == [days[1]]


def test_nothing_later_than_the_session_is_used(lab: Lab, days: Sequence[date]) -> None:
    put_market(lab, days)
    put_lines(lab, {1: 1})
    put_list(lab, {1: 1}, days[0])
    put_closes(lab, 1, days, [5.0] * 8, 6e6)
    before = estimates(lab, 1)[:1]
    assert before
    put_caps(lab, [(1, 1, days[6], 500 * BILLION)])
    lab.rows(f"update core.market_cap set issuer_cap_usd = 9 * issuer_cap_usd where session >= date '{days[5]}'")
    assert estimates(lab, 1)[:1] == before


def test_a_window_gives_the_rows_of_a_whole_fill(lab: Lab, days: Sequence[date]) -> None:
    put_market(lab, days)
    put_lines(lab, {1: 1, 2: 2, 3: 3})
    put_list(lab, {1: 1, 2: 2}, days[0])
    for line, closes in ((1, [5.0, 5.5, 6.0, None, None, 7.0, 7.0, 8.0]), (2, [9.0] * 8), (3, [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.5, 9.9])):
        put_closes(lab, line, days, closes, 3e6)
    put_caps(lab, [(2, 2, days[1], BILLION), (2, 2, days[2], BILLION), (3, 3, days[0], BILLION), (3, 3, days[4], BILLION)])
    for first in days[1:]:
        assert_windowed_is_whole(lab, "core.cap_estimate", first)
