"""core.market_cap: prices times counts, share classes, stale prices, splits."""

from __future__ import annotations

from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import COUNTS
from rotation_pipeline_tests.sql.company_market import SINCE_EVER, golden, list_line, open_market, price, split
from rotation_pipeline_tests.sql.universe_market import put_members

DAYS = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4), date(2024, 1, 5), date(2024, 1, 8), date(2024, 1, 9), date(2024, 1, 10)]


@pytest.fixture
def market(lab: Lab) -> Lab:
    assert open_market(lab, DAYS[0], DAYS[-1]) == DAYS
    return lab


def count(lab: Lab, security_id: int, shares: float | None, known_from: date = SINCE_EVER, known_to: date | None = None) -> None:
    reason = None if shares else "UNIT"
    row = {"security_id": security_id, "known_from": known_from, "known_to": known_to, "shares_fwd": shares, "pit_grade": "B"}
    lab.put("core.share_count", [row | {"quarantine_reason": reason}])


def caps(lab: Lab, columns: str) -> list[tuple[object, ...]]:
    lab.fill("core.market_cap")
    return lab.rows(f"select {columns} from core.market_cap order by session, security_id")


def test_the_count_known_at_the_close_prices_the_company(market: Lab) -> None:
    list_line(market, 1, "AAA")
    price(market, 1, dict.fromkeys(DAYS[:3], 10.0))
    count(market, 1, 100.0, DAYS[0], DAYS[2])
    count(market, 1, 110.0, DAYS[2])
    assert caps(market, "session, line_cap_usd, issuer_cap_usd, is_primary, is_stale") == [
        (DAYS[0], 1000.0, 1000.0, True, False),
        (DAYS[1], 1000.0, 1000.0, True, False),
        (DAYS[2], 1100.0, 1100.0, True, False),
    ]


def test_a_split_moves_the_shares_and_not_the_cap(market: Lab) -> None:
    list_line(market, 1, "AAA")
    split(market, 1, DAYS[1], 4.0)
    price(market, 1, {DAYS[0]: 100.0})
    price(market, 1, {DAYS[1]: 25.0}, factor=4.0)
    count(market, 1, 250.0)
    assert caps(market, "close_usd, shares, issuer_cap_usd") == [(100.0, 250.0, 25000.0), (25.0, 1000.0, 25000.0)]


def test_an_odd_split_moves_the_price_and_not_the_shares(market: Lab) -> None:
    case = golden("G-A6")
    list_line(market, 1, "AAA")
    ratio = case["inputs"]["ratio"]
    split(market, 1, DAYS[1], ratio)
    market.rows("update core.split_regime set share_factor = 1")
    price(market, 1, {DAYS[0]: case["inputs"]["p0"]})
    price(market, 1, {DAYS[1]: case["inputs"]["p1"]}, factor=ratio)
    count(market, 1, case["inputs"]["shares"])
    assert caps(market, "issuer_cap_usd")[1][0] == pytest.approx(case["outputs"]["mcap_right"], rel=1e-9)


def test_a_missing_close_is_carried_for_five_sessions_across_a_split_and_not_longer(market: Lab) -> None:
    list_line(market, 1, "AAA")
    split(market, 1, DAYS[3], 2.0)
    price(market, 1, {DAYS[0]: 100.0} | dict.fromkeys(DAYS[1:]))
    count(market, 1, 10.0)
    assert caps(market, "session, close_usd, shares, issuer_cap_usd, is_stale") == [
        (DAYS[0], 100.0, 10.0, 1000.0, False),
        *[(day, 100.0, 10.0, 1000.0, True) for day in DAYS[1:3]],
        *[(day, 50.0, 20.0, 1000.0, True) for day in DAYS[3:6]],
    ]


def test_nothing_is_carried_past_the_end_of_a_line(market: Lab) -> None:
    list_line(market, 1, "AAA", delist_session=DAYS[1])
    price(market, 1, {DAYS[0]: 10.0, DAYS[1]: 10.0, DAYS[2]: None})
    count(market, 1, 10.0)
    assert caps(market, "session") == [(DAYS[0],), (DAYS[1],)]


def test_classes_with_counts_of_their_own_add_up(market: Lab) -> None:
    list_line(market, 1, "AAA", is_primary=False)
    list_line(market, 2, "AAA-B", issuer_id=1)
    price(market, 1, {DAYS[0]: 10.0})
    price(market, 2, {DAYS[0]: 20.0})
    count(market, 1, 100.0)
    count(market, 2, 300.0)
    assert caps(market, "security_id, line_cap_usd, issuer_cap_usd, is_primary, is_company_count") == [
        (1, 1000.0, 7000.0, False, False),
        (2, 6000.0, 7000.0, True, False),
    ]


