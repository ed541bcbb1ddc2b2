"""The day that a column of dates means where it holds more than a date: a clock, and perhaps a zone (methodology A.8).

A session is a day in New York. So a stamp with a zone is read there; one without says its day only at midnight. A stamp in UTC may
be an instant or a date that a tool stored at midnight UTC, one day apart in New York: which of the two, only ``time_zone`` can say.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import polars as pl

from rotation_pipeline.sources.files.declaration import FileGroup

Check = Callable[[pl.Series, str, str], None]  # raises for the first row where the series holds: problem, way out

NEW_YORK = "America/New_York"
_UTC_NAMES = {"UTC", "Z", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "GMT", "Etc/GMT", "+00:00", "00:00"}
_ZONE = r"(?:(?<utc>Z|z|UTC|GMT)|(?<sign>[+-])(?<hours>\d{2}):?(?<minutes>\d{2})?)?"
_ISO = r"^(?<day>\d{4}-\d{2}-\d{2})(?:[T ](?<clock>\d{2}:\d{2})(?::(?<second>\d{2})(?:[.,]\d+)?)? ?" + _ZONE + ")?$"
_CLOCK = re.compile(r"%[-_0]?[HIklTRrcXs+]")
_OFFSET = re.compile(r"%(:{0,3}z|#z|s|\+)|(?<!%)Z$")
_UNITS = {10: ("seconds", 1), 13: ("milliseconds", 10**3), 16: ("microseconds", 10**6), 19: ("nanoseconds", 10**9)}
_SPREADSHEET = range(20_000, 80_000)  # serial days of a spreadsheet from 1954 to 2119
_COMMON = ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%Y/%m/%d", "%d/%m/%Y", "%m-%d-%Y", "%d-%b-%Y", "%b %d, %Y", "%m/%d/%y")


@dataclass(frozen=True)
class Stamps:
    """What each row says: a clock on the wall, how far it is ahead of UTC (null: it does not say), whether it is in UTC by name."""

    wall: pl.Series  # Datetime without a zone
    ahead: pl.Series  # Duration
    is_utc: pl.Series
    is_bare: pl.Series | None = None  # rows that are written without any clock, dates under every rule; None: no row is


def stamps_of_text(text: pl.Series, date_format: str | None) -> Stamps:
    """Stamps of texts without blanks around them; null where one does not fit ``date_format``, or ISO 8601 where that is None."""
    if date_format is None:
        return _iso(text)
    wall = text.str.to_date(date_format, strict=False).cast(pl.Datetime("us"))
    if not _CLOCK.search(date_format):
        return _dates(wall)
    if not _OFFSET.search(date_format):
        return _without_zone(text.str.to_datetime(date_format, strict=False, time_unit="us"))
    instant = text.str.to_datetime(date_format, strict=False, time_unit="us")
    instant = instant.dt.replace_time_zone(None)
    if "z" in date_format:
        parts = pl.DataFrame({"day": wall, "clock": text.str.strptime(pl.Time(), date_format, strict=False)})
        wall = parts.select(pl.col("day").dt.combine(pl.col("clock"), time_unit="us")).to_series()
    else:
        wall = instant
    ahead = wall - instant
    return Stamps(wall, ahead, ahead == timedelta(0))


def stamps_of_instants(series: pl.Series) -> Stamps:
    """Stamps of a Datetime column, with or without a zone."""
    assert isinstance(series.dtype, pl.Datetime)
    zone = series.dtype.time_zone
    micro = series.dt.cast_time_unit("us")
    if zone is None:
        return _without_zone(micro)
    wall, instant = micro.dt.replace_time_zone(None), micro.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return Stamps(wall, wall - instant, pl.repeat(zone in _UTC_NAMES, series.len(), dtype=pl.Boolean, eager=True))


def days(stamps: Stamps, group: FileGroup, check: Check) -> pl.Series:
    """The day of each stamp. Raises through ``check`` where the file does not say which day is meant, and ``time_zone`` does not either."""
    rule, wall = group.time_zone, stamps.wall
    has_clock, has_zone = _has_clock(wall), stamps.ahead.is_not_null()
    if rule == "date":
        fix = f'say in {group.where}: time_zone = "UTC" or "{NEW_YORK}", and the session is the day in New York'
        check(has_clock, 'has a time of day, and time_zone = "date" takes midnights only', fix)
        return wall.dt.date()
    if rule is None:
        fix = f'say in {group.where}: time_zone = "{NEW_YORK}" or "UTC", the zone of its clock; the session is the day in New York'
        check(has_clock & ~has_zone, "has a time of day and no zone, so its day in New York is not known", fix)
        fix = (
            f'say in {group.where}: time_zone = "UTC" if these are instants (the session is the day in New York), '
            f'time_zone = "date" if each is the midnight of the day it means'
        )
        check(stamps.is_utc & has_zone, "is in UTC: as an instant it may be another day in New York than the one it shows", fix)
        day, shown = new_york(stamps, None).dt.date(), wall.dt.date()
        if not (has_clock & has_zone).any():
            check(has_zone & (day != shown), "is a midnight of another zone, and the day before in New York", fix)
        return day
    return new_york(stamps, rule).dt.date()


def instants(stamps: Stamps, group: FileGroup) -> pl.Series:
    """The UTC instant of each stamp that has a time of day in New York; null for a mere date."""
    if group.time_zone == "date":
        return pl.repeat(None, stamps.wall.len(), dtype=pl.Datetime("us"), eager=True)
    local = new_york(stamps, group.time_zone)
    instant = local.dt.replace_time_zone(NEW_YORK, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    instant = instant.dt.replace_time_zone(None)
    return pl.select(pl.when(_has_clock(local)).then(instant)).to_series()


def new_york(stamps: Stamps, rule: str | None) -> pl.Series:
    """The clock in New York; a stamp without a zone is in UTC where ``rule`` says so, else in New York already."""
    if rule == "UTC":
        ahead = stamps.ahead.fill_null(timedelta(0))
        ahead = ahead if stamps.is_bare is None else ahead.set(stamps.is_bare, None)
    else:
        ahead = stamps.ahead
    moved = (stamps.wall - ahead).dt.replace_time_zone("UTC").dt.convert_time_zone(NEW_YORK).dt.replace_time_zone(None)
    return pl.select(pl.coalesce(moved, stamps.wall)).to_series()


def hint(value: object, date_format: str | None) -> tuple[str, str]:
    """What a value that is no date may be, and the way out."""
    text = str(value).strip()
    shown = date_format or "%Y-%m-%d (2024-03-09)"
    if text.isdigit() and len(text) in _UNITS:
        unit, per_second = _UNITS[len(text)]
        instant = datetime.fromtimestamp(int(text) // per_second, UTC)
        fix = "write the session, the day in New York, as 2024-03-09 into a column of the file, and map that one"
        return f"is no date of the form {shown} but looks like {unit} since 1970 ({instant:%Y-%m-%d %H:%M} UTC)", fix
    if date_format is None and text.isdigit() and int(text) in _SPREADSHEET:
        day = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=int(text))
        fix = "format the column as a date before it is exported, so that the file says 2024-03-09"
        return f"is no date of the form {shown} but looks like the serial day of a spreadsheet ({day:%Y-%m-%d})", fix
    fits = [f for f in _COMMON if f != date_format and pl.Series([text]).str.to_date(f, strict=False)[0] is not None]
    ways = " or ".join(f'date_format = "{f}"' for f in fits) or 'date_format = "%m/%d/%Y"'
    return f"is no date of the form {shown}", f"say how dates are written: {ways}"


def _iso(text: pl.Series) -> Stamps:
    day = text.str.to_date("%Y-%m-%d", strict=False)
    if day.null_count() == text.null_count():  # nothing but dates, the usual case
        return _dates(day.cast(pl.Datetime("us")))
    part = text.str.extract_groups(_ISO).struct
    clock = part.field("clock").fill_null("00:00") + ":" + part.field("second").fill_null("00")
    wall = (part.field("day") + " " + clock).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    hours, minutes = part.field("hours").cast(pl.Int64), part.field("minutes").fill_null("00").cast(pl.Int64)
    size = hours * 60 + minutes
    parts = pl.DataFrame({"size": size, "is_behind": part.field("sign") == "-", "utc": part.field("utc")})
    signed = pl.when(pl.col("is_behind")).then(-pl.col("size")).otherwise(pl.col("size"))
    offset = pl.when(pl.col("utc").is_not_null()).then(0).otherwise(signed)
    ahead = parts.select(pl.duration(minutes=offset, time_unit="us")).to_series()
    return Stamps(wall, ahead, (ahead == timedelta(0)).fill_null(value=False), part.field("clock").is_null())


def _dates(wall: pl.Series) -> Stamps:
    return replace(_without_zone(wall), is_bare=pl.repeat(value=True, n=wall.len(), dtype=pl.Boolean, eager=True))


def _without_zone(wall: pl.Series) -> Stamps:
    n = wall.len()
    ahead = pl.repeat(None, n, dtype=pl.Duration("us"), eager=True)
    return Stamps(wall, ahead, pl.repeat(value=False, n=n, dtype=pl.Boolean, eager=True))


def _has_clock(wall: pl.Series) -> pl.Series:
    return (wall != wall.dt.truncate("1d")).fill_null(value=False)
