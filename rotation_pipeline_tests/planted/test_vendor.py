"""What the vendor serves of the planted market: every fault until it is put right, every row under the symbol of its day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import polars as pl
import pytest

from rotation_pipeline.errors import BadConfig
from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.sources.simulated.planted.market import Planted
from rotation_pipeline_tests.planted.bench import END, NAMES, SESSIONS, planted_source

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BARS, SPLITS = "raw.price_bar", "raw.corporate_action"


@pytest.fixture(scope="module")
def source() -> Simulated:
    return planted_source()


@pytest.fixture(scope="module")
def planted(source: Simulated, xnys: Sequence[date]) -> Planted:
    return source.planted_market(tuple(xnys))


def fetch(source: Simulated, xnys: Sequence[date], through: date, after: Batch | None = None) -> Batch:
    (batch,) = source.fetch(FetchRequest(through, tuple(xnys), NOW, after.cursor if after else {}))
    return batch


def session(planted: Planted, at: int) -> date:
    day: date = planted.market.clock.sessions[at].item()
    return day


def bar(batch: Batch, planted: Planted, fault: int) -> list[float | None]:
    """Closes that a batch serves of a faulty bar, on the basis of its session."""
    name, at = int(planted.faults.name[fault]), int(planted.faults.at[fault])
    symbol = planted.market.companies.symbols[name]
    rows = batch.frames[BARS].filter((pl.col("symbol") == symbol) & (pl.col("session") == session(planted, at)))
    return rows["close"].to_list()


def nth(planted: Planted, kind: str, corrected: bool = False) -> int:
    """The first fault of a kind; of those put right inside the horizon, if asked."""
    faults = planted.faults
    return next(k for k, one in enumerate(faults.kind) if one == kind and (not corrected or 0 < faults.corrected_at[k] < SESSIONS))


def test_a_wrong_close_is_served_until_the_vendor_restates_it(source: Simulated, planted: Planted, xnys: Sequence[date]) -> None:
    fault = nth(planted, "RESTATED", corrected=True)
    at, name, right_at = (int(values[fault]) for values in (planted.faults.at, planted.faults.name, planted.faults.corrected_at))
    true = planted.market.companies.close[at, name]
    before = fetch(source, xnys, session(planted, right_at - 1))
    after = fetch(source, xnys, session(planted, right_at), before)
    assert bar(before, planted, fault) == [pytest.approx(1.02 * true)]
    assert bar(after, planted, fault) == [pytest.approx(true)]
    told = after.frames["raw.restatement"].filter(pl.col("kind") == "CORRECTION")
    symbol = planted.market.companies.symbols[name]
    assert told.filter(pl.col("symbol") == symbol).select("first_session", "ratio").row(0) == (
        session(planted, at),
        pytest.approx(1 / 1.02),
    )
    at_once = fetch(source, xnys, session(planted, right_at))
    assert bar(at_once, planted, fault) == [pytest.approx(true)]
    assert "raw.restatement" not in at_once.frames


def test_late_missing_and_double_rows(source: Simulated, planted: Planted, xnys: Sequence[date]) -> None:
    late = nth(planted, "LATE")
    served_at = int(planted.faults.served_at[late])
    before = fetch(source, xnys, session(planted, served_at - 1))
    assert bar(before, planted, late) == []
    after = fetch(source, xnys, session(planted, served_at), before)
    assert len(bar(after, planted, late)) == 1
    whole = fetch(source, xnys, END)
    assert bar(whole, planted, nth(planted, "MISSING")) == []
    assert len(bar(whole, planted, nth(planted, "DUPLICATE"))) == 2


def test_on_the_outage_nothing_is_served_and_the_next_session_brings_it(source: Simulated, planted: Planted, xnys: Sequence[date]) -> None:
    at = planted.faults.outage_at
    before = fetch(source, xnys, session(planted, at - 1))
    during = fetch(source, xnys, session(planted, at), before)
    lost = pl.col("session") == session(planted, at)
    assert during.frames.get(BARS, pl.DataFrame({"session": []}, schema={"session": pl.Date})).filter(lost).is_empty()
    after = fetch(source, xnys, session(planted, at + 1), during)
    assert after.frames[BARS].filter(lost).height > NAMES
    assert after.frames["raw.restatement"].filter(pl.col("first_session") == session(planted, at))["kind"].unique().to_list() == [
        "LATE_ROW"
    ]


def test_rows_are_under_the_symbol_of_their_day(source: Simulated, planted: Planted, xnys: Sequence[date]) -> None:
    rename = planted.roles.renames[0]
    new, turn = planted.market.companies.symbols[rename.name], session(planted, rename.at)
    before = fetch(source, xnys, session(planted, rename.at - 1))
    after = fetch(source, xnys, turn, before)
    assert new not in set(before.frames[BARS]["symbol"]) | set(before.frames["raw.listing"]["symbol"])
    assert rename.old_symbol in set(before.frames["raw.listing"]["symbol"])
    assert after.frames["raw.symbol_change"].rows() == [(rename.old_symbol, new, turn)]
    assert {new} <= set(after.frames["raw.listing"]["symbol"])
    assert rename.old_symbol not in set(after.frames[BARS].filter(pl.col("session") >= turn)["symbol"])
    whole = fetch(source, xnys, END).frames[BARS]
    taken = whole.filter((pl.col("symbol") == rename.old_symbol) & (pl.col("session") >= turn))
    assert taken["session"].min() > turn  # by another company, later


def test_step_by_step_brings_the_same_bars_as_at_once(source: Simulated, planted: Planted, xnys: Sequence[date]) -> None:
    batch, steps = None, []
    for at in (100, planted.faults.outage_at, 200, 250, SESSIONS - 1):
        batch = fetch(source, xnys, session(planted, at), batch)
        steps.append(batch.frames[BARS])
    key = ["symbol", "session"]
    whole = fetch(source, xnys, END).frames[BARS].select(key).unique().sort(key)
    assert pl.concat(steps).select(key).unique().sort(key).equals(whole)


def test_another_market_in_the_home_is_refused(source: Simulated, xnys: Sequence[date]) -> None:
    cursor = fetch(source, xnys, END).cursor
    with pytest.raises(BadConfig, match="planted"):
        next(Simulated(NAMES, n_years=8, n_sessions=SESSIONS).fetch(FetchRequest(END, tuple(xnys), NOW, cursor)))
