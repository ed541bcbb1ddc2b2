"""Stays in a universe, from the forms in which lists are kept."""

from __future__ import annotations

from datetime import date

import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline_tests.sources.files.conftest import Folder

COLUMNS = ("universe_id", "symbol", "valid_from", "valid_to", "bias_label")


def stays(folder: Folder) -> list[tuple[object, ...]]:
    return [(row[1], str(row[2]), str(row[3])) for row in folder.rows("raw.membership", *COLUMNS)]


@pytest.mark.parametrize(("end_means", "end"), [("first_day_out", date(2021, 5, 3)), ("last_day_in", date(2021, 5, 4))])
def test_intervals(folder: Folder, end_means: str, end: date) -> None:
    folder.write("m.csv", "ticker,valid_from,out\nBRK.B,2020-01-02,2021-05-03\nA,2020-01-02,\n")
    folder.add(f"""
        [[memberships]]
        universe_id = "SP500"
        form = "intervals"
        files = "m.csv"
        columns = {{ symbol = "ticker", valid_to = "out" }}
        end_means = "{end_means}"
        symbol_style = "dots"
        """)
    assert folder.rows("raw.membership", *COLUMNS) == [
        ("SP500", "BRK-B", date(2020, 1, 2), end, "PIT_FULL"),
        ("SP500", "A", date(2020, 1, 2), None, "PIT_FULL"),
    ]


def test_several_universes_in_one_file(folder: Folder) -> None:
    folder.write("m.csv", "list,symbol,valid_from\nX,A,2020-01-02\nY,A,2020-01-02\n")
    folder.add("""
        [[memberships]]
        form = "intervals"
        files = "m.csv"
        columns = { universe_id = "list" }
        end_means = "last_day_in"
        bias_label = "CURRENT_LIST"
        """)
    day = date(2020, 1, 2)
    assert folder.rows("raw.membership", *COLUMNS) == [("X", "A", day, None, "CURRENT_LIST"), ("Y", "A", day, None, "CURRENT_LIST")]


def test_changes_over_a_seed(folder: Folder) -> None:
    folder.write("seed.csv", "since,ticker\n2020-01-02,A\n2020-01-02,B\n2020-01-02,C\n")
    changes = [
        "date,action,symbol",
        "2021-06-01,add,A",  # A comes back
        "2020-03-02,drop,A",
        "2020-03-02,add,D",
        "2020-01-02,drop,C",  # is in the seed already
        "2022-01-03,add,B",  # void: B is in
        "2022-01-03,drop,E",  # void: E is not
        "2022-02-01,drop,F.A",  # a rename: out and in on one day
        "2021-02-01,add,F.A",
        "2022-02-01,add,G",
    ]
    folder.write("changes.csv", "\n".join(changes))
    folder.add("""
        [[memberships]]
        universe_id = "X"
        form = "changes"
        files = "changes.csv"
        values.action = { add = "added", drop = "removed" }
        seed = "seed.csv"
        seed_columns = { symbol = "ticker", valid_from = "since" }
        symbol_style = "dots"
        """)
    assert stays(folder) == [
        ("A", "2020-01-02", "2020-03-02"),
        ("A", "2021-06-01", "None"),
        ("B", "2020-01-02", "None"),
        ("C", "2020-01-02", "None"),
        ("D", "2020-03-02", "None"),
        ("F-A", "2021-02-01", "2022-02-01"),
        ("G", "2022-02-01", "None"),
    ]
    folder.cursor.clear()
    ledger = folder.fetch()[0].ledger
    assert [(entry.subject, entry.outcome, entry.n_rows, entry.reason) for entry in ledger] == [
        ("seed.csv + changes.csv", "landed", 7, None),
        ("seed.csv + changes.csv", "excused", 2, "changes of what was so already"),
    ]


def test_lists_over_a_seed_of_stays(folder: Folder) -> None:
    folder.write("seed.csv", "ticker,start,end\nA,2020-01-02,2021-01-04\nB,2021-01-04,\nC,2020-01-02,\n")
    folder.write("changes.csv", 'date,add,remove\n2021-01-04,"B","A"\n2021-03-01,"D, BF.B","C,B"\n2021-04-01,"",D\n2021-05-03,A,\n')
    folder.add("""
        [[memberships]]
        universe_id = "X"
        form = "lists"
        files = "changes.csv"
        columns = { added = "add", removed = "remove" }
        seed = "seed.csv"
        seed_columns = { symbol = "ticker", valid_from = "start", valid_to = "end" }
        end_means = "first_day_out"
        symbol_style = "dots"
        """)
    assert stays(folder) == [
        ("A", "2020-01-02", "2021-01-04"),
        ("A", "2021-05-03", "None"),
        ("B", "2021-01-04", "2021-03-01"),
        ("BF-B", "2021-03-01", "None"),
        ("C", "2020-01-02", "2021-03-01"),
        ("D", "2021-03-01", "2021-04-01"),
    ]
    folder.write("changes.csv", "date,add,remove\n2021-03-01,X,\n")
    (batch,) = folder.fetch()  # a change of the changes alone lands the universe whole
    assert batch.frames["raw.membership"].height == 4


def test_a_word_that_is_no_action(folder: Folder) -> None:
    folder.write("seed.csv", "symbol,valid_from\nA,2020-01-02\n")
    folder.write("changes.csv", "date,action,symbol\n2021-01-04,moved,A\n")
    folder.add("""
        [[memberships]]
        universe_id = "X"
        form = "changes"
        files = "changes.csv"
        seed = "seed.csv"
        """)
    with pytest.raises(BadInput, match=r"changes\.csv, column action, line 2: 'moved' is none of the allowed words"):
        folder.fetch()
