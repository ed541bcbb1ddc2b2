"""core.share_count: what is believed of dirty share counts, and from when."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import list_line, open_market, price, split

LANDED = datetime(2026, 6, 1)  # noqa: DTZ001 the warehouse keeps naive UTC
QUARTERS = [date(2023, 2, 1), date(2023, 5, 1), date(2023, 8, 1), date(2023, 11, 1), date(2024, 2, 1), date(2024, 5, 1)]


def report(lab: Lab, counts: dict[date, float | None], kind: str = "reported", **columns: Any) -> None:
    for day, shares in counts.items():
        row = {"symbol": "AAA", "as_of": day, "known_on": day, "shares": shares, "kind": kind, "basis_date": day, "fetched_at": LANDED}
        lab.put("raw.share_count", [row | columns])


def shown(lab: Lab, *columns: str) -> list[tuple[Any, ...]]:
    lab.fill("core.share_count")
    where = "where quarantine_reason is distinct from 'STALE'"
    return lab.rows(f"select {', '.join(columns)} from core.share_count {where} order by known_from")


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2022, 1, 3), date(2024, 6, 28))
    list_line(lab, 1, "AAA")
    return lab


def traded(lab: Lab, volume: float) -> None:
    """Volume from 2022-01-03 on."""
    sessions = [row[0] for row in lab.rows("select session from core.session where session >= date '2022-01-03' order by 1")]
    price(lab, 1, dict.fromkeys(sessions, 50.0), volume)


def test_a_count_is_known_from_the_session_after_it_became_public(market: Lab) -> None:
    report(market, {date(2023, 2, 3): 100e6, date(2023, 5, 6): 101e6})  # a Friday, a Saturday
    assert shown(market, "known_from", "known_to", "shares_fwd", "pit_grade") == [
        (date(2023, 2, 6), date(2023, 5, 8), 100e6, "B"),
        (date(2023, 5, 8), date(2024, 6, 10), 101e6, "B"),
    ]


def test_a_split_is_no_jump_and_a_filing_that_still_counts_before_it_is_brought_over(market: Lab) -> None:
    split(market, 1, date(2023, 4, 20), 4.0)
    report(market, dict(zip(QUARTERS, [100e6, 100.5e6, 404e6], strict=False)))  # May: filed after the split, counted before it
    assert shown(market, "shares_fwd", "is_jump", "quarantine_reason") == [
        (100e6, False, None),
        (100.5e6, False, None),
        (101e6, False, None),
    ]


@pytest.mark.parametrize("wrong", [100e9, 100e3, 100.0])
def test_one_count_of_a_wrong_unit_is_not_used_and_the_one_before_holds(market: Lab, wrong: float) -> None:
    report(market, dict(zip(QUARTERS, [100e6, wrong, 101e6], strict=False)))
    assert shown(market, "shares_fwd", "shares_reported", "quarantine_reason") == [
        (100e6, 100e6, None),
        (100e6, wrong, "UNIT"),
        (101e6, 101e6, None),
    ]


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_first_counts_that_are_a_thousand_times_off_are_not_believed(market: Lab, factor: float) -> None:
    traded(market, 0.6e6)  # 0.6 % of 100 million
    report(market, dict(zip(QUARTERS, [factor * 100e6, factor * 101e6, 102e6], strict=False)))
    assert shown(market, "shares_fwd", "quarantine_reason") == [(None, "TURNOVER"), (None, "TURNOVER"), (102e6, None)]


@pytest.mark.parametrize("turnover", [0.0006, 0.006, 0.06, 0.4])
@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_counts_that_are_all_a_thousand_times_off_are_never_believed(market: Lab, factor: float, turnover: float) -> None:
    traded(market, turnover * 100e6)
    report(market, dict.fromkeys(QUARTERS, factor * 100000000.0))
    assert {value for (value,) in shown(market, "shares_fwd")} == {None}


def test_wrong_counts_from_before_the_first_price_are_judged_when_there_is_volume(market: Lab) -> None:
    sessions = [row[0] for row in market.rows("select session from core.session where session >= date '2023-03-01' order by 1")]
    price(market, 1, dict.fromkeys(sessions, 50.0), 0.6e6)
    report(market, {date(2022, 5, 2): 100e9, date(2022, 8, 1): 101e9, date(2023, 5, 1): 102e6})
    assert shown(market, "known_from", "shares_fwd", "quarantine_reason") == [
        (sessions[5], None, "TURNOVER"),
        (date(2023, 5, 2), 102e6, None),
    ]


def test_a_count_that_moves_between_20_and_50_percent_is_used_and_flagged(market: Lab) -> None:
    report(market, dict(zip(QUARTERS, [100e6, 130e6, 131e6], strict=False)))
    assert shown(market, "shares_fwd", "is_jump") == [(100e6, False), (130e6, True), (131e6, False)]


def test_a_jump_gives_no_count_until_the_next_one_confirms_it(market: Lab) -> None:
    report(market, dict(zip(QUARTERS, [100e6, 170e6, 171e6, 172e6], strict=False)))
    assert shown(market, "known_from", "shares_fwd", "is_jump", "quarantine_reason") == [
        (date(2023, 2, 2), 100e6, False, None),
        (date(2023, 5, 2), None, True, "JUMP"),
        (date(2023, 8, 2), 171e6, True, None),
        (date(2023, 11, 2), 172e6, False, None),
    ]


def test_a_jump_that_goes_back_was_none(market: Lab) -> None:
    report(market, dict(zip(QUARTERS, [100e6, 30e6, 101e6], strict=False)))
    assert shown(market, "shares_fwd", "quarantine_reason") == [(100e6, None), (None, "JUMP"), (101e6, None)]


@pytest.mark.parametrize("bad", [0.0, -5.0, None])
def test_nonpositive_counts_leave_the_count_before_in_force(market: Lab, bad: float | None) -> None:
    report(market, dict(zip(QUARTERS, [100e6, bad], strict=False)))
    assert shown(market, "shares_fwd", "quarantine_reason") == [(100e6, None), (100e6, "NONPOSITIVE")]


def test_a_count_is_not_carried_for_ever(market: Lab) -> None:
    report(market, dict(zip(QUARTERS, [100e6, *[100e9] * 5], strict=False)))
    assert [value for (value,) in shown(market, "shares_fwd")] == [100e6] * 5 + [None]


def test_a_count_that_nothing_follows_grows_old(market: Lab) -> None:
    """400 days after it was filed; a later one begins afresh, however far from it: what filed before may be another company."""
    report(market, {date(2022, 3, 1): 15e6, date(2023, 9, 1): 390e6, date(2023, 12, 1): 391e6})
    market.fill("core.share_count")
    assert market.rows("select known_from, known_to, shares_fwd, is_jump, quarantine_reason from core.share_count order by known_from") == [
        (date(2022, 3, 2), date(2023, 4, 6), 15e6, False, None),
        (date(2023, 4, 6), date(2023, 9, 5), None, False, "STALE"),
        (date(2023, 9, 5), date(2023, 12, 4), 390e6, False, None),
        (date(2023, 12, 4), None, 391e6, False, None),
    ]


def test_a_count_that_is_old_when_prices_begin_is_not_used(market: Lab) -> None:
    sessions = [row[0] for row in market.rows("select session from core.session where session >= date '2024-01-02' order by 1")]
    price(market, 1, dict.fromkeys(sessions, 50.0), 0.6e6)
    report(market, {date(2022, 5, 2): 100e6, date(2024, 3, 1): 102e6})
    assert shown(market, "known_from", "shares_fwd") == [(date(2024, 3, 4), 102e6)]


def test_what_a_symbol_filed_well_before_its_line_began_to_trade_is_not_counted(market: Lab) -> None:
    """The market trades since 2022: a line that begins later has its symbol from another company. A listing's count is of its day."""
    sessions = [row[0] for row in market.rows("select session from core.session where session >= date '2022-01-03' order by 1")]
    list_line(market, 2, "BBB")
    price(market, 2, dict.fromkeys(sessions, 50.0), 0.6e6)
    report(market, {date(2023, 2, 1): 100e6}, symbol="BBB")
    begins = sessions.index(date(2023, 3, 1))
    price(market, 1, dict.fromkeys(sessions[begins:], 50.0), 0.6e6)
    report(market, {sessions[begins - 12]: 240e6, date(2023, 2, 27): 100e6, date(2023, 5, 1): 101e6})
    told = [row[1:] for row in shown(market, "security_id", "known_from", "shares_fwd") if row[0] == 1]
    assert told == [(sessions[begins + 5], 100e6), (date(2023, 5, 2), 101e6)]


