"""Rows of raw.restatement: how an answer differs from what was landed, or contradicts itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

import polars as pl

SCHEMA = pl.Schema(
    {
        "symbol": pl.String(),
        "kind": pl.String(),
        "item": pl.String(),
        "first_session": pl.Date(),
        "last_session": pl.Date(),
        "n_sessions": pl.Int64(),
        "old_value": pl.Float64(),
        "new_value": pl.Float64(),
        "ratio": pl.Float64(),
        "note": pl.String(),
    }
)


@dataclass(frozen=True)
class Restatement:
    """One row, with the meaning of its columns as in the contract of raw.restatement."""

    symbol: str
    kind: str
    item: str
    first_session: date
    last_session: date
    n_sessions: int
    old_value: float | None
    new_value: float | None
    ratio: float | None
    note: str


@dataclass(frozen=True)
class Said:
    """Restatements of one symbol that landed before: kind, item, first and last session, load."""

    rows: tuple[tuple[str, str, date, date, str], ...] = ()

    @classmethod
    def of(cls, landed: pl.DataFrame) -> Said:
        """From rows of raw.restatement of one symbol."""
        return cls(tuple(landed.select("kind", "item", "first_session", "last_session", "load_id").iter_rows()))

    def covers(self, row: Restatement) -> bool:
        """Whether it has been said of all the sessions of ``row``."""
        return any(
            (kind, item) == (row.kind, row.item) and first <= row.first_session and row.last_session <= last
            for kind, item, first, last, _ in self.rows
        )

    def loads_of(self, kind: str, item: str, first_session: date) -> frozenset[str]:
        """The loads that said it."""
        return frozenset(load for *key, _, load in self.rows if tuple(key) == (kind, item, first_session))

    def is_suspected(self, session: date) -> bool:
        """Whether closes of before ``session`` were served on an unexplained basis when it was last said on which they are."""
        suspected = self.loads_of("SUSPECT_SPLIT", "close", session)
        settled = [load for kind, _, first, _, load in self.rows if kind == "BASIS_CHANGE" and first < session]
        return bool(suspected) and max(suspected) >= max(settled, default="")


def of_action(symbol: str, kind: str, item: str, ex_date: date, old: float | None, new: float | None, note: str) -> Restatement:
    """A restatement that concerns one ex-date."""
    ratio = new / old if old and new else None
    return Restatement(symbol, kind, item, ex_date, ex_date, 1, old, new, ratio, note)


def as_frame(rows: Iterable[Restatement]) -> pl.DataFrame:
    """The rows as one frame, without stamps."""
    return pl.DataFrame([asdict(row) for row in rows], schema=SCHEMA)
