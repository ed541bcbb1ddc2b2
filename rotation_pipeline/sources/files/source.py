"""The files source: what a rotation.toml declares, landed as far as it is new.

Nothing is read of a file that is as remembered. Price files are landed one a batch, so that memory holds one at a time;
the other sections are small, and when any file of a section changed the section is landed whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rotation_pipeline.errors import BadConfig
from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.base import FetchPlan, FetchRequest, PlanLine
from rotation_pipeline.sources.files.declaration import Entry, FileGroup, Listings, Memberships, Prices, digest
from rotation_pipeline.sources.files.fingerprint import Remembered, Stamp, check_still, recall, remember, stamp_of
from rotation_pipeline.sources.files.mapping import read_mapping
from rotation_pipeline.sources.files.shape import expand

if TYPE_CHECKING:
    from rotation_pipeline.sources.files.rest import Declared


@dataclass(frozen=True)
class _File:
    """A declared file that exists, as it is and as it was."""

    entry: Entry
    path: Path
    key: str  # of the cursor
    stamp: Stamp
    before: Remembered | None

    @property
    def is_new(self) -> bool:
        """Whether content or declaration differ from what was landed."""
        return self.before is None or self.before.stamp.sha256 != self.stamp.sha256 or self.before.declared != digest(self.entry)


class Files:
    """A market in CSV and Parquet files. ``config`` is a rotation.toml; paths in it are relative to its folder.

    Raises BadConfig when it cannot be read or contradicts itself.
    """

    name = "files"
    is_simulated = False

    def __init__(self, config: Path) -> None:
        self.base = config.absolute().parent
        self.mapping = read_mapping(config)
        self.description = self.mapping.description

    def fetch(self, request: FetchRequest) -> Iterator[Batch]:
        """One batch for all but the prices, then one a price file, of what is new since the cursor.

        A changed price file is landed whole, one that was only appended to from its first new session; sessions after
        ``request.through`` wait. A row that vanished from a file stays landed. Raises BadInput or BadConfig naming file, column and row.
        """
        files = self._inventory(request)
        prices = [file for file in files if isinstance(file.entry, Prices)]
        rest = [file for file in files if not isinstance(file.entry, Prices)]
        changed = {file.entry.group.section for file in rest if file.is_new}
        if changed:
            request.progress(0, len(files), "listings, memberships, actions and fundamentals")
            yield _rest_batch([file for file in rest if file.entry.group.section in changed], self._seeds, request)
        named: set[str] | None = None
        for done, file in enumerate(prices, start=len(rest)):
            request.progress(done, len(files), file.path.name)
            if not file.is_new and not _is_due(file, request):
                continue
            if named is None:
                named = self._listed(rest)
            batch = _price_batch(file, named, request)
            if batch is not None:
                yield batch
        request.progress(len(files), len(files), "files")

    def plan(self, request: FetchRequest) -> FetchPlan:
        """The files that are new, changed, or have sessions that were held back. Raises BadInput or BadConfig as ``fetch`` does."""
        due = [file.path.name for file in self._inventory(request) if file.is_new or _is_due(file, request)]
        return FetchPlan((PlanLine("files", "new or changed", len(due), 0, first_subjects=tuple(due[:5])),) if due else (), 0.0, "")

    def _inventory(self, request: FetchRequest) -> list[_File]:
        files = []
        seen: dict[str, list[Entry]] = {}
        for entry in self.mapping.entries:
            for path in [*expand(self.base, entry.group), *self._seeds(entry)]:
                key = self._key(entry, path)
                for other in seen.setdefault(key, []):
                    if not _are_apart(entry.group, other.group):
                        fix = "keep it in one of the two entries, or let each choose rows of its own: where = { column = ... }"
                        raise BadConfig(entry.group.where, f"declares {path} again, after {other.group.where}", fix)
                seen[key].append(entry)
                key = f"{key}?{entry.group.chosen}" if len(seen[key]) > 1 else key
                before = recall(request.cursor, key)
                files.append(_File(entry, path, key, stamp_of(path, before.stamp if before else None), before))
        return files

    def _seeds(self, entry: Entry) -> list[Path]:
        return expand(self.base, entry.seed) if isinstance(entry, Memberships) and entry.seed else []

    def _key(self, entry: Entry, path: Path) -> str:
        universe = f"{entry.universe_id}:" if isinstance(entry, Memberships) else ""
        return f"{entry.group.section}:{universe}{Path(os.path.relpath(path, self.base)).as_posix()}"

    def _listed(self, rest: list[_File]) -> set[str]:
        """Symbols that a [[listings]] file names."""
        from rotation_pipeline.sources.files.listings import listing_rows

        return {symbol for file in rest if isinstance(file.entry, Listings) for symbol in listing_rows(file.path, file.entry)["symbol"]}


def _are_apart(one: FileGroup, other: FileGroup) -> bool:
    """Whether two entries that declare one file choose rows that cannot be the same: by one column, without a word in common."""
    words, others = dict(one.chosen), dict(other.chosen)
    return any(not set(words[column]) & set(others[column]) for column in words.keys() & others.keys())


def _is_due(file: _File, request: FetchRequest) -> bool:
    """Whether sessions that were held back may be landed now."""
    return file.before is not None and file.before.held_from is not None and file.before.held_from <= request.through


def _price_batch(file: _File, named: set[str], request: FetchRequest) -> Batch | None:
    """The batch of one price file; ``named`` grows by the symbols whose listing is settled."""
    from rotation_pipeline.sources.files.prices import price_batch, with_listings

    assert isinstance(file.entry, Prices)
    declared = digest(file.entry)
    batch = price_batch(file.path, file.entry, file.before, file.stamp, declared, request.through, file.key)
    check_still(file.path, file.stamp)
    if batch is None:
        return None
    is_known = file.before is not None and file.before.declared == declared
    leave_out = named | request.last_sessions.keys() if is_known else named
    symbols = batch.frames["raw.listing"]["symbol"].to_list()
    batch = with_listings(batch, leave_out)
    named.update(symbols)
    return batch


def _rest_batch(files: list[_File], seeds: Callable[[Entry], list[Path]], request: FetchRequest) -> Batch:
    from rotation_pipeline.sources.files.rest import rest_batch

    declared: list[Declared] = []
    for entry in dict.fromkeys(file.entry for file in files):
        held = set(seeds(entry))
        paths = [file.path for file in files if file.entry == entry]
        declared.append((entry, [path for path in paths if path not in held], [path for path in paths if path in held]))
    batch = rest_batch(declared, request.now.astimezone(ZoneInfo("America/New_York")).date())
    for file in files:
        check_still(file.path, file.stamp)
    return replace(batch, cursor={file.key: remember(Remembered(file.stamp, digest(file.entry))) for file in files})
