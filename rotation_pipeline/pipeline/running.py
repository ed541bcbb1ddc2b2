"""Run: fetch, build, publish."""

from __future__ import annotations

from datetime import datetime

from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline.building import build
from rotation_pipeline.pipeline.fetching import fetch
from rotation_pipeline.pipeline.gate import never_matched
from rotation_pipeline.pipeline.home import home_lock, releases
from rotation_pipeline.pipeline.publishing import publish
from rotation_pipeline.pipeline.reporting import Reporter, RunSummary
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask


def run(settings: Settings, reporter: Reporter, now: datetime | None = None) -> RunSummary:
    """Fetch, build, publish. Safe to repeat: with nothing new it changes nothing.

    Raises RotationError for what the user can act on; failed tables are in the summary and keep the old release in place.
    """
    catalog = Catalog.load()
    with home_lock(settings):
        fetched = fetch(settings, reporter, now, catalog)
        builds = tuple(build(settings, reporter, catalog=catalog))
        failed = any(result.status in ("failed", "skipped") for result in builds)
        release = None if failed else publish(settings, reporter, now, catalog)
        current = releases(settings).current()
        unmatched = never_matched(lambda sql: ask(releases(settings).current_path, sql).rows) if current else ()
        return RunSummary(fetched, builds, release, current, unmatched)
