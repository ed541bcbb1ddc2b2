"""What a person reads on 80 columns: the state first, nothing cut off."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.console import Console

from rotation_pipeline.completeness import Completeness
from rotation_pipeline.console import (
    Bars,
    Lines,
    answer_table,
    print_fetch,
    print_plan,
    print_rebuilt,
    print_status,
    print_summary,
    quarantine_table,
    releases_table,
)
from rotation_pipeline.freshness import Freshness
from rotation_pipeline.pipeline import Backlog, FetchSummary, Flagged, NeverMatched, Pending, Rebuilt, Requests, RunSummary, Shortfall
from rotation_pipeline.release import Release
from rotation_pipeline.sources.base import FetchPlan, PlanLine
from rotation_pipeline.warehouse import Answer, BuildResult

DAY, BEFORE, NEXT = date(2026, 11, 19), date(2026, 11, 18), date(2026, 11, 20)
AT = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
SHORT = Shortfall("SP500", DAY, 503, 470, "AAPL ABT")
BUDGET = "the budget of 900 requests in any hour is spent"
WAITING = tuple(Pending("waiting", "raw.price_bar", f"SYM{n}", BUDGET, AT) for n in range(140))
FAILED = (Pending("failed", "raw.statement", "AAPL", "HTTP 500 [server]", AT),)
RELEASE = Release("20261120T220000.000000Z-2026-11-19", Path(), "yahoo", False, DAY, DAY, AT, "s", "COMPLETE")
NO_CHECKS = Answer(("table_name",), (), False)


def home(
    held: date = DAY, short: tuple[Shortfall, ...] = (), holes: tuple[Shortfall, ...] = (), pending: tuple[Pending, ...] = ()
) -> Completeness:
    fresh = Freshness(held, DAY, 0 if held >= DAY else 1, "yahoo", True)
    return Completeness(RELEASE, fresh, short, holes, Backlog(pending, AT), Requests("requests left: 0 of 900 in the hour", AT))


def shown(found: Completeness) -> str:
    screen = Console(record=True, width=80, file=io.StringIO())
    print_status(screen, found, NO_CHECKS)
    return screen.export_text()


@pytest.mark.parametrize(
    ("found", "state", "why"),
    [
        (home(), "COMPLETE", "every universe and kind is priced on 2026-11-19; nothing failed, nothing waits"),
        (home(pending=FAILED), "PARTIAL", "1 failed, 0 waiting"),
        (home(holes=(SHORT,)), "PARTIAL", "1 of the 9 sessions before has holes"),
        (home(short=(SHORT,), pending=FAILED), "DEGRADED", "SP500 short of prices on 2026-11-19, 93.4% at the least"),
        (home(held=BEFORE, short=(SHORT,)), "BEHIND", "1 session behind: 2026-11-19 is over; SP500 short of prices"),
    ],
)
def test_the_gravest_state_is_told_first_with_its_numbers(found: Completeness, state: str, why: str) -> None:
    assert found.state == state
    assert why in found.sentence
    assert shown(found).splitlines()[0].startswith(state)


def test_what_is_missing_and_what_is_tried_next_fit_the_screen() -> None:
    said = shown(home(short=(SHORT,), holes=(SHORT,), pending=WAITING + FAILED))
    assert "…" not in said
    assert max(len(line) for line in said.splitlines()) <= 80
    for wanted in ("93.4%", "AAPL ABT", "140", "HTTP 500 [server]", "not before 2026-11-20 22:00 UTC", "holes in the sessions before"):
        assert wanted in said
    assert said.count("SYM") == 8  # a thousand symbols that wait for one budget are one line


def test_a_partial_fetch_says_so_by_reason() -> None:
    screen = Console(record=True, width=80, file=io.StringIO())
    waiting = tuple(("raw.price_bar", f"SYM{n}", BUDGET) for n in range(30))
    print_fetch(screen, FetchSummary("yahoo", "live", False, DAY, 2, 10, 5, 1, failed=(("raw.quote", "page 3", "cut"),), waiting=waiting))
    said = screen.export_text()
    assert "PARTIAL: 10 rows in 2 loads; 5 landed, 1 excused, 1 failed, 30 waiting" in " ".join(said.split())
    assert "page 3" in said


def test_a_plan_tells_requests_minutes_and_what_waits() -> None:
    screen = Console(record=True, width=80, file=io.StringIO())
    lines = (PlanLine("charts", "new", 120, 240, 380, ("AAPL", "ABT")), PlanLine("pages of the sweep", "daily", 26, 26))
    print_plan(screen, FetchPlan(lines, 620.0, "634 of 900 left"))
    said = screen.export_text()
    assert "266 requests, about 10 min; 380 subjects wait for a later run" in said
    assert "634 of 900 left" in said
    assert "AAPL ABT" in said


def test_a_quarantined_row_tells_whether_it_waits_for_a_decision() -> None:
    screen = Console(record=True, width=120, file=io.StringIO())
    rows = [
        Flagged("AAPL", DAY, reason, "raw.price_bar", "close 1.0", reason != "NO_PRICE", decided, None)
        for reason, decided in (("SUSPECT_SPLIT", None), ("NO_PRICE", None), ("STALE_PRICE", "release"))
    ]
    screen.print(quarantine_table(rows))
    said = screen.export_text()
    assert [word for word in ("open", "not releasable", "release") if word in said] == ["open", "not releasable", "release"]


def test_a_cohort_that_never_had_a_member_is_a_warning_by_name_and_by_what_can_be_done() -> None:
    made = (
        ("B", "SCREEN", "LOW_COUNT"), ("C", "FIXED", "LOW_COUNT"), ("A", "TOP_N", "LOW_COVERAGE"), ("D", "RANK", "LOW_COUNT"),
        ("E", "OR", "LOW_COUNT"), ("F", "CAP_SHARE", "UNAVAILABLE"), ("G", "RANK", "INSUFFICIENT_HISTORY"),
    )  # fmt: skip
    never = tuple(NeverMatched(*one) for one in made)
    screen = Console(record=True, width=400, file=io.StringIO())
    print_summary(screen, RunSummary(FETCHED, (), RELEASE, RELEASE, never), None)
    line = (
        "E (OR): a cohort that it is made of has no member (LOW_COUNT); A (TOP_N): a company whose market cap or yield is unknown could "
        "be in it (LOW_COVERAGE); B (SCREEN), C (FIXED): look for a misspelt name in its definition (LOW_COUNT); G (RANK): nothing has "
        "been chosen yet (INSUFFICIENT_HISTORY); F (CAP_SHARE): the source does not tell what it is chosen by (UNAVAILABLE); D (RANK): "
        "too few companies for its ranks (LOW_COUNT)"
    )
    assert line in " ".join(screen.export_text().split())
    assert line in " ".join(shown(replace(home(), never_matched=never)).split())


def test_two_symbols_that_move_as_one_company_are_told_at_the_end_of_a_run() -> None:
    screen = Console(record=True, width=240, file=io.StringIO())
    pairs = Answer(("symbol", "other_symbol"), tuple((f"OLD{n}", f"NEW{n}") for n in range(7)), is_cut=False)
    print_summary(screen, RunSummary(FETCHED, (), None, RELEASE), None, pairs)
    said = screen.export_text()
    assert "OLD6 and NEW6, OLD5 and NEW5" in said
    assert "and 2 more move as one company" in said
    assert "suspected_renames" in said


ODD = "[/b] [[prices]] [red]x :red_heart: \\[bold]"  # what files and values may hold: markup, emoji names, escapes
FETCHED = FetchSummary("files", ODD, False, DAY, 1, 1, 1, 0, failed=(("raw.quote", ODD, ODD),), waiting=())
FAILED_BUILD = BuildResult("core.daily_price", "failed", reason=ODD)
ODD_RELEASE = replace(RELEASE, quality="DEGRADED", quality_reason=ODD)


def _progress(screen: Console, reporter: type[Bars | Lines]) -> None:
    with reporter(screen) as shown_while_it_runs:
        shown_while_it_runs.stage("fetch", 2)
        shown_while_it_runs.advance(1, 2, ODD)
        shown_while_it_runs.built(FAILED_BUILD)


PRINTED: dict[str, Callable[[Console], None]] = {
    "the end of a fetch": lambda screen: print_fetch(screen, FETCHED),
    "the end of a run": lambda screen: print_summary(screen, RunSummary(FETCHED, (FAILED_BUILD,), None, ODD_RELEASE), None),
    "headlines": lambda screen: screen.print(answer_table(Answer((ODD,), ((ODD,),), is_cut=False))),
    "suspected renames": lambda screen: print_summary(
        screen, RunSummary(FETCHED, (), None, RELEASE), None, Answer(("symbol", "other_symbol"), ((ODD, ODD),), is_cut=False)
    ),
    "a plan": lambda screen: print_plan(screen, FetchPlan((PlanLine("files", ODD, 1, 1, 0, (ODD,)),), 1.0, ODD)),
    "the quarantine": lambda screen: screen.print(quarantine_table([Flagged(ODD, DAY, ODD, "raw.price_bar", ODD, True, None, None)])),
    "the releases": lambda screen: screen.print(releases_table([replace(RELEASE, release_id=ODD)], None)),
    "what is missing": lambda screen: print_status(screen, home(short=(replace(SHORT, name=ODD, missing=ODD),)), NO_CHECKS),
    "holes": lambda screen: print_status(screen, home(holes=(replace(SHORT, name=ODD, missing=ODD),)), NO_CHECKS),
    "what is tried next": lambda screen: print_status(screen, home(pending=(Pending("failed", "raw.quote", ODD, ODD, AT),)), NO_CHECKS),
    "broken checks": lambda screen: print_status(screen, home(), Answer(("claim",), ((ODD,),), is_cut=False)),
    "cohorts without members": lambda screen: print_status(
        screen, replace(home(), never_matched=(NeverMatched(ODD, ODD, ODD),)), NO_CHECKS
    ),
    "a rebuild": lambda screen: print_rebuilt(screen, Rebuilt(ODD_RELEASE, AT, 1, AT, ())),
    "a failed table in a log": lambda screen: _progress(screen, Lines),
    "a failed table beside a bar": lambda screen: _progress(screen, Bars),
}


@pytest.mark.parametrize("printed", PRINTED.values(), ids=PRINTED.keys())
def test_what_data_say_is_shown_as_it_stands(printed: Callable[[Console], None]) -> None:
    screen = Console(record=True, width=400, file=io.StringIO())
    printed(screen)
    assert ODD in screen.export_text()
