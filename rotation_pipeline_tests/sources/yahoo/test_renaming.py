"""Renames are found by histories that are the same, and by nothing less."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest

from rotation_pipeline.sources.yahoo.charts.renaming import find_renames, restatements, symbol_changes

N_OLD = 120
NO_SPLITS = pl.DataFrame(schema={"symbol": pl.String, "ex_date": pl.Date, "kind": pl.String, "amount": pl.Float64})


@pytest.fixture
def days(xnys: Sequence[date]) -> list[date]:
    return [day for day in xnys if day >= date(2025, 1, 2)][: N_OLD + 10]


def closes(seed: int, n: int = N_OLD + 10, spread: float = 0.02) -> np.ndarray:
    return np.round(50 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, spread, n))), 2)


def volumes(seed: int, n: int = N_OLD + 10) -> np.ndarray:
    return np.random.default_rng(seed + 1000).integers(1000, 9000, n).astype(float)


def bars(symbol: str, days: Sequence[date], close: np.ndarray, volume: np.ndarray, basis: date | None = None) -> pl.DataFrame:
    n = len(days)
    rows = pl.DataFrame({"symbol": [symbol] * n, "session": list(days), "close": close[:n], "volume": volume[:n]})
    return rows.with_columns(pl.lit(basis).alias("basis_date") if basis else pl.col("session").alias("basis_date"))


def old(days: Sequence[date], seed: int = 1, symbol: str = "OLD") -> pl.DataFrame:
    return bars(symbol, days[:N_OLD], closes(seed), volumes(seed))


def new(days: Sequence[date], seed: int = 1, symbol: str = "NEW") -> pl.DataFrame:
    return bars(symbol, days, closes(seed), volumes(seed), basis=days[-1])


def pairs(found: pl.DataFrame) -> list[tuple[str, str]]:
    return found.select("old_symbol", "new_symbol").rows()


def test_the_same_history_under_another_symbol_is_a_rename(days: list[date]) -> None:
    gone = pl.concat([old(days), old(days, 2, "DEAD")])
    fresh = pl.concat([new(days), new(days, 3, "IPO")])
    found = find_renames(gone, fresh, NO_SPLITS)
    last = closes(1)[N_OLD - 1]
    assert found.rows() == [("OLD", "NEW", days[N_OLD], days[0], days[N_OLD - 1], N_OLD, N_OLD, last, last)]
    assert symbol_changes(found).rows() == [("OLD", "NEW", days[N_OLD])]
    note = f"OLD is called NEW from {days[N_OLD]}: 120 of 120 closes are the same"
    assert restatements(found).rows() == [("NEW", "RENAMED", "symbol", days[0], days[N_OLD - 1], N_OLD, last, last, 1.0, note)]


def test_a_split_between_the_two_fetches_is_taken_into_account(days: list[date]) -> None:
    listed = [("NEW", days[50], "split", 3.0), ("NEW", days[N_OLD + 2], "split", 2.0), ("NEW", days[60], "dividend", 0.5)]
    splits = pl.DataFrame(listed, schema=NO_SPLITS.schema, orient="row")
    before = pl.when(pl.col("session") < days[50]).then(3.0).otherwise(1.0)  # the old bars came each on its own day's basis
    gone = old(days).with_columns(pl.col("close") * before, pl.col("volume") / before)
    fresh = new(days).with_columns(pl.col("close") / 2, pl.col("volume") * 2)
    assert pairs(find_renames(gone, fresh, splits)) == [("OLD", "NEW")]
    assert pairs(find_renames(gone, fresh, NO_SPLITS)) == []


def test_a_few_corrected_bars_and_provisional_volumes_do_not_hide_a_rename(days: list[date]) -> None:
    is_late = pl.col("session") >= days[N_OLD - 10]
    gone = old(days).with_columns(
        pl.when(pl.col("session") == days[70]).then(pl.col("close") * 1.3).otherwise(pl.col("close")).alias("close"),
        pl.when(is_late).then(pl.col("volume") * 0.8).otherwise(pl.col("volume")).alias("volume"),
    )
    assert find_renames(gone, new(days), NO_SPLITS).select("n_sessions", "n_equal").rows() == [(N_OLD, N_OLD - 1)]


def test_a_new_symbol_that_is_read_less_far_back_is_enough(days: list[date]) -> None:
    assert find_renames(old(days), new(days).filter(pl.col("session") >= days[50]), NO_SPLITS)["n_sessions"].to_list() == [70]


def test_less_than_sixty_common_sessions_prove_nothing(days: list[date]) -> None:
    assert find_renames(old(days), new(days).filter(pl.col("session") >= days[N_OLD - 59]), NO_SPLITS).is_empty()
    assert find_renames(old(days), new(days).filter(pl.col("session") >= days[N_OLD - 60]), NO_SPLITS).height == 1


def test_funds_on_one_index_are_not_renames(days: list[date]) -> None:
    """Same returns on another level; even at one level they are traded in other numbers."""
    scaled = new(days).with_columns(pl.col("close") * 1.0931)
    assert find_renames(old(days), scaled, NO_SPLITS).is_empty()
    same_price = bars("NEW", days, closes(1), volumes(7), basis=days[-1])
    assert find_renames(old(days), same_price, NO_SPLITS).is_empty()


def test_share_classes_are_not_renames(days: list[date]) -> None:
    """They end their days on one price now and then, and move together."""
    noise = np.where(np.arange(N_OLD + 10) % 3 == 0, 0.0, 0.05)
    assert find_renames(old(days), bars("NEW", days, closes(1) + noise, volumes(1), basis=days[-1]), NO_SPLITS).is_empty()


def test_halted_names_are_not_renames(days: list[date]) -> None:
    """Two names that stand still have the same closes, and no volume to tell them apart."""
    still, nothing = np.full(N_OLD + 10, 10.0), np.zeros(N_OLD + 10)
    gone, fresh = bars("OLD", days[:N_OLD], still, nothing), bars("NEW", days, still, nothing, basis=days[-1])
    assert find_renames(gone, fresh, NO_SPLITS).is_empty()


def test_a_new_symbol_that_ends_with_the_old_one_is_no_continuation(days: list[date]) -> None:
    assert find_renames(old(days), new(days).filter(pl.col("session") < days[N_OLD]), NO_SPLITS).is_empty()


def test_two_candidates_are_none(days: list[date]) -> None:
    assert find_renames(old(days), pl.concat([new(days), new(days, symbol="TWIN")]), NO_SPLITS).is_empty()
    assert find_renames(pl.concat([old(days), old(days, symbol="OTHER")]), new(days), NO_SPLITS).is_empty()


def test_a_history_with_holes_is_not_the_same(days: list[date]) -> None:
    holes = new(days).filter(pl.col("session").is_in(days[5:N_OLD:10]).not_())
    assert find_renames(old(days), holes, NO_SPLITS).is_empty()


def test_nothing_gone_or_nothing_new_is_no_rename(days: list[date]) -> None:
    none = old(days).clear()
    for gone, fresh in ((none, new(days)), (old(days), none), (none, none)):
        found = find_renames(gone, fresh, NO_SPLITS)
        assert (found.is_empty(), restatements(found).is_empty()) == (True, True)
