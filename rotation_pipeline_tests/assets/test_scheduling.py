"""When the daily job runs: session days, days off, half days, after downtime."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.assets.fetching import ledger_metadata, request_metadata
from rotation_pipeline.assets.releasing import completeness_result, freshness_result
from rotation_pipeline.assets.scheduling import evening, resume, session_final
from rotation_pipeline.freshness import NEW_YORK, freshness
from rotation_pipeline.pipeline import Backlog, FetchSummary, Pending, Requests
from rotation_pipeline.release import Release
from rotation_pipeline.settings import Settings

THANKSGIVING, DAY_BEFORE, HALF_DAY = date(2026, 11, 26), date(2026, 11, 25), date(2026, 11, 27)
THURSDAY, FRIDAY, SATURDAY, SUNDAY = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)


def hold(monkeypatch: pytest.MonkeyPatch, session: date | None, source: str = "yahoo") -> None:
    """Let the current release end on a session; None: nothing is published."""
    release = SimpleNamespace(last_session=session, source=source, is_simulated=source == "simulated") if session else None
    monkeypatch.setattr(pipeline, "releases", lambda _settings: SimpleNamespace(current=lambda: release))


def tick(schedule: dg.ScheduleDefinition, day: date, hour: int, minute: int) -> str:
    """What the schedule does at a New York time: 'run' or why not."""
    at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK)
    decision = schedule(dg.build_schedule_context(scheduled_execution_time=at))
    if isinstance(decision, dg.SkipReason):
        return decision.skip_message or ""
    assert isinstance(decision, dg.RunRequest)
    return "run"


@pytest.mark.parametrize(
    ("day", "held", "runs"),
    [
        (FRIDAY, THURSDAY, True),  # a session day
        (FRIDAY, None, True),  # nothing published yet
        (SATURDAY, FRIDAY, False),  # a weekend
        (SUNDAY, THURSDAY, True),  # a weekend after Friday's run failed
        (SUNDAY, date(2026, 10, 1), True),  # back after weeks of downtime
        (THANKSGIVING, DAY_BEFORE, False),  # a holiday
        (THANKSGIVING, FRIDAY, True),  # a holiday, days behind
        (HALF_DAY, DAY_BEFORE, True),
        (date(2026, 7, 3), date(2026, 7, 2), False),  # Independence Day, observed
    ],
)
def test_the_evening_tick(monkeypatch: pytest.MonkeyPatch, day: date, held: date | None, runs: bool) -> None:
    hold(monkeypatch, held)
    assert (tick(evening, day, 18, 30) == "run") is runs


@pytest.mark.parametrize(
    ("day", "held", "runs"), [(FRIDAY, THURSDAY, True), (FRIDAY, FRIDAY, False), (HALF_DAY, HALF_DAY, False), (SATURDAY, FRIDAY, False)]
)
def test_the_second_tick_runs_only_for_what_is_missing(monkeypatch: pytest.MonkeyPatch, day: date, held: date, runs: bool) -> None:
    hold(monkeypatch, held)
    assert (tick(session_final, day, 20, 15) == "run") is runs


def test_a_skip_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, FRIDAY)
    assert tick(evening, SATURDAY, 18, 30) == "no session today, and the release already holds 2026-11-20, the last one that is over"


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (FRIDAY, 18, THURSDAY),
        (FRIDAY, 20, FRIDAY),
        (HALF_DAY, 16, DAY_BEFORE),
        (HALF_DAY, 18, HALF_DAY),
    ],
)
def test_a_session_counts_from_four_hours_after_its_close(monkeypatch: pytest.MonkeyPatch, day: date, hour: int, expected: date) -> None:
    hold(monkeypatch, THURSDAY)
    now = datetime(day.year, day.month, day.day, hour, 15, tzinfo=NEW_YORK)
    assert freshness(Settings(), now).expected == expected


def test_a_market_that_ends_on_purpose_is_fresh_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 20, 20, 15, tzinfo=NEW_YORK)
    hold(monkeypatch, date(2026, 6, 30), source="simulated")
    assert freshness(Settings(), now).is_fresh
    hold(monkeypatch, date(2026, 1, 30), source="files")
    assert freshness(Settings(through=date(2026, 2, 1)), now).is_fresh
    assert not freshness(Settings(), now).is_fresh


@pytest.mark.parametrize(("source", "severity"), [("yahoo", dg.AssetCheckSeverity.ERROR), ("files", dg.AssetCheckSeverity.WARN)])
def test_a_release_that_is_behind_breaks_its_freshness_check(
    monkeypatch: pytest.MonkeyPatch, source: str, severity: dg.AssetCheckSeverity
) -> None:
    hold(monkeypatch, THURSDAY, source)
    result = freshness_result(freshness(Settings(), datetime(2026, 11, 20, 20, 15, tzinfo=NEW_YORK)))
    assert (result.passed, result.severity) == (False, severity)
    assert result.metadata["last session that is over"].value == "2026-11-20"


AT = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
WAITS = Backlog((Pending("waiting", "raw.price_bar", "AAPL", "the budget is spent", AT),), AT)
FAILED = Backlog((Pending("failed", "raw.price_bar", "AAPL", "HTTP 500", AT),), AT)


@pytest.mark.parametrize(
    ("left_over", "resume_at", "does"),
    [
        (Backlog((), None), None, "nothing waits"),
        (FAILED, None, "nothing waits"),  # what failed is asked for again in the evening
        (WAITS, None, "run"),
        (WAITS, datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "1 wait until 2026-11-20 23:30 UTC (0 of 900 in the hour)"),
    ],
)
def test_what_waits_is_resumed_when_the_source_may_be_asked(
    monkeypatch: pytest.MonkeyPatch, left_over: Backlog, resume_at: datetime | None, does: str
) -> None:
    asked_at: list[datetime] = []

    def budget(_settings: Settings, now: datetime) -> Requests:
        asked_at.append(now)
        return Requests("0 of 900 in the hour", resume_at)

    monkeypatch.setattr(pipeline, "backlog", lambda _settings: left_over)
    monkeypatch.setattr(pipeline, "requests", budget)
    assert tick(resume, FRIDAY, 17, 45) == does
    assert asked_at == [datetime(2026, 11, 20, 22, 45, tzinfo=UTC)] * left_over.count("waiting")


def test_a_fetch_that_is_partial_says_so_with_what_is_tried_next() -> None:
    entry = ("raw.price_bar", "AAPL", "the budget is spent")
    summary = FetchSummary("yahoo", "live", False, FRIDAY, 1, 10, 5, 0, failed=(), waiting=(entry,))
    told = ledger_metadata(summary)
    assert (told["state"], told["waiting"], told["failed"]) == ("PARTIAL", 1, 0)
    assert told["waiting subjects"].records[0].data == {"dataset": "raw.price_bar", "subject": "AAPL", "reason": "the budget is spent"}
    spent = request_metadata(Requests("3 of 900 in the hour", AT), {"chart": 5, "screener": 2})
    assert (spent["requests"], spent["tried next"]) == (7, "2026-11-20 22:00 UTC")
    assert request_metadata(None, {}) == {}


def test_a_degraded_release_is_a_warning_that_names_what_is_missing() -> None:
    release = Release("one", Path(), "yahoo", False, FRIDAY, FRIDAY, AT, "s", "DEGRADED", "SP500 470 of 503")
    result = completeness_result(release, WAITS)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert (result.metadata["missing"].value, result.metadata["waiting"].value) == ("SP500 470 of 503", 1)