@pytest.mark.parametrize(("busier", "believed"), [(1.5, None), (2.5, 800e6)])
def test_a_level_that_was_refused_needs_twice_the_volume(market: Lab, busier: float, believed: float | None) -> None:
    """0.075 % of the shares a session is too little; a busier quarter that just passes does not make the same count true."""
    sessions = [row[0] for row in market.rows("select session from core.session where session >= date '2022-01-03' order by 1")]
    calm, busy = sessions[:300], sessions[300:]
    price(market, 1, dict.fromkeys(calm, 50.0), 0.6e6)
    price(market, 1, dict.fromkeys(busy, 50.0), busier * 0.8e6)
    report(market, {date(2023, 2, 1): 800e6, date(2023, 8, 1): 800e6})
    assert shown(market, "shares_fwd") == [(None,), (believed,)]


def test_what_another_company_filed_under_the_symbol_before_is_not_counted(market: Lab) -> None:
    report(market, {date(2023, 2, 1): 44e6, date(2023, 5, 1): 45e6, date(2023, 8, 1): 204e6})
    predecessor = {"symbol": "AAA", "changed_on": date(2023, 6, 1), "security_id": 1}
    market.put("core.symbol_predecessor", [predecessor])
    assert shown(market, "known_from", "shares_fwd") == [(date(2023, 8, 2), 204e6)]


