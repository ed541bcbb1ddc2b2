"""One chart answer against what is held: what is landed of it, and what it is said to restate (A.7)."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import exp, prod
from typing import Any

import numpy as np
import polars as pl
import pytest

from rotation_pipeline.sources.yahoo.charts.bars import Shaped
from rotation_pipeline.sources.yahoo.charts.comparing import Compared, compare
from rotation_pipeline.sources.yahoo.charts.restated import Restatement, Said

DAY = [date(2026, 11, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17, 18)]
BAR = pl.Schema(
    {
        "symbol": pl.String(), "session": pl.Date(), "open": pl.Float64(), "high": pl.Float64(), "low": pl.Float64(),
        "close": pl.Float64(), "adj_close": pl.Float64(), "volume": pl.Float64(), "currency": pl.String(), "price_basis": pl.String(),
        "dividend_basis": pl.String(), "basis_date": pl.Date(),
    }
)  # fmt: skip
ACTION = pl.Schema(
    {
        "symbol": pl.String(), "ex_date": pl.Date(), "kind": pl.String(), "amount": pl.Float64(), "currency": pl.String(),
        "basis_date": pl.Date(),
    }
)  # fmt: skip


def bar(session: date, close: float | None, through: date, **values: Any) -> dict[str, Any]:
    prices = {"open": close, "high": close, "low": close, "close": close, "adj_close": close, "volume": 1000.0}
    said = {"currency": "USD", "price_basis": "split_adjusted", "dividend_basis": "listed", "basis_date": through}
    return {"symbol": "A", "session": session} | prices | said | values


def actions(through: date, *rows: tuple[date, str, float]) -> pl.DataFrame:
    return pl.DataFrame([("A", *row, "USD", through) for row in rows], schema=ACTION, orient="row")


def shaped(closes: Mapping[date, float | None], *listed: tuple[date, str, float], **of_all: Any) -> Shaped:
    """An answer whose adjusted close follows the listed dividends, as Yahoo makes it."""
    through = max(closes)
    rows, adjustment, after = [], 1.0, None
    for session in sorted(closes, reverse=True):
        close = closes[session]
        if after is not None and close:
            paid = sum(amount for ex, kind, amount in listed if kind != "split" and session < ex <= after)
            adjustment *= 1 - paid / close
        rows.append(bar(session, close, through, adj_close=close and close * adjustment, **of_all))
        after = session if close else after
    return Shaped(pl.DataFrame(rows[::-1], schema=BAR), actions(through, *listed), 0, None)


@dataclass
class Store:
    """What is held of one symbol, as the latest loads left it."""

    bars: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=BAR))
    actions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema={**ACTION, "load_id": pl.String()}))
    said: list[tuple[str, str, date, date, str]] = field(default_factory=list)
    n_loads: int = 0

    def take(self, answer: Shaped, asked_from: date = DAY[0]) -> Compared:
        """Compare an answer, then hold what it adds."""
        found = compare("A", self.bars, self.actions, answer, asked_from, Said(tuple(self.said)))
        self.n_loads += 1
        load = pl.lit(f"{self.n_loads:02}").alias("load_id")
        self.bars = pl.concat([self.bars, found.bars]).unique("session", keep="last").sort("session")
        self.actions = pl.concat([self.actions, found.actions.with_columns(load)]).unique(["ex_date", "kind"], keep="last").sort("ex_date")
        self.said += [(r.kind, r.item, r.first_session, r.last_session, f"{self.n_loads:02}") for r in found.restatements]
        return found

    def as_traded(self) -> dict[date, float]:
        """Closes as traded: each brought from its basis with the held splits."""
        splits = self.actions.filter(kind="split").select("ex_date", "amount").rows()
        found = {}
        for session, close, basis in self.bars.select("session", "close", "basis_date").iter_rows():
            for ex_date, ratio in splits:
                close = close * ratio if session < ex_date <= basis else close
            found[session] = close
        return found


@pytest.fixture
def store() -> Store:
    return Store()


def said(found: Compared) -> list[tuple[Any, ...]]:
    return [(r.kind, r.item, r.first_session, r.last_session, r.n_sessions) for r in found.restatements]


def closes(first: int, values: Sequence[float | None]) -> dict[date, float | None]:
    return dict(zip(DAY[first:], values, strict=False))


def test_nothing_held_lands_everything_and_restates_nothing(store: Store) -> None:
    found = store.take(shaped(closes(0, [10.0, 11.0, None]), (DAY[1], "dividend", 0.1)))
    assert (found.bars["session"].to_list(), found.actions.height, found.restatements) == (DAY[:3], 1, ())
    assert (found.n_new, found.n_same, found.n_corrected, found.note) == (3, 0, 0, "")


def test_equal_bars_are_counted_and_only_new_ones_land(store: Store) -> None:
    store.take(shaped(closes(0, [10.0, 11.0])))
    noisy = 11.0 * (1 + 5e-8)  # single precision
    found = store.take(shaped(closes(0, [10.0, noisy, 12.0]), (DAY[2], "dividend", 0.1)))
    assert found.bars["session"].to_list() == [DAY[2]]
    assert (found.n_new, found.n_same, found.n_corrected) == (1, 2, 0)
    assert found.actions["ex_date"].to_list() == [DAY[2]]  # a dividend of a new session restates nothing,
    assert found.restatements == ()  # though it moved every adjusted close


def test_a_correction_lands_and_says_what_was_held(store: Store) -> None:
    store.take(shaped(closes(0, [10.0, 11.0, 12.0, 13.0])))
    found = store.take(shaped(closes(0, [10.0, 11.004, 12.5, 13.0])))
    assert found.bars["session"].to_list() == [DAY[2]]  # less than half a cent is no difference
    assert found.restatements == (
        Restatement("A", "CORRECTION", "close", DAY[2], DAY[2], 1, 12.0, 12.5, 12.5 / 12, "served otherwise than before"),
    )
    assert store.take(shaped(closes(0, [10.0, 11.0, 12.5, 13.0]))).restatements == ()


def test_dear_shares_are_compared_to_a_ten_thousandth(store: Store) -> None:
    store.take(shaped(closes(0, [700_000.0, 700_000.0])))
    assert said(store.take(shaped(closes(0, [700_060.0, 700_080.0])))) == [("CORRECTION", "close", DAY[1], DAY[1], 1)]


def test_volume_and_range_are_items_of_their_own(store: Store) -> None:
    store.take(shaped(closes(0, [10.0, 11.0])))
    answer = shaped(closes(0, [10.0, 11.0]))
    later = answer.bars.with_columns(
        volume=pl.when(pl.col("session") == DAY[1]).then(1020.0).otherwise("volume"),
        high=pl.when(pl.col("session") == DAY[0]).then(10.5).otherwise("high"),
    )
    found = store.take(Shaped(later, answer.actions, 0, None))
    assert said(found) == [("CORRECTION", "bar", DAY[0], DAY[0], 1), ("CORRECTION", "volume", DAY[1], DAY[1], 1)]
    assert [(r.old_value, r.new_value) for r in found.restatements] == [(10.0, 10.5), (1000.0, 1020.0)]
    assert found.n_corrected == 2


def test_a_split_rescales_the_past_and_nothing_of_it_lands(store: Store) -> None:
    store.take(shaped(closes(0, [40.0, 41.0, 42.0])))
    before = store.as_traded()
    answer = shaped(closes(0, [10.0, 10.25, 10.5, 10.6]), (DAY[3], "split", 4.0))
    rescaled = answer.bars.with_columns(volume=pl.when(pl.col("session") < DAY[3]).then(4000.0).otherwise("volume"))
    found = store.take(Shaped(rescaled, answer.actions, 0, None))
    assert found.bars["session"].to_list() == [DAY[3]]
    assert said(found) == [("BASIS_CHANGE", "close", DAY[0], DAY[2], 3)]
    assert found.restatements[0].ratio == 0.25
    assert store.as_traded() == before | {DAY[3]: 10.6}
    assert store.take(shaped(closes(0, [10.0, 10.25, 10.5, 10.6]), (DAY[3], "split", 4.0), volume=1000.0)).bars.height == 3  # volumes back


def test_a_rescaled_past_without_a_split_is_a_suspicion_until_one_is_listed(store: Store) -> None:
    store.take(shaped(closes(0, [40.0, 41.0, 42.0])))
    before = store.as_traded()
    for n in (4, 5):  # said once, however often it is served
        found = store.take(shaped(closes(0, [20.0, 20.5, 21.0, 21.2, 21.3][:n])))
        assert found.bars["session"].to_list() == [DAY[n - 1]]
        assert said(found) == ([("SUSPECT_SPLIT", "close", DAY[3], DAY[3], 3)] if n == 4 else [])
        assert "no split is listed" in found.note
    assert found.n_same == 1
    found = store.take(shaped(closes(0, [20.0, 20.5, 21.0, 21.2, 21.3]), (DAY[3], "split", 2.0), volume=1000.0))
    assert [row[:2] for row in said(found)] == [("CORRECTION", "volume"), ("BASIS_CHANGE", "close"), ("ACTION_ADDED", "split")]
    assert store.as_traded() == {day: pytest.approx(before[day]) for day in before} | {DAY[3]: 21.2, DAY[4]: 21.3}


@pytest.mark.parametrize("listed", [((DAY[3], "split", 2.0),), ()], ids=["listed", "not listed"])
def test_closes_rescaled_by_a_wrong_ratio_are_said_to_be_right_once_they_agree_with_the_list(
    store: Store, listed: tuple[tuple[date, str, float], ...]
) -> None:
    """A split of 2 for 1 that the closes of one evening took for one of 5 for 2."""
    store.take(shaped(closes(0, [40.0, 41.0, 42.0])))
    wrong = store.take(shaped(closes(0, [16.0, 16.4, 16.8, 21.2]), *listed))
    assert [row[:3] for row in said(wrong)] == [("SUSPECT_SPLIT", "close", DAY[3])]
    split = (DAY[3], "split", 2.0)
    mended = store.take(shaped(closes(0, [20.0, 20.5, 21.0, 21.2]), split, volume=1000.0))
    (change,) = [row for row in mended.restatements if row.kind == "BASIS_CHANGE"]
    assert (change.first_session, change.last_session, change.ratio) == (DAY[0], DAY[2], 0.5)
    assert store.as_traded() == {DAY[0]: 40.0, DAY[1]: 41.0, DAY[2]: 42.0, DAY[3]: 21.2}
    again = store.take(shaped(closes(0, [20.0, 20.5, 21.0, 21.2, 21.3]), split, volume=1000.0))
    assert again.restatements == ()  # said once


def test_a_dividend_stays_as_it_is_held_while_the_closes_are_on_an_unexplained_basis(store: Store) -> None:
    store.take(shaped(closes(0, [40.0, 41.0, 42.0]), (DAY[1], "dividend", 0.4), (DAY[2], "dividend", 0.2)))
    halved = closes(0, [20.0, 20.5, 21.0, 21.2])
    answer = shaped(halved, (DAY[1], "dividend", 0.2), (DAY[2], "dividend", 0.1), (DAY[3], "dividend", 0.3))
    found = store.take(answer)
    assert [row[:3] for row in said(found)] == [("SUSPECT_SPLIT", "close", DAY[3])]
    assert found.actions.select("ex_date", "amount").rows() == [(DAY[3], 0.3)]
    split = shaped(halved, (DAY[1], "dividend", 0.2), (DAY[2], "dividend", 0.1), (DAY[3], "dividend", 0.3), (DAY[3], "split", 2.0))
    explained = store.take(Shaped(split.bars, split.actions.sort("ex_date", "kind"), 0, None))
    assert explained.actions["kind"].to_list() == ["split"]


def test_a_dividend_that_is_not_rescaled_with_the_closes_is_no_contradiction(store: Store) -> None:
    """The closes alone are served times 0.8, of an adjusted close that carries the dividend as it is listed."""
    held = shaped(closes(0, [40.0, 40.0, 41.0]), (DAY[1], "dividend", 0.4))
    store.take(held)
    answer = shaped(closes(0, [40.0, 40.0, 41.0, 41.2]), (DAY[1], "dividend", 0.4))
    is_old = pl.col("session") < DAY[3]
    served = answer.bars.with_columns(
        pl.when(is_old).then(pl.col(name) * 0.8).otherwise(name).alias(name) for name in ("close", "adj_close")
    )
    found = store.take(Shaped(served, answer.actions, 0, None))
    assert [row[0] for row in said(found) if row[1] == "close"] == ["SUSPECT_SPLIT"]
    assert not [row for row in said(found) if row[1] == "dividend"]


def test_rescaled_without_a_new_session_waits_for_one(store: Store) -> None:
    store.take(shaped(closes(0, [40.0, 41.0, 42.0])))
    found = store.take(shaped(closes(0, [20.0, 20.5, 21.0])))
    assert (found.bars.height, found.restatements) == (0, ())
    assert "until a new session tells more" in found.note


def test_a_late_split_that_was_fetched_before_it_was_listed_lands_the_past_again(store: Store) -> None:
    """Fetched on the day after the split, unlisted and not rescaled: the held bars claim a basis that they do not have."""
    store.take(shaped(closes(0, [40.0, 41.0, 42.0, 21.2, 21.3])))
    found = store.take(shaped(closes(0, [20.0, 20.5, 21.0, 21.2, 21.3]), (DAY[3], "split", 2.0)))
    assert found.bars["session"].to_list() == DAY[:3]
    assert [row[:4] for row in said(found)] == [("CORRECTION", "close", DAY[0], DAY[2]), ("ACTION_ADDED", "split", DAY[3], DAY[3])]
    assert store.as_traded() == {DAY[0]: 40.0, DAY[1]: 41.0, DAY[2]: 42.0, DAY[3]: 21.2, DAY[4]: 21.3}


def test_a_split_that_is_listed_and_not_applied(store: Store) -> None:
    store.take(shaped(closes(2, [42.0])))
    found = store.take(shaped(closes(0, [40.0, 41.0, 42.0, 21.2]), (DAY[3], "split", 2.0)))
    assert [row[:3] for row in said(found)] == [("SPLIT_NOT_APPLIED", "split", DAY[3])]
    assert found.bars.select("session", "basis_date").rows() == [(DAY[0], DAY[2]), (DAY[1], DAY[2]), (DAY[3], DAY[3])]
    traded = {DAY[0]: 40.0, DAY[1]: 41.0, DAY[2]: 42.0, DAY[3]: 21.2}
    assert store.as_traded() == traded
    assert store.take(shaped(closes(0, [40.0, 41.0, 42.0, 21.2]), (DAY[3], "split", 2.0))).restatements == ()
    applied = store.take(shaped(closes(0, [20.0, 20.5, 21.0, 21.2]), (DAY[3], "split", 2.0), volume=1000.0))
    assert {row[:2] for row in said(applied)} == {("CORRECTION", "volume")}
    assert store.as_traded() == {day: pytest.approx(close) for day, close in traded.items()}


@pytest.mark.parametrize("amount", [0.6, 114.0], ids=["told as before", "told rescaled"])
def test_a_dividend_of_before_a_split_that_is_not_applied_is_believed_on_whichever_basis_it_is_told(store: Store, amount: float) -> None:
    """1:190: closes of before it stay as they were, and the dividend of 0.60 does or is told times 190."""
    store.take(shaped(closes(0, [60.0, 60.0, 61.0]), (DAY[1], "dividend", 0.6)))
    as_was = shaped(closes(0, [60.0, 60.0, 61.0, 11_599.0]), (DAY[1], "dividend", 0.6), (DAY[3], "split", 1 / 190))
    listed = as_was.actions.with_columns(amount=pl.when(pl.col("kind") == "dividend").then(amount).otherwise("amount"))
    found = store.take(Shaped(as_was.bars, listed, 0, None))
    assert [(r.kind, r.first_session) for r in found.restatements] == [("SPLIT_NOT_APPLIED", DAY[3])]
    assert found.actions.select("ex_date", "kind").rows() == [(DAY[3], "split")]  # the dividend is what is held


def test_a_dividend_that_comes_with_a_split_that_is_not_applied_is_landed_on_its_own_basis(store: Store) -> None:
    found = store.take(
        shaped(closes(0, [60.0, 60.0, 61.0, 11_599.0]), (DAY[1], "dividend", 0.6), (DAY[2], "dividend", 0.3), (DAY[3], "split", 1 / 190))
    )
    assert not any(r.kind == "CONTRADICTED_DIVIDEND" for r in found.restatements)
    assert found.actions.select("ex_date", "amount", "basis_date").rows() == [
        (DAY[1], 0.6, DAY[2]),
        (DAY[2], 0.3, DAY[2]),
        (DAY[3], 1 / 190, DAY[3]),
    ]
    applied = shaped(closes(0, [60 * 190.0, 60 * 190.0, 61 * 190.0, 11_599.0]), (DAY[1], "dividend", 114.0), (DAY[2], "dividend", 57.0))
    split = actions(DAY[3], (DAY[3], "split", 1 / 190))
    again = store.take(Shaped(applied.bars, pl.concat([applied.actions, split]), 0, None))
    assert again.actions.is_empty()  # the same amounts, told rescaled


def test_a_wrong_dividend_of_before_a_split_that_is_not_applied_is_still_doubted(store: Store) -> None:
    told = shaped(closes(0, [60.0, 60.0, 61.0, 11_599.0]), (DAY[1], "dividend", 0.6), (DAY[3], "split", 1 / 190))
    found = store.take(doubled(told, 2.0))
    (doubt,) = [r for r in found.restatements if r.kind == "CONTRADICTED_DIVIDEND"]
    assert (doubt.first_session, doubt.old_value, doubt.new_value) == (DAY[1], pytest.approx(0.6), 1.2)


def test_a_real_halving_on_the_day_of_a_split_is_believed_when_the_held_bars_say_so(store: Store) -> None:
    store.take(shaped(closes(0, [40.0, 41.0, 42.0])))
    found = store.take(shaped(closes(0, [20.0, 20.5, 21.0, 10.5]), (DAY[3], "split", 2.0)))
    assert [row[0] for row in said(found) if row[1] == "close"] == ["BASIS_CHANGE"]


def test_a_listed_split_that_no_price_shows_moves_nothing_that_is_held(store: Store) -> None:
    """A split that never was: the history is as it was, and the close of its day goes on from it."""
    store.take(shaped(closes(0, [40.0, 41.0, 42.0]), (DAY[1], "dividend", 0.4)))
    found = store.take(shaped(closes(0, [40.0, 41.0, 42.0, 43.0]), (DAY[1], "dividend", 0.4), (DAY[3], "split", 2.0)))
    assert [row[:4] for row in said(found)] == [("SPLIT_NOT_APPLIED", "split", DAY[3], DAY[3])]
    assert "do not show it" in found.restatements[0].note
    assert found.bars["session"].to_list() == [DAY[3]]
    assert found.actions["kind"].to_list() == ["split"]
    traded = {DAY[0]: 40.0, DAY[1]: 41.0, DAY[2]: 42.0, DAY[3]: 43.0}
    assert store.as_traded() == traded
    later = store.take(shaped(closes(0, [40.0, 41.0, 42.0, 43.0, 44.0]), (DAY[1], "dividend", 0.4), (DAY[3], "split", 2.0)))
    assert (later.restatements, later.bars["session"].to_list()) == ((), [DAY[4]])
    gone = store.take(shaped(closes(0, [40.0, 41.0, 42.0, 43.0, 44.0, 45.0]), (DAY[1], "dividend", 0.4)))
    assert [row[:3] for row in said(gone)] == [("ACTION_REMOVED", "split", DAY[3])]
    assert gone.bars["session"].to_list() == [DAY[5]]
    assert store.as_traded() == traded | {DAY[4]: 44.0, DAY[5]: 45.0}


def test_a_mistaken_split_that_is_undone_in_the_closes_and_still_listed(store: Store) -> None:
    """First read with every close of before it halved; the next evening the closes are back."""
    store.take(shaped(closes(0, [20.0, 20.5, 21.0, 43.0]), (DAY[3], "split", 2.0)))
    found = store.take(shaped(closes(0, [40.0, 41.0, 42.0, 43.0, 44.0]), (DAY[3], "split", 2.0), volume=1000.0))
    assert [row[:2] for row in said(found) if row[1] != "volume"] == [("SPLIT_NOT_APPLIED", "split")]
    assert store.as_traded() == {DAY[0]: 40.0, DAY[1]: 41.0, DAY[2]: 42.0, DAY[3]: 43.0, DAY[4]: 44.0}


def test_late_and_dropped_rows(store: Store) -> None:
    store.take(shaped({DAY[0]: 10.0, DAY[2]: 12.0, DAY[3]: 13.0}))
    found = store.take(shaped({DAY[0]: 10.0, DAY[1]: 11.0, DAY[3]: 13.0}))
    assert said(found) == [("LATE_ROW", "close", DAY[1], DAY[1], 1), ("DROPPED_ROW", "close", DAY[2], DAY[2], 1)]
    assert found.bars["session"].to_list() == [DAY[1]]
    assert store.bars["session"].to_list() == DAY[:4]  # nothing is deleted
    again = store.take(shaped({DAY[1]: 11.0, DAY[3]: 13.0, DAY[4]: 14.0}), asked_from=DAY[1])
    assert again.restatements == ()  # the dropped row was said before; the last bar of a shorter answer drops nothing


def test_a_missing_close_does_not_replace_a_held_one(store: Store) -> None:
    store.take(shaped(closes(0, [10.0, 11.0, None])))
    found = store.take(shaped(closes(0, [10.0, None, 12.0])))
    assert found.bars["session"].to_list() == [DAY[2]]
    assert said(found) == [("CORRECTION", "close", DAY[2], DAY[2], 1)]  # its close came at last
    assert f"1 sessions came without a close that is held (last: {DAY[1]})" in found.note
    assert store.bars["close"].to_list() == [10.0, 11.0, 12.0]


def test_a_bar_of_the_sweep_lands_again_when_a_chart_tells_its_dividends(store: Store) -> None:
    store.bars = shaped(closes(0, [10.0, 11.0]), dividend_basis="none").bars
    found = store.take(shaped(closes(0, [10.0, 11.0]), (DAY[1], "dividend", 0.2)))
    assert (found.bars["session"].to_list(), found.n_new, found.n_same) == (DAY[:2], 0, 2)
    assert found.restatements == ()  # nothing had been told of dividends


def test_actions_added_changed_and_removed(store: Store) -> None:
    prices = closes(0, [40.0, 41.0, 42.0, 43.0, 44.0])
    store.take(shaped(prices, (DAY[1], "dividend", 0.4), (DAY[3], "dividend", 0.3)))
    found = store.take(shaped(prices, (DAY[1], "dividend", 0.5), (DAY[2], "dividend", 0.1)))
    assert [(r.kind, r.first_session, r.old_value, r.new_value) for r in found.restatements] == [
        ("ACTION_CHANGED", DAY[1], 0.4, 0.5),
        ("ACTION_ADDED", DAY[2], None, 0.1),
        ("ACTION_REMOVED", DAY[3], 0.3, None),
    ]
    assert found.actions["ex_date"].to_list() == DAY[1:3]
    assert store.take(shaped(prices, (DAY[1], "dividend", 0.5), (DAY[2], "dividend", 0.1))).restatements == ()


def test_a_dividend_is_the_same_on_the_basis_of_a_later_split(store: Store) -> None:
    store.take(shaped(closes(0, [40.0, 40.0]), (DAY[1], "dividend", 0.77)))
    found = store.take(shaped(closes(0, [10.0, 10.0, 10.0]), (DAY[1], "dividend", 0.1925), (DAY[2], "split", 4.0), volume=1000.0))
    assert found.actions["kind"].to_list() == ["split"]


def test_a_dividend_that_is_no_longer_listed_but_still_in_the_adjusted_close(store: Store) -> None:
    answer = shaped(closes(0, [40.0, 40.0, 40.0]), (DAY[1], "dividend", 0.8))
    store.take(answer)
    found = store.take(Shaped(answer.bars, answer.actions.clear(), 0, None))
    (only,) = found.restatements
    assert (only.kind, only.new_value) == ("CONTRADICTED_DIVIDEND", None)
    assert only.old_value == pytest.approx(0.8)
    assert found.actions.is_empty()


def test_a_removed_split_is_believed_when_prices_return_to_the_basis_without_it(store: Store) -> None:
    store.take(shaped(closes(0, [20.0, 20.5, 21.0, 21.2]), (DAY[3], "split", 2.0)))
    still = store.take(shaped(closes(0, [20.0, 20.5, 21.0, 21.2])))
    assert said(still) == [("SUSPECT_SPLIT", "split", DAY[3], DAY[3], 1)]
    assert still.bars.is_empty()
    back = store.take(shaped(closes(0, [40.0, 41.0, 42.0, 21.2])))
    assert [row[:3] for row in said(back)] == [("CORRECTION", "close", DAY[0]), ("ACTION_REMOVED", "split", DAY[3])]
    assert back.bars.select("session", "close").rows() == [(DAY[0], 40.0), (DAY[1], 41.0), (DAY[2], 42.0)]


def doubled(answer: Shaped, factor: float) -> Shaped:
    """The answer with every dividend listed ``factor`` times as large; the adjusted close stays."""
    amount = pl.when(pl.col("kind") == "split").then("amount").otherwise(pl.col("amount") * factor)
    return Shaped(answer.bars, answer.actions.with_columns(amount=amount), 0, None)


@pytest.mark.parametrize("factor", [2.0, 100.0, 0.5])
def test_a_dividend_that_the_adjusted_close_contradicts_until_the_two_agree(store: Store, factor: float) -> None:
    right = shaped(closes(0, [40.0, 40.0, 40.0]), (DAY[1], "dividend", 0.5))
    found = store.take(doubled(right, factor))
    (only,) = found.restatements
    assert (only.kind, only.first_session, only.new_value) == ("CONTRADICTED_DIVIDEND", DAY[1], 0.5 * factor)
    assert only.old_value == pytest.approx(0.5)
    assert store.take(doubled(right, factor)).actions.is_empty()
    mended = store.take(right)
    assert [(r.kind, r.old_value, r.new_value) for r in mended.restatements] == [("ACTION_CHANGED", 0.5 * factor, 0.5)]
    assert mended.actions["amount"].to_list() == [0.5]


def test_the_adjusted_close_may_come_to_agree_with_the_listed_amount(store: Store) -> None:
    right = shaped(closes(0, [40.0, 40.0, 40.0]), (DAY[1], "dividend", 0.5))
    wrong = shaped(closes(0, [40.0, 40.0, 40.0]), (DAY[1], "dividend", 0.25))
    store.take(Shaped(wrong.bars, right.actions, 0, None))
    found = store.take(right)
    assert [(r.kind, r.note) for r in found.restatements] == [("ACTION_CHANGED", "the adjusted close now agrees with the amount")]
    assert found.actions["amount"].to_list() == [0.5]
    assert store.take(right).actions.is_empty()


def test_a_contradiction_that_arises_later_lands_the_dividend_with_it(store: Store) -> None:
    right = shaped(closes(0, [40.0, 40.0, 40.0]), (DAY[1], "dividend", 0.5))
    store.take(right)
    wrong = shaped(closes(0, [40.0, 40.0, 40.0]), (DAY[1], "dividend", 0.25))
    found = store.take(Shaped(wrong.bars, right.actions, 0, None))
    assert [r.kind for r in found.restatements] == ["CONTRADICTED_DIVIDEND"]
    assert found.actions["amount"].to_list() == [0.5]


def test_older_history_that_is_read_for_the_first_time_restates_nothing(store: Store) -> None:
    store.take(shaped(closes(3, [40.0, 41.0])), asked_from=DAY[3])
    found = store.take(shaped(closes(0, [37.0, 38.0, 39.0, 40.0, 41.0]), (DAY[1], "dividend", 0.5)))
    assert (found.n_new, found.n_same, found.actions.height, found.restatements) == (3, 2, 1, ())


def test_an_amount_that_the_adjusted_close_leaves_out_is_used_and_said(store: Store) -> None:
    plain = shaped(closes(0, [40.0, 40.0, 40.0]))
    found = store.take(Shaped(plain.bars, actions(DAY[2], (DAY[1], "dividend", 0.5)), 0, None))
    assert (found.restatements, found.note) == (
        (),
        f"the adjusted close leaves out what was paid on {DAY[1]}: the listed amounts are used",
    )
    special = compare(
        "A", plain.bars.clear(), plain.actions, Shaped(plain.bars, actions(DAY[2], (DAY[1], "dividend", 5.0)), 0, None), DAY[0]
    )
    assert [r.kind for r in special.restatements] == ["CONTRADICTED_DIVIDEND"]


def test_one_dividend_on_two_days_and_a_special_one_that_no_price_felt(store: Store) -> None:
    twice = store.take(shaped(closes(0, [40.0, 40.0, 40.0, 40.0]), (DAY[1], "dividend", 0.5), (DAY[2], "dividend", 0.5)))
    assert [(r.kind, r.first_session) for r in twice.restatements] == [("CONTRADICTED_DIVIDEND", DAY[1]), ("CONTRADICTED_DIVIDEND", DAY[2])]
    prices = closes(0, [40.0] * 8)
    listed = ((DAY[1], "dividend", 0.5), (DAY[6], "dividend", 0.5))
    once = Store().take(Shaped(shaped(prices, listed[0]).bars, actions(DAY[7], *listed), 0, None))  # the adjusted close knows one
    assert [(r.kind, r.first_session) for r in once.restatements] == [("CONTRADICTED_DIVIDEND", DAY[6])]
    unfelt = Store().take(shaped(closes(0, [40.0, 39.9, 40.0]), (DAY[1], "dividend", 6.0)))
    assert [r.kind for r in unfelt.restatements] == ["CONTRADICTED_DIVIDEND"]
    felt = Store().take(shaped(closes(0, [40.0, 34.0, 40.0]), (DAY[1], "dividend", 6.0)))
    weekly = Store().take(shaped(closes(0, [40.0] * 8), (DAY[1], "dividend", 0.5), (DAY[6], "dividend", 0.5)))
    assert felt.restatements == weekly.restatements == ()


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 12))])
def test_whatever_is_rebased_day_by_day_prices_as_traded_stay(store: Store, seed: int) -> None:
    """Random closes, splits and dividends, served every evening on that evening's basis in single precision, volumes in whole shares."""
    dice = random.Random(seed)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(60)]
    traded: dict[date, float] = {}
    splits: dict[date, float] = {}
    paid: dict[date, float] = {}
    close = 10 ** dice.uniform(0.5, 2.5)
    for through in days:
        if dice.random() < 0.08:
            splits[through] = dice.choice([2.0, 3.0, 4.0, 1.5, 10.0, 0.1, 0.125, 1.046])
        close = max(round(close * exp(dice.gauss(0, 0.02)) / splits.get(through, 1.0), 2), 0.5)
        traded[through] = close
        if dice.random() < 0.2 and all(day + timedelta(days=7) < through for day in paid):
            paid[through] = round(close * 0.01, 4)
        first = days[max(len(traded) - 12, 0)]
        found = store.take(served_on(first, traded, splits, paid), asked_from=first)
        assert found.n_corrected == 0
        assert {row.kind for row in found.restatements} <= {"BASIS_CHANGE"}
        assert found.bars["session"].to_list() == [through]
    assert store.as_traded() == {day: pytest.approx(price, rel=1e-6) for day, price in traded.items()}


def served_on(first: date, traded: Mapping[date, float], splits: Mapping[date, float], paid: Mapping[date, float]) -> Shaped:
    """What Yahoo serves from ``first`` on, on the evening of the last close."""

    def later(day: date) -> float:
        return prod(ratio for ex_date, ratio in splits.items() if ex_date > day)

    closes = {day: float(np.float32(close / later(day))) for day, close in traded.items() if day >= first}
    listed = [(day, "split", ratio) for day, ratio in splits.items() if day >= first]
    listed += [(day, "dividend", round(amount / later(day), 6)) for day, amount in paid.items() if day >= first]
    answer = shaped(closes, *listed)
    volumes = pl.Series([float(round(100_000 * later(day))) for day in closes])
    return Shaped(answer.bars.with_columns(volume=volumes), answer.actions.sort("ex_date", "kind"), 0, None)
