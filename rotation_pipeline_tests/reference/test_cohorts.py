"""Cohort files: each cohort of the methodology has one, and a bad one is named with the way out."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline.errors import BadInput
from rotation_pipeline.reference.cohorts import read_rules
from rotation_pipeline.reference.reader import DATA

FOLDER = DATA / "cohorts"
SCREEN = 'kind = "SCREEN"\nlabel = "Mine"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "cohorts"))


def test_the_cohorts_of_the_methodology() -> None:
    rules = {rule["cohort_id"]: rule for rule in read_rules(FOLDER).iter_rows(named=True)}
    assert {
        "MAG7",
        "TOP7",
        "SP493",
        "SMALL",
        "CYC_VALUE",
        "REG_BANKS",
        "ENERGY_SVC",
        "REFINERS",
        "INDUSTRIALS_SM",
        "ARTICLE",
    } <= rules.keys()
    assert rules["MAG7"]["symbols"].split() == ["AAPL", "MSFT", "GOOGL", "GOOG", "AMZN", "NVDA", "META", "TSLA"]
    assert (rules["SP493"]["kind"], rules["SP493"]["base_cohort_id"], rules["SP493"]["other_cohort_id"]) == ("MINUS", "SP500", "MAG7")
    assert (rules["LARGE"]["cap_share_to"], rules["SMALL"]["cap_share_from"]) == (0.9, 0.9)
    assert (rules["REG_BANKS"]["industries"], rules["REG_BANKS"]["cap_below_usd"]) == ("Banks - Regional", 100e9)
    value = rules["CYC_VALUE"]
    assert (value["base_cohort_id"], value["above_median"]) == ("SP500", "earnings_yield")
    assert value["sectors"] == rules["CYCLICAL"]["sectors"] == "Industrials;Financial Services;Energy;Basic Materials"


def test_hindsight_and_a_label_are_handed_on(folder: Path) -> None:
    """SP493 says no date of its own: it is cut from MAG7."""
    (folder / "MINE.toml").write_text('kind = "AND"\nlabel = "Mine"\noperands = ["SP493", "RANK1000"]\nbias = "CURRENT_LIST"\n')
    (folder / "OTHER.toml").write_text('kind = "OR"\nlabel = "Other"\noperands = ["list:OWN", "MINE"]\n')
    rules = {rule["cohort_id"]: rule for rule in read_rules(folder).iter_rows(named=True)}
    named = date(2023, 6, 1)
    assert [rules[name]["hindsight_before"] for name in ("SP493", "MINE", "OTHER", "TOP7")] == [named, named, named, None]
    assert [rules[name]["bias_label"] for name in ("SP493", "MINE", "OTHER")] == ["PIT_FULL", "CURRENT_LIST", "CURRENT_LIST"]
    assert rules["OTHER"]["base_cohort_id"] == "OWN"


@pytest.mark.parametrize(
    ("text", "problem", "way_out"),
    [
        ("", "says no kind", "FIXED, TOP_N, RANK, CAP_SHARE, SCREEN, MINUS, AND, OR"),
        ('kind = "SIEVE"', "its kind is 'SIEVE'", "SCREEN"),
        ("kind = SCREEN", "cannot be read", "correct the line"),
        (SCREEN, "tests nothing", "sectors"),
        (SCREEN + 'sector = ["Energy"]', "sector means nothing to SCREEN", "sectors"),
        (SCREEN + 'sectors = "Energy"', "sectors is 'Energy', not a list of texts", "vendor sectors"),
        (SCREEN + "sectors = []", r"sectors is \[\], not a list of texts", "vendor sectors"),
        (SCREEN + 'sectors = ["Energy", "Energy"]', "names an entry twice", "vendor sectors"),
        (SCREEN + 'sectors = ["Energy;Utilities"]', "an entry holds ';'", "vendor sectors"),
        (SCREEN + 'cap_below_usd = "100bn"', "cap_below_usd is '100bn', not a number", "USD"),
        (SCREEN + "cap_from_usd = 5\ncap_below_usd = 5", "nothing lies between", "correct the two"),
        (SCREEN + 'above_median = "charm"', "above_median is 'charm', not one of earnings_yield", "above the median"),
        (SCREEN + 'sectors = ["Energy"]\nbase = "ATLANTIS"', "is cut from ATLANTIS, which is no cohort and no list", "list:NAME"),
        (SCREEN + 'sectors = ["Energy"]\nbase = "SP493"', "its base SP493 is a cohort of kind MINUS", "AND combines"),
        ('kind = "TOP_N"\nlabel = "Mine"\nbase = "SP500"\nrank_from = 1', "says no rank_to", "last rank"),
        ('kind = "RANK"\nlabel = "Mine"\nrank_from = 0\nrank_to = 5', "rank_from is 0, not a whole number from 1 on", "first rank"),
        ('kind = "RANK"\nlabel = "Mine"\nrank_from = 6\nrank_to = 5', "nothing lies between", "correct the two"),
        ('kind = "MINUS"\nlabel = "Mine"\noperands = ["SP500"]', "MINUS has 1 operands", "two"),
        ('kind = "AND"\nlabel = "Mine"\noperands = ["SP500", "MINE"]', "cut from each other: MINE -> MINE", "out of the circle"),
        ('kind = "FIXED"\nlabel = "Mine"\nsymbols = ["A"]\nhindsight_before = "2023-06-01"', "not a date", "2023|chosen"),
    ],
)
def test_a_bad_file_is_named_with_the_field_and_the_way_out(folder: Path, text: str, problem: str, way_out: str) -> None:
    (folder / "MINE.toml").write_text(text)
    with pytest.raises(BadInput, match=rf"(?s)MINE\.toml: .*{problem}.*way out: .*{way_out}"):
        read_rules(folder)


@pytest.mark.parametrize(("name", "problem"), [("SP500", "has the name of a list"), ("My cohort", "has no name for a cohort")])
def test_a_bad_name_is_an_error(folder: Path, name: str, problem: str) -> None:
    (folder / f"{name}.toml").write_text(SCREEN + 'sectors = ["Energy"]')
    with pytest.raises(BadInput, match=rf"{name}\.toml: {problem}"):
        read_rules(folder)


def test_a_circle_of_several_is_found(folder: Path) -> None:
    for name, other in (("ONE", "TWO"), ("TWO", "ONE")):
        (folder / f"{name}.toml").write_text(f'kind = "MINUS"\nlabel = "{name}"\noperands = ["SP500", "{other}"]\n')
    with pytest.raises(BadInput, match=r"cohorts are cut from each other: (ONE -> TWO -> ONE|TWO -> ONE -> TWO)"):
        read_rules(folder)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no cohort"):
        read_rules(tmp_path)
