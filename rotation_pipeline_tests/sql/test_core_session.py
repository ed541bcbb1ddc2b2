"""core.session: numbering and the month end are the calendar's, the end is the last bar's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import bar, begin


def test_ends_with_the_last_bar_and_judges_months_by_the_calendar(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, [day for day in xnys if date(2026, 1, 29) <= day <= date(2026, 2, 27)])
    lab.put("raw.price_bar", [bar("A", date(2026, 2, 3), 10.0)])
    lab.fill("core.session")
    assert lab.rows("select session, session_no, previous_session, is_month_end, month_no from core.session order by session") == [
        (date(2026, 1, 29), 1, None, False, 24312),
        (date(2026, 1, 30), 2, date(2026, 1, 29), True, 24312),
        (date(2026, 2, 2), 3, date(2026, 1, 30), False, 24313),
        (date(2026, 2, 3), 4, date(2026, 2, 2), False, 24313),  # not the end of February, though the last one held
    ]


def test_older_data_renumber_nothing(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:50])
    lab.put("raw.price_bar", [bar("A", xnys[40], 10.0)])
    lab.fill("core.session")
    before = lab.rows("select session, session_no from core.session")
    lab.put("raw.price_bar", [bar("B", xnys[2], 10.0)])
    lab.fill("core.session")
    assert lab.rows("select session, session_no from core.session") == before


def test_a_bar_from_the_future_or_without_a_price_moves_no_end(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:50])
    early = bar("A", xnys[30], 10.0, fetched_at=datetime.combine(xnys[6], time.min))
    lab.put("raw.price_bar", [bar("A", xnys[5], 10.0), bar("A", xnys[6], None), early])
    lab.fill("core.session")
    assert lab.rows("select max(session) from core.session") == [(xnys[5],)]


def test_the_latest_calendar_counts(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:10])
    lab.put("raw.calendar_session", [{"session": day, "load_id": "02"} for day in xnys[:10] if day != xnys[3]])
    lab.put("raw.price_bar", [bar("A", xnys[9], 10.0)])
    lab.fill("core.session")
    assert lab.rows("select count(*), max(session_no) from core.session") == [(9, 9)]
