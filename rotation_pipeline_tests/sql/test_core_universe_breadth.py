"""core.universe_breadth: counts of advances, averages and highs (C.1 to C.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.universe_market import GOLDEN, assert_windowed_is_whole, put_members, put_params, put_prices, put_sessions


def fill(lab: Lab) -> None:
    lab.fill("core.member_count")
    lab.fill("core.universe_breadth")


def last_row(lab: Lab, basis: str = "price") -> dict[str, Any]:
    return lab.dicts(f"select * from core.universe_breadth where basis = '{basis}' order by session desc limit 1")[0]


def test_advances_golden(lab: Lab, xnys: Sequence[date]) -> None:
    golden = GOLDEN["G-C1"]
    given, expected = golden["inputs"], golden["outputs"]
    days = xnys[:2]
    put_params(lab)
    put_sessions(lab, days)
    for i, name in enumerate(given["prev"], 1):
        put_members(lab, "SP500", [i], days[0])
        volume = float(given["vol"][name])
        put_prices(lab, days, {i: [given["prev"][name], given["close"][name]]}, volume=volume, is_traded=volume > 0)
    fill(lab)
    row = last_row(lab)
    found = [row[f"n_{name}"] for name in ("advancing", "declining", "unchanged", "untraded")]
    assert found == [expected[name] for name in ("adv", "dec", "unch", "untraded")]
    assert (row["up_volume"], row["down_volume"]) == (450, 300)
    assert row["n_used"] == 6


def test_average_golden_stretched_to_20_sessions(lab: Lab, xnys: Sequence[date]) -> None:
    """One above, one below, one exactly at its mean; the fourth was listed 19 sessions ago: not eligible, and not below."""
    days = xnys[:20]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3, 4], days[0])
    put_prices(lab, days, {1: [12.0] * 17 + [11, 12, 13], 2: [18.5] * 17 + [19, 18, 18.4], 3: [5.0] * 20, 4: [7.0] * 18 + [8.0]})
    fill(lab)
    row = last_row(lab)
    expected = GOLDEN["G-C2"]["outputs"]
    assert (row["n_eligible_20"], row["n_above_20"]) == (expected["eligible"], expected["above"])
    assert row["n_eligible_50"] == 0
    assert [row[f"n_young_{n}"] for n in (2, 20, 22, 50)] == [0, 1, 4, 4]


def test_a_line_is_young_by_its_sessions_not_by_its_prices(lab: Lab, xnys: Sequence[date]) -> None:
    """One has all closes; one is as old and has two of them; one comes on the last session, without a price."""
    days = xnys[:22]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    put_prices(lab, days, {1: [10.0] * 22, 2: [10.0, *[None] * 20, 10.0], 3: [None]})
    fill(lab)
    for basis in ("price", "total"):
        row = last_row(lab, basis)
        assert [row[f"n_young_{n}"] for n in (2, 20, 22, 50)] == [1, 1, 1, 3]
        assert (row["n_expected"], row["n_used"], row["n_eligible_20"]) == (3, 2, 1)


def test_high_golden_stretched_to_252_sessions(lab: Lab, xnys: Sequence[date]) -> None:
    golden = GOLDEN["G-C3"]
    days = xnys[:252]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    closes = [10.0] * 248 + golden["inputs"]["close"]
    put_prices(lab, days, {1: closes})
    for day, high in zip(days[-4:], golden["inputs"]["high"], strict=True):
        lab.warehouse.rows(f"update core.daily_price set high_fwd_e9 = {round(high * 1e9)} where session = date '{day}'")
    fill(lab)
    row = last_row(lab)
    assert row["n_high_eligible"] == row["n_intraday_eligible"] == 1
    assert row["n_new_high"] == golden["outputs"]["nh_close"]
    assert row["n_intraday_high"] == golden["outputs"]["nh_intraday"]
    assert last_row(lab, "total")["n_intraday_eligible"] == 0


def test_a_price_that_does_not_move_is_neither_high_nor_low(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:252]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_prices(lab, days, {1: [10.0] * 252})
    fill(lab)
    row = last_row(lab)
    assert (row["n_high_eligible"], row["n_new_high"], row["n_new_low"], row["n_intraday_high"], row["n_intraday_low"]) == (1, 0, 0, 0, 0)


def test_a_listing_of_251_sessions_has_no_high_and_four_holes_cost_the_eligibility(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:252]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    rising = [10.0 + i for i in range(252)]
    three_holes: list[float | None] = [None if i in (5, 50, 100) else price for i, price in enumerate(rising)]
    four_holes: list[float | None] = [None if i == 150 else price for i, price in enumerate(three_holes)]
    put_prices(lab, days, {1: rising[1:], 2: three_holes, 3: four_holes})
    fill(lab)
    row = last_row(lab)
    assert (row["n_high_eligible"], row["n_new_high"]) == (1, 1)
    assert row["n_eligible_200"] == 3  # 98 % of 200 closes are enough


def test_gap_name_is_untraded_and_stale_name_is_unused(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:3]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2, 3], days[0])
    put_prices(lab, days, {1: [10, None, 11], 3: [10, 11, 12]})
    put_prices(lab, days, {2: [10, 10, 10]}, is_stale=True)
    lab.put("core.membership_gap", [{"universe_id": "SP500", "symbol": "GONE", "valid_from": days[0]}])
    fill(lab)
    row = last_row(lab)
    assert (row["n_expected"], row["n_used"], row["n_advancing"], row["n_untraded"]) == (4, 2, 1, 3)


def test_dividend_turns_a_decline_into_an_advance_on_total_basis(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:2]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    put_prices(lab, days, {1: [50.0, 49.8]})
    lab.warehouse.rows(f"update core.daily_price set tri_e12 = {round(50.3 * 1e12)} where session = date '{days[1]}'")
    fill(lab)
    assert (last_row(lab)["n_declining"], last_row(lab, "total")["n_advancing"]) == (1, 1)


def test_adjusted_closes_without_any_volume_count_as_traded(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:2]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0])
    none = dict.fromkeys(("volume", "close_fwd_e9", "high_fwd_e9", "low_fwd_e9"))
    put_prices(lab, days, {1: [50.0, 51.0]}, is_traded=False, is_adjusted_only=True, **none)
    fill(lab)
    assert (last_row(lab)["n_used"], last_row(lab, "total")["n_advancing"]) == (0, 1)


def test_member_leaves_before_its_first_session_out(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:3]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1], days[0], valid_to=days[2])
    put_members(lab, "SP500", [2], days[1], bias_label="CURRENT_LIST", pit_grade="D")
    put_prices(lab, days, {1: [1.0, 2.0, 3.0], 2: [1.0, 2.0, 3.0]})
    fill(lab)
    columns = "n_expected, n_advancing, member_label, pit_grade"
    rows = lab.rows(f"select {columns} from core.universe_breadth where basis = 'price' order by session")
    assert rows == [(1, 0, "PIT_FULL", "B"), (2, 2, "CURRENT_LIST", "D"), (1, 1, "CURRENT_LIST", "D")]


def test_windowed_is_whole(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:300]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", range(1, 6), days[0])
    closes = {i: [None if (i * 7 + t * t) % 31 == 0 else 50 + i + (t * t * i) % 17 for t in range(300)] for i in range(1, 6)}
    put_prices(lab, days, closes)
    cut(lab, "price_segment", 2, days[100])
    cut(lab, "tri_segment", 3, days[275])
    assert_windowed_is_whole(lab, "core.member_count", days[270])
    assert_windowed_is_whole(lab, "core.universe_breadth", days[270])


def test_a_list_that_reaches_back_further_than_prices_begins_with_them(lab: Lab, xnys: Sequence[date]) -> None:
    days = xnys[:5]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    put_prices(lab, days, {1: [10.0, None, 11.0]})  # the last three sessions; on the middle one nobody has a price
    fill(lab)
    counts = lab.dicts("select session, n_expected, n_used from core.universe_breadth where basis = 'price' order by session")
    assert [(row["session"], row["n_expected"], row["n_used"]) for row in counts] == [(days[2], 2, 1), (days[3], 2, 0), (days[4], 2, 1)]


def cut(lab: Lab, segment: str, security: int, day: date) -> None:
    """A new segment of a line from a session on."""
    lab.warehouse.rows(f"update core.daily_price set {segment} = {segment} + 1 where security_id = {security} and session >= date '{day}'")


def test_a_total_return_that_nobody_knows_ends_windows_on_total_returns_alone(lab: Lab, xnys: Sequence[date]) -> None:
    """The index of one line goes on flat over an unknown return of the 260th session; its closes go on."""
    days = xnys[:280]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    rising = [10.0 + i for i in range(280)]
    put_prices(lab, days, {1: rising, 2: rising})
    cut(lab, "tri_segment", 1, days[259])
    fill(lab)
    columns = "n_used, n_advancing, n_untraded, n_eligible_20, n_above_20, n_eligible_50, n_high_eligible, n_new_high, n_young_252"
    found = {(day, basis): row for day, basis, *row in lab.rows(f"select session, basis, {columns} from core.universe_breadth")}
    assert found[days[258], "total"] == [2, 2, 0, 2, 2, 2, 2, 2, 0]
    assert found[days[259], "total"] == [2, 1, 1, 1, 1, 1, 1, 1, 0]
    assert found[days[260], "total"] == [2, 2, 0, 1, 1, 1, 1, 1, 0]
    assert found[days[277], "total"] == [2, 2, 0, 1, 1, 1, 1, 1, 0]
    assert found[days[278], "total"] == [2, 2, 0, 2, 2, 1, 1, 1, 0]
    assert {tuple(found[day, "price"]) for day in days[258:]} == {(2, 2, 0, 2, 2, 2, 2, 2, 0)}


def test_a_split_factor_that_nobody_knows_ends_windows_on_prices(lab: Lab, xnys: Sequence[date]) -> None:
    """No missing session hides the cut, and a line that begins after it is none of its business."""
    days = xnys[:280]
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", [1, 2], days[0])
    closes: list[float | None] = [40.0 + i / 10 for i in range(260)] + [None] + [30.0 + i for i in range(19)]
    put_prices(lab, days, {1: closes, 2: [10.0 + i for i in range(252)]})
    cut(lab, "price_segment", 1, days[261])
    fill(lab)
    columns = "n_advancing, n_untraded, n_eligible_20, n_eligible_50, n_high_eligible, n_new_high, n_intraday_high, n_young_252"
    found = {day: row for day, *row in lab.rows(f"select session, {columns} from core.universe_breadth where basis = 'price'")}
    assert found[days[259]] == [2, 0, 2, 2, 1, 1, 1, 1]
    assert found[days[261]] == [1, 1, 1, 1, 0, 0, 0, 1]
    assert found[days[262]] == [2, 0, 1, 1, 0, 0, 0, 1]
    assert found[days[279]] == [2, 0, 1, 1, 1, 1, 1, 0]


TEXTBOOK = """
    with price as (
        select security_id, session, {segment} as segment, {close} as close, high_fwd_e9 as high, low_fwd_e9 as low
        from core.daily_price
    ),
    rolling as (
        select
            *,
            row_number() over line as age,
            sum(close) over last_20 as sum_20, count(close) over last_20 as n_20,
            sum(close) over last_200 as sum_200, count(close) over last_200 as n_200,
            lag(close) over line as before,
            count(close) over year as n_close, max(close) over year as max_close, min(close) over year as min_close,
            count(high) over year as n_high, max(high) over year as max_high, min(low) over year as min_low
        from price
        window
            line as (partition by security_id, segment order by session),
            last_20 as (partition by security_id, segment order by session rows between 19 preceding and current row),
            last_200 as (partition by security_id, segment order by session rows between 199 preceding and current row),
            year as (partition by security_id, segment order by session rows between 251 preceding and 1 preceding)
    )
    select
        session,
        count(*) filter (where close > before) as n_advancing,
        count(*) filter (where close < before) as n_declining,
        count(*) filter (where age >= 20 and n_20 >= 20 and close is not null) as n_eligible_20,
        count(*) filter (where age >= 20 and n_20 >= 20 and close * n_20 > sum_20) as n_above_20,
        count(*) filter (where age >= 200 and n_200 >= 196 and close is not null) as n_eligible_200,
        count(*) filter (where age >= 200 and n_200 >= 196 and close * n_200 > sum_200) as n_above_200,
        count(*) filter (where age >= 252 and n_close >= 248 and close is not null) as n_high_eligible,
        count(*) filter (where age >= 252 and n_close >= 248 and close > max_close) as n_new_high,
        count(*) filter (where age >= 252 and n_close >= 248 and close < min_close) as n_new_low,
        count(*) filter (where age >= 252 and n_high >= 248 and high > max_high) as n_intraday_high,
        count(*) filter (where age >= 252 and n_high >= 248 and low < min_low) as n_intraday_low
    from rolling
    group by session
    order by session
