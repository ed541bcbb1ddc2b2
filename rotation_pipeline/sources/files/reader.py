"""One CSV or Parquet file to a typed frame with our column names, or a BadInput that names file, column, row and value."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from rotation_pipeline.errors import BadInput
from rotation_pipeline.sources.files.declaration import FileGroup
from rotation_pipeline.sources.files.typed import typed
from rotation_pipeline.sources.files.vocabulary import Column

_TAIL_BYTES = 1 << 16


def header(file: Path, group: FileGroup) -> list[str]:
    """Column names of the file. Raises BadInput when it is empty or no readable CSV or Parquet."""
    if file.stat().st_size == 0:
        raise BadInput(str(file), "is empty (0 bytes)", "fetch or export it again")
    try:
        return _scan(file, group).collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(file, group, error) from error


def offers(file: Path, group: FileGroup, name: str) -> bool:
    """Whether our column ``name`` is to be had from the file: mapped, constant, or spelled as ours."""
    return name in dict(group.columns) or name in dict(group.constants) or name in header(file, group)


def read(file: Path, group: FileGroup, wanted: Mapping[str, Column]) -> pl.DataFrame:
    """Rows of ``file`` in file order with those ``wanted`` columns that it has; NaN, odd values and repeats stay.

    Dates are Date, numbers Float64, the rest String. Rows in which every column read is blank are dropped (blank CSV lines).
    Raises BadInput for an unreadable or cut-off file, a missing column, a value that is no date or number or none of the
    allowed words, and a blank where a value must be.
    """
    theirs = _resolve(file, group, wanted)
    try:
        raw = _scan(file, group).select([pl.col(name).alias(ours) for ours, name in theirs.items()]).with_row_index("#").collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(file, group, error) from error
    if file.suffix.lower() == ".csv":
        _check_last_line(file, group)
        is_blank = raw.select(pl.all_horizontal(pl.col(*theirs).is_null())).to_series() if theirs else pl.Series([False])
        raw = raw.filter(~is_blank) if is_blank.any() else raw
    row = raw.drop_in_place("#")
    # Taken out one by one, so that the text of a column is freed as soon as its numbers are there.
    columns = [typed(row, raw.drop_in_place(ours), wanted[ours], file, group, name) for ours, name in theirs.items()]
    frame = pl.DataFrame(columns)
    constants = [pl.lit(value, dtype=_DTYPES[wanted[ours].type]).alias(ours) for ours, value in group.constants if ours in wanted]
    frame = frame.with_columns(constants)
    # "usd" is the dollar; a small letter elsewhere means hundredths (GBp, ZAc, and USd for cents).
    return frame.with_columns(pl.col("currency").replace("usd", "USD")) if "currency" in frame.columns else frame


_DTYPES = {"symbol": pl.String(), "text": pl.String(), "date": pl.Date(), "number": pl.Float64()}


def _scan(file: Path, group: FileGroup) -> pl.LazyFrame:
    if file.suffix.lower() == ".parquet":
        return pl.scan_parquet(file)
    return pl.scan_csv(file, infer_schema=False, separator=group.separator)


def _resolve(file: Path, group: FileGroup, wanted: Mapping[str, Column]) -> dict[str, str]:
    present = header(file, group)
    mapped, constants = dict(group.columns), dict(group.constants)
    theirs: dict[str, str] = {}
    for ours, column in wanted.items():
        name = mapped.get(ours, ours)
        if ours in constants:
            continue
        if name in present:
            theirs[ours] = name
        elif ours in mapped or column.need != "optional":
            close = difflib.get_close_matches(name, present, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}? " if close else ""
            fix = f'{hint}it has: {", ".join(present)}. In {group.where}: columns = {{ {ours} = "..." }} or constants'
            raise BadInput(str(file), f"has no column {name!r} (wanted as {ours})", fix)
    return theirs


def _unreadable(file: Path, group: FileGroup, error: Exception) -> BadInput:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    if file.suffix.lower() == ".parquet":
        return BadInput(str(file), f"is damaged or cut off, no readable Parquet ({said})", "fetch or export it again")
    line = _first_odd_line(file, group)
    place = f" at line {line[0]}, which has {line[1]} fields where the header has {line[2]}" if line else ""
    fix = "correct that line; quote texts that hold the separator; save as UTF-8"
    return BadInput(str(file), f"cannot be read as CSV{place} ({said})", fix)


def _first_odd_line(file: Path, group: FileGroup) -> tuple[int, int, int] | None:
    """(line number, fields found, fields of the header) of the first line that has too many fields."""
    with file.open(newline="", encoding="utf-8", errors="replace") as lines:
        rows = csv.reader(lines, delimiter=group.separator)
        try:
            width = len(next(rows, []))
            return next(((rows.line_num, len(row), width) for row in rows if len(row) > width), None)
        except csv.Error:
            return None


def _check_last_line(file: Path, group: FileGroup) -> None:
    """A last line without a line end and with too few fields is the mark of a file that was cut off while it was written."""
    with file.open("rb") as handle:
        handle.seek(max(0, file.stat().st_size - _TAIL_BYTES))
        tail = handle.read()
    last = tail.rsplit(b"\n", 1)[-1]
    if not last.strip():
        return
    fields = next(csv.reader([last.decode("utf-8", "replace")], delimiter=group.separator))
    width = len(header(file, group))
    if len(fields) < width:
        shown = last[:60].decode("utf-8", "replace")
        raise BadInput(str(file), f"is cut off: its last line has {len(fields)} of {width} fields ({shown!r})", "fetch or export it again")
