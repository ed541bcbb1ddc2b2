"""Writing files so that they are there after a power cut, and saying clearly when the disk refuses."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from rotation_pipeline.errors import HomeUnusable, NoSpace

if TYPE_CHECKING:
    import polars as pl


def disk_error(path: Path, error: OSError) -> NoSpace | HomeUnusable:
    """Turn an operating-system refusal into the error that says what to do about it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NoSpace(str(path), f"no room left on the disk ({error.strerror})", "free some space and run again; nothing was lost")
    return HomeUnusable(str(path), f"cannot be written ({error.strerror})", "make it writable, or point --home / ROTATION_HOME elsewhere")


def write_parquet(path: Path, frame: pl.DataFrame) -> None:
    import polars as pl

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


def write_text(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
