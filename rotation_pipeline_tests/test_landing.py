"""Loads are there whole or not at all, and say who is to blame."""

from __future__ import annotations

import json
import resource
import signal
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.errors import BadInput, DamagedLoad, HomeUnusable, NoSpace
from rotation_pipeline.landing import LEDGER, Batch, Landing, LedgerEntry
from rotation_pipeline.models import Catalog

NOW = datetime(2026, 1, 13, 23, 0, tzinfo=UTC)
CHANGES = pl.DataFrame({"old_symbol": ["FB"], "new_symbol": ["META"], "changed_on": [date(2022, 6, 9)]})


@pytest.fixture
def landing(tmp_path: Path, catalog: Catalog) -> Landing:
    return Landing(tmp_path / "landing", catalog.models)


def test_a_load_keeps_rows_stamps_ledger_and_cursor(landing: Landing) -> None:
    entry = LedgerEntry("raw.symbol_change", "changes.csv", "landed", 1, date(2022, 6, 9), date(2022, 6, 9))
    load = landing.write("files", Batch({"raw.symbol_change": CHANGES}, (entry,), {"hash": "1"}), NOW)
    assert [file.table for file in load.files] == [LEDGER, "raw.symbol_change"]
    rows = pl.read_parquet(load.files[1].path).to_dicts()
    assert rows == [
        {
            "old_symbol": "FB",
            "new_symbol": "META",
            "changed_on": date(2022, 6, 9),
            "source": "files",
            "load_id": load.load_id,
            "fetched_at": NOW.replace(tzinfo=None),
        }
    ]
    assert landing.cursor("files") == {"hash": "1"}
    assert landing.last_sessions("raw.symbol_change") == {"changes.csv": date(2022, 6, 9)}


def test_load_ids_rise_even_when_the_clock_stands_still_or_goes_back(landing: Landing) -> None:
    for hour in (23, 23, 22):
        landing.write("files", Batch({"raw.symbol_change": CHANGES}), NOW.replace(hour=hour))
    ids = [load.load_id for load in landing.loads()]
    assert len(set(ids)) == 3
    assert ids == sorted(ids)
    landing.write("yahoo", Batch({}, cursor={"late": "yes"}), NOW.replace(hour=1))
    assert landing.loads()[-1].source == "yahoo"


@pytest.mark.parametrize(
    ("frame", "culprit"),
    [
        (CHANGES.drop("changed_on"), "changed_on is missing"),
        (CHANGES.with_columns(colour=pl.lit("red")), "no column colour"),
        (CHANGES.with_columns(changed_on=pl.lit("June")), "wrong type"),
        (CHANGES.with_columns(new_symbol=pl.lit(None, dtype=pl.String)), "1 of 1 rows have no new_symbol"),
        (CHANGES.with_columns(source=pl.lit("me")), "no column source"),
    ],
)
def test_a_frame_that_breaks_the_contract_lands_nothing(landing: Landing, frame: pl.DataFrame, culprit: str) -> None:
    with pytest.raises(BadInput, match=culprit):
        landing.write("files", Batch({"raw.symbol_change": frame}), NOW)
    assert landing.loads() == []


def test_a_table_without_a_contract_is_refused(landing: Landing) -> None:
    with pytest.raises(BadInput, match=r"raw.weather: is no raw table"):
        landing.write("files", Batch({"raw.weather": CHANGES}), NOW)


def test_a_half_written_load_is_not_seen_and_swept_away(landing: Landing) -> None:
    landing.write("files", Batch({"raw.symbol_change": CHANGES}), NOW)
    half = landing.root / ".20270101T000000.000000-files"
    half.mkdir()
    (half / "raw.symbol_change.parquet").write_bytes(b"PAR1")
    assert len(landing.loads()) == 1
    landing.sweep()
    assert not half.exists()


@pytest.mark.parametrize("damage", ["missing manifest", "cut manifest", "missing file"])
def test_a_damaged_load_is_named(landing: Landing, damage: str) -> None:
    load = landing.write("files", Batch({"raw.symbol_change": CHANGES}), NOW)
    manifest = landing.root / load.load_id / "load.json"
    if damage == "missing manifest":
        manifest.unlink()
    elif damage == "cut manifest":
        manifest.write_text(json.dumps({"load_id": "x"})[:-3])
    else:
        load.files[0].path.unlink()
    with pytest.raises(DamagedLoad, match=load.load_id):
        landing.loads()


def test_a_full_disk_loses_nothing_and_says_so(landing: Landing) -> None:
    landing.write("files", Batch({"raw.symbol_change": CHANGES}), NOW)
    many = pl.concat([CHANGES] * 200_000).with_columns(old_symbol=pl.int_range(pl.len()).hash().cast(pl.String))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(NoSpace, match="free some space"):
            landing.write("files", Batch({"raw.symbol_change": many}), NOW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert len(landing.loads()) == 1
    assert [path for path in landing.root.iterdir() if path.name.startswith(".")] == []


def test_an_unwritable_home_says_so(tmp_path: Path, catalog: Catalog) -> None:
    (tmp_path / "landing").write_text("a file where the folder should be")
    with pytest.raises(HomeUnusable, match="ROTATION_HOME"):
        Landing(tmp_path / "landing", catalog.models).write("files", Batch({"raw.symbol_change": CHANGES}), NOW)