"""


def put_lines(lab: Lab, days: Sequence[date]) -> None:
    """Nine lines of different ages, with holes, ties and highs of their own."""
    put_params(lab)
    put_sessions(lab, days)
    put_members(lab, "SP500", range(1, 10), days[0])
    lengths = {i: (len(days), 260, 30)[i % 3] - i for i in range(1, 10)}
    closes = {i: [None if (i + t) % 97 == 5 else 50 + (t * t * i) % 17 + t * (i - 5) / 40 for t in range(n)] for i, n in lengths.items()}
    put_prices(lab, days, closes)
    lab.warehouse.rows(
        "update core.daily_price set high_fwd_e9 = high_fwd_e9 + 1000000000 * (session_no % 3), low_fwd_e9 = low_fwd_e9 - session_no"
    )


def test_streamed_windows_are_those_of_the_textbook(lab: Lab, xnys: Sequence[date]) -> None:
    put_lines(lab, xnys[:330])
    cut(lab, "price_segment", 1, xnys[40])
    cut(lab, "price_segment", 1, xnys[41])
    cut(lab, "tri_segment", 4, xnys[60])
    cut(lab, "tri_segment", 7, xnys[322])
    fill(lab)
    for basis, segment, close in (("price", "price_segment", "close_fwd_e9"), ("total", "tri_segment", "tri_e12")):
        expected = lab.dicts(TEXTBOOK.format(segment=segment, close=close))
        names = [name for name in expected[0] if basis == "price" or "intraday" not in name]
        found = lab.dicts(f"select {', '.join(names)} from core.universe_breadth where basis = '{basis}' order by session")
        assert found == [{name: row[name] for name in names} for row in expected]
        assert all(sum(row[name] for row in expected) > 0 for name in names if name != "session")


def test_windows_stream_by(lab: Lab, xnys: Sequence[date]) -> None:
    """A sort and a tree for each frame would be five times the work, and nobody would notice."""
    fill = lab.warehouse._con.statements(lab.catalog.models["core.universe_breadth"].sql)[-1]
    plan = lab.warehouse.rows(f"explain {fill.query}", {"first": xnys[0], "last": xnys[9]})[0][1]
    assert plan.count("Streaming Window") == 4
