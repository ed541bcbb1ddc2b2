"""core.share_count: what is believed of dirty share counts, and from when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import list_line, open_market, price, split

LANDED = datetime(2026, 6, 1)  # noqa: DTZ001 the warehouse keeps naive UTC
QUARTERS = [date(2023, 2, 1), date(2023, 5, 1), date(2023, 8, 1), date(2023, 11, 1), date(2024, 2, 1), date(2024, 5, 1)]
USUAL = 0.5e6  # shares a session: what 100 million shares usually trade


def report(lab: Lab, counts: dict[date, float | None], kind: str = "reported", **columns: Any) -> None:
    told = {"symbol": "AAA", "kind": kind, "fetched_at": LANDED}
    rows = [told | {"as_of": day, "known_on": day, "shares": shares, "basis_date": day} | columns for day, shares in counts.items()]
    lab.put("raw.share_count", rows)


def filed(*counts: float | None) -> dict[date, float | None]:
    """One count a quarter."""
    return dict(zip(QUARTERS, counts, strict=False))


def shown(lab: Lab, *columns: str) -> list[tuple[Any, ...]]:
    lab.fill("core.month_end_volume")
    lab.fill("core.share_count")
    where = "where quarantine_reason is distinct from 'STALE' and security_id = 1"
    return lab.rows(f"select {', '.join(columns)} from core.share_count {where} order by known_from")


@pytest.fixture
def empty(lab: Lab) -> Lab:
    open_market(lab, date(2022, 1, 3), date(2024, 6, 28))
    list_line(lab, 1, "AAA")
    return lab


@pytest.fixture
def market(empty: Lab) -> Lab:
    traded(empty, USUAL)
    return empty


def sessions(lab: Lab) -> list[date]:
    return [row[0] for row in lab.rows("select session from core.session where session >= date '2022-01-03' order by 1")]


def traded(lab: Lab, volume: float, security_id: int = 1, close: float = 50.0, days: Sequence[date] | None = None) -> None:
    price(lab, security_id, dict.fromkeys(days if days is not None else sessions(lab), close), volume)


def others(lab: Lab, n: int) -> None:
    """Companies of 100, 110, 120 ... million shares that all trade half a per cent of them a session."""
    for i in range(n):
        shares = (100 + 10 * i) * 1e6
        list_line(lab, 100 + i, f"O{i:03}")
        traded(lab, 0.005 * shares, 100 + i)
        report(lab, dict.fromkeys((date(2022, 2, 1), *QUARTERS), shares), symbol=f"O{i:03}")


# What is believed at once.


def test_a_count_is_known_from_the_session_after_it_became_public(market: Lab) -> None:
    report(market, {date(2023, 2, 3): 100e6, date(2023, 5, 6): 101e6})  # a Friday, a Saturday
    assert shown(market, "known_from", "known_to", "shares_fwd", "pit_grade") == [
        (date(2023, 2, 6), date(2023, 5, 8), 100e6, "B"),
        (date(2023, 5, 8), date(2024, 6, 10), 101e6, "B"),
    ]


def test_a_split_is_no_jump_and_a_filing_that_still_counts_before_it_is_brought_over(market: Lab) -> None:
    split(market, 1, date(2023, 4, 20), 4.0)
    report(market, filed(100e6, 100.5e6, 404e6))  # May: filed after the split, counted before it
    assert shown(market, "shares_fwd", "is_jump", "quarantine_reason") == [
        (100e6, False, None),
        (100.5e6, False, None),
        (101e6, False, None),
    ]


def test_a_count_that_moves_by_less_than_half_is_believed_and_above_a_fifth_flagged(market: Lab) -> None:
    report(market, filed(100e6, 149e6, 150e6, 110e6))
    assert shown(market, "shares_fwd", "is_jump", "quarantine_reason") == [
        (100e6, False, None), (149e6, True, None), (150e6, False, None), (110e6, True, None)
    ]  # fmt: skip


@pytest.mark.parametrize("bad", [0.0, -5.0, None])
def test_nonpositive_counts_leave_the_count_before_in_force(market: Lab, bad: float | None) -> None:
    report(market, filed(100e6, bad))
    assert shown(market, "shares_fwd", "quarantine_reason") == [(100e6, None), (100e6, "NONPOSITIVE")]


# (1) turnover and the next count.


def test_a_move_that_the_turnover_speaks_against_waits_for_the_next_count(market: Lab) -> None:
    """A merger paid in shares: the quarter before it still traded like the old company."""
    report(market, filed(100e6, 170e6, 171e6, 172e6))
    assert shown(market, "known_from", "shares_fwd", "is_jump", "quarantine_reason", "doubted_by", "cleared_by") == [
        (date(2023, 2, 2), 100e6, False, None, None, None),
        (date(2023, 5, 2), 100e6, True, "TURNOVER", None, None),
        (date(2023, 8, 2), 171e6, True, None, "TURNOVER", "NEXT_COUNT"),
        (date(2023, 11, 2), 172e6, False, None, None, None),
    ]


def test_a_move_that_the_turnover_speaks_for_is_believed_at_once(empty: Lab) -> None:
    days = sessions(empty)
    cut = days.index(date(2023, 2, 1))
    traded(empty, USUAL, days=days[:cut])
    traded(empty, 1.8 * USUAL, days=days[cut:])
    report(empty, {date(2022, 2, 1): 100e6, date(2022, 8, 1): 100e6})
    report(empty, filed(100e6, 170e6))
    assert shown(empty, "shares_fwd", "quarantine_reason")[-2:] == [(100e6, None), (170e6, None)]


def test_a_jump_that_goes_back_was_none(market: Lab) -> None:
    report(market, filed(100e6, 30e6, 101e6))
    assert shown(market, "shares_fwd", "quarantine_reason") == [(100e6, None), (100e6, "TURNOVER"), (101e6, None)]


# (2) units and sums of quarters.


@pytest.mark.parametrize("wrong", [100e9, 100e3, 100.0, 101e9])
def test_one_count_of_a_wrong_unit_is_not_used_and_the_one_before_holds(market: Lab, wrong: float) -> None:
    report(market, filed(100e6, wrong, 101e6))
    assert shown(market, "shares_fwd", "shares_reported", "quarantine_reason") == [
        (100e6, 100e6, None),
        (100e6, wrong, "UNIT"),
        (101e6, 101e6, None),
    ]


def test_a_sum_of_four_quarters_is_in_doubt_and_a_real_fourfold_issue_is_not(market: Lab) -> None:
    report(market, filed(100e6, 404e6, 101e6))
    assert [reason for (reason,) in shown(market, "quarantine_reason")] == [None, "UNIT", None]


def test_a_real_fourfold_issue_is_believed_at_once(empty: Lab) -> None:
    days = sessions(empty)
    cut = days.index(date(2023, 2, 1))
    traded(empty, USUAL, days=days[:cut])
    traded(empty, 4 * USUAL, days=days[cut:])
    report(empty, {date(2022, 2, 1): 100e6, date(2022, 8, 1): 100e6})
    report(empty, filed(100e6, 400e6))
    assert shown(empty, "shares_fwd", "quarantine_reason")[-2:] == [(100e6, None), (400e6, None)]


# (5) the cross-section.


@pytest.mark.parametrize("factor", [1000.0, 5.0, 0.001])
def test_an_error_that_is_repeated_does_not_confirm_itself(market: Lab, factor: float) -> None:
    report(market, filed(*[factor * 100e6] * 6))
    assert set(shown(market, "shares_fwd", "quarantine_reason")) == {(None, "CROSS_SECTION")}


def test_the_right_count_is_believed_as_soon_as_it_comes(market: Lab) -> None:
    report(market, filed(700e6, 990e6, 96e6, 500e6, 98e6))
    assert shown(market, "shares_fwd", "quarantine_reason") == [
        (None, "CROSS_SECTION"), (None, "CROSS_SECTION"), (96e6, None), (96e6, "CROSS_SECTION"), (98e6, None)
    ]  # fmt: skip


def test_a_busy_year_does_not_make_a_count_true_that_was_too_large(empty: Lab) -> None:
    """A company whose shares begin to trade eight times as much: the wrong counts, and larger ones, fit the volume then."""
    days = sessions(empty)
    cut = days.index(date(2023, 2, 1))
    traded(empty, USUAL, days=days[:cut])
    traded(empty, 8 * USUAL, days=days[cut:])
    report(empty, filed(450e6, 470e6, 900e6, 880e6, 870e6, 105e6))
    assert shown(empty, "shares_fwd", "quarantine_reason") == [(None, "CROSS_SECTION")] * 5 + [(105e6, None)]


def test_companies_are_compared_with_those_of_their_dollar_volume(empty: Lab) -> None:
    """The market trades a twentieth of what is usual, and one line, whose counts would fit elsewhere, trades like nobody."""
    others(empty, 60)
    empty.rows("update core.daily_price set volume = volume / 20, dollar_volume_usd = dollar_volume_usd / 20")
    traded(empty, USUAL / 20)
    report(empty, filed(100e6, 101e6))
    assert shown(empty, "shares_fwd") == [(100e6,), (101e6,)]
    list_line(empty, 2, "BBB")
    traded(empty, USUAL / 20, 2)
    report(empty, filed(450e6, 450e6), symbol="BBB")
    shown(empty, "shares_fwd")
    assert empty.rows("select distinct shares_fwd, quarantine_reason from core.share_count where security_id = 2") == [
        (None, "CROSS_SECTION")
    ]


# (4) rank.


def test_a_move_over_many_places_waits_for_the_next_count(empty: Lab) -> None:
    """No month has ended since the first count, so that nothing but the places speaks against the second."""
    others(empty, 60)
    traded(empty, 4 * USUAL)
    report(empty, {date(2023, 5, 2): 300e6, date(2023, 5, 18): 560e6, date(2023, 8, 1): 561e6})
    assert shown(empty, "shares_fwd", "quarantine_reason", "doubted_by", "cleared_by") == [
        (300e6, None, None, None), (300e6, "RANK", None, None), (561e6, None, "RANK", "NEXT_COUNT")
    ]  # fmt: skip


# (3) earnings.


def earn(lab: Lab, period_end: date, known_on: date, net_income: float, eps: float) -> None:
    quarter = {"symbol": "AAA", "fiscal_period_end": period_end}
    lab.put("raw.statement", [quarter | {"fiscal_period": "Q", "known_on": known_on, "net_income": net_income}])
    told = {"announced_on": known_on, "basis_date": known_on, "announced_precision": "date", "timing": "UNKNOWN"}
    lab.put("raw.earnings_event", [quarter | told | {"eps_actual": eps}])


@pytest.mark.parametrize(("eps", "believed"), [(0.25, 800e6), (0.05, None), (0.50, None), (-0.25, None)])
def test_earnings_of_one_filing_clear_a_doubt(market: Lab, eps: float, believed: float | None) -> None:
    """A line of low float: 205 million of earnings at 0.25 a share are 820 million shares. A few cents tell nothing."""
    report(market, filed(800e6))
    earn(market, date(2022, 12, 31), date(2023, 1, 30), 205e6 if abs(eps) != 0.05 else 41e6, eps)
    told = shown(market, "shares_fwd", "quarantine_reason", "doubted_by", "cleared_by")
    assert told[0] == ((believed, None, "CROSS_SECTION", "EARNINGS") if believed else (None, "CROSS_SECTION", None, None))


def test_earnings_that_became_known_later_clear_nothing_before(market: Lab) -> None:
    report(market, filed(800e6))
    earn(market, date(2022, 12, 31), date(2023, 2, 2), 205e6, 0.25)
    assert shown(market, "shares_fwd")[0] == (None,)


# Counts that nobody can judge.


def test_a_count_that_no_test_can_judge_gives_no_count(empty: Lab) -> None:
    """Prices without volume: nothing tells 13,070 bn from 13 bn."""
    traded(empty, 0.0)
    empty.rows("update core.daily_price set volume = null, dollar_volume_usd = null, is_traded = false")
    report(empty, filed(100e6, 101e6))
    assert shown(empty, "shares_fwd", "quarantine_reason") == [(None, "UNJUDGED")] * 2


def test_a_believed_count_goes_on_by_small_moves_where_volume_ends(empty: Lab) -> None:
    days = sessions(empty)
    traded(empty, USUAL, days=days[: days.index(date(2023, 2, 15))])
    report(empty, filed(100e6, 101e6, 104e6, 300e6))
    assert shown(empty, "shares_fwd", "quarantine_reason") == [(100e6, None), (101e6, None), (104e6, None), (104e6, "UNJUDGED")]


def test_of_the_counts_that_wait_for_prices_the_latest_is_judged(empty: Lab) -> None:
    days = [day for day in sessions(empty) if day >= date(2023, 3, 1)]
    traded(empty, USUAL, days=days)
    report(empty, {date(2022, 5, 2): 99e6, date(2022, 8, 1): 101e9, date(2023, 5, 1): 102e6})
    assert shown(empty, "known_from", "shares_fwd", "quarantine_reason") == [
        (days[5], None, "CROSS_SECTION"),
        (date(2023, 5, 2), 102e6, None),
    ]


def test_a_first_count_after_others_that_leap_waits_for_the_next_that_agrees(empty: Lab) -> None:
    """Each of them fits the volume. One that the market speaks against is no leap."""
    traded(empty, USUAL, days=[day for day in sessions(empty) if day >= date(2023, 1, 3)])
    report(empty, {date(2022, 5, 2): 101e9, date(2022, 8, 1): 70e6, date(2022, 11, 1): 110e6} | dict.fromkeys(QUARTERS[:2], 80000000.0))
    assert shown(empty, "shares_fwd", "quarantine_reason", "doubted_by", "cleared_by") == [
        (None, "UNSTEADY", None, None), (None, "UNSTEADY", None, None), (80e6, None, "UNSTEADY", "NEXT_COUNT")
    ]  # fmt: skip


def test_a_steady_past_with_one_absurd_count_does_not_wait(empty: Lab) -> None:
    traded(empty, USUAL, days=[day for day in sessions(empty) if day >= date(2023, 1, 3)])
    report(empty, {date(2022, 5, 2): 101e9, date(2022, 8, 1): 95e6, date(2022, 11, 1): 100e6})
    assert shown(empty, "shares_fwd", "quarantine_reason") == [(100e6, None)]


# How long a count holds.


def test_a_count_is_not_carried_for_ever(market: Lab) -> None:
    report(market, filed(100e6, *[100e9] * 5))
    assert [value for (value,) in shown(market, "shares_fwd")] == [100e6] * 5 + [None]


def test_a_count_that_nothing_follows_grows_old(market: Lab) -> None:
    """400 days after it was filed; a later one begins afresh, however far from it: what filed before may be another company."""
    report(market, {date(2022, 3, 1): 80e6, date(2023, 9, 1): 190e6, date(2023, 12, 1): 191e6})
    market.fill("core.month_end_volume")
    market.fill("core.share_count")
    assert market.rows("select known_from, known_to, shares_fwd, is_jump, quarantine_reason from core.share_count order by known_from") == [
        (date(2022, 3, 2), date(2023, 4, 6), 80e6, False, None),
        (date(2023, 4, 6), date(2023, 9, 5), None, False, "STALE"),
        (date(2023, 9, 5), date(2023, 12, 4), 190e6, False, None),
        (date(2023, 12, 4), None, 191e6, False, None),
    ]


def test_a_count_that_is_old_when_prices_begin_is_not_used(empty: Lab) -> None:
    traded(empty, USUAL, days=[day for day in sessions(empty) if day >= date(2024, 1, 2)])
    report(empty, {date(2022, 5, 2): 100e6, date(2024, 3, 1): 102e6})
    assert shown(empty, "known_from", "shares_fwd") == [(date(2024, 3, 4), 102e6)]


def test_what_a_symbol_filed_well_before_its_line_began_to_trade_is_not_counted(empty: Lab) -> None:
    """The market trades since 2022: a line that begins later has its symbol from another company. A listing's count is of its day."""
    days = sessions(empty)
    list_line(empty, 2, "BBB")
    traded(empty, USUAL, 2)
    report(empty, {date(2023, 2, 1): 100e6}, symbol="BBB")
    begins = days.index(date(2023, 3, 1))
    traded(empty, USUAL, days=days[begins:])
    report(empty, {days[begins - 12]: 240e6, date(2023, 2, 27): 100e6, date(2023, 5, 1): 101e6})
    assert shown(empty, "known_from", "shares_fwd") == [(days[begins + 5], 100e6), (date(2023, 5, 2), 101e6)]


