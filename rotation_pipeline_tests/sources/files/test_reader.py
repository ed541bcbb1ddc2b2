"""CSV and Parquet to typed frames: what is taken as it is, and what stops the run at which place."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline.sources.files.declaration import FileGroup
from rotation_pipeline.sources.files.reader import read
from rotation_pipeline.sources.files.vocabulary import Column

WANTED = {"symbol": Column("symbol", "filled"), "session": Column("date", "filled"), "close": Column("number", "present")}
GROUP = FileGroup("prices", "rotation.toml, [[prices]] no. 1", ("p.csv",), columns=(("symbol", "ticker"),))


def rows(file: Path, group: FileGroup = GROUP) -> list[tuple[object, ...]]:
    return read(file, group, WANTED).select("symbol", "session", "close").rows()


def csv(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "p.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_odd_values_are_taken_as_they_are(tmp_path: Path) -> None:
    text = "session,ticker,extra,close\n2024-01-06, B ,x,-5\n2024-01-02,NA,,1e3\n2024-01-02,NA,,1e3\n2024-01-03,A,,N/A\n2024-01-03,A,,\n"
    assert rows(csv(tmp_path, text)) == [
        ("B", date(2024, 1, 6), -5.0),
        ("NA", date(2024, 1, 2), 1000.0),  # Nano Labs trades as NA
        ("NA", date(2024, 1, 2), 1000.0),
        ("A", date(2024, 1, 3), None),
        ("A", date(2024, 1, 3), None),
    ]
    (row,) = rows(csv(tmp_path, "session,ticker,close\n2024-01-02,A,nan\n"))
    assert isinstance(row[2], float)
    assert math.isnan(row[2])


def test_byte_order_mark_windows_line_ends_blank_lines_and_no_last_line_end(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbfticker,session,close\r\nA,2024-01-02,1\r\n\r\nB,2024-01-03,2"
    assert rows(csv(tmp_path, text)) == [("A", date(2024, 1, 2), 1.0), ("B", date(2024, 1, 3), 2.0)]


def test_formats(tmp_path: Path) -> None:
    group = FileGroup("prices", "w", ("p.csv",), constants=(("symbol", "^X"),), date_format="%d.%m.%Y", separator=";")
    assert rows(csv(tmp_path, "session;close\n09.03.2024;1\n"), group) == [("^X", date(2024, 3, 9), 1.0)]
    dots = FileGroup("prices", "w", ("p.csv",), symbol_style="dots", date_format="%Y%m%d")
    assert rows(csv(tmp_path, "symbol,session,close\nBRK.B,20240309,1\n"), dots) == [("BRK-B", date(2024, 3, 9), 1.0)]


def test_parquet_of_other_types(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    stamps = [datetime(2024, 1, 3, 3, tzinfo=UTC)]  # the evening before in New York: the local date counts
    frame = pl.DataFrame({"ticker": ["A"], "session": stamps, "close": [3]}, schema_overrides={"close": pl.Int32})
    zoned = pl.col("session").dt.convert_time_zone("America/New_York")
    frame.with_columns(pl.col("ticker").cast(pl.Categorical), zoned).write_parquet(path)
    assert rows(path) == [("A", date(2024, 1, 2), 3.0)]


def test_a_word_is_translated_and_must_be_allowed(tmp_path: Path) -> None:
    path = csv(tmp_path, "timing\npre\n\nAMC\n")
    wanted = {"timing": Column("text", choices=("BMO", "AMC"))}
    group = FileGroup("earnings", "w", ("p.csv",), values=(("timing", (("pre", "BMO"),)),))
    assert read(path, group, wanted)["timing"].to_list() == ["BMO", "AMC"]
    with pytest.raises(BadInput, match="column timing, line 2: 'pre' is none of the allowed words") as refused:
        read(path, FileGroup("earnings", "w", ("p.csv",)), wanted)
    assert "values.timing" in refused.value.fix


HEAD = "ticker,session,close\nA,2024-01-02,1\n"
STOPPED = {
    "no number": (HEAD + "A,2024-01-03,1O\nA,2024-01-04,x\n", "column close, line 3: '1O' is no number (2 rows like it)"),
    "thousands": (HEAD + 'A,2024-01-03,"1,000"\n', "column close, line 3: '1,000' is no number"),
    "no date": (HEAD + "A,2024-13-03,1\n", "column session, line 3: '2024-13-03' is no date of the form %Y-%m-%d"),
    "line count with blank lines": (HEAD + "\nA,03/01/2024,1\n", "line 4: '03/01/2024' is no date"),
    "no symbol": (HEAD + ",2024-01-03,1\n", "column ticker, line 3: None is blank"),
    "no session": (HEAD + "A,,1\n", "column session, line 3: None is blank"),
    "too many fields": (HEAD + "A,2024-01-03,1,000\n", "line 3, which has 4 fields where the header has 3"),
    "no column": ("symbol,date,close\nA,2024-01-02,1\n", "has no column 'ticker' (wanted as symbol)"),
    "empty": ("", "is empty (0 bytes)"),
    "cut off": (HEAD + "A,2024-01", "is cut off: its last line has 2 of 3 fields ('A,2024-01')"),
    "no text": (HEAD.encode() + b"\xff\xfe,2024-01-03,1\n", "cannot be read as CSV"),
}


@pytest.mark.parametrize(("text", "said"), STOPPED.values(), ids=STOPPED.keys())
def test_what_stops_the_run(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(BadInput) as stopped:
        rows(csv(tmp_path, text))
    assert "p.csv" in stopped.value.culprit
    assert said in str(stopped.value)


def test_a_missing_column_is_hinted_at(tmp_path: Path) -> None:
    group = FileGroup("prices", "rotation.toml, [[prices]] no. 1", ("p.csv",), columns=(("symbol", "tickr"),))
    with pytest.raises(BadInput) as stopped:
        rows(csv(tmp_path, HEAD), group)
    assert stopped.value.fix.startswith("did you mean 'ticker'? it has: ticker, session, close. In rotation.toml, [[prices]] no. 1")


@pytest.mark.parametrize("n_bytes", [2, 200, -40])
def test_a_truncated_parquet_is_named(tmp_path: Path, n_bytes: int) -> None:
    path = tmp_path / "p.parquet"
    pl.DataFrame({"ticker": ["A"] * 99, "session": [date(2024, 1, 2)] * 99, "close": [1.0] * 99}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(BadInput, match=r"p\.parquet: is damaged or cut off") as stopped:
        rows(path)
    assert stopped.value.fix == "fetch or export it again"


def test_parquet_columns_of_a_wrong_type(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pl.DataFrame({"ticker": ["A"], "session": [20240102], "close": [1.0]}).write_parquet(path)
    with pytest.raises(BadInput, match="column session: holds Int64, not date"):
        rows(path)
    pl.DataFrame({"ticker": ["A"], "session": ["2024-01-02"], "close": [True]}).write_parquet(path)
    with pytest.raises(BadInput, match="column close: holds Boolean, not number"):
        rows(path)


def test_a_table_with_a_column_a_field_and_symbol_is_refused_as_that(tmp_path: Path) -> None:
    group = FileGroup("prices", "w", ("p.csv",), columns=(("session", "Price"), ("close", "Close")), constants=(("symbol", "A"),))
    path = csv(tmp_path, "Price,Close,Close\nTicker,A,B\nDate,,\n2024-01-02,1,2\n")
    with pytest.raises(BadInput, match="names the column 'Close' more than once, as a table with a column a field and symbol") as stopped:
        rows(path, group)
    assert stopped.value.fix.startswith("make it long before: one row a symbol and session")
