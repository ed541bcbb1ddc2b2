"""core.line_kind and core.doubtful_kind: what is no share is told by two of three, or stays a share and is listed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import listing

TABLES = ("core.line_kind", "core.security", "core.doubtful_kind")


def kinds(lab: Lab, names: Mapping[str, str | None], **said: str) -> dict[str, str]:
    """The kind of each symbol by its name; ``said``: what the source calls it when not EQUITY, by symbol."""
    for number, (symbol, name) in enumerate(names.items(), start=1):
        spell = {"security_id": number, "symbol": symbol}
        lab.put("core.last_symbol", [spell])
        lab.put("core.line_currency", [{"security_id": number, "currency": "USD"}])
        told = listing(symbol, name=name) | {"kind": said.get(symbol.replace("-", "_"), "EQUITY")}
        del told["load_id"]
        lab.put("core.line_listing", [told | {"security_id": number, "is_last": True}])
    for table in TABLES:
        lab.fill(table)
    return dict(lab.rows("select symbol, kind from core.security order by security_id"))  # type: ignore[arg-type]


def doubts(lab: Lab) -> dict[str, str]:
    return dict(lab.rows("select symbol, said from core.doubtful_kind"))  # type: ignore[arg-type]


def test_units_warrants_rights_and_preferreds_are_lines_of_their_kind(lab: Lab) -> None:
    """Case 69: the vendor calls each of them EQUITY; symbol and name agree."""
    names = {
        "P00": "Plain Zero Inc.",
        "P00-PA": "Plain Zero Inc. 6.5% Series A Cumulative Preferred Stock",
        "P01-WT": "Plain One Corp. Warrants to purchase common stock",
        "P02-UN": "Plain Two Corp. Units",
        "SPACW": "Space Acquisition Corp. - Warrant",
        "SPACU": "Space Acquisition Corp. - Units",
        "SPACR": "Space Acquisition Corp. - Rights",
    }
    assert list(kinds(lab, names).values()) == ["EQUITY", "PREFERRED", "WARRANT", "UNIT", "WARRANT", "UNIT", "RIGHT"]
    assert doubts(lab) == {}


def test_the_name_of_the_company_beside_which_a_symbol_stands_speaks_too(lab: Lab) -> None:
    """A vendor that gives the line the name of its company: AGNCP beside AGNC, P00-PA beside P00."""
    names = {
        "AGNC": "AGNC Investment Corp.",
        "AGNCP": "AGNC Investment Corp",
        "P00": "Plain Zero, Inc.",
        "P00-PA": "Plain Zero Inc",
        "GOOG": "Alphabet Inc.",
        "GOOGL": "Alphabet Inc.",
        "FLOW": "Other Ltd",
    }
    assert list(kinds(lab, names).values()) == ["EQUITY", "PREFERRED", "EQUITY", "PREFERRED", "EQUITY", "EQUITY", "EQUITY"]
    assert doubts(lab) == {}


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("SCHW", "The Charles Schwab Corporation"),
        ("UBER", "Uber Technologies, Inc."),
        ("BIDU", "Baidu, Inc."),
        ("PFBC", "Preferred Bank"),
        ("EPD", "Enterprise Products Partners L.P. Common Units"),
        ("UAL", "United Airlines Holdings, Inc."),
        ("ABNBR", "Some Company of Five Letters"),
        ("BRK-B", "Berkshire Hathaway Inc."),
        ("NOTE", "FiscalNote Holdings, Inc."),
        ("FUND", None),
    ],
)
def test_companies_stay_companies(lab: Lab, symbol: str, name: str | None) -> None:
    assert kinds(lab, {symbol: name}) == {symbol: "EQUITY"}
    assert doubts(lab) == {}


def test_lines_beside_a_company_that_is_not_held_speak_for_each_other(lab: Lab) -> None:
    """Warrant, unit and right of one name; a vendor that knows no name writes the symbol."""
    names = {
        "SPACW": "Space Corp.",
        "SPACU": "Space Corp",
        "SPACR": "Space",
        "ZZZZW": "ZZZZW Inc.",
        "ZZZZU": "ZZZZU Inc.",
        "P0-PA": "P0-PA Inc.",
    }
    assert list(kinds(lab, names | {"P0": "P0 Inc."}).values()) == ["WARRANT", "UNIT", "RIGHT", "WARRANT", "UNIT", "PREFERRED", "EQUITY"]


def test_who_is_alone_decides_nothing_and_is_listed(lab: Lab) -> None:
    names = {
        "SPAC": "Space Acquisition Corp.",
        "SPACW": "Wholly Other Company",
        "ABC-WT": None,
        "XYZ": "Xyz Corp. 7% Senior Notes due 2030",
        "CEF": "Sprott Physical Fund",
        "ABCD": "Abcd Corp.",
        "QRS-PB": "Qrs Corp. Warrants",
    }
    found = kinds(lab, names, ABCD="PREFERRED")
    assert set(found.values()) == {"EQUITY"}
    assert doubts(lab) == {
        "SPACW": "the symbol says WARRANT",
        "ABC-WT": "the symbol says WARRANT",
        "XYZ": "the name says NOTE",
        "CEF": "the name says FUND",
        "ABCD": "the source says PREFERRED",
        "QRS-PB": "the symbol says PREFERRED, the name says WARRANT",
    }


def test_a_source_that_says_it_is_one_of_the_three(lab: Lab) -> None:
    names = {"ABCDW": "Abcd Corp.", "XYZ": "Xyz Corp. 7% Senior Notes due 2030", "SPY": "A Trust of Units", "CEF": "Sprott Physical Fund"}
    found = kinds(lab, names, ABCDW="WARRANT", XYZ="NOTE", SPY="ETF", CEF="FUND")
    assert found == {"ABCDW": "WARRANT", "XYZ": "NOTE", "SPY": "ETF", "CEF": "FUND"}
    assert doubts(lab) == {}


def test_a_company_is_priced_by_its_share_though_the_unit_was_there_first(lab: Lab) -> None:
    kinds(lab, {"SPACU": "Space Acquisition Corp. - Units", "SPAC": "Space Acquisition Corp."})
    lab.rows("update core.line_listing set issuer_key = 'space'")
    lab.fill("core.security")
    assert lab.rows("select symbol, issuer_id, is_primary from core.security order by security_id") == [
        ("SPACU", 1, False),
        ("SPAC", 1, True),
    ]
