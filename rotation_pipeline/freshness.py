"""Whether the release is as far as it could be: its last session against the last one that is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from rotation_pipeline import pipeline, reference
from rotation_pipeline.settings import Settings
from rotation_pipeline.sources.simulated.source import LAST_SESSION

NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Freshness:
    """``held`` is the last session of the current release (None without one), ``expected`` the one it could hold."""

    held: date | None
    expected: date
    n_behind: int  # sessions after ``held`` that could be in the release; all of the calendar without one
    source: str | None
    is_session_day: bool  # New York's date of the instant asked about is a session

    @property
    def is_fresh(self) -> bool:
        """Whether nothing more could be in the release."""
        return self.held is not None and self.held >= self.expected


def freshness(settings: Settings, now: datetime) -> Freshness:
    """How fresh the current release is at ``now`` (aware). A session counts from four hours after its close (methodology 0.5).

    The simulated market ends on a session of its own, and ROTATION_THROUGH ends any market.
    """
    calendar = reference.session_rows(now)
    sessions: list[date] = calendar["session"].to_list()
    expected = reference.last_completed_session(sessions, calendar["close_at"].to_list(), now.astimezone(UTC))
    release = pipeline.releases(settings).current()
    ends = [settings.through] if settings.through else []
    if release is not None and release.is_simulated:
        ends.append(LAST_SESSION)
    last = min([expected, *ends])
    held = release.last_session if release else None
    return Freshness(
        held=held,
        expected=max(session for session in sessions if session <= last),
        n_behind=sum((held is None or session > held) and session <= last for session in sessions),
        source=release.source if release else None,
        is_session_day=now.astimezone(NEW_YORK).date() in sessions,
    )
