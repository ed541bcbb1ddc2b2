"""M-18: when every announcement comes one session later, every value that is made of it does, and nothing uses the earlier date."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import polars as pl
import pytest

from rotation_pipeline.landing import Batch
from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.planted.bench import END
from rotation_pipeline_tests.point_in_time.market import Bench, evening_of, tell

TABLE = "core.issuer_valuation"
SPELLS = "select * exclude (known_to) from core.trailing_fundamental order by issuer_id, basis, known_from"
# A value can be compared with the one of the session before, where there is one on the same share basis.
VALUES = f"""
    select
        issuer_id, session, eps_street_usd, earnings_gaap_usd, book_equity_usd, street_null_reason,
        coalesce(lag(session) over (partition by issuer_id order by session) = previous_session, false)
        and (security_id, session) not in (select (security_id, valid_from) from core.split_regime) as is_comparable
    from {TABLE} join core.session using (session)
    order by issuer_id, session
"""


@dataclass(frozen=True)
class Delay:
    """What was built of the market as it was told, and of the one whose announcements come a session later."""

    next_session: Mapping[date, date]
    spells: tuple[pl.DataFrame, pl.DataFrame]
    values: tuple[pl.DataFrame, pl.DataFrame]


@pytest.fixture(scope="module")
def delay(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, xnys: Sequence[date]) -> Delay:
    """The planted market twice, with dates and timings but no times of day."""
    (told,) = tell(xnys, [END])
    tables = frozenset(catalog.upstream(TABLE) | {TABLE})
    found = []
    for batch in (_untimed(told.batch), _delayed(_untimed(told.batch), xnys)):
        with Bench(tmp_path_factory.mktemp("told"), catalog, tables) as bench:
            bench.land(batch, evening_of(END))
            bench.build()
            found.append((bench.warehouse.frame(SPELLS), bench.warehouse.frame(VALUES)))
    (spells, values), (later_spells, later_values) = found
    return Delay(dict(pairwise(xnys)), (spells, later_spells), (values, later_values))


def test_every_trailing_sum_is_known_one_session_later(delay: Delay) -> None:
    spells, later = delay.spells
    wanted = spells.with_columns(pl.col("known_from").replace_strict(delay.next_session)).filter(pl.col("known_from") <= END)
    assert wanted.height > 0.9 * spells.height > 500
    assert later.equals(wanted)


def test_on_the_old_day_a_company_is_worth_what_it_was_before_and_otherwise_the_same(delay: Delay) -> None:
    spells, _ = delay.spells
    values, later = delay.values
    news = spells.select("issuer_id", pl.col("known_from").alias("session")).unique()
    keys = ["issuer_id", "session"]
    assert later.join(news, on=keys, how="anti").equals(values.join(news, on=keys, how="anti"))
    measured = ["eps_street_usd", "earnings_gaap_usd", "book_equity_usd", "street_null_reason"]
    before = values.with_columns(pl.col(measured).shift(1).over("issuer_id"))
    wanted, found = (frame.join(news, on=keys).filter("is_comparable").sort(keys) for frame in (before, later))
    assert found.height > 400
    assert found.equals(wanted)
    assert not found.equals(values.join(news, on=keys).filter("is_comparable").sort(keys))


def _untimed(batch: Batch) -> Batch:
    """Only before the open, during hours or after the close: a time of day means another session on a half day."""
    events = batch.frames["raw.earnings_event"].with_columns(
        announced_at=pl.lit(None, dtype=pl.Datetime("us")), announced_precision=pl.lit("date")
    )
    return replace(batch, frames={**batch.frames, "raw.earnings_event": events}, ledger=())


def _delayed(batch: Batch, xnys: Sequence[date]) -> Batch:
    """Every result and filing told so that it is known one session later."""
    events, filed = batch.frames["raw.earnings_event"], batch.frames["raw.statement"]
    told = events.filter(pl.col("eps_actual").is_not_null())
    moved = [_announced_later(xnys, on, timing) for on, timing in told.select("announced_on", "timing").iter_rows()]
    results = told.with_columns(pl.Series("announced_on", moved), pl.Series("observed_on", moved))
    filings = filed.with_columns(pl.Series("known_on", [xnys[bisect_right(xnys, day)] for day in filed["known_on"]]))
    expected = events.filter(pl.col("eps_actual").is_null())
    return replace(batch, frames={**batch.frames, "raw.earnings_event": pl.concat([expected, results]), "raw.statement": filings})


def _announced_later(xnys: Sequence[date], on: date, timing: str) -> date:
    """The date on which an announcement of this timing is known one session after one of ``on``."""
    at = bisect_left(xnys, on)
    return xnys[at] if xnys[at] > on and timing in ("AMC", "UNKNOWN") else xnys[at + 1]
