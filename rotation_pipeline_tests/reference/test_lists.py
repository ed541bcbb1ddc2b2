"""Index lists: counts that the package is known to give, one company's symbol change, disjoint stays, what to ask a vendor for."""

from datetime import date

import index_constitution
import polars as pl
import pytest

from rotation_pipeline.reference import memberships, symbol_changes, symbols_for_vendor
from rotation_pipeline.reference.lists import disjoint_stays


@pytest.fixture(scope="module")
def stays() -> pl.DataFrame:
    return memberships()


def members(stays: pl.DataFrame, universe_id: str, on: date) -> list[str]:
    is_in = (pl.col("valid_from") <= on) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > on))
    return stays.filter(pl.col("universe_id") == universe_id, is_in)["symbol"].to_list()


@pytest.mark.parametrize(
    ("on", "n_companies", "n_symbols"),
    [
        (date(1990, 1, 2), 360, 357),  # AN, SUN and T are each listed for two companies
        (date(2000, 1, 3), 414, 412),  # AGN, T
        (date(2005, 1, 3), 452, 450),
        (date(2010, 1, 4), 490, 489),  # AGN
        (date(2014, 12, 31), 497, 496),
        (date(2020, 1, 2), 505, 505),
        (date(2025, 12, 31), 503, 503),
        (date(2026, 1, 13), 503, 503),
    ],
)
def test_counts_of_the_list(stays: pl.DataFrame, on: date, n_companies: int, n_symbols: int) -> None:
    listed = index_constitution.constituents_at("sp500", on)
    found = members(stays, "SP500", on)
    assert len(listed) == n_companies
    assert len(found) == n_symbols
    assert set(found) == {symbol.replace(".", "-") for symbol in listed["symbol"]}


def test_other_universes_and_yahoo_spelling(stays: pl.DataFrame) -> None:
    on = date(2026, 1, 13)
    assert len(members(stays, "DOW30", on)) == 30
    assert len(members(stays, "NDX100", on)) == 101
    assert {"BRK-B", "BF-B", "GOOG", "GOOGL"} <= set(members(stays, "SP500", on))
    assert not stays["symbol"].str.contains(".", literal=True).any()
    assert stays["bias_label"].unique().to_list() == ["PIT_FULL"]


def test_no_stay_is_empty_or_meets_another_of_its_symbol(stays: pl.DataFrame) -> None:
    ordered = stays.sort("universe_id", "symbol", "valid_from")
    following = ordered.select(pl.col("valid_from").shift(-1).over("universe_id", "symbol")).to_series()
    has_next = following.is_not_null()
    assert (ordered["valid_to"].filter(has_next) < following.filter(has_next)).all()
    assert ordered["valid_to"].filter(has_next).null_count() == 0
    assert (stays["valid_from"] < stays["valid_to"]).drop_nulls().all()


def test_overlapping_and_touching_stays_become_one_and_empty_ones_go() -> None:
    start, a, b, c, d = (date(2020, 1, day) for day in (1, 5, 10, 15, 20))
    rows = [
        ("U", "OVER", start, b),
        ("U", "OVER", a, None),
        ("U", "TOUCH", start, a),
        ("U", "TOUCH", a, b),
        ("U", "APART", start, a),
        ("U", "APART", b, c),
        ("U", "INNER", start, d),
        ("U", "INNER", a, b),
        ("U", "INNER", c, d),
        ("U", "EMPTY", a, a),
        ("V", "TOUCH", b, None),
    ]
    schema = {"universe_id": pl.String(), "symbol": pl.String(), "valid_from": pl.Date(), "valid_to": pl.Date()}
    found = disjoint_stays(pl.DataFrame(rows, schema=schema, orient="row").reverse())
    assert sorted(found.rows(), key=lambda row: row[:3]) == [
        ("U", "APART", start, a),
        ("U", "APART", b, c),
        ("U", "INNER", start, d),
        ("U", "OVER", start, None),
        ("U", "TOUCH", start, b),
        ("V", "TOUCH", b, None),
    ]


def test_list_spells_history_with_todays_symbol_and_the_change_is_known(stays: pl.DataFrame) -> None:
    assert stays.filter(universe_id="SP500", symbol="FISV").select("valid_from", "valid_to").rows() == [(date(2001, 4, 2), None)]
    assert stays.filter(pl.col("symbol").is_in(["FI", "FB"])).is_empty()
    changes = symbol_changes()
    assert ("FI", "FISV", date(2025, 11, 11)) in changes.rows()
    assert ("FB", "META", date(2022, 6, 9)) in changes.rows()
    assert changes.height == changes.unique(["old_symbol", "new_symbol", "changed_on"]).height
    assert "FSR" not in changes["old_symbol"].to_list()  # a merger (into USB): that line ended


def test_symbols_for_the_vendor() -> None:
    rows = [
        ("SP500", "AAA", date(2000, 1, 3), None),
        ("SP500", "GONE", date(2000, 1, 3), date(2026, 1, 13)),
        ("SP500", "LATER", date(2026, 1, 14), None),
        ("DOW30", "DOWONLY", date(2000, 1, 3), None),
    ]
    schema = {"universe_id": pl.String(), "symbol": pl.String(), "valid_from": pl.Date(), "valid_to": pl.Date()}
    found = symbols_for_vendor(pl.DataFrame(rows, schema=schema, orient="row"), date(2026, 1, 13))
    assert list(found) == sorted(set(found))
    assert {"AAA", "IWM", "QQQ", "SPY", "MAGS", "^GSPC", "^RUT", "^IXIC", "^TNX", "^IRX", "^VIX"} <= set(found)
    assert not {"GONE", "LATER", "DOWONLY"} & set(found)