def test_counts_of_the_whole_company_are_taken_once(market: Lab) -> None:
    list_line(market, 1, "AAA", is_primary=False)
    list_line(market, 2, "AAA-B", issuer_id=1)
    price(market, 1, {DAYS[0]: 10.0, DAYS[1]: 10.0})
    price(market, 2, {DAYS[0]: 11.0})
    count(market, 1, 1000.0)
    count(market, 2, 1005.0)
    assert caps(market, "security_id, line_cap_usd, issuer_cap_usd, is_primary, is_company_count") == [
        (1, 11055.0 / 2, 11055.0, False, True),
        (2, 11055.0 / 2, 11055.0, True, True),
        (1, 10000.0, 10000.0, True, False),  # alone, it stands for the company
    ]


def test_no_count_no_price_or_no_company_is_no_cap(market: Lab) -> None:
    list_line(market, 1, "UNCOUNTED")
    list_line(market, 2, "ADJUSTED")
    list_line(market, 3, "FUND", kind="ETF")
    for security_id in (1, 2, 3):
        price(market, security_id, {DAYS[0]: 10.0})
    market.rows("update core.daily_price set close_usd = null, is_adjusted_only = true where security_id = 2")
    count(market, 1, None)
    count(market, 2, 10.0)
    count(market, 3, 10.0)
    assert caps(market, "security_id") == []


@pytest.mark.parametrize("kind", ["UNIT", "WARRANT", "RIGHT", "PREFERRED", "NOTE", "FUND"])
def test_what_trades_beside_shares_is_no_company(market: Lab, kind: str) -> None:
    list_line(market, 1, "SPAC")
    list_line(market, 2, "SPACX", kind=kind)
    for line in (1, 2):
        price(market, line, {DAYS[0]: 10.0})
        count(market, line, 100.0)
    assert caps(market, "security_id") == [(1,)]


def test_more_than_anybody_is_worth_is_no_cap_and_names_the_line(market: Lab) -> None:
    """A trillion shares at a million USD: the sums of cents would not fit, and no sum with it would say anything."""
    for security_id, symbol in ((1, "SOUND"), (2, "ABSURD")):
        list_line(market, security_id, symbol)
    price(market, 1, dict.fromkeys(DAYS[:3], 10.0))
    price(market, 2, {DAYS[0]: 10.0, DAYS[1]: 1e6, DAYS[2]: 100.0})
    count(market, 1, 100.0)
    count(market, 2, 1e12)
    sound = [(day, 1, 1000.0) for day in DAYS[:3]]
    assert caps(market, "session, security_id, issuer_cap_usd") == [sound[0], (DAYS[0], 2, 1e13), *sound[1:], (DAYS[2], 2, 1e14)]
    checks = market.fill("core.absurd_cap")
    assert market.rows("from core.absurd_cap") == [(2, 2, DAYS[1], 1e6, 1e12, 1e18)]
    assert [(check.is_passed, check.n_offending) for check in checks if check.claim == "nobody_is_worth_that"] == [(False, 1)]
    put_members(market, "ALL", [1, 2], DAYS[0])
    for table in ("core.issuer_valuation", "core.issuer_membership", *COUNTS, "core.cohort_cap", "core.universe_concentration"):
        market.fill(table)
    totals = [(DAYS[0], 1e13 + 1000), (DAYS[1], 1000.0), (DAYS[2], 1e14 + 1000)]
    assert market.rows("select session, cap_usd from core.cohort_cap where cap_usd is not null order by 1") == totals
    assert market.rows("select session, cap_usd from core.universe_concentration order by 1") == totals


def test_a_company_with_an_absurd_line_has_no_cap_at_all(market: Lab) -> None:
    list_line(market, 1, "AAA", is_primary=False)
    list_line(market, 2, "AAA-B", issuer_id=1)
    for security_id in (1, 2):
        price(market, security_id, {DAYS[0]: 1e6, DAYS[1]: 10.0})
    count(market, 1, 100.0)
    count(market, 2, 1e12)
    assert caps(market, "session, security_id") == [(DAYS[1], 1), (DAYS[1], 2)]


def test_absurd_caps_windowed_equal_whole(market: Lab) -> None:
    list_line(market, 1, "AAA")
    split(market, 1, DAYS[2], 2.0)
    price(market, 1, dict.fromkeys(DAYS[:2], 1e6) | {DAYS[2]: 99.0, DAYS[3]: 101.0})
    count(market, 1, 5e11)
    market.fill("core.absurd_cap")
    whole = market.rows("from core.absurd_cap order by session")
    assert [(row[2], row[4]) for row in whole] == [(DAYS[0], 5e11), (DAYS[1], 5e11), (DAYS[3], 1e12)]
    market.fill("core.absurd_cap", first=DAYS[1])
    assert market.rows("from core.absurd_cap order by session") == whole


def test_windowed_equals_whole(market: Lab) -> None:
    list_line(market, 1, "AAA")
    price(market, 1, {DAYS[0]: 10.0, DAYS[1]: 11.0, DAYS[2]: None})
    count(market, 1, 100.0)
    market.fill("core.market_cap")
    price(market, 1, {DAYS[3]: None, DAYS[4]: 12.0})
    market.fill("core.market_cap", first=DAYS[3])
    windowed = market.rows("from core.market_cap order by all")
    market.fill("core.market_cap")
    assert market.rows("from core.market_cap order by all") == windowed
    assert len(windowed) == 5