def test_the_vendor_goes_before_the_filing_and_of_one_day_the_value_nearest_to_it(market: Lab) -> None:
    report(market, {date(2023, 2, 1): 100e6})
    day = date(2023, 3, 1)
    report(market, {day: 140e6}, kind="vendor", load_id="a")
    report(market, {day: 99e6}, kind="vendor", load_id="b")
    assert shown(market, "known_from", "kind", "shares_fwd") == [
        (date(2023, 2, 2), "reported", 100e6),
        (date(2023, 3, 2), "vendor", 99e6),
    ]


def test_of_several_values_of_one_day_the_nearest_to_the_running_median(market: Lab) -> None:
    days = [date(2023, 3, 1), date(2023, 3, 2), date(2023, 3, 3), date(2023, 3, 6), date(2023, 3, 7)]
    report(market, dict(zip(days, [100e6, 100e6, 104e6, 100e6, 104e6], strict=True)), kind="vendor")
    report(market, {days[3]: 104e6, days[4]: 100.5e6}, kind="vendor")
    assert [value for (value,) in shown(market, "shares_fwd")] == [100e6, 100e6, 104e6, 100e6, 100.5e6]


def test_a_balance_sheet_decides_between_the_values_of_one_day(market: Lab) -> None:
    report(market, {date(2023, 3, 1): 100e6, date(2023, 3, 2): 100e6}, kind="vendor")
    report(market, {date(2023, 3, 3): 104e6})
    report(market, {date(2023, 3, 6): 100e6}, kind="vendor")
    report(market, {date(2023, 3, 6): 104.5e6}, kind="vendor")
    assert shown(market, "kind, shares_fwd")[-1] == ("vendor", 104.5e6)


def recorded_counts(shared_data: Path) -> list[tuple[date, float]]:
    path = shared_data / "yahoo_recorded" / "fundamentals_timeseries" / "AAPL-shares_out-2026.json"
    if not path.is_file():
        pytest.skip(f"no recorded body at {path}")
    series = json.loads(path.read_text())["timeseries"]["result"][0]
    days = [datetime.fromtimestamp(stamp, UTC).date() for stamp in series["timestamp"]]
    return list(zip(days, series["shares_out"], strict=True))


