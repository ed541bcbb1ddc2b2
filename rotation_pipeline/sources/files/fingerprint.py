"""What is remembered of a file between fetches, and whether it changed; light, so that an unchanged market costs no reading.

A file whose size and modification time are as remembered counts as unchanged; when they differ, its SHA-256 decides, so that
a touched or copied file is not landed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from rotation_pipeline.errors import BadInput


@dataclass(frozen=True)
class Stamp:
    """Size, time and content of a file at one instant."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class Remembered:
    """What the cursor holds of one file. The fields from ``last_session`` on are used for price files only."""

    stamp: Stamp
    declared: str  # digest of the entry that declares it
    last_session: date | None = None  # last session that was landed
    n_rows: int = 0  # rows up to it
    checksum: str = ""  # of these rows, whatever their order
    held_from: date | None = None  # first session that was held back because it lies after the one asked for


def stamp_of(file: Path, before: Stamp | None) -> Stamp:
    """The stamp of ``file``; the hash is taken from ``before`` when size and time are the same."""
    stat = file.stat()
    if before is not None and (stat.st_size, stat.st_mtime_ns) == (before.size, before.mtime_ns):
        return before
    with file.open("rb") as handle:
        return Stamp(stat.st_size, stat.st_mtime_ns, hashlib.file_digest(handle, "sha256").hexdigest())


def check_still(file: Path, stamp: Stamp) -> None:
    """Raise BadInput when the file was written to since ``stamp`` was taken: rows of two versions must not mix."""
    stat = file.stat()
    if (stat.st_size, stat.st_mtime_ns) != (stamp.size, stamp.mtime_ns):
        raise BadInput(str(file), "was changed while it was read", "run again when it is complete; write new files aside and rename them")


def remember(memory: Remembered) -> str:
    """As text for the cursor."""
    return json.dumps(asdict(memory), default=date.isoformat, separators=(",", ":"))


def recall(cursor: Mapping[str, str], key: str) -> Remembered | None:
    """What an earlier fetch remembered under ``key``; None when it is new, or was written by a version that kept other things."""
    try:
        said = json.loads(cursor[key])
        stamp = Stamp(**said.pop("stamp"))
        dates = {name: date.fromisoformat(said[name]) if said[name] else None for name in ("last_session", "held_from")}
        return Remembered(**{**said, **dates, "stamp": stamp})
    except (KeyError, TypeError, ValueError):
        return None
