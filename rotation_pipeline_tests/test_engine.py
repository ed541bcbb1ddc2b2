"""A DuckDB that answers wrongly is refused at the door, by name."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import duckdb
import pytest

from rotation_pipeline import cli
from rotation_pipeline.errors import UnsoundEngine
from rotation_pipeline.models import Catalog
from rotation_pipeline.warehouse import Warehouse, engine, open_release

ROOT = Path(__file__).parents[1]


def test_the_version_that_loses_rows_is_refused_by_name_with_the_way_out() -> None:
    with pytest.raises(
        UnsoundEngine, match=r"(?s)DuckDB 2\.0\.0: answers wrongly .* way out: install a later one.*duckdb>=2\.0\.1"
    ) as told:
        engine.refuse_unsound("2.0.0")
    assert told.value.culprit == "DuckDB 2.0.0"


@pytest.mark.parametrize("version", ["1.5.6", "2.0.0.dev12", "2.0"])
def test_a_version_that_nobody_tried_is_refused(version: str) -> None:
    with pytest.raises(UnsoundEngine, match=re.escape(f"DuckDB {version}: is older than 2.0.1")):
        engine.refuse_unsound(version)


@pytest.mark.parametrize("version", ["2.0.1", "2.0.1.dev3", "2.1.0", "2.10.0"])
def test_later_versions_may_enter(version: str) -> None:
    engine.refuse_unsound(version)


def test_neither_a_writer_nor_a_reader_gets_past_the_door(monkeypatch: pytest.MonkeyPatch, catalog: Catalog, tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "release.duckdb")).close()
    monkeypatch.setattr(engine.refuse_unsound, "__defaults__", ("2.0.0",))
    with pytest.raises(UnsoundEngine):
        Warehouse(None, catalog, lambda _: lambda frame: frame)
    with pytest.raises(UnsoundEngine):
        open_release(tmp_path / "release.duckdb")


def test_the_command_says_it_in_one_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(engine.refuse_unsound, "__defaults__", ("2.0.0",))
    monkeypatch.setattr(sys, "argv", ["rotation", "run", "--source", "simulated", "--home", str(tmp_path / "home")])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    assert capsys.readouterr().err.startswith("error DuckDB 2.0.0: answers wrongly")


def test_what_is_installed_with_the_product_may_enter() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    oldest = ".".join(map(str, engine.OLDEST))
    assert f"duckdb>={oldest},<3" in wanted
    pinned = re.search(r"^duckdb==(.+)$", (ROOT / "constraints.txt").read_text(), re.M)
    assert pinned is not None
    engine.refuse_unsound(pinned[1])
