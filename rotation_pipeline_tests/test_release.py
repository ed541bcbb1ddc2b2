"""The published file is swapped whole, audited first, kept N deep, and rolled back by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from rotation_pipeline.errors import PublishRefused, UnknownRelease
from rotation_pipeline.models import Catalog
from rotation_pipeline.release import Releases, new_release_id
from rotation_pipeline.warehouse import STORAGE_VERSION, Warehouse, open_release

START = datetime(2026, 1, 13, 23, 0, tzinfo=UTC)
N_ROWS = 500


class Publisher:
    """Publishes numbered states of a warehouse whose every row carries the number of its release."""

    def __init__(self, folder: Path, catalog: Catalog, keep: int = 3) -> None:
        self.working = folder / "working.duckdb"
        self.catalog = catalog
        self.releases = Releases(folder / "published", keep)

    def fill(self, number: int) -> str:
        release_id = new_release_id(START + timedelta(minutes=number), None)
        if not self.working.exists():
            self._create()
        with duckdb.connect(str(self.working)) as con:
            con.execute("update meta.release set release_id = $id, signature = $number", {"id": release_id, "number": str(number)})
            con.execute("update meta.query_example set sql = $number", {"number": str(number)})
        return release_id

    def _create(self) -> None:
        release = {
            "release_id": "none",
            "source": "simulated",
            "source_description": "a test",
            "is_simulated": True,
            "created_at": datetime(2026, 1, 13, 23),  # noqa: DTZ001 the warehouse keeps naive UTC
            "signature": "none",
            "quality": "COMPLETE",
            "package_version": "0",
            "method_version": "0",
        }
        rows = {"name": [str(row) for row in range(N_ROWS)], "question": ["?"] * N_ROWS, "sql": [""] * N_ROWS}
        with Warehouse(self.working, self.catalog, lambda table: pytest.fail(table)) as warehouse:
            warehouse.replace("meta.release", pl.DataFrame([release]))
            warehouse.replace("meta.query_example", pl.DataFrame(rows))

    def publish(self, number: int, n_rows: int = N_ROWS) -> str:
        release_id = self.fill(number)
        self.releases.publish(self.working, release_id, {"meta.query_example": n_rows})
        return release_id

    def shown(self) -> str:
        con = open_release(self.releases.current_path)
        try:
            (number,) = con.execute("select distinct sql from meta.query_example").fetchall()
        finally:
            con.close()
        return str(number[0])


@pytest.fixture
def publisher(tmp_path: Path, catalog: Catalog) -> Publisher:
    return Publisher(tmp_path, catalog)


def test_a_reader_keeps_the_file_it_opened_and_the_next_sees_the_new_one(publisher: Publisher) -> None:
    publisher.publish(1)
    reader = open_release(publisher.releases.current_path)
    publisher.publish(2)
    assert reader.execute("select distinct sql from meta.query_example").fetchall() == [("1",)]
    reader.close()
    assert publisher.shown() == "2"


@pytest.mark.parametrize("is_error", [False, True], ids=["a header and blocks of two files", "no file that can be read"])
def test_a_release_that_is_swapped_while_it_is_opened_is_opened_again(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch, is_error: bool
) -> None:
    publisher.publish(1)
    connect, swaps = duckdb.connect, iter([2])

    def connect_late(*args: Any, **kwargs: Any) -> duckdb.DuckDBPyConnection:
        con = connect(*args, **kwargs)
        for number in swaps:
            publisher.publish(number)
            if is_error:
                raise duckdb.IOException("not a database file")
        return con

    monkeypatch.setattr(duckdb, "connect", connect_late)
    assert publisher.shown() == "2"


def test_older_clients_can_open_it(publisher: Publisher) -> None:
    publisher.publish(1)
    con = open_release(publisher.releases.current_path)
    (tags,) = con.execute("select tags from duckdb_databases() where database_name = 'rotation'").fetchall()
    con.close()
    assert tags[0]["storage_version"].startswith(STORAGE_VERSION)


def test_no_bar_is_drawn_into_an_export(publisher: Publisher) -> None:
    publisher.publish(1)
    con = open_release(publisher.releases.current_path)
    assert con.execute("select current_setting('enable_progress_bar')").fetchall() == [(False,)]
    con.close()


def test_only_the_last_releases_are_kept(publisher: Publisher) -> None:
    ids = [publisher.publish(number) for number in range(5)]
    assert [release.release_id for release in publisher.releases.all()] == ids[-3:]


def test_a_copy_that_is_not_what_was_built_is_refused(publisher: Publisher) -> None:
    publisher.publish(1)
    with pytest.raises(PublishRefused, match=r"meta.query_example: holds \(500,\) rows in the copy and 7"):
        publisher.publish(2, n_rows=7)
    assert publisher.shown() == "1"
    assert len(publisher.releases.all()) == 1


def test_a_release_tells_its_quality_and_one_of_an_older_version_can_still_be_read(publisher: Publisher) -> None:
    publisher.publish(1)
    with duckdb.connect(str(publisher.working)) as con:
        con.execute("update meta.release set quality = 'DEGRADED', quality_reason = 'SP500 470 of 503'")
    publisher.publish(2)
    with duckdb.connect(str(publisher.working)) as con:
        con.execute("alter table meta.release drop quality")
        con.execute("alter table meta.release drop quality_reason")
    publisher.publish(3)
    told = [(release.quality, release.quality_reason, release.is_degraded) for release in publisher.releases.all()]
    assert told == [("COMPLETE", None, False), ("DEGRADED", "SP500 470 of 503", True), (None, None, False)]


def test_rolling_back_by_name_and_by_default(publisher: Publisher) -> None:
    ids = [publisher.publish(number) for number in range(3)]
    publisher.releases.roll_back()
    assert publisher.shown() == "1"
    publisher.releases.roll_back(ids[0])
    assert publisher.shown() == "0"
    with pytest.raises(UnknownRelease, match="no release before"):
        publisher.releases.roll_back()
    with pytest.raises(UnknownRelease, match="release list"):
        publisher.releases.roll_back("2020")
    assert publisher.releases.holds("2")  # the state that was rolled back is not published again unasked


def test_a_kill_between_the_two_names_is_mended(publisher: Publisher) -> None:
    publisher.publish(1)
    release_id = publisher.fill(2)
    aside = publisher.releases.current_path.parent / "releases" / f".{release_id}.duckdb"
    aside.write_bytes(publisher.working.read_bytes())
    publisher.releases._point_at(aside)  # and here the process dies
    publisher.releases.sweep()
    assert publisher.shown() == "2"
    assert [release.signature for release in publisher.releases.all()] == ["1", "2"]
    assert not aside.exists()


READER = """
import os, sys
os.nice(10)  # readers in a tight loop must not starve the one writer of a small machine
from pathlib import Path
from rotation_pipeline.warehouse import open_release
published, stop = Path(sys.argv[1]), Path(sys.argv[2])
n = 0
while not stop.exists() or n == 0:
    con = open_release(published)
    rows = con.execute("select sql, count(*), (select signature from meta.release) from meta.query_example group by sql").fetchall()
    con.close()
    assert len(rows) == 1 and rows[0][0] == rows[0][2] and rows[0][1] == 500, rows
    n += 1
print(n)
"""


@pytest.fixture(params=[pytest.param((3, 15), id="three readers"), pytest.param((8, 50), id="eight readers", marks=pytest.mark.long)])
def reading(request: pytest.FixtureRequest, publisher: Publisher, tmp_path: Path) -> Iterator[tuple[list[subprocess.Popen[str]], int]]:
    """Readers in a loop, and through how many publishes."""
    n_readers, n_publishes = request.param
    publisher.publish(0)
    command = [sys.executable, "-c", READER, str(publisher.releases.current_path), str(tmp_path / "stop")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(n_readers)]
    yield running, n_publishes
    (tmp_path / "stop").touch()
    for process in running:
        process.communicate(timeout=60)


def test_readers_through_many_publishes_see_no_error_and_no_mixed_release(
    publisher: Publisher, reading: tuple[list[subprocess.Popen[str]], int], tmp_path: Path
) -> None:
    readers, n_publishes = reading
    for number in range(1, n_publishes + 1):
        publisher.publish(number)
    (tmp_path / "stop").touch()
    for reader in readers:
        said, complained = reader.communicate(timeout=60)
        assert (reader.returncode, complained) == (0, ""), complained
        assert int(said) > 0