def test_what_another_company_filed_under_the_symbol_before_is_not_counted(market: Lab) -> None:
    report(market, {date(2023, 2, 1): 44e6, date(2023, 5, 1): 45e6, date(2023, 8, 1): 204e6})
    market.put(
        "core.symbol_predecessor", [{"symbol": "AAA", "changed_on": date(2023, 6, 1), "known_from": date(2022, 1, 3), "security_id": 1}]
    )
    assert shown(market, "known_from", "shares_fwd") == [(date(2023, 8, 2), 204e6)]


# Kinds.


def test_the_better_kind_goes_before_while_it_is_fresh(market: Lab) -> None:
    report(market, {date(2023, 2, 1): 100e6}, kind="cover_page")
    for day, kind in {date(2023, 3, 1): "balance_sheet", date(2023, 3, 2): "vendor", date(2023, 3, 3): "diluted"}.items():
        report(market, {day: 104e6}, kind=kind)
    report(market, {date(2023, 9, 1): 106e6}, kind="vendor")  # 212 days after the cover
    report(market, {date(2023, 9, 4): 101e6}, kind="balance_sheet")
    assert shown(market, "known_from", "kind", "shares_fwd") == [
        (date(2023, 2, 2), "cover_page", 100e6),
        (date(2023, 9, 5), "balance_sheet", 101e6),
    ]


