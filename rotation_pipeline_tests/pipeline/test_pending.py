"""The backlog: the latest outcome of each subject, from the release and from what landed after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rotation_pipeline.landing import Batch, Landing, LedgerEntry, Outcome
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import Backlog, Pending, backlog
from rotation_pipeline.settings import Settings

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
BARS = "raw.price_bar"


def land(settings: Settings, catalog: Catalog, at: datetime, source: str = "yahoo", **outcomes: Outcome) -> None:
    entries = tuple(LedgerEntry(BARS, subject, outcome, reason=f"why {outcome}") for subject, outcome in outcomes.items())
    Landing(settings.landing, catalog.models).write(source, Batch({}, entries), at)


def test_an_empty_home_has_no_backlog(tmp_path: Path) -> None:
    assert backlog(Settings(home=tmp_path)) == Backlog((), None)


def test_the_latest_outcome_counts_and_old_ones_are_no_longer_due(tmp_path: Path, catalog: Catalog) -> None:
    settings = Settings(home=tmp_path)
    land(settings, catalog, NOW - timedelta(days=2), GONE="failed", LATE="failed")
    land(settings, catalog, NOW - timedelta(hours=1), MENDED="waiting", STILL="waiting", LATE="landed", NOW_FAILED="waiting")
    land(settings, catalog, NOW, MENDED="landed", NOW_FAILED="failed", DEAD="excused")
    land(settings, catalog, NOW + timedelta(hours=1), source="reference", MENDED="failed")
    found = backlog(settings)
    assert found.last_fetch == NOW
    assert found.pending == (
        Pending("failed", BARS, "NOW_FAILED", "why failed", NOW),
        Pending("waiting", BARS, "STILL", "why waiting", NOW - timedelta(hours=1)),
    )
    assert (found.count("failed"), found.count("waiting")) == (1, 1)


def test_loads_that_no_release_has_yet_are_read_too(own_home: Settings, catalog: Catalog) -> None:
    assert backlog(own_home).pending == ()
    later = datetime.now(UTC) + timedelta(minutes=5)
    land(own_home, catalog, later, source="simulated", AAPL="waiting")
    assert [(one.outcome, one.subject) for one in backlog(own_home).pending] == [("waiting", "AAPL")]