def test_a_recorded_series_with_sixteen_repeated_days(lab: Lab, shared_data: Path) -> None:
    """Every day gives one count that Yahoo served for it, and those of days with several stay on one basis where a balance sheet tells."""
    counts = recorded_counts(shared_data)
    open_market(lab, date(2025, 1, 2), date(2026, 10, 30))
    list_line(lab, 1, "AAA")
    for day, shares in counts:
        report(lab, {day: shares}, kind="vendor", basis_date=date(2026, 10, 30))
    report(lab, {date(2025, 5, 15): 14939315000.0, date(2025, 8, 14): 14856722000.0})
    lab.fill("core.share_count")
    spells = lab.rows("select as_of, shares_fwd, is_jump, quarantine_reason from core.share_count where kind = 'vendor'")
    assert {(as_of, shares) for as_of, shares, _, _ in spells} <= set(counts)
    assert {(is_jump, reason) for _, _, is_jump, reason in spells} == {(False, None)}
    several = {day for day, n in Counter(day for day, _ in counts).items() if n > 1}
    chosen = {as_of: shares for as_of, shares, _, _ in spells if as_of in several and date(2025, 5, 15) <= as_of < date(2025, 8, 1)}
    assert set(chosen.values()) == {14935799808.0}
    assert len(chosen) >= 6


@pytest.mark.parametrize(("after", "first_fwd"), [(400e6, 100e6), (101e6, 25e6)])
def test_the_basis_of_a_vendor_series_shows_at_the_split(market: Lab, after: float, first_fwd: float) -> None:
    """As reported, the series moves by the ratio; rewritten after the split, it does not move, and all of it is on the new basis."""
    split(market, 1, date(2023, 6, 1), 4.0)
    report(market, {date(2023, 5, 25): 100e6, date(2023, 6, 8): after}, kind="vendor", basis_date=date(2024, 1, 2))
    values: Sequence[float] = [value for (value,) in shown(market, "shares_fwd")]
    assert values == pytest.approx([first_fwd, after / 4])


def test_a_split_to_come_does_not_excuse_a_count_of_today(market: Lab) -> None:
    """A quarter of the count before, a month ahead of a 4:1 split: known then, it is a jump and no filing on the old basis."""
    split(market, 1, date(2023, 6, 1), 4.0)
    report(market, {date(2023, 2, 1): 100e6, date(2023, 5, 2): 25e6})
    assert [reason is None for (reason,) in shown(market, "quarantine_reason")] == [True, False]


def test_a_series_rewritten_for_a_split_is_on_the_basis_after_it_at_least(market: Lab) -> None:
    """The vendor states a basis of before the split, and its counts do not move at it: they are of after it."""
    split(market, 1, date(2023, 6, 1), 4.0)
    report(market, {date(2023, 5, 25): 100e6, date(2023, 6, 8): 101e6}, kind="vendor", basis_date=date(2023, 5, 26))
    assert [value for (value,) in shown(market, "shares_fwd")] == pytest.approx([25e6, 25.25e6])


def test_a_count_that_is_told_again_was_known_when_it_was_first_told(market: Lab) -> None:
    day = date(2023, 2, 1)
    for load, fetched in (("01", datetime(2023, 2, 2)), ("02", datetime(2024, 2, 2))):  # noqa: DTZ001 naive UTC
        report(market, {day: 100e6}, load_id=load, fetched_at=fetched)
    assert shown(market, "shares_fwd", "pit_grade") == [(100e6, "A")]


def test_what_is_known_of_the_past_does_not_depend_on_what_comes_later(market: Lab) -> None:
    counts = [100e6, 100e9, 180e6, 181e6, 60e6, 182e6]
    report(market, dict(zip(QUARTERS, counts, strict=True)))
    whole = shown(market, "known_from", "shares_fwd", "quarantine_reason")
    for n in range(1, len(counts)):
        market.rows("delete from raw.share_count")
        report(market, dict(zip(QUARTERS[:n], counts[:n], strict=True)))
        assert shown(market, "known_from", "shares_fwd", "quarantine_reason") == whole[:n]
