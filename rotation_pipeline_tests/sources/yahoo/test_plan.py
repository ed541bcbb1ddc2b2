"""What is due and in which order, from the cursor, the market, the sweep and what landed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import plan
from rotation_pipeline.sources.yahoo.plan import Chart, Swept
from rotation_pipeline.sources.yahoo.standing import Standing

FRI = date(2026, 11, 13)
SESSIONS = [date(2026, 10, day) for day in (12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 26, 27, 28, 29, 30)]
SESSIONS += [date(2026, 11, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13)]
WHOLE = date(2016, 11, 13)  # ten years of 365.25 days before
REQUEST = FetchRequest(FRI, SESSIONS, datetime(2026, 11, 14, 1, 30, tzinfo=UTC))


def standing(symbols: Iterable[str], cursor: Mapping[str, str], companies: Iterable[str] | None = None) -> Standing:
    market = frozenset(symbols)
    return Standing(market, market, market if companies is None else frozenset(companies), frozenset(), {}, {}, cursor=cursor)


def known(*symbols: str, charted: str = "2026-11-12", whole: str = "2026-11-02") -> dict[str, str]:
    return {f"bars:{s}": charted for s in symbols} | {f"whole:{s}": whole for s in symbols}


def test_a_new_symbol_is_read_whole_and_a_known_one_that_no_sweep_sees_from_ten_sessions_back() -> None:
    due = plan.charts_due(REQUEST, standing(["KO", "NEW"], known("KO")), Swept(), 10)
    assert due == [Chart("KO", "not in the sweep", date(2026, 10, 29)), Chart("NEW", "new", WHOLE)]


def test_what_the_sweep_saw_needs_no_chart() -> None:
    assert plan.charts_due(REQUEST, standing(["KO"], known("KO")), Swept(frozenset({"KO"})), 10) == []


def test_a_watched_payer_is_charted_every_session_because_the_sweep_tells_no_dividends() -> None:
    payer = replace(standing(["KO"], known("KO")), payers=frozenset({"KO"}))
    swept = Swept(frozenset({"KO"}))
    assert [chart.why for chart in plan.charts_due(REQUEST, payer, swept, 10)] == ["daily"]
    assert plan.charts_due(REQUEST, replace(payer, watched=frozenset()), swept, 10) == []


def test_the_most_urgent_reason_counts_and_the_most_urgent_chart_comes_first() -> None:
    symbols = ["AAPL", "GAP", "NEW", "ODD", "PAY"]
    here = standing(symbols, known("AAPL", "GAP", "ODD", "PAY"))
    here = replace(here, payers=frozenset({"PAY", "ODD"}), gaps={"GAP": (date(2026, 11, 10),)})
    due = plan.charts_due(REQUEST, here, Swept(frozenset(symbols), {"ODD": "previous close"}), 10)
    assert [(chart.symbol, chart.why) for chart in due] == [
        ("AAPL", "sentinel"),
        ("ODD", "suspect"),
        ("GAP", "gap"),
        ("PAY", "daily"),
        ("NEW", "new"),
    ]
    assert [chart.symbol for chart in due if chart.is_whole] == ["ODD", "NEW"]


def test_what_failed_this_evening_comes_last() -> None:
    cursor = known("BAD", "PAY") | {"failed:BAD": "2026-11-13", "failed:PAY": "2026-11-12"}
    here = replace(standing(["BAD", "NEW", "PAY"], cursor), payers=frozenset({"BAD", "PAY"}))
    assert [chart.symbol for chart in plan.charts_due(REQUEST, here, Swept(), 10)] == ["PAY", "NEW", "BAD"]


def test_a_suspicion_is_looked_into_once_a_session() -> None:
    swept = Swept(frozenset({"ODD"}), {"ODD": "previous close"})
    today = {"suspect:ODD": "2026-11-13"}
    assert plan.charts_due(REQUEST, standing(["ODD"], known("ODD", charted="2026-11-13") | today), swept, 10) == []
    assert len(plan.charts_due(REQUEST, standing(["ODD"], known("ODD", charted="2026-11-13")), swept, 10)) == 1


def test_one_twentieth_of_the_market_is_read_again_each_session_the_longest_unread_first() -> None:
    symbols = [f"S{n:02}" for n in range(40)]
    cursor = known(*symbols, whole="2026-10-12") | {"whole:S07": "2026-10-09", "whole:S31": ""}
    due = plan.charts_due(REQUEST, standing(symbols, cursor), Swept(frozenset(symbols)), 10)
    assert due == [Chart("S07", "monthly re-read", WHOLE), Chart("S31", "monthly re-read", WHOLE)]


def test_a_history_that_was_read_within_twenty_sessions_is_not_read_again() -> None:
    assert plan.charts_due(REQUEST, standing(["KO"], known("KO", whole="2026-10-19")), Swept(frozenset({"KO"})), 10) == []


def test_a_symbol_that_is_dead_or_renamed_is_not_asked_for() -> None:
    here = standing(["OLD", "RIP"], known("OLD", "RIP") | {"dead:RIP": "2026-11-10,2026-11-11,2026-11-12"})
    assert plan.charts_due(REQUEST, replace(here, retired=frozenset({"OLD"})), Swept(), 10) == []
    two_days = standing(["RIP"], known("RIP") | {"dead:RIP": "2026-11-11,2026-11-12"})
    assert len(plan.charts_due(REQUEST, two_days, Swept(), 10)) == 1


def test_details_follow_the_announcements() -> None:
    cursor = {f"details:{s}": "2026-11-02" for s in ("DONE", "SOON", "LATER", "TODAY")} | {"details:OLD": "2026-08-10"}
    dates = {"DONE": (date(2026, 11, 12),), "SOON": (date(2026, 11, 18),), "LATER": (date(2026, 11, 25),), "TODAY": (FRI,)}
    here = replace(standing(["DONE", "SOON", "LATER", "TODAY", "OLD", "NEW", "FUND"], cursor), announcements=dates)
    here = replace(here, companies=here.market - {"FUND"})
    due = plan.details_due(REQUEST, here)
    assert [(one.symbol, one.why, one.kinds == plan.ALL_DETAILS) for one in due] == [
        ("DONE", "reported", True),
        ("SOON", "before earnings", False),
        ("NEW", "first time", True),
        ("OLD", "a quarter old", True),
    ]


def test_the_calendar_is_read_a_week_back_and_two_ahead_less_the_days_that_were_answered() -> None:
    here = standing(["KO"], {})
    assert len(plan.calendar_days(REQUEST, here, FRI)) == 22
    some = standing(["KO"], {plan.day_key(date(2026, 11, 9)): "2026-11-13", plan.day_key(date(2026, 11, 10)): "2026-10-13"})
    assert len(plan.calendar_days(REQUEST, some, FRI)) == 21
    assert plan.calendar_days(REQUEST, standing(["KO"], {"calendar": "2026-11-13"}), FRI) == []


def test_a_budget_is_cut_before_the_first_thing_that_does_not_fit() -> None:
    assert plan.within([1, 2, 7, 1], 3) == 2
    assert plan.within([1, 2], 100) == 2
    assert plan.within([], 0) == 0


def test_nothing_asked_for_is_nothing_to_do() -> None:
    here = standing([], {})
    assert (plan.is_sweep_due(REQUEST, here), plan.charts_due(REQUEST, here, Swept(), 10), plan.details_due(REQUEST, here)) == (
        False,
        [],
        [],
    )
