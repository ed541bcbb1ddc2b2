"""Price files: bars, actions, derived listings, and what is landed of a file that changed."""

from __future__ import annotations

import math
import os
from datetime import date

import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline.landing import LedgerEntry
from rotation_pipeline.sources.files.reader import read
from rotation_pipeline_tests.sources.files.conftest import PRICES, Folder

D2, D3, D4, D5 = (date(2024, 1, day) for day in (2, 3, 4, 5))
HEAD = "symbol,session,close\n"


def bars(folder: Folder, through: date = date(2024, 12, 31)) -> list[tuple[object, ...]]:
    return [row for batch in folder.fetch(through) for row in batch.frames["raw.price_bar"].select("symbol", "session", "close").rows()]


def test_bars_carry_basis_and_precedence(folder: Folder) -> None:
    (row,) = folder.rows("raw.price_bar", "symbol", "session", "close", "price_basis", "dividend_basis", "basis_date", "precedence")
    assert row == ("A", D2, 10.0, "as_traded", "none", D2, 0)
    folder.write("prices.csv", "symbol,session,close,adj_close\nA,2024-01-02,10,9\nB,2024-01-04,5,5\n")
    adjusted = PRICES.replace("as_traded", "adjusted_only").replace('"none"', '"implied"') + "precedence = 1\n"
    folder.toml(adjusted + 'basis_date = "last_session"')
    read = folder.rows("raw.price_bar", "symbol", "adj_close", "price_basis", "dividend_basis", "basis_date", "precedence")
    assert read == [("A", 9.0, "adjusted_only", "implied", D4, 1), ("B", 5.0, "adjusted_only", "implied", D4, 1)]
    folder.toml(adjusted + "basis_date = 2024-02-01")
    assert folder.rows("raw.price_bar", "basis_date") == [(date(2024, 2, 1),), (date(2024, 2, 1),)]


def test_nothing_odd_is_lost(folder: Folder) -> None:
    folder.write("prices.csv", HEAD + "B,2024-01-06,-1\nA,2024-01-03,nan\nA,2024-01-02,1\nA,2024-01-02,1\nA,2024-01-02,2\nA,1950-01-01,\n")
    read = bars(folder)
    assert [row[:2] for row in read] == [("B", date(2024, 1, 6)), ("A", D3), ("A", D2), ("A", D2), ("A", D2), ("A", date(1950, 1, 1))]
    assert read[0][2] == -1.0
    assert isinstance(read[1][2], float)
    assert math.isnan(read[1][2])
    assert [row[2] for row in read[2:]] == [1.0, 1.0, 2.0, None]


def test_dividend_and_split_columns_become_actions(folder: Folder) -> None:
    rows = ["symbol,session,close,Dividends,Stock Splits", "A,2024-01-02,10,0,0", "A,2024-01-03,5,0.25,2", "A,2024-01-04,5,,1"]
    folder.write("prices.csv", "\n".join([*rows, "A,2024-01-05,5,nan,\n"]))
    folder.toml("""
        [[prices]]
        files = "prices.csv"
        columns = { dividend = "Dividends", split = "Stock Splits" }
        price_basis = "split_adjusted"
        basis_date = 2024-01-05
        dividends = "column"
        splits = "column"
        kind = "ETF"
        """)
    assert folder.rows("raw.corporate_action", "symbol", "ex_date", "kind", "amount", "currency", "basis_date") == [
        ("A", D3, "dividend", 0.25, None, D5),
        ("A", D3, "split", 2.0, None, D3),
    ]
    assert folder.rows("raw.price_bar", "dividend_basis")[0] == ("listed",)


def test_symbols_that_no_listing_names_get_one(folder: Folder) -> None:
    folder.write("prices.csv", HEAD + "B,2024-01-02,1\n^IX,2024-01-02,1\nA,2024-01-02,1\n")
    folder.write("names.csv", "symbol,name\nB,Bolt\n")
    folder.add("""
        [[listings]]
        files = "names.csv"
        kind = "ETF"
        """)
    assert folder.rows("raw.listing", "symbol", "name", "kind") == [("B", "Bolt", "ETF"), ("A", None, "EQUITY"), ("^IX", None, "INDEX")]
    folder.write("more.csv", "symbol,session,close,kind\nA,2024-01-02,1,ETF\nC,2024-01-02,1,ETF\n")
    folder.toml(PRICES + PRICES.replace("prices.csv", "more.csv").replace('kind = "EQUITY"', ""))
    kinds = [("A", "EQUITY"), ("B", "EQUITY"), ("^IX", "INDEX"), ("C", "ETF")]
    assert folder.rows("raw.listing", "symbol", "kind") == kinds  # the entry declared first says what A is


def test_one_ledger_entry_a_symbol_and_one_for_what_waits(folder: Folder) -> None:
    folder.write("prices.csv", HEAD + "B,2024-01-03,1\nA,2024-01-03,1\nA,2024-01-02,1\nA,2024-01-05,1\n")
    (batch,) = folder.fetch(through=D4)
    assert batch.ledger == (
        LedgerEntry("raw.price_bar", "A", "landed", 2, D2, D3),
        LedgerEntry("raw.price_bar", "B", "landed", 1, D3, D3),
        LedgerEntry("raw.price_bar", "prices.csv", "excused", 1, D5, reason="sessions after 2024-01-04 are not asked for yet"),
        LedgerEntry("raw.listing", "symbols of the price file", "landed", 2),
    )


