"""The files source over the real data: every row arrives, the lists replay to their known sizes, nothing is read twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.files import Files

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def fetched(shared_toml: Path) -> tuple[dict[str, list[int]], Batch, dict[str, str], list[LedgerEntry]]:
    """Rows by table and batch, the batch of all but the prices, the cursor, the ledger."""
    heights: dict[str, list[int]] = {}
    cursor: dict[str, str] = {}
    ledger: list[LedgerEntry] = []
    rest = None
    for batch in Files(shared_toml).fetch(FetchRequest(date(2026, 11, 20), [], NOW)):
        rest = rest or batch
        for table, frame in batch.frames.items():
            heights.setdefault(table, []).append(frame.height)
        cursor.update(batch.cursor)
        ledger += batch.ledger
    assert rest is not None
    return heights, rest, cursor, ledger


Fetched = tuple[dict[str, list[int]], Batch, dict[str, str], list[LedgerEntry]]


def test_every_row_of_every_file_is_landed_or_excused(fetched: Fetched) -> None:
    heights, _rest, _cursor, ledger = fetched
    assert heights["raw.price_bar"] == [1_686_636, 1_315_200, 384_371, 521_116, 9_235]
    landed: dict[str, int] = {}
    for entry in ledger:
        landed[entry.dataset] = landed.get(entry.dataset, 0) + entry.n_rows * (entry.outcome == "landed")
    assert landed == {table: sum(rows) for table, rows in heights.items()}
    excused = {(entry.subject, entry.reason): entry.n_rows for entry in ledger if entry.dataset in ("raw.statement", "raw.earnings_event")}
    assert sum(excused.values()) == 48_050 + 35_570


def test_a_second_fetch_finds_nothing(fetched: Fetched, shared_toml: Path) -> None:
    _heights, _rest, cursor, _ledger = fetched
    assert list(Files(shared_toml).fetch(FetchRequest(date(2026, 11, 20), [], NOW, cursor))) == []


@pytest.mark.parametrize(
    ("universe_id", "day", "n"),
    [
        ("SP500", date(2019, 1, 2), 505),
        ("SP500", date(2024, 3, 8), 503),
        ("SP500", date(2025, 11, 12), 503),  # after the seed of stays ends, out of the changes
        ("SP400", date(2024, 3, 8), 401),
        ("SP600", date(2024, 3, 8), 603),
    ],
)
def test_lists_have_about_as_many_members_as_their_index(fetched: Fetched, universe_id: str, day: date, n: int) -> None:
    is_in = (pl.col("valid_from") <= day) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > day))
    members = fetched[1].frames["raw.membership"].filter((pl.col("universe_id") == universe_id) & is_in)
    assert (members.height, members["symbol"].n_unique()) == (n, n)


def test_an_end_date_is_the_first_day_out(fetched: Fetched) -> None:
    """Tesla took the place of Apartment Investment before the open of 2020-12-21."""
    stays = fetched[1].frames["raw.membership"].filter(pl.col("universe_id") == "SP500")
    assert stays.filter(pl.col("symbol") == "TSLA")["valid_from"].to_list() == [date(2020, 12, 21)]
    assert stays.filter(pl.col("symbol") == "AIV")["valid_to"].to_list() == [date(2020, 12, 21)]


def test_renames_dots_and_labels(fetched: Fetched) -> None:
    _heights, rest, _cursor, _ledger = fetched
    changes = rest.frames["raw.symbol_change"].select("old_symbol", "new_symbol", "changed_on").rows()
    assert ("FB", "META", date(2022, 6, 9)) in changes
    assert "BRK-B" in rest.frames["raw.listing"]["symbol"]
    apple = rest.frames["raw.statement"].filter((pl.col("symbol") == "AAPL") & (pl.col("known_on") == date(2025, 10, 31)))
    assert apple.select("fiscal_period", "fiscal_period_end").rows() == [("FY", date(2025, 9, 30))]
