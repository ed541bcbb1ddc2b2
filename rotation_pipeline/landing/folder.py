"""The folder of loads: each is there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rotation_pipeline.errors import BadInput, DamagedLoad
from rotation_pipeline.landing.batch import Batch
from rotation_pipeline.landing.contract import LEDGER, conform, empty, ledger_frame
from rotation_pipeline.landing.disk import disk_error, sync_folder, write_parquet, write_text

if TYPE_CHECKING:
    import polars as pl

    from rotation_pipeline.models import Model


@dataclass(frozen=True)
class LandedFile:
    """One Parquet file of a load, as its manifest describes it."""

    table: str
    path: Path
    n_rows: int
    n_bytes: int


@dataclass(frozen=True)
class Load:
    """One landed load."""

    load_id: str
    source: str
    fetched_at: datetime
    files: tuple[LandedFile, ...]
    cursor: Mapping[str, str]


class Landing:
    """The folder of loads. ``contracts`` are the models of the raw tables (and the ledger) that may be landed."""

    def __init__(self, root: Path, contracts: Mapping[str, Model]) -> None:
        self.root = root
        self.contracts = contracts
        self._seen: dict[str, Load] = {}

    def loads(self) -> list[Load]:
        """Every load, oldest first. A load never changes, so this object reads each manifest once; its files are looked at each time.

        Raises DamagedLoad when a manifest or one of its files is missing, cut off or unreadable.
        """
        if not self.root.is_dir():
            return []
        names = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir() and not entry.name.startswith("."))
        self._seen = {name: self._seen.get(name) or _read_manifest(self.root / name) for name in names}
        loads = list(self._seen.values())
        for load in loads:
            _check_files(load)
        return loads

    def cursor(self, source: str) -> dict[str, str]:
        """What ``source`` asked to be remembered, the latest load winning key by key."""
        merged: dict[str, str] = {}
        for load in self.loads():
            if load.source == source:
                merged.update(load.cursor)
        return merged

    def last_sessions(self, dataset: str) -> dict[str, date]:
        """Per subject the last session that was landed for ``dataset``, from the ledgers of all loads."""
        import polars as pl

        paths = [f.path for load in self.loads() for f in load.files if f.table == LEDGER]
        if not paths:
            return {}
        rows = (
            pl.scan_parquet(paths)
            .filter((pl.col("dataset") == dataset) & (pl.col("outcome") == "landed") & pl.col("last_session").is_not_null())
            .group_by("subject")
            .agg(pl.col("last_session").max())
            .collect()
        )
        return dict(zip(rows["subject"].to_list(), rows["last_session"].to_list(), strict=True))

    def empty(self, table: str) -> pl.DataFrame:
        """No rows of a raw table, with its columns and types."""
        return empty(self._contract(table))

    def write(self, source: str, batch: Batch, fetched_at: datetime) -> Load:
        """Land one batch and return the load.

        Raises BadInput when a frame does not satisfy its contract, NoSpace or HomeUnusable when the disk refuses; in each
        case nothing of the batch is left behind and earlier loads are untouched.
        """
        load_id = self._next_id(source, fetched_at)
        stamps = {"source": source, "load_id": load_id, "fetched_at": fetched_at.astimezone(UTC).replace(tzinfo=None)}
        frames = {table: conform(self._contract(table), frame, stamps) for table, frame in batch.frames.items() if frame.height}
        if batch.ledger:
            frames[LEDGER] = conform(self._contract(LEDGER), ledger_frame(batch.ledger), stamps)
        aside = self.root / f".{load_id}"
        final = self.root / load_id
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            files = [_write(aside, table, frame) for table, frame in sorted(frames.items())]
            manifest = {
                "load_id": load_id,
                "source": source,
                "fetched_at": fetched_at.astimezone(UTC).isoformat(),
                "files": [{"table": f.table, "name": f.path.name, "n_rows": f.n_rows, "n_bytes": f.n_bytes} for f in files],
                "cursor": dict(batch.cursor),
            }
            write_text(aside / "load.json", json.dumps(manifest, indent=1))
            os.replace(aside, final)
            sync_folder(self.root)
        except OSError as error:
            shutil.rmtree(aside, ignore_errors=True)
            raise disk_error(self.root, error) from error
        return _read_manifest(final)

    def sweep(self) -> None:
        """Remove what a killed run left half written."""
        if self.root.is_dir():
            for leftover in self.root.glob(".*"):
                shutil.rmtree(leftover, ignore_errors=True)

    def _contract(self, table: str) -> Model:
        try:
            return self.contracts[table]
        except KeyError:
            known = ", ".join(sorted(self.contracts))
            raise BadInput(table, "is no raw table", f"land one of: {known}") from None

    def _next_id(self, source: str, fetched_at: datetime) -> str:
        stamp = fetched_at.astimezone(UTC)
        last = max((load.load_id for load in self.loads()), default="")
        while True:
            load_id = f"{stamp:%Y%m%dT%H%M%S.%f}-{source}"
            if load_id[:22] > last[:22]:
                return load_id
            stamp = datetime.strptime(last[:22], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC) + timedelta(microseconds=1)


def _read_manifest(folder: Path) -> Load:
    manifest = folder / "load.json"
    try:
        said = json.loads(manifest.read_text())
        files = tuple(LandedFile(f["table"], folder / f["name"], int(f["n_rows"]), int(f["n_bytes"])) for f in said["files"])
        fetched_at = datetime.fromisoformat(said["fetched_at"])
        load = Load(said["load_id"], said["source"], fetched_at, files, said["cursor"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedLoad(
            str(manifest), f"cannot be read ({error})", "restore the folder from a backup, or move it out of landing/"
        ) from error
    return load


def _check_files(load: Load) -> None:
    for file in load.files:
        size = file.path.stat().st_size if file.path.exists() else -1
        if size != file.n_bytes:
            found = "is missing" if size < 0 else f"has {size} bytes where its manifest says {file.n_bytes}"
            raise DamagedLoad(str(file.path), found, "restore the folder from a backup, or move it out of landing/")


def _write(folder: Path, table: str, frame: pl.DataFrame) -> LandedFile:
    path = folder / f"{table}.parquet"
    write_parquet(path, frame)
    return LandedFile(table, path, frame.height, path.stat().st_size)
