"""The source as a whole: what it lands of the example market, in which batches, and again."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline.landing import Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.sources.base import FetchRequest, Source
from rotation_pipeline.sources.files import Files
from rotation_pipeline.sources.files.vocabulary import SECTIONS, SHAPE
from rotation_pipeline_tests.sources.files.conftest import Folder

DOCS = Path(__file__).resolve().parents[3] / "docs"
NOW = datetime(2026, 2, 14, 3, tzinfo=UTC)


def test_the_example_market_lands_and_then_is_known(tmp_path: Path, catalog: Catalog) -> None:
    landing = Landing(tmp_path / "landing", catalog.models)
    shutil.copytree(DOCS / "example_market", tmp_path / "market")
    source: Source = Files(tmp_path / "market" / "rotation.toml")
    assert (source.name, source.is_simulated) == ("files", False)

    def run(through: date) -> dict[str, int]:
        cursor, last_sessions = landing.cursor("files"), landing.last_sessions("raw.price_bar")
        landed: dict[str, int] = {}
        for batch in source.fetch(FetchRequest(through, [], NOW, cursor, last_sessions)):
            for file in landing.write("files", batch, NOW).files:
                landed[file.table] = landed.get(file.table, 0) + file.n_rows
        return {table: n for table, n in landed.items() if table.startswith("raw.")}

    assert run(date(2026, 2, 12)) == {
        "raw.corporate_action": 2,
        "raw.earnings_event": 4,
        "raw.listing": 4,
        "raw.membership": 3,
        "raw.price_bar": 116,
        "raw.share_count": 3,
        "raw.statement": 3,
    }
    assert run(date(2026, 2, 13)) == {"raw.price_bar": 4}
    assert run(date(2026, 2, 13)) == {}
    assert landing.last_sessions("raw.price_bar") == dict.fromkeys(("ACME", "BOLT", "CRUX", "SPAN"), date(2026, 2, 13))


def test_a_changed_section_is_landed_whole_and_alone(folder: Folder) -> None:
    folder.write("a.csv", "symbol,ex_date,ratio\nA,2024-01-03,2\n")
    folder.write("b.csv", "symbol,ex_date,ratio\nB,2024-01-03,3\n")
    folder.write("names.csv", "symbol,kind\nA,EQUITY\n")
    folder.add('[[splits]]\nfiles = "?.csv"\n[[listings]]\nfiles = "names.csv"')
    assert [sorted(batch.frames) for batch in folder.fetch()] == [["raw.corporate_action", "raw.listing"], ["raw.price_bar"]]
    folder.write("b.csv", "symbol,ex_date,ratio\nB,2024-01-03,30\n")
    (batch,) = folder.fetch()
    assert {table: frame["amount"].to_list() for table, frame in batch.frames.items()} == {"raw.corporate_action": [2.0, 30.0]}


def test_a_bad_price_file_keeps_what_came_before(folder: Folder) -> None:
    folder.write("q.csv", "symbol,session,close\nB,2024-01-02,x\n")
    folder.toml((folder.root / "rotation.toml").read_text().replace('"prices.csv"', '["prices.csv", "q.csv"]'))
    request = FetchRequest(date(2024, 12, 31), [], NOW)
    fetch = folder.source().fetch(request)
    assert next(fetch).frames["raw.price_bar"].height == 1
    with pytest.raises(BadInput, match=r"q\.csv, column close, line 2: 'x' is no number"):
        next(fetch)


def test_the_day_is_the_day_in_new_york(folder: Folder) -> None:
    folder.write("e.csv", "symbol,announced_on\nA,2026-02-14\n")
    folder.add('[[earnings]]\nfiles = "e.csv"\nbasis_date = "own"')
    batch = next(folder.source().fetch(FetchRequest(date(2026, 2, 13), [], NOW)))  # 22:00 on the 13th in New York
    assert batch.frames["raw.earnings_event"].select("observed_on", "is_confirmed").rows() == [(date(2026, 2, 13), False)]


def test_progress_is_told(folder: Folder) -> None:
    told: list[tuple[int, int, str]] = []
    request = FetchRequest(date(2024, 12, 31), [], NOW, progress=lambda done, total, what: told.append((done, total, what)))
    list(folder.source().fetch(request))
    assert told == [(0, 1, "prices.csv"), (1, 1, "files")]


def test_every_word_of_the_format_is_documented() -> None:
    text = (DOCS / "files.md").read_text()
    words = {*SHAPE, *(f"[[{name}]]" for name in SECTIONS)}
    for section in SECTIONS.values():
        words |= {*section.columns, *section.settings}
    assert sorted(word for word in words if word not in text) == []


def test_every_column_of_ours_is_one_of_the_contract(catalog: Catalog) -> None:
    ours_alone = {"dividend", "split", "ratio", "new_shares", "old_shares", "date", "action", "added", "removed", "fiscal_label"}
    for section in SECTIONS.values():
        contract = {column.name for column in catalog.models[section.table].columns}
        assert sorted(section.columns.keys() - contract - ours_alone - {"kind"}) == []
