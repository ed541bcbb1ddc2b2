"""The published file: written aside, audited, put in place with one rename, kept N deep, rolled back by another rename.

``published/rotation.duckdb`` is what analysts open. It is a second name (hard link) of one file in ``published/releases/``, so
swapping it costs nothing and a reader keeps the file that it opened.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from pathlib import Path

from rotation_pipeline.errors import PublishRefused, UnknownRelease
from rotation_pipeline.landing import disk_error
from rotation_pipeline.warehouse import Warehouse, open_release

CURRENT = "rotation.duckdb"


@dataclass(frozen=True)
class Release:
    """One published file, as it describes itself in meta.release."""

    release_id: str
    path: Path
    source: str
    is_simulated: bool
    first_session: date | None
    last_session: date | None
    created_at: datetime
    signature: str
    quality: str | None = None  # COMPLETE or DEGRADED; None in a file of a version that did not judge it
    quality_reason: str | None = None  # what is missing in a DEGRADED one
    mode: str | None = None  # RECONSTRUCTED or STRICT; None in a file of a version without the difference
    as_of: datetime | None = None  # naive UTC instant of a STRICT rebuild
    n_past_changes: int = 0  # values of closed history given otherwise than by the release before it

    @property
    def is_degraded(self) -> bool:
        """Whether it was published in spite of missing prices."""
        return self.quality == "DEGRADED"


class Releases:
    """The releases of one home. ``keep`` is how many stay on disk."""

    def __init__(self, published: Path, keep: int) -> None:
        self.current_path = published / CURRENT
        self._folder = published / "releases"
        self._keep = keep

    def all(self) -> list[Release]:
        """Every release on disk, oldest first."""
        return [describe(path) for path in sorted(self._folder.glob("[!.]*.duckdb"))]

    def current(self) -> Release | None:
        """The release that analysts see now."""
        return describe(self.current_path) if self.current_path.exists() else None

    def holds(self, signature: str) -> bool:
        """Whether the newest or the current release was made of exactly this state of the warehouse."""
        known = [*self.all()[-1:], *([current] if (current := self.current()) else [])]
        return any(release.signature == signature for release in known)

    def publish(self, working: Path, release_id: str, expected_rows: Mapping[str, int]) -> Release:
        """Copy the closed working file aside, audit it, put it in place.

        ``expected_rows`` maps every table to the rows it must hold. Raises PublishRefused when the copy is not what was
        built, NoSpace or HomeUnusable when the disk refuses; the current release then stays.
        """
        aside = self._folder / f".{release_id}.duckdb"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _copy(working, aside)
            audit(aside, release_id, expected_rows)
            # First the name that is read, then the name that is kept: killed in between, sweep() restores the second.
            self._point_at(aside)
            os.replace(aside, self._folder / f"{release_id}.duckdb")
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise disk_error(self._folder, error) from error
        except PublishRefused:
            aside.unlink(missing_ok=True)
            raise
        self._prune()
        return describe(self.current_path)

    def roll_back(self, release_id: str | None = None) -> Release:
        """Show an older release again: the named one, or the one before the current. Raises UnknownRelease."""
        releases = self.all()
        current = self.current()
        if release_id is None:
            older = [release for release in releases if current and release.release_id < current.release_id]
            if not older:
                raise UnknownRelease(str(self._folder), "holds no release before the current one", "see `rotation release list`")
            chosen = older[-1]
        else:
            named = [release for release in releases if release.release_id == release_id]
            if not named:
                raise UnknownRelease(release_id, f"is not in {self._folder}", "see `rotation release list`")
            chosen = named[0]
        try:
            self._point_at(chosen.path)
        except OSError as error:
            raise disk_error(self._folder, error) from error
        return chosen

    def sweep(self) -> None:
        """Tidy up after a killed publish: drop what was half written, give the current file its kept name back."""
        for leftover in [*self._folder.glob(".*"), *self.current_path.parent.glob(".*.duckdb")]:
            leftover.unlink(missing_ok=True)
        if (current := self.current()) and not (kept := self._folder / f"{current.release_id}.duckdb").exists():
            _link(self.current_path, kept)

    def _point_at(self, path: Path) -> None:
        beside = self.current_path.with_name(f".{CURRENT}")
        beside.unlink(missing_ok=True)
        _link(path, beside)
        os.replace(beside, self.current_path)
        handle = os.open(self.current_path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _prune(self) -> None:
        current = self.current()
        for release in self.all()[: -self._keep]:
            if current is None or release.release_id != current.release_id:
                release.path.unlink(missing_ok=True)


def describe(path: Path) -> Release:
    """What a published file says of itself. Raises PublishRefused when it has no row that says it."""
    con = open_release(path)
    try:
        result = con.execute("select * from meta.release")
        row = result.fetchone()
        names = [column[0] for column in result.description or []]
    finally:
        con.close()
    if row is None:
        raise PublishRefused(str(path), "does not say which release it is", "delete it and publish again")
    said = dict(zip(names, row, strict=True))
    return Release(path=path, **{field.name: said[field.name] for field in fields(Release) if field.name in said})


def new_release_id(now: datetime, last_session: date | None) -> str:
    """An id that sorts by time and names the last session."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S.%f}Z-{last_session}"


def signature(warehouse: Warehouse, *said: str | None) -> str:
    """A digest of every table that carries market data (which build of it, by which version of its file) and of what is said of them."""
    sql = "select table_name, code_version, build_no from ops.table_state where not starts_with(table_name, 'meta.') order by table_name"
    return hashlib.sha256(repr((warehouse.rows(sql), said)).encode()).hexdigest()[:16]


def audit(path: Path, release_id: str, expected_rows: Mapping[str, int]) -> None:
    """Raise PublishRefused unless the closed file says that it is this release and holds so many rows of each table."""
    con = open_release(path)
    try:
        said = con.execute("select release_id from meta.release").fetchall()
        if said != [(release_id,)]:
            raise PublishRefused(str(path), f"says it is {said}, not {release_id}", "publish again")
        for table, expected in sorted(expected_rows.items()):
            found = con.execute(f"select count(*) from {table}").fetchone()
            if found != (expected,):
                raise PublishRefused(table, f"holds {found} rows in the copy and {expected} in the warehouse", "publish again")
    finally:
        con.close()


def _copy(source: Path, target: Path) -> None:
    """Copy a file that no one holds open (copying one that this process holds would drop its lock) and flush it."""
    shutil.copyfile(source, target)
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        _copy(source, target)  # a file system without hard links
