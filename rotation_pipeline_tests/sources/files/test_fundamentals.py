"""Shares, statements and earnings: clocks, bases and fiscal labels."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline_tests.sources.files.conftest import Folder


def test_shares_as_reported_and_on_a_given_basis(folder: Folder) -> None:
    folder.write("s.csv", "symbol,filed,shares\nA,2020-02-03,1e6\nA,2020-05-04,\n")
    section = """
        [[shares]]
        files = "s.csv"
        columns = { known_on = "filed" }
        basis_date = "own"
        """
    columns = ("symbol", "as_of", "known_on", "shares", "kind", "basis_date")
    feb, may = date(2020, 2, 3), date(2020, 5, 4)
    folder.add(section)
    assert folder.rows("raw.share_count", *columns) == [("A", feb, feb, 1e6, "reported", feb), ("A", may, may, None, "reported", may)]
    folder.write("s.csv", "symbol,filed,as_of,shares\nA,2020-02-03,2019-12-31,1e6\n")
    folder.add(section.replace('"own"', '2024-01-02\nkind = "vendor"'))
    assert folder.rows("raw.share_count", *columns) == [("A", date(2019, 12, 31), feb, 1e6, "vendor", date(2024, 1, 2))]


STATEMENTS = """
    [[statements]]
    files = "f.csv"
    columns = { known_on = "filed", fiscal_label = "period" }
    """


@pytest.mark.parametrize(
    ("filed", "label", "period", "end"),
    [
        ("2025-05-02", "Q2 2025", "Q", "2025-03-31"),  # a fiscal year that ends in September
        ("2025-01-10", "FY 2024", "FY", "2024-12-31"),  # ten days after the quarter end
        ("2025-01-09", "FY 2024", "FY", "2024-09-30"),
        ("2024-03-31", "Q4 2023", "Q", "2023-12-31"),
        ("2024-02-29", "2023-q4", "Q", "2023-12-31"),
        ("2024-02-29", "2023FY", "FY", "2023-12-31"),
    ],
)
def test_the_period_end_of_a_label(folder: Folder, filed: str, label: str, period: str, end: str) -> None:
    folder.write("f.csv", f"symbol,filed,period,revenue\nA,{filed},{label},5\n")
    folder.add(STATEMENTS)
    columns = ("symbol", "fiscal_period", "fiscal_period_end", "known_on", "revenue")
    assert folder.rows("raw.statement", *columns) == [("A", period, date.fromisoformat(end), date.fromisoformat(filed), 5.0)]


def test_several_periods_of_one_filing_and_trailing_sums(folder: Folder) -> None:
    rows = ["A,FY 2023,4", "A,Q4 2023,1", "A,Q3 2023,2", "A,TTM 2023,9", "B,Q3 2024,7"]
    folder.write("f.csv", "filed,symbol,period,net_income\n" + "".join(f"2024-02-20,{row}\n" for row in rows))
    folder.add(STATEMENTS)
    assert folder.rows("raw.statement", "symbol", "fiscal_period", "fiscal_period_end", "net_income") == [
        ("A", "FY", date(2023, 12, 31), 4.0),
        ("A", "Q", date(2023, 12, 31), 1.0),
        ("A", "Q", date(2023, 9, 30), 2.0),
        ("B", "Q", date(2023, 12, 31), 7.0),
    ]
    folder.cursor.clear()
    entry = folder.fetch()[0].ledger[-1]
    assert (entry.outcome, entry.n_rows, entry.reason) == ("excused", 1, "trailing twelve months (TTM) are no fiscal period")


def test_a_label_that_is_none(folder: Folder) -> None:
    folder.write("f.csv", "symbol,filed,period\nA,2024-02-20,Q1 2023\nA,2024-02-20,H1 2023\n")
    folder.add(STATEMENTS)
    with pytest.raises(BadInput, match=r"f\.csv, fiscal_label: 'H1 2023' is no period label \(1 rows like it\)"):
        folder.fetch()


def test_statements_with_their_own_period_end(folder: Folder) -> None:
    folder.write("f.csv", "symbol,fiscal_period,fiscal_period_end,book_equity,currency\nA,FY,2023-12-28,100,\nB,Q,2023-12-31,,EUR\n")
    folder.add('[[statements]]\nfiles = "f.csv"')
    assert folder.rows("raw.statement", "symbol", "fiscal_period", "fiscal_period_end", "book_equity", "currency") == [
        ("A", "FY", date(2023, 12, 28), 100.0, "USD"),
        ("B", "Q", date(2023, 12, 31), None, "EUR"),
    ]


def test_earnings_past_expected_and_undated(folder: Folder) -> None:
    head = "symbol,announced_on,period,eps_estimate,eps_actual,when\n"
    rows = ["A,2024-04-25,Q1 2024,1.0,1.1,post", "A,,Q4 2023,1.0,1.2,", "A,2024-07-25,Q2 2024,1.3,,", "B,2024-04-25,,1,1,pre"]
    folder.write("e.csv", head + "\n".join(rows) + "\n")
    folder.add("""
        [[earnings]]
        files = "e.csv"
        columns = { timing = "when", fiscal_label = "period" }
        values.timing = { pre = "BMO", post = "AMC" }
        basis_date = "own"
        """)
    apr, jul = date(2024, 4, 25), date(2024, 7, 25)
    columns = ("symbol", "fiscal_period_end", "announced_on", "timing", "eps_actual", "is_confirmed", "observed_on", "basis_date")
    assert folder.rows("raw.earnings_event", *columns) == [
        ("A", date(2024, 3, 31), apr, "AMC", 1.1, True, apr, apr),
        ("A", date(2024, 6, 30), jul, "UNKNOWN", None, False, date(2024, 6, 15), jul),
        ("B", None, apr, "BMO", 1.0, True, apr, apr),
    ]
    folder.cursor.clear()
    excused = [(entry.n_rows, entry.reason) for entry in folder.fetch()[0].ledger if entry.outcome == "excused"]
    assert excused == [(1, "no announcement date")]


def test_earnings_on_a_given_basis_seen_on_a_given_day(folder: Folder) -> None:
    folder.write("e.csv", "symbol,announced_on,observed_on\nA,2024-04-25,2024-04-01\n")
    folder.add('[[earnings]]\nfiles = "e.csv"\nbasis_date = 2024-06-01')
    columns = ("timing", "observed_on", "is_confirmed", "basis_date")
    assert folder.rows("raw.earnings_event", *columns) == [("UNKNOWN", date(2024, 4, 1), False, date(2024, 6, 1))]


def test_a_time_of_day_beside_the_date_says_the_timing(folder: Folder) -> None:
    rows = ["sym,day,when", "A,2024-02-01 16:05:00-05:00,", "B,2024-07-31 07:00:00-04:00,", "C,2024-02-01 19:30:00+01:00,"]
    rows += ["D,2024-02-01 00:00:00-05:00,", "E,2024-02-01 16:05:00-05:00,BMO", "F,2024-02-01 16:00:00-05:00,UNKNOWN"]
    folder.write("told.csv", "\n".join(rows) + "\n")
    folder.add("""
        [[earnings]]
        files = "told.csv"
        columns = { symbol = "sym", announced_on = "day", timing = "when" }
        basis_date = "own"
        """)
    first = date(2024, 2, 1)
    assert folder.rows("raw.earnings_event", "symbol", "announced_on", "announced_at", "announced_precision", "timing") == [
        ("A", first, datetime(2024, 2, 1, 21, 5), "minute", "AMC"),  # noqa: DTZ001 - raw instants are UTC without a zone
        ("B", date(2024, 7, 31), datetime(2024, 7, 31, 11), "hour", "BMO"),  # noqa: DTZ001
        ("C", first, datetime(2024, 2, 1, 18, 30), "minute", "DMH"),  # noqa: DTZ001
        ("D", first, None, "date", "UNKNOWN"),
        ("E", first, None, "date", "BMO"),  # the file says so itself
        ("F", first, datetime(2024, 2, 1, 21), "hour", "AMC"),  # noqa: DTZ001
    ]
