"""Plain values out of a quoteSummary answer, whose figures come as numbers or as {raw, fmt}, and whose modules may be missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

# One request brings them all. Yahoo answers 404 only when it has none of them.
MODULES = ("quoteType", "assetProfile", "calendarEvents", "earningsHistory", "earningsTrend")

Summary = Mapping[str, Any]  # modules by name


def module(summary: Summary, name: str) -> Mapping[str, Any]:
    """One module; empty when it is missing or served as null."""
    return summary.get(name) or {}


def number(value: object) -> float | None:
    """A number served as itself or as {raw, fmt}; None for an empty object, null, text and what is not finite."""
    if isinstance(value, Mapping):
        value = value.get("raw")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def count(value: object) -> int | None:
    """A whole number, or None."""
    found = number(value)
    return None if found is None else int(found)


def instant(value: object) -> datetime | None:
    """An aware UTC instant from epoch seconds."""
    seconds = number(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def day(value: object) -> date | None:
    """A date served as 2026-09-30, or as the epoch seconds of its midnight in UTC."""
    if isinstance(value, str):
        return date.fromisoformat(value) if value else None
    at = instant(value)
    return None if at is None else at.date()
