"""Listings, renames, splits and dividends that have files of their own."""

from __future__ import annotations

from datetime import date

import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline_tests.sources.files.conftest import Folder


def test_the_listing_declared_first_counts(folder: Folder) -> None:
    folder.write("a.csv", "ticker,name,sector\nA,Acme,Materials\nB.B,Bolt,Energy\nA,Twice,\n")
    rows = ["symbol,kind,name,last_session,delist_reason", "A,ETF,Other,,", "C,EQUITY,Crux,2024-01-05,MERGER_CASH", "^V,EQUITY,Fear,,"]
    folder.write("b.csv", "\n".join(rows) + "\n")
    folder.add("""
        [[listings]]
        files = "a.csv"
        columns = { symbol = "ticker" }
        kind = "EQUITY"
        symbol_style = "dots"
        values.sector = { Materials = "Basic Materials" }

        [[listings]]
        files = "b.csv"
        """)
    assert folder.rows("raw.listing", "symbol", "name", "kind", "sector", "last_session", "delist_reason") == [
        ("A", "Acme", "EQUITY", "Basic Materials", None, None),
        ("B-B", "Bolt", "EQUITY", "Energy", None, None),
        ("C", "Crux", "EQUITY", None, date(2024, 1, 5), "MERGER_CASH"),
        ("^V", "Fear", "INDEX", None, None, None),
    ]
    folder.cursor.clear()
    ledger = [(entry.subject, entry.outcome, entry.n_rows) for entry in folder.fetch()[0].ledger]
    assert ledger == [("a.csv", "landed", 2), ("a.csv", "excused", 1), ("b.csv", "landed", 2), ("b.csv", "excused", 1)]


def test_a_listing_without_a_kind(folder: Folder) -> None:
    folder.write("a.csv", "symbol\nA\n")
    folder.add('[[listings]]\nfiles = "a.csv"')
    with pytest.raises(BadInput, match=r"a\.csv: has no column 'kind'"):
        folder.fetch()


def test_renames_as_pairs_and_out_of_a_text(folder: Folder) -> None:
    folder.write("pairs.csv", "old_symbol,new_symbol,changed_on\nFB,META,2022-06-09\n")
    reasons = ["date,ticker,reason", "2022-06-09,FB,rename → META: Facebook", "2022-06-09,META,rename ← FB: Facebook"]
    reasons += ["2023-01-03,BF.B,rename → BF.C: made up", "2023-01-04,X,bought"]
    folder.write("changes.csv", "\n".join(reasons))
    folder.add("""
        [[symbol_changes]]
        files = "pairs.csv"

        [[symbol_changes]]
        files = "changes.csv"
        columns = { old_symbol = "ticker", new_symbol = "reason", changed_on = "date" }
        extract = { new_symbol = '^rename → ([A-Z0-9.-]+)' }
        symbol_style = "dots"
        """)
    assert folder.rows("raw.symbol_change", "old_symbol", "new_symbol", "changed_on") == [
        ("FB", "META", date(2022, 6, 9)),
        ("BF-B", "BF-C", date(2023, 1, 3)),
    ]


def test_splits_and_dividends(folder: Folder) -> None:
    folder.write("ratio.csv", "symbol,ex_date,ratio\nA,2024-01-03,0.1\n")
    folder.write("pair.csv", "symbol,ex_date,new_shares,old_shares\nB,2024-01-03,3,2\n")
    folder.write("cash.csv", "symbol,ex_date,amount\nA,2024-01-03,0.5\n")
    folder.add("""
        [[splits]]
        files = ["ratio.csv", "pair.csv"]

        [[dividends]]
        files = "cash.csv"
        basis_date = 2024-06-01
        """)
    day = date(2024, 1, 3)
    assert folder.rows("raw.corporate_action", "symbol", "ex_date", "kind", "amount", "currency", "basis_date") == [
        ("A", day, "split", 0.1, "USD", day),
        ("B", day, "split", 1.5, "USD", day),
        ("A", day, "dividend", 0.5, None, date(2024, 6, 1)),
    ]


def test_a_file_with_a_header_alone_says_that_there_are_none(folder: Folder) -> None:
    folder.write("ratio.csv", "symbol,ex_date,ratio\n")
    folder.add('[[splits]]\nfiles = "ratio.csv"')
    rest, _prices = folder.fetch()
    assert [(entry.outcome, entry.n_rows) for entry in rest.ledger] == [("landed", 0)]
    assert folder.fetch() == []