def test_sessions_after_the_one_asked_for_wait_and_then_come(folder: Folder) -> None:
    folder.write("prices.csv", HEAD + "A,2024-01-02,1\nA,2024-01-03,2\nA,2024-01-04,3\nA,2024-01-05,4\n")
    assert bars(folder, through=date(2024, 1, 1)) == []
    assert bars(folder, through=D3) == [("A", D2, 1.0), ("A", D3, 2.0)]
    assert bars(folder, through=D3) == []
    assert bars(folder, through=D4) == [("A", D4, 3.0)]
    assert bars(folder, through=D5) == [("A", D5, 4.0)]
    assert bars(folder, through=D5) == []


def test_an_appended_file_lands_its_tail_whatever_its_order(folder: Folder) -> None:
    folder.write("prices.csv", HEAD + "A,2024-01-02,1\nB,2024-01-02,2\n")
    assert len(bars(folder)) == 2
    folder.write("prices.csv", HEAD + "A,2024-01-03,3\nB,2024-01-02,2\nB,2024-01-03,4\nA,2024-01-02,1\n")
    (batch,) = folder.fetch(last_sessions={"A": D2, "B": D2})
    assert batch.frames["raw.price_bar"].select("symbol", "session", "close").rows() == [("A", D3, 3.0), ("B", D3, 4.0)]
    assert "raw.listing" not in batch.frames


@pytest.mark.parametrize("price_basis", ["split_adjusted", "adjusted_only"])
def test_the_last_price_of_each_symbol_comes_with_what_was_appended(folder: Folder, price_basis: str) -> None:
    """B has no price on the last session held, C ends there: the one begins at its last price, the other needs none."""
    held = ["A,2024-01-02,1,1", "A,2024-01-03,2,2", "B,2024-01-02,3,3", "B,2024-01-03,nan,nan", "C,2024-01-03,5,5"]
    folder.write("prices.csv", "\n".join(["symbol,session,close,adj_close", *held]) + "\n")
    folder.toml(PRICES.replace("as_traded", price_basis).replace('"none"', '"implied"') + 'basis_date = "last_session"')
    folder.fetch()
    folder.write("prices.csv", "\n".join(["symbol,session,close,adj_close", *held, "A,2024-01-04,4,4", "B,2024-01-04,6,6"]) + "\n")
    (batch,) = folder.fetch()
    landed = batch.frames["raw.price_bar"].select("symbol", "session", "adj_close", "basis_date").rows()
    assert landed == [("A", D3, 2.0, D4), ("B", D2, 3.0, D4), ("A", D4, 4.0, D4), ("B", D4, 6.0, D4)]
    assert folder.fetch() == []


@pytest.mark.parametrize(
    "changed",
    [
        "A,2024-01-02,1.5\nB,2024-01-02,2\nA,2024-01-03,3\n",  # corrected
        "A,2024-01-02,1\nA,2024-01-03,3\n",  # taken away
        "A,2024-01-02,1\nB,2024-01-02,2\nB,2024-01-02,2\nA,2024-01-03,3\n",  # doubled
        "A,2024-01-02,1\nB,2024-01-02,2\nC,2024-01-02,2\nA,2024-01-03,3\n",  # late
    ],
)
def test_a_file_whose_past_changed_is_landed_whole(folder: Folder, changed: str) -> None:
    folder.write("prices.csv", HEAD + "A,2024-01-02,1\nB,2024-01-02,2\n")
    bars(folder)
    folder.write("prices.csv", HEAD + changed)
    assert len(bars(folder)) == changed.count("\n")
    assert bars(folder) == []


def test_only_the_file_that_changed_is_landed(folder: Folder) -> None:
    folder.write("prices.csv", HEAD + "A,2024-01-02,1\n")
    folder.write("other.csv", HEAD + "B,2024-01-02,2\n")
    folder.toml(PRICES.replace("prices.csv", "*.csv"))
    assert len(folder.fetch()) == 2
    path = folder.write("other.csv", HEAD + "B,2024-01-02,3\n")
    os.utime(path, ns=(0, 0))
    assert bars(folder) == [("B", D2, 3.0)]
    assert folder.fetch() == []


def test_another_declaration_lands_the_file_anew(folder: Folder) -> None:
    folder.fetch()
    folder.toml(PRICES + "precedence = 3")
    (batch,) = folder.fetch(last_sessions={"A": D2})
    assert batch.frames["raw.price_bar"]["precedence"].to_list() == [3]
    assert batch.frames["raw.listing"]["symbol"].to_list() == ["A"]


def test_a_touched_file_is_not_landed_again(folder: Folder) -> None:
    folder.fetch()
    os.utime(folder.root / "prices.csv", ns=(1, 1))
    assert folder.fetch() == []


def test_an_unchanged_file_is_not_even_read(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.fetch()

    def refuse(*_args: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr("rotation_pipeline.sources.files.prices.read", refuse)
    monkeypatch.setattr("rotation_pipeline.sources.files.fingerprint.hashlib.file_digest", refuse)
    assert folder.fetch() == []


def test_a_file_without_rows_stops_the_run(folder: Folder) -> None:
    folder.write("prices.csv", HEAD)
    with pytest.raises(BadInput, match=r"prices\.csv: has a header but no rows"):
        folder.fetch()


def test_a_file_that_is_written_to_meanwhile_stops_the_run(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_while_written(*args: object) -> object:
        frame = read(*args)  # type: ignore[arg-type]
        folder.write("prices.csv", HEAD + "A,2024-01-02,10\nA,2024-01-03,11\n")
        return frame

    monkeypatch.setattr("rotation_pipeline.sources.files.prices.read", read_while_written)
    with pytest.raises(BadInput, match="was changed while it was read"):
        folder.fetch()


def test_a_cursor_of_another_version_counts_as_none(folder: Folder) -> None:
    folder.fetch()
    folder.cursor = dict.fromkeys(folder.cursor, '{"size": 1}')
    assert bars(folder) == [("A", D2, 10.0)]
