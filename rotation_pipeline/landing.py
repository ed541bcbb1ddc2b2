"""Immutable Parquet loads: what a source said, when, never changed.

A load is one folder, ``landing/<load_id>/``, with one Parquet file a raw table and a ``load.json`` that names them. It is
written beside under a hidden name and put in place with one rename, so a load is there whole or not at all.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rotation_pipeline.errors import BadInput, DamagedLoad, HomeUnusable, NoSpace

if TYPE_CHECKING:
    import polars as pl

    from rotation_pipeline.models import Model

Outcome = Literal["landed", "failed", "excused"]

STAMPS = ("source", "load_id", "fetched_at")
LEDGER = "ops.fetch_ledger"


@dataclass(frozen=True)
class LedgerEntry:
    """What became of one thing that a source was asked for: asked = landed + failed + excused, by subject."""

    dataset: str  # raw table the answer belongs to, e.g. "raw.price_bar"
    subject: str  # symbol, file or calendar day that was asked for
    outcome: Outcome
    n_rows: int = 0
    first_session: date | None = None
    last_session: date | None = None
    reason: str | None = None  # why it failed or was excused
    n_attempts: int = 1


@dataclass(frozen=True)
class Batch:
    """What a source hands over to be landed as one load.

    ``frames`` maps a raw table to its rows with the contract's columns less the stamps (source, load_id, fetched_at);
    nullable columns may be left out. ``cursor`` is what the source wants to find again next time, merged over loads.
    """

    frames: Mapping[str, pl.DataFrame]
    ledger: tuple[LedgerEntry, ...] = ()
    cursor: Mapping[str, str] = field(default_factory=dict)


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

    def loads(self) -> list[Load]:
        """Every load, oldest first.

        Raises DamagedLoad when a manifest or one of its files is missing, cut off or unreadable.
        """
        if not self.root.is_dir():
            return []
        folders = sorted(p for p in self.root.iterdir() if p.is_dir() and not p.name.startswith("."))
        return [_read_manifest(folder) for folder in folders]

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

    def write(self, source: str, batch: Batch, fetched_at: datetime) -> Load:
        """Land one batch and return the load.

        Raises BadInput when a frame does not satisfy its contract, NoSpace or HomeUnusable when the disk refuses; in each
        case nothing of the batch is left behind and earlier loads are untouched.
        """
        load_id = self._next_id(source, fetched_at)
        stamps = {"source": source, "load_id": load_id, "fetched_at": fetched_at.astimezone(UTC).replace(tzinfo=None)}
        frames = {table: _conform(self._contract(table), frame, stamps) for table, frame in batch.frames.items() if frame.height}
        if batch.ledger:
            frames[LEDGER] = _conform(self._contract(LEDGER), _ledger_frame(batch.ledger), stamps)
        aside = self.root / f".{load_id}"
        final = self.root / load_id
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            files = [_write_parquet(aside, table, frame) for table, frame in sorted(frames.items())]
            manifest = {
                "load_id": load_id,
                "source": source,
                "fetched_at": fetched_at.astimezone(UTC).isoformat(),
                "files": [{"table": f.table, "name": f.path.name, "n_rows": f.n_rows, "n_bytes": f.n_bytes} for f in files],
                "cursor": dict(batch.cursor),
            }
            _write_text(aside / "load.json", json.dumps(manifest, indent=1))
            os.replace(aside, final)
            _sync_folder(self.root)
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


def disk_error(path: Path, error: OSError) -> NoSpace | HomeUnusable:
    """Turn an operating-system refusal into the error that says what to do about it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NoSpace(str(path), f"no room left on the disk ({error.strerror})", "free some space and run again; nothing was lost")
    return HomeUnusable(str(path), f"cannot be written ({error.strerror})", "make it writable, or point --home / ROTATION_HOME elsewhere")


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
    for file in files:
        size = file.path.stat().st_size if file.path.exists() else -1
        if size != file.n_bytes:
            found = "is missing" if size < 0 else f"has {size} bytes where its manifest says {file.n_bytes}"
            raise DamagedLoad(str(file.path), found, "restore the folder from a backup, or move it out of landing/")
    return load


def _ledger_frame(entries: Iterable[LedgerEntry]) -> pl.DataFrame:
    import polars as pl

    schema = {
        "dataset": pl.String(),
        "subject": pl.String(),
        "outcome": pl.String(),
        "n_rows": pl.Int64(),
        "first_session": pl.Date(),
        "last_session": pl.Date(),
        "reason": pl.String(),
        "n_attempts": pl.Int32(),
    }
    return pl.DataFrame([asdict(entry) for entry in entries], schema=schema)


def _polars_type(duckdb_type: str) -> pl.DataType:
    import polars as pl

    return {
        "varchar": pl.String(),
        "date": pl.Date(),
        "timestamp": pl.Datetime("us"),
        "double": pl.Float64(),
        "smallint": pl.Int16(),
        "integer": pl.Int32(),
        "bigint": pl.Int64(),
        "boolean": pl.Boolean(),
    }[duckdb_type.lower()]


def _conform(model: Model, frame: pl.DataFrame, stamps: Mapping[str, object]) -> pl.DataFrame:
    """The frame with exactly the contract's columns and types, or BadInput naming the column that does not fit."""
    import polars as pl

    wanted = {column.name for column in model.columns}
    extra = [name for name in frame.columns if name not in wanted or name in stamps]
    if extra:
        raise BadInput(model.name, f"has no column {', '.join(extra)}", f"hand over only: {', '.join(sorted(wanted - set(STAMPS)))}")
    columns: list[pl.Expr] = []
    for column in model.columns:
        dtype = _polars_type(column.type)
        if column.name in stamps:
            columns.append(pl.lit(stamps[column.name], dtype=dtype).alias(column.name))
        elif column.name in frame.columns:
            columns.append(pl.col(column.name).cast(dtype, strict=True))
        elif column.default is not None:
            columns.append(pl.lit(column.default).cast(dtype).alias(column.name))
        elif column.is_nullable:
            columns.append(pl.lit(None, dtype=dtype).alias(column.name))
        else:
            raise BadInput(model.name, f"column {column.name} is missing", "name it in the mapping, or give it a constant")
    try:
        out = frame.select(columns)
    except pl.exceptions.PolarsError as error:
        raise BadInput(
            model.name, f"a column has the wrong type: {str(error).splitlines()[0]}", "correct the values or the mapping"
        ) from error
    for column in model.columns:
        if not column.is_nullable and (n_null := out[column.name].null_count()):
            raise BadInput(
                model.name, f"{n_null} of {out.height} rows have no {column.name}", "drop those rows at the source, or map another column"
            )
    return out


def _write_parquet(folder: Path, table: str, frame: pl.DataFrame) -> LandedFile:
    import polars as pl

    path = folder / f"{table}.parquet"
    with path.open("wb") as file:
        try:
            frame.write_parquet(file, compression="zstd", compression_level=1)
        except pl.exceptions.PolarsError as error:
            # Polars reports a refusal of the operating system as text; give it its number back.
            refused = re.search(r"os error (\d+)", str(error))
            if refused is None:
                raise
            raise OSError(int(refused[1]), os.strerror(int(refused[1])), str(path)) from error
        file.flush()
        os.fsync(file.fileno())
    return LandedFile(table, path, frame.height, path.stat().st_size)


def _write_text(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
