"""The whole reference as one load, handed over only when something in it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from importlib import metadata
from typing import TYPE_CHECKING

from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.reference import calendar, lists, reader

if TYPE_CHECKING:
    import polars as pl

VERSION = "version"  # the one key of the cursor
PACKAGES = ("exchange_calendars", "index-constitution")


def version(now: datetime) -> str:
    """What the reference of ``now`` is made of: a hash of its files, the packages' versions, the calendar's last year.

    Milliseconds: neither pandas nor exchange_calendars nor polars is imported for it.
    """
    digest = hashlib.sha256()
    folder = reader.DATA.parent
    files = [*folder.glob("*.py"), *reader.DATA.rglob("*.csv"), *reader.DATA.rglob("*.toml")]  # the readers too: they decide what is landed
    for path in sorted(files):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    packages = " ".join(f"{name}={metadata.version(name)}" for name in PACKAGES)
    return f"files={digest.hexdigest()[:16]} {packages} until={calendar.horizon_year(now)}"


def batch(now: datetime, cursor: Mapping[str, str]) -> Batch | None:
    """A full snapshot of the reference tables, or None when nothing changed since ``cursor`` was written.

    ``now`` is an aware instant. Raises BadInput when a data file cannot be read.
    """
    current = version(now)
    if cursor.get(VERSION) == current:
        return None
    frames = {table: reader.read(table, reader.DATA) for table in reader.FILES}
    frames["raw.calendar_session"] = calendar.session_rows(now)
    frames["raw.membership"] = lists.memberships()
    frames["raw.symbol_change"] = lists.symbol_changes()
    return Batch(frames, tuple(_entry(table, frame) for table, frame in frames.items()), {VERSION: current})


def _entry(table: str, frame: pl.DataFrame) -> LedgerEntry:
    subject = reader.FILES.get(table) or ("exchange_calendars" if table == "raw.calendar_session" else "index-constitution")
    sessions = frame["session"].to_list() if "session" in frame.columns else [None]
    return LedgerEntry(table, subject, "landed", frame.height, sessions[0], sessions[-1])
