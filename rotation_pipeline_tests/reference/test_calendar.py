"""Sessions of XNYS: published facts about the calendar, and which session is over."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline.reference import last_completed_session, reader, session_rows
from rotation_pipeline.reference.calendar import FINAL_AFTER, horizon_year

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return session_rows(datetime(2026, 11, 22, tzinfo=UTC))


def early_closes(rows: pl.DataFrame, year: int) -> list[tuple[date, int]]:
    """Half days of a year with the New York hour of their close."""
    days = rows.filter("is_early_close", pl.col("session").dt.year() == year)
    return [(day, close.replace(tzinfo=UTC).astimezone(NEW_YORK).hour) for day, close in days.select("session", "close_at").iter_rows()]


def test_it_reaches_from_1990_to_the_end_of_the_next_year(rows: pl.DataFrame) -> None:
    assert rows["session"][0] == date(1990, 1, 2)
    assert rows["session"][-1] == date(2027, 12, 31)
    assert rows["session"].is_sorted()
    assert rows["session"].n_unique() == rows.height
    assert (rows["open_at"] < rows["close_at"]).all()


def test_horizon_moves_with_the_year() -> None:
    assert horizon_year(datetime(2026, 12, 31, 23, tzinfo=UTC)) == 2027
    assert horizon_year(datetime(2027, 1, 1, tzinfo=UTC)) == 2028


def test_day_of_mourning_is_closed_and_half_days_close_at_one(rows: pl.DataFrame) -> None:
    assert date(2025, 1, 9) not in rows["session"].to_list()
    assert early_closes(rows, 2025) == [(date(2025, 7, 3), 13), (date(2025, 11, 28), 13), (date(2025, 12, 24), 13)]
    assert early_closes(rows, 2026) == [(date(2026, 11, 27), 13), (date(2026, 12, 24), 13)]


def test_sessions_of_the_articles_window_and_of_five_years(rows: pl.DataFrame) -> None:
    window = rows.filter(pl.col("session").is_between(date(2026, 1, 1), date(2026, 1, 13)))["session"]
    assert [day.day for day in window] == [2, 5, 6, 7, 8, 9, 12, 13]
    assert rows.filter((pl.col("session") > date(2021, 1, 13)) & (pl.col("session") <= date(2026, 1, 13))).height == 1255


@pytest.mark.parametrize(
    ("release", "reaction"),
    [
        (datetime(2026, 1, 13, 6, 45, tzinfo=NEW_YORK), date(2026, 1, 13)),  # before the open
        (datetime(2026, 1, 28, 16, 5, tzinfo=NEW_YORK), date(2026, 1, 29)),  # after the close
        (datetime(2026, 1, 16, 16, 10, tzinfo=NEW_YORK), date(2026, 1, 20)),  # Friday before Martin Luther King day
        (datetime(2025, 12, 24, 13, 30, tzinfo=NEW_YORK), date(2025, 12, 26)),  # half day, after its close
        (datetime(2025, 12, 24, 12, 30, tzinfo=NEW_YORK), date(2025, 12, 24)),  # half day, before its close
        (datetime(2026, 1, 19, 7, 0, tzinfo=NEW_YORK), date(2026, 1, 20)),  # holiday
        (datetime(2025, 1, 9, 7, 0, tzinfo=NEW_YORK), date(2025, 1, 10)),  # day of mourning
    ],
)
def test_first_close_after_a_release(rows: pl.DataFrame, release: datetime, reaction: date) -> None:
    instant = release.astimezone(UTC).replace(tzinfo=None)
    assert rows.filter(pl.col("close_at") > instant)["session"][0] == reaction


@pytest.mark.parametrize("day", [date(2025, 6, 27), date(2026, 6, 26), date(2026, 11, 13), date(2025, 12, 19)])
def test_index_reconstitutions_fall_on_sessions(rows: pl.DataFrame, day: date) -> None:
    assert day.weekday() == 4
    assert day in rows["session"].to_list()


def test_a_session_is_final_four_hours_after_its_close() -> None:
    sessions = [date(2026, 11, 25), date(2026, 11, 27), date(2026, 11, 30)]
    closes = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((25, 21), (27, 18), (30, 21))]  # the second is a half day
    final = datetime(2026, 11, 27, 22, tzinfo=UTC)
    assert last_completed_session(sessions, closes, final) == date(2026, 11, 27)
    assert last_completed_session(sessions, closes, final - timedelta(seconds=1)) == date(2026, 11, 25)
    assert last_completed_session(sessions, [close.replace(tzinfo=None) for close in closes], final.astimezone(NEW_YORK)) == date(
        2026, 11, 27
    )


def test_no_answer_where_the_calendar_has_none() -> None:
    sessions = [date(2026, 11, 25), date(2026, 11, 27)]
    closes = [datetime(2026, 11, 25, 21, tzinfo=UTC), datetime(2026, 11, 27, 18, tzinfo=UTC)]
    with pytest.raises(BadInput, match="no session that was final"):
        last_completed_session(sessions, closes, datetime(2026, 11, 25, 22, tzinfo=UTC))
    with pytest.raises(BadInput, match="ends on 2026-11-27"):
        last_completed_session(sessions, closes, datetime(2026, 12, 1, tzinfo=UTC))
    with pytest.raises(BadInput, match="not in date order"):
        last_completed_session(sessions[::-1], closes[::-1], datetime(2026, 11, 26, 12, tzinfo=UTC))


def test_the_published_parameter_says_the_same() -> None:
    params = reader.read("raw.method_param")
    assert params.filter(name="calendar.final_delay_hours")["value"].to_list() == [FINAL_AFTER / timedelta(hours=1)]
