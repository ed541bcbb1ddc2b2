"""One column of text, numbers or dates to the type it was declared to have; the first value that does not fit is named."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rotation_pipeline.errors import BadInput
from rotation_pipeline.sources.files.declaration import FileGroup
from rotation_pipeline.sources.files.stamps import Stamps, days, hint, instants, stamps_of_instants, stamps_of_text
from rotation_pipeline.sources.files.vocabulary import Column

BLANKS = ("", "-", "NA", "N/A", "#N/A", "null", "NULL", "None")  # no value, in a column of numbers or dates


def typed(row: pl.Series, series: pl.Series, column: Column, file: Path, group: FileGroup, theirs: str) -> pl.Series:
    """``series`` as Date, Float64, String or UTC instant under our name. ``row`` counts the rows of the file from 0, for messages.

    Raises BadInput with the first offending row: not a date or number, not an allowed word, or blank where it must be filled.
    """
    where = _Where(row, series, file, theirs)
    if column.type == "number":
        out = _number(series, where)
    elif column.type == "date":
        out = _date(series, group, where)
    elif column.type == "moment":
        out = _moment(series, group, where)
    else:
        out = _text(series, where)
        values = dict(dict(group.values).get(series.name, ()))
        out = out.replace(values) if values else out
        if column.type == "symbol" and group.symbol_style == "dots":
            out = out.str.replace_all(".", "-", literal=True)
        if column.choices:
            translate = f"translate others: values.{series.name} = {{ theirs = 'ours' }}"
            leave_out = f'or leave their rows out: where = {{ {theirs} = ["the", "words", "meant"] }}'
            fix = f"allowed are {', '.join(column.choices)}; in {group.where} {translate}, {leave_out}"
            where.check(out.is_not_null() & ~out.is_in(column.choices), "is none of the allowed words", fix)
    if column.need == "filled":
        where.check(out.is_null(), "is blank", f"fill it or drop the row: every row needs {series.name}")
    return out.alias(series.name)


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

    def wrong_type(self, wanted: str, series: pl.Series | None = None) -> BadInput:
        problem, fix = f"holds {self.series.dtype}, not {wanted}", f"store {wanted}s, or map another column"
        first = None if series is None else series.drop_nulls().first()
        if isinstance(first, int):
            looks, fix = hint(first, None)
            problem += f": {first} {looks}"
        return BadInput(f"{self.file}, column {self.theirs}", problem, fix)


def _blank_as_null(series: pl.Series) -> pl.Series:
    text = series.str.strip_chars()
    return text.set(text.is_in(BLANKS), None)


def _number(series: pl.Series, where: _Where) -> pl.Series:
    if series.dtype == pl.String:
        text = _blank_as_null(series)
        out = text.cast(pl.Float64, strict=False)
        fix = "write numbers as 1234.5: a point for decimals, no thousands separators, currency or percent signs"
        where.check(out.is_null() & text.is_not_null(), "is no number", fix)
        return out
    if series.dtype.is_numeric() or series.dtype == pl.Null:
        return series.cast(pl.Float64)
    raise where.wrong_type("number")


def _date(series: pl.Series, group: FileGroup, where: _Where) -> pl.Series:
    if series.dtype == pl.Date or series.dtype == pl.Null:
        return series.cast(pl.Date)
    return days(_stamps(series, group, where), group, where.check)


def _moment(series: pl.Series, group: FileGroup, where: _Where) -> pl.Series:
    """UTC instants; null for a date without a time of day."""
    if series.dtype == pl.Date or series.dtype == pl.Null:
        return pl.repeat(None, series.len(), dtype=pl.Datetime("us"), eager=True)
    return instants(_stamps(series, group, where), group)


def _stamps(series: pl.Series, group: FileGroup, where: _Where) -> Stamps:
    if series.dtype.is_integer() and group.date_format is not None:
        series = series.cast(pl.String)
    if series.dtype == pl.String:
        text = _blank_as_null(series)
        out = stamps_of_text(text, group.date_format)
        bad = out.wall.is_null() & text.is_not_null()
        if bad.any():
            where.check(bad, *hint(text.filter(bad)[0], group.date_format))
        return out
    if isinstance(series.dtype, pl.Datetime):
        return stamps_of_instants(series)
    raise where.wrong_type("date", series)


def _text(series: pl.Series, where: _Where) -> pl.Series:
    if series.dtype.is_nested() or series.dtype == pl.Binary:
        raise where.wrong_type("text")
    text = series.cast(pl.String).str.strip_chars()
    return text.set(text == "", None)
