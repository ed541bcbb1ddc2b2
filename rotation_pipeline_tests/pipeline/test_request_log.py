"""What the budget of requests says to those who only look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from rotation_pipeline.pipeline import requests, requests_since
from rotation_pipeline.settings import Settings
from rotation_pipeline.sources.yahoo.budget import Budget

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


def test_a_home_without_a_budget_says_nothing_and_gets_no_file(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert requests(settings, NOW) is None
    assert requests_since(settings, NOW, NOW) == {}
    assert list(tmp_path.iterdir()) == []


def test_what_was_spent_and_when_it_goes_on(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, yahoo_requests_per_hour=50)
    (tmp_path / "yahoo_cache").mkdir()
    log = Budget(tmp_path / "yahoo_cache" / "requests.sqlite", 50, 2_000, NOW.timestamp)
    assert all(log.spend("chart") for _ in range(49))
    log.close()
    found = requests(settings, NOW)
    assert found is not None
    assert (found.resume_at, "1 of 50 in the hour" in found.left) == (None, True)

    log = Budget(tmp_path / "yahoo_cache" / "requests.sqlite", 50, 2_000, (NOW + timedelta(minutes=1)).timestamp)
    assert log.spend("screener")
    log.close()
    found = requests(settings, NOW + timedelta(minutes=2))
    assert found is not None
    assert found.resume_at is not None
    assert found.resume_at > NOW + timedelta(minutes=2)
    assert requests_since(settings, NOW + timedelta(seconds=30), NOW + timedelta(minutes=2)) == {"screener": 1}