def test_a_level_that_a_vendor_tells_for_half_a_year_overturns_the_past(market: Lab) -> None:
    """The count believed was wrong: a vendor's next count clears nothing, three over 180 days do."""
    report(market, dict(zip(QUARTERS, [45e6, 100e6, 101e6, 102e6, 103e6], strict=False)), kind="vendor")
    assert shown(market, "shares_fwd", "quarantine_reason", "cleared_by") == [
        (45e6, None, None), (45e6, "TURNOVER", None), (45e6, "TURNOVER", None), (102e6, None, "THREE_FILINGS"), (103e6, None, None)
    ]  # fmt: skip


def test_of_several_values_of_one_day_the_nearest_to_the_count_believed(market: Lab) -> None:
    days = [date(2023, 3, 1), date(2023, 3, 2), date(2023, 3, 3), date(2023, 3, 6), date(2023, 3, 7)]
    report(market, dict(zip(days, [100e6, 100e6, 104e6, 100e6, 104e6], strict=True)), kind="vendor")
    report(market, {days[3]: 104e6, days[4]: 100.5e6}, kind="vendor")
    assert [value for (value,) in shown(market, "shares_fwd")] == [100e6, 100e6, 104e6, 104e6, 104e6]


def test_a_recorded_series_with_sixteen_repeated_days(lab: Lab, shared_data: Path) -> None:
    """Every day gives one count that Yahoo served for it."""
    path = shared_data / "yahoo_recorded" / "fundamentals_timeseries" / "AAPL-shares_out-2026.json"
    if not path.is_file():
        pytest.skip(f"no recorded body at {path}")
    series = json.loads(path.read_text())["timeseries"]["result"][0]
    counts = [(datetime.fromtimestamp(stamp, UTC).date(), n) for stamp, n in zip(series["timestamp"], series["shares_out"], strict=True)]
    days = open_market(lab, date(2025, 1, 2), date(2026, 10, 30))
    list_line(lab, 1, "AAA")
    traded(lab, 75e6, days=days)
    for day, shares in counts:
        report(lab, {day: shares}, kind="vendor", basis_date=date(2026, 10, 30))
    spells = shown(lab, "as_of", "shares_fwd", "is_jump", "quarantine_reason")
    assert len(spells) > 30
    assert {(as_of, shares) for as_of, shares, _, _ in spells} <= set(counts)
    assert {(is_jump, reason) for _, _, is_jump, reason in spells} == {(False, None)}


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


