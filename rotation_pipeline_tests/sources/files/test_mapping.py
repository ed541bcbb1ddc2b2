"""rotation.toml: what is understood, and what is refused with which words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline.errors import BadConfig, BadInput
from rotation_pipeline.sources.files import Files
from rotation_pipeline.sources.files.declaration import FileGroup, Prices, digest
from rotation_pipeline.sources.files.mapping import read_mapping
from rotation_pipeline_tests.sources.files.conftest import PRICES, Folder


def test_an_entry_becomes_a_frozen_declaration(folder: Folder) -> None:
    folder.toml("""
        [source]
        kind = "files"
        description = "ours"

        [[prices]]
        files = ["a.csv", "b/*.parquet"]
        columns = { session = "date" }
        constants = { currency = "EUR" }
        date_format = "%d.%m.%Y"
        separator = ";"
        price_basis = "split_adjusted"
        basis_date = 2024-03-09
        dividends = "implied"
        kind = "ETF"
        precedence = 2
        """)
    mapping = read_mapping(folder.root / "rotation.toml")
    group = FileGroup(
        section="prices",
        where=f"{folder.root / 'rotation.toml'}, [[prices]] no. 1",
        files=("a.csv", "b/*.parquet"),
        columns=(("session", "date"),),
        constants=(("currency", "EUR"),),
        date_format="%d.%m.%Y",
        separator=";",
    )
    prices = Prices(group, "split_adjusted", "implied", date(2024, 3, 9), kind="ETF", precedence=2)
    assert mapping.entries == (prices,)
    assert mapping.description == "ours"


REFUSED = {
    "broken TOML": ("[[prices]\nfiles = 1", ["not valid TOML", "line 1"]),
    "a key twice": (PRICES + 'kind = "ETF"', ["not valid TOML", "line"]),
    "unknown section": (PRICES + "[[price]]\nfiles = 'x.csv'", ["unknown key price", "did you mean prices?"]),
    "unknown setting": (PRICES + "precedense = 1\n", ["[[prices]] no. 1", "precedense", "did you mean precedence?"]),
    "unknown column": (PRICES + 'columns = { sesion = "d" }', ["columns", "sesion", "did you mean session?"]),
    "single brackets": (PRICES + "[splits]\nfiles = 's.csv'", ["splits", "[[splits]]"]),
    "no prices": ("[[splits]]\nfiles = 's.csv'", ["has no [[prices]]", "docs/files.md"]),
    "another source": ("[source]\nkind = 'yahoo'\n" + PRICES, ["[source]", "'yahoo'", 'kind = "files"']),
    "a word that is none": (PRICES.replace("as_traded", "raw"), ["price_basis", "'raw'", '"as_traded" or "split_adjusted"']),
    "no basis date": (PRICES.replace("as_traded", "split_adjusted"), ["[[prices]] no. 1", "basis_date", "last_session"]),
    "a basis date too many": (PRICES + "basis_date = 2024-01-01", ["as_traded", "drop basis_date"]),
    "a date in quotes": (PRICES.replace("as_traded", "split_adjusted") + 'basis_date = "2024-01-01"', ["basis_date", "without quotes"]),
    "a date with an hour": (PRICES.replace("as_traded", "split_adjusted") + "basis_date = 2024-01-01T00:00:00", ["basis_date", "cannot"]),
    "a switch for a number": (PRICES + "precedence = true", ["precedence", "True", "a whole number"]),
    "no files": (PRICES.replace('files = "prices.csv"', ""), ["has no files"]),
    "files of another type": (PRICES.replace('"prices.csv"', "3"), ["files", "cannot be 3"]),
    "kind twice": (PRICES + 'columns = { kind = "type" }', ["twice", "kind"]),
    "column and constant": (PRICES + 'columns = { currency = "c" }\nconstants = { currency = "USD" }', ["currency", "both"]),
    "a constant of another type": (PRICES + "constants = { currency = 3 }", ["constants.currency", "is a text"]),
    "a dividend column unused": (PRICES + 'columns = { dividend = "d" }', ["dividend", 'dividends = "column"']),
    "dividends listed nowhere": (PRICES.replace('"none"', '"listed"'), ["no [[dividends]] lists them"]),
    "stays without an end": (
        PRICES + '[[memberships]]\nfiles = "m.csv"\nform = "intervals"\nuniverse_id = "X"',
        ["[[memberships]] no. 1", "end_means"],
    ),
    "changes without a seed": (PRICES + '[[memberships]]\nfiles = "m.csv"\nform = "changes"\nuniverse_id = "X"', ["seed"]),
    "a universe twice": (
        PRICES + 2 * '[[memberships]]\nfiles = "m.csv"\nform = "intervals"\nuniverse_id = "X"\nend_means = "last_day_in"\n',
        ["declares X again", "no. 1"],
    ),
    "no regular expression": (PRICES + '[[symbol_changes]]\nfiles = "c.csv"\nextract = { new_symbol = "(" }', ["extract.new_symbol"]),
    "no group to cut": (PRICES + '[[symbol_changes]]\nfiles = "c.csv"\nextract = { new_symbol = "x" }', ["0 groups", "brackets"]),
    "no basis of shares": (PRICES + '[[shares]]\nfiles = "s.csv"', ["has no basis_date", '"own" or a date']),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(folder: Folder, text: str, said: list[str]) -> None:
    folder.toml(text)
    with pytest.raises(BadConfig) as refused:
        folder.source()
    assert [part for part in ["rotation.toml", "way out", *said] if part not in str(refused.value)] == []


def test_a_missing_or_binary_toml(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="does not exist"):
        Files(tmp_path / "rotation.toml")
    (tmp_path / "rotation.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadConfig, match="not UTF-8"):
        Files(tmp_path / "rotation.toml")


def test_files_that_are_not_there_or_there_twice(folder: Folder) -> None:
    folder.toml(PRICES.replace("prices.csv", "nowhere/*.csv"))
    with pytest.raises(BadInput, match=r"\[\[prices\]\] no. 1, nowhere/\*.csv: matches no file"):
        folder.fetch()
    folder.toml(PRICES.replace("prices.csv", "price.csv"))
    with pytest.raises(BadInput, match=r"price\.csv: does not exist"):
        folder.fetch()
    folder.toml(PRICES + PRICES.replace("prices.csv", "*.csv"))
    with pytest.raises(BadConfig, match=r"no. 2: declares .*prices\.csv again, after .*no. 1"):
        folder.fetch()
    folder.toml(PRICES.replace("prices.csv", "*.toml"))
    with pytest.raises(BadConfig, match="no CSV or Parquet file"):
        folder.fetch()


def test_the_digest_depends_on_what_is_said_not_on_where(folder: Folder) -> None:
    def of(text: str) -> list[str]:
        folder.toml(text)
        return [digest(entry) for entry in read_mapping(folder.root / "rotation.toml").entries]

    alone = of(PRICES)
    assert of(PRICES.replace("prices.csv", "b.csv") + PRICES)[1] == alone[0]
    assert of(PRICES + "precedence = 1") != alone
