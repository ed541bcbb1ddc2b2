"""M-3: the total-return index is the worth of one share whose dividends buy more of it at the close of their ex-date."""

from __future__ import annotations

import math

import polars as pl

from rotation_pipeline_tests.properties.basis import without_dividends
from rotation_pipeline_tests.properties.conftest import Build
from rotation_pipeline_tests.properties.market import Built, Frames

EXACT = 1e-12
# Left out: lines with a move or a gap over which the index goes on flat, and with distributions that are none of cash.
PRICED = """
select price.security_id, price.session, price.close_usd, price.price_return, price.total_return, price.log_tri_e15,
    coalesce(event.split_ratio, 1) as split_ratio, coalesce(event.cash_usd, 0) as cash_usd
from core.daily_price as price
join core.security as line on line.security_id = price.security_id and line.kind <> 'INDEX'
left join core.corporate_action as event on event.security_id = price.security_id and event.ex_session = price.session
where price.session <= coalesce(line.delist_session, date '9999-12-31')
    and price.security_id not in (select security_id from core.daily_price where quarantine_reason = 'SUSPECT_SPLIT' or n_missing > 9)
    and price.security_id not in (
        select security_id from core.corporate_action where price_only_ratio <> 1 or quarantine_reason is not null
    )
order by price.security_id, price.session
"""


def lines_of(built: Built) -> list[pl.DataFrame]:
    """One frame a line, from its first priced session on."""
    return built.warehouse.frame(PRICED).partition_by("security_id", maintain_order=True)


def worth(line: pl.DataFrame) -> list[float | None]:
    """What became of one share on each session, in first closes; None without a close.

    A split multiplies the shares, cash buys shares at the close of its ex-date, or at the next one there is.
    """
    held, cash, worths = 1.0, 0.0, []
    first = line["close_usd"][0]
    for at, (close, ratio, paid) in enumerate(line.select("close_usd", "split_ratio", "cash_usd").iter_rows()):
        if at:
            held, cash = held * ratio, cash + held * ratio * paid
        if close is not None:
            held, cash = held + cash / close, 0.0
        worths.append(None if close is None else held * close / first)
    return worths


def test_the_index_is_the_worth_of_a_share_with_its_dividends(untouched: Built) -> None:
    lines = lines_of(untouched)
    assert sum(line["cash_usd"].sum() > 0 for line in lines) > 20
    assert sum(line["split_ratio"].max() > 1 for line in lines) > 1
    for line in lines:
        index = [math.exp(log / 1e15) if log is not None else None for log in line["log_tri_e15"]]
        off = [abs(got / wanted - 1) for got, wanted in zip(index, worth(line), strict=True) if got is not None and wanted is not None]
        assert len(off) > 100 or line.height < 150
        assert max(off) < EXACT, line["security_id"][0]


def test_without_dividends_the_index_is_the_ratio_of_adjusted_prices(frames: Frames, untouched: Built, built: Build) -> None:
    after = built(without_dividends(frames), tables=["core.daily_price"])
    paid, unpaid = (built.warehouse.frame(PRICED) for built in (untouched, after))
    assert (paid["total_return"] != paid["price_return"]).sum() > 200
    assert unpaid["total_return"].equals(unpaid["price_return"])
    assert unpaid["price_return"].equals(paid["price_return"])
    for line in lines_of(after):
        adjusted = line["close_usd"] * line["split_ratio"].cum_prod()
        ratio = adjusted / adjusted[0]
        index = (line["log_tri_e15"] / 1e15).exp()
        assert (index / ratio - 1).abs().max() < EXACT
