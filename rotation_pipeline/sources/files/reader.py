"""One CSV or Parquet file to a typed frame with our column names, or a BadInput that names file, column, row and value."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from rotation_pipeline.errors import BadInput
from rotation_pipeline.sources.files import choosing
from rotation_pipeline.sources.files.declaration import FileGroup
from rotation_pipeline.sources.files.typed import typed
from rotation_pipeline.sources.files.vocabulary import Column

_TAIL_BYTES = 1 << 16
_ROW = "# in the file"  # the column of row numbers, while a file is read


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
    """Rows of ``file`` that the entry means, in file order, with those ``wanted`` columns that it has; NaN, odd values and repeats stay.

    Dates are Date, numbers Float64, the rest String. Rows in which every column read is blank are dropped (blank CSV lines).
    Raises BadInput for an unreadable or cut-off file, a missing column, a value that is no date or number or none of the
    allowed words, a blank where a value must be, and a file of several kinds of which the entry chooses none.
    """
    theirs = _resolve(file, group, wanted)
    try:
        raw = _chosen(file, group, theirs).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(file, group, error) from error
    if file.suffix.lower() == ".csv":
        _check_last_line(file, group)
        is_blank = raw.select(pl.all_horizontal(pl.col(*theirs).is_null())).to_series() if theirs else pl.Series([False])
        raw = raw.filter(~is_blank) if is_blank.any() else raw
    row = raw.drop_in_place(_ROW)
    # Taken out one by one, so that the text of a column is freed as soon as its numbers are there.
    columns = [typed(row, raw.drop_in_place(ours), wanted[ours], file, group, name) for ours, name in theirs.items()]
    frame = pl.DataFrame(columns)
    constants = [pl.lit(value, dtype=_DTYPES[wanted[ours].type]).alias(ours) for ours, value in group.constants if ours in wanted]
    frame = frame.with_columns(constants)
    # "usd" is the dollar; a small letter elsewhere means hundredths (GBp, ZAc, and USd for cents).
    return frame.with_columns(pl.col("currency").replace("usd", "USD")) if "currency" in frame.columns else frame


def left_out(file: Path, group: FileGroup) -> dict[str, int]:
    """How many rows ``where`` leaves out, under the words for the ledger."""
    if not group.chosen:
        return {}
    scan = _scan(file, group)
    return {f"left out by where: {choosing.held_words(scan, group)}": choosing.n_left_out(scan, group)}


def _chosen(file: Path, group: FileGroup, theirs: Mapping[str, str]) -> pl.LazyFrame:
    """The columns of ``theirs`` under our names, with the number of the row in the file, where the entry chooses it."""
    scan = _scan(file, group)
    present = header(file, group)
    choosing.check_choice(file, group, scan, present)
    told = {*theirs.values(), *(column for column, _words in group.chosen)}
    choosing.check_mixture(file, group, scan, [name for name in present if name not in told])
    rows = choosing.chosen(group, scan.with_row_index(_ROW))
    return rows.select(_ROW, *(pl.col(name).alias(ours) for ours, name in theirs.items()))


_DTYPES = {"symbol": pl.String(), "text": pl.String(), "date": pl.Date(), "number": pl.Float64(), "moment": pl.Datetime("us")}


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
        if file.suffix.lower() == ".csv" and f"{name}_duplicated_0" in present:
            fix = "make it long before: one row a symbol and session (pandas: frame.stack(level=1).reset_index()), with one line of names"
            raise BadInput(str(file), f"names the column {name!r} more than once, as a table with a column a field and symbol does", fix)
        if name in present:
            theirs[ours] = name
        elif ours in mapped or column.need != "optional":
            close = difflib.get_close_matches(name, present, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}? " if close else ""
            in_path = next((part.partition("=")[2] for part in file.parts if part.startswith(f"{name}=")), None)
            constant = "constants" if in_path is None else f'constants = {{ {ours} = "{in_path}" }} in an entry a folder'
            fix = f'{hint}it has: {", ".join(present)}. In {group.where}: columns = {{ {ours} = "..." }} or {constant}'
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
