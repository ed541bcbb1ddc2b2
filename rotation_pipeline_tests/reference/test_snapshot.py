"""The reference as one load: it lands, says what it holds, and comes again only when something changed."""

import importlib.metadata
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline import reference
from rotation_pipeline.landing import LEDGER, Batch, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.reference import reader

NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)
TABLES = {"calendar_session", "method_param", "cohort_rule", "cohort_pair", "etf_spread", "issuer_line", "membership", "symbol_change"}


@pytest.fixture(scope="module")
def batch() -> Batch:
    found = reference.batch(NOW, {})
    assert found is not None
    return found


def test_it_lands_and_is_not_handed_over_again(batch: Batch, tmp_path: Path) -> None:
    contracts = {name: model for name, model in Catalog.load().models.items() if name.startswith("raw.") or name == LEDGER}
    landing = Landing(tmp_path, contracts)
    load = landing.write("reference", batch, NOW)
    landed = {file.table: pl.read_parquet(file.path) for file in load.files}
    assert set(landed) == {f"raw.{table}" for table in TABLES} | {LEDGER}
    for table, frame in landed.items():
        key = list(contracts[table].key)
        assert frame.height == frame.unique(key).height, table
        assert frame["source"].unique().to_list() == ["reference"]
        for column in contracts[table].columns:
            assert column.is_nullable or frame[column.name].null_count() == 0, f"{table}.{column.name}"
    ledger = landed[LEDGER]
    assert dict(ledger.select("dataset", "n_rows").iter_rows()) == {f"raw.{table}": landed[f"raw.{table}"].height for table in TABLES}
    assert reference.batch(NOW, landing.cursor("reference")) is None


def test_ledger_gives_the_span_of_the_calendar(batch: Batch) -> None:
    entry = next(entry for entry in batch.ledger if entry.dataset == "raw.calendar_session")
    assert (entry.subject, entry.outcome) == ("exchange_calendars", "landed")
    assert (entry.first_session, entry.last_session) == (date(1990, 1, 2), date(2027, 12, 31))


def test_a_new_year_a_new_package_or_a_changed_file_is_a_new_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    current = reference.version(NOW)
    assert reference.version(datetime(2026, 1, 1, tzinfo=UTC)) == current
    assert reference.version(datetime(2027, 1, 1, tzinfo=UTC)) != current
    with monkeypatch.context() as patch:
        patch.setattr(importlib.metadata, "version", lambda name: "9.9" if name == "index-constitution" else "4.13.2")
        assert reference.version(NOW) != current
    folder = tmp_path / "data"
    shutil.copytree(reader.DATA, folder)
    monkeypatch.setattr(reader, "DATA", folder)
    before = reference.version(NOW)
    (folder / "cohorts" / "MINE.toml").write_text("")
    assert reference.version(NOW) != before


def test_an_unchanged_reference_imports_nothing_heavy() -> None:
    script = """
import sys
from datetime import UTC, datetime
from rotation_pipeline import reference
now = datetime(2026, 11, 22, 17, tzinfo=UTC)
assert reference.batch(now, {"version": reference.version(now)}) is None
print(sorted({"pandas", "polars", "numpy", "exchange_calendars", "index_constitution", "duckdb"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
