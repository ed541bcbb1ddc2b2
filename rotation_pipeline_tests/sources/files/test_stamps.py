"""The day of a date that comes with a clock or a zone: New York's, or refused with the way out; never the day beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from rotation_pipeline.errors import BadConfig, BadInput
from rotation_pipeline_tests.sources.files.conftest import PRICES, Folder

ZONES = ('time_zone = "UTC"', 'time_zone = "America/New_York"', 'time_zone = "date"')
UTC_RULE, NEW_YORK_RULE, DATE_RULE = ZONES
D2, D3 = date(2024, 1, 2), date(2024, 1, 3)


def sessions(folder: Folder, rule: str = "") -> list[object]:
    folder.toml(PRICES + rule)
    return [row[0] for row in folder.rows("raw.price_bar", "session")]


def texts(folder: Folder, *stamps: str) -> None:
    folder.write("prices.csv", "symbol,session,close\n" + "".join(f"A,{stamp},1\n" for stamp in stamps))


def instants(folder: Folder, zone: str | None, *stamps: datetime) -> None:
    frame = pl.DataFrame({"symbol": ["A"] * len(stamps), "session": stamps, "close": [1.0] * len(stamps)})
    frame.with_columns(pl.col("session").dt.replace_time_zone(zone)).write_parquet(folder.root / "prices.parquet")
    (folder.root / "prices.csv").unlink(missing_ok=True)


def parquet_sessions(folder: Folder, rule: str = "") -> list[object]:
    folder.toml(PRICES.replace("prices.csv", "prices.parquet") + rule)
    return [row[0] for row in folder.rows("raw.price_bar", "session")]


# What a stamp says -> the day under each rule (none, UTC, America/New_York, date); None: refused.
TEXTS = {
    "a date": ("2024-01-03", (D3, D3, D3, D3)),
    "a midnight without a zone": ("2024-01-03T00:00:00", (D3, D2, D3, D3)),
    "a clock without a zone": ("2024-01-03 00:30", (None, D2, D3, None)),
    "a midnight in UTC": ("2024-01-03T00:00:00.000Z", (None, D2, D2, D3)),
    "a clock in UTC": ("2024-01-03T21:00:00+00:00", (None, D3, D3, None)),
    "a midnight in New York": ("2024-01-03 00:00:00-05:00", (D3, D3, D3, D3)),
    "a midnight in New York, in summer": ("2024-07-03T00:00-0400", (date(2024, 7, 3),) * 4),
    "an evening in New York": ("2024-01-02T20:00:00-05", (D2, D2, D2, None)),
    "a clock in Tokyo": ("2024-01-03T09:00:00+09:00", (D2, D2, D2, None)),
    "a midnight in Tokyo": ("2024-01-03T00:00:00+09:00", (None, D2, D2, D3)),
}


@pytest.mark.parametrize(("stamp", "expected"), TEXTS.values(), ids=TEXTS.keys())
def test_texts(folder: Folder, stamp: str, expected: tuple[date | None, ...]) -> None:
    texts(folder, stamp)
    for rule, day in zip(("", *ZONES), expected, strict=True):
        if day is None:
            with pytest.raises(BadInput) as refused:
                sessions(folder, rule)
            assert refused.value.culprit.endswith("prices.csv, column session, line 2")
            assert "rotation.toml, [[prices]] no. 1: time_zone = " in refused.value.fix
        else:
            assert sessions(folder, rule) == [day], rule


def at(day: int, hour: int = 0, minute: int = 0, month: int = 1) -> datetime:
    """A clock without a zone."""
    return datetime.combine(date(2024, month, day), time(hour, minute))


# Closes at 16:00 in New York, stored eight hours later as midnight of the day after in UTC: all but one land a day late as they stand.
CLOSES_IN_UTC = [at(day, 1) for day in (3, 4, 5, 6, 9)]


def test_parquet_instants_in_utc_never_land_on_the_next_day(folder: Folder) -> None:
    instants(folder, "UTC", *CLOSES_IN_UTC)
    with pytest.raises(BadInput, match=r"prices\.parquet, column session, row 1: .* is in UTC: .* \(5 rows like it\)") as refused:
        parquet_sessions(folder)
    assert [rule in refused.value.fix for rule in (UTC_RULE, DATE_RULE)] == [True, True]
    days = [date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
    assert parquet_sessions(folder, UTC_RULE) == days
    assert parquet_sessions(folder, NEW_YORK_RULE) == days
    instants(folder, None, *CLOSES_IN_UTC)  # the same without a zone
    with pytest.raises(BadInput, match="has a time of day and no zone"):
        parquet_sessions(folder)
    assert parquet_sessions(folder, UTC_RULE) == days


def test_parquet_dates_stored_as_midnights(folder: Folder) -> None:
    days = [date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
    midnights = [at(day.day) for day in days]
    instants(folder, None, *midnights)
    assert parquet_sessions(folder) == days
    instants(folder, "America/New_York", *midnights)
    assert parquet_sessions(folder) == days
    instants(folder, "UTC", *midnights)
    assert parquet_sessions(folder, DATE_RULE) == days
    instants(folder, "UTC", *midnights, at(9, 5))
    with pytest.raises(BadInput, match='has a time of day, and time_zone = "date" takes midnights only'):
        parquet_sessions(folder, DATE_RULE)


def test_a_zone_of_its_own_is_read_in_new_york_through_its_summer(folder: Folder) -> None:
    local = ZoneInfo("America/New_York")
    stamps = [datetime(2024, month, 3, 23, 30, tzinfo=local).astimezone(UTC).replace(tzinfo=None) for month in (1, 7)]
    instants(folder, "UTC", *stamps)
    assert parquet_sessions(folder, UTC_RULE) == [D3, date(2024, 7, 3)]
    instants(folder, "Europe/Berlin", at(3, 22), at(4, 2, month=7))
    assert parquet_sessions(folder) == [D3, date(2024, 7, 3)]


def test_a_format_with_a_clock_or_an_offset(folder: Folder) -> None:
    texts(folder, "03.01.2024 00:30 +0000")
    with pytest.raises(BadInput, match="is in UTC"):
        sessions(folder, 'date_format = "%d.%m.%Y %H:%M %z"')
    assert sessions(folder, 'date_format = "%d.%m.%Y %H:%M %z"\n' + UTC_RULE) == [D2]
    texts(folder, "03.01.2024 00:30 -0500")
    assert sessions(folder, 'date_format = "%d.%m.%Y %H:%M %z"') == [D3]
    texts(folder, "2024-01-03T01:00:00Z")
    with pytest.raises(BadInput, match="is in UTC"):
        sessions(folder, 'date_format = "%Y-%m-%dT%H:%M:%SZ"')
    texts(folder, "03.01.2024 04:05 PM")
    with pytest.raises(BadInput, match="has a time of day and no zone"):
        sessions(folder, 'date_format = "%d.%m.%Y %I:%M %p"')
    assert sessions(folder, 'date_format = "%d.%m.%Y %I:%M %p"\n' + NEW_YORK_RULE) == [D3]


@pytest.mark.parametrize(
    ("value", "said", "fix"),
    [
        ("1704171600000000000", "looks like nanoseconds since 1970 (2024-01-02 05:00 UTC)", "the day in New York"),
        ("1704171600", "looks like seconds since 1970", "the day in New York"),
        ("45293", "looks like the serial day of a spreadsheet (2024-01-02)", "format the column as a date"),
        ("01/02/2024", "is no date of the form %Y-%m-%d", 'date_format = "%m/%d/%Y" or date_format = "%d/%m/%Y"'),
        ("20240102", "is no date of the form %Y-%m-%d", 'date_format = "%Y%m%d"'),
        ("2024-01-02T25:00:00", "is no date", "date_format"),
    ],
)
def test_what_is_no_date_is_told_what_it_may_be(folder: Folder, value: str, said: str, fix: str) -> None:
    texts(folder, value)
    with pytest.raises(BadInput) as refused:
        sessions(folder)
    assert said in refused.value.problem
    assert fix in refused.value.fix


def test_a_zone_that_is_none_of_the_three(folder: Folder) -> None:
    folder.toml(PRICES + 'time_zone = "Europe/Berlin"')
    with pytest.raises(BadConfig, match=r"\[\[prices\]\] no. 1, time_zone: cannot be 'Europe/Berlin'"):
        folder.source()


def weekdays(first: date, n: int) -> list[date]:
    days = [first + timedelta(days=n_days) for n_days in range(2 * n)]
    return [day for day in days if day.weekday() < 5][:n]


@pytest.mark.parametrize("shift", [-1, 1])
def test_a_file_whose_dates_are_all_one_session_off_is_refused(folder: Folder, shift: int) -> None:
    texts(folder, *(str(day + timedelta(days=shift)) for day in weekdays(date(2024, 3, 4), 10)))
    odd, empty = ("Sundays", "Fridays") if shift < 0 else ("Saturdays", "Mondays")
    with pytest.raises(BadInput, match=rf"prices\.csv: has bars on 2 {odd} and none on {empty}: its dates are a day off"):
        sessions(folder)


def test_a_few_bars_on_odd_days_are_no_shift(folder: Folder) -> None:
    days = [*weekdays(date(2024, 3, 4), 10), date(2024, 3, 9), date(2024, 3, 10)]
    texts(folder, *map(str, days))
    assert sessions(folder) == days
    every_day = [date(2024, 3, 4) + timedelta(days=n) for n in range(14)]
    texts(folder, *map(str, every_day))
    assert sessions(folder) == every_day
    old = [day for n in range(21) if (day := date(1950, 3, 6) + timedelta(days=n)).weekday() != 6]  # Saturdays were sessions
    texts(folder, *map(str, old))
    assert sessions(folder) == old