def test_what_is_known_of_the_past_does_not_depend_on_what_comes_later(empty: Lab) -> None:
    """Neither counts nor prices nor other companies of later change what was believed."""
    others(empty, 60)
    traded(empty, USUAL)
    counts = [100e6, 100e9, 180e6, 181e6, 60e6, 182e6]
    report(empty, filed(*counts))
    whole = shown(empty, "known_from", "shares_fwd", "quarantine_reason")
    told = ("raw.share_count", "core.daily_price")
    for table in told:
        empty.rows(f"create temp table {table.replace('.', '_')} as from {table}")
    for n in range(1, len(counts)):
        cut = QUARTERS[n] - timedelta(days=3)
        empty.rows(f"delete from raw.share_count where known_on > date '{cut}'")
        empty.rows(f"delete from core.daily_price where session > date '{cut}'")
        report(empty, dict.fromkeys([cut + timedelta(days=30)], 5e9), symbol="O001")
        assert shown(empty, "known_from", "shares_fwd", "quarantine_reason")[:n] == whole[:n]
        for table in told:
            empty.rows(f"delete from {table}")
            empty.rows(f"insert into {table} from {table.replace('.', '_')}")


@pytest.mark.parametrize("known_to", [None, date(2024, 5, 2)])  # that it is taken back later changes nothing of before
def test_counts_of_another_company_hold_until_that_is_known_and_not_a_day_longer(market: Lab, known_to: date | None) -> None:
    """Two counts after the change teach that those before were the former holder's; what was said of earlier days stays."""
    report(market, filed(67e6, 67e6, 118e6, 118e6, 119e6))
    predecessor = {"symbol": "AAA", "security_id": 1, "changed_on": date(2023, 7, 3), "known_from": date(2023, 11, 2), "known_to": known_to}
    market.put("core.symbol_predecessor", [predecessor])
    assert shown(market, "known_from", "shares_fwd", "quarantine_reason") == [
        (date(2023, 2, 2), 67e6, None),
        (date(2023, 5, 2), 67e6, None),
        (date(2023, 8, 2), 67e6, "TURNOVER"),
        (date(2023, 11, 2), 118e6, None),
        (date(2024, 2, 2), 119e6, None),
    ]
