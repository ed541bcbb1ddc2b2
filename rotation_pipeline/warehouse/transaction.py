"""One transaction: all of it or nothing."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import duckdb

from rotation_pipeline.warehouse import changes
from rotation_pipeline.warehouse.connection import Connection, refuse_full_disk


class Transaction:
    """Commit on the way out, roll back on an exception; what was remembered for comparison goes either way.

    A full disk, in the block or at the commit, leaves as NoSpace.
    """

    def __init__(self, con: Connection) -> None:
        self._con = con

    def __enter__(self) -> Self:
        self._con.duckdb.begin()
        return self

    def start_again(self) -> None:
        """Undo everything so far and go on in a fresh transaction."""
        self._con.duckdb.rollback()
        self._con.undone()
        self._con.duckdb.begin()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None:
                self._con.duckdb.commit()
                self._con.settled()
            else:
                self._con.duckdb.rollback()
                self._con.undone()
                refuse_full_disk(self._con.path, error)
        except duckdb.Error as refused:
            self._con.undone()
            refuse_full_disk(self._con.path, refused)
            raise
        changes.forget(self._con)
