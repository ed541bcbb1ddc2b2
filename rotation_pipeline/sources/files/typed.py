"""One column of text, numbers or dates to the type it was declared to have; the first value that does not fit is named."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rotation_pipeline.errors import BadInput
from rotation_pipeline.sources.files.declaration import FileGroup
from rotation_pipeline.sources.files.vocabulary import Column

BLANKS = ("", "-", "NA", "N/A", "#N/A", "null", "NULL", "None")  # no value, in a column of numbers or dates


def typed(row: pl.Series, series: pl.Series, column: Column, file: Path, group: FileGroup, theirs: str) -> pl.Series:
    """``series`` as Date, Float64 or String under our name. ``row`` counts the rows of the file from 0, for messages.

    Raises BadInput with the first offending row: not a date or number, not an allowed word, or blank where it must be filled.
    """
    where = _Where(row, series, file, theirs)
    if column.type == "number":
        out = _number(series, where)
    elif column.type == "date":
        out = _date(series, group.date_format, where)
    else:
        out = _text(series, where)
        values = dict(dict(group.values).get(series.name, ()))
        out = out.replace(values) if values else out
        if column.type == "symbol" and group.symbol_style == "dots":
            out = out.str.replace_all(".", "-", literal=True)
        if column.choices:
            hint = (
                f"allowed are {', '.join(column.choices)}; translate others in {group.where}: values.{series.name} = {{ theirs = 'ours' }}"
            )
            where.check(out.is_not_null() & ~out.is_in(column.choices), "is none of the allowed words", hint)
    if column.need == "filled":
        where.check(out.is_null(), "is blank", f"fill it or drop the row: every row needs {series.name}")
    return out


class _Where:
    """Where a column came from, to name the first row that fails a check."""

    def __init__(self, row: pl.Series, series: pl.Series, file: Path, theirs: str) -> None:
        self.row, self.series, self.file, self.theirs = row, series, file, theirs

    def check(self, bad: pl.Series, problem: str, fix: str) -> None:
        """Raise BadInput for the first row where ``bad`` holds."""
        n_bad = bad.sum()
        if not n_bad:
            return
        at = bad.arg_true()[0]
        is_csv = self.file.suffix.lower() == ".csv"
        place = f"line {self.row[at] + 2}" if is_csv else f"row {self.row[at] + 1}"
        more = f" ({n_bad} rows like it)" if n_bad > 1 else ""
        raise BadInput(f"{self.file}, column {self.theirs}, {place}", f"{self.series[at]!r} {problem}{more}", fix)

    def wrong_type(self, wanted: str) -> BadInput:
        problem = f"holds {self.series.dtype}, not {wanted}"
        return BadInput(f"{self.file}, column {self.theirs}", problem, f"store {wanted}s, or map another column")


def _blank_as_null(series: pl.Series) -> pl.Series:
    text = series.str.strip_chars()
    return text.set(text.is_in(BLANKS), None)


def _number(series: pl.Series, where: _Where) -> pl.Series:
    if series.dtype == pl.String:
        text = _blank_as_null(series)
        out = text.cast(pl.Float64, strict=False)
        fix = "write numbers as 1234.5, without thousands separators, currency or percent signs"
        where.check(out.is_null() & text.is_not_null(), "is no number", fix)
        return out
    if series.dtype.is_numeric() or series.dtype == pl.Null:
        return series.cast(pl.Float64)
    raise where.wrong_type("number")


def _date(series: pl.Series, date_format: str | None, where: _Where) -> pl.Series:
    if series.dtype.is_integer() and date_format is not None:
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        text = _blank_as_null(series)
        out = text.str.to_date(date_format or "%Y-%m-%d", strict=False)
        shown = date_format or "%Y-%m-%d (2024-03-09)"
        fix = 'say how dates are written: date_format = "%m/%d/%Y"'
        where.check(out.is_null() & text.is_not_null(), f"is no date of the form {shown}", fix)
        return out
    if series.dtype == pl.Date or series.dtype == pl.Null:
        return series.cast(pl.Date)
    if isinstance(series.dtype, pl.Datetime):
        return series.dt.date()
    raise where.wrong_type("date")


def _text(series: pl.Series, where: _Where) -> pl.Series:
    if series.dtype.is_nested() or series.dtype == pl.Binary:
        raise where.wrong_type("text")
    text = series.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)
