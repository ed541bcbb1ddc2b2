"""What a source hands over, and what it says became of each thing it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Outcome = Literal["landed", "failed", "excused", "waiting"]


@dataclass(frozen=True)
class LedgerEntry:
    """What became of one thing that was due: due = landed + failed + excused + waiting, by subject; waiting was not asked for yet."""

    dataset: str  # raw table the answer belongs to, e.g. "raw.price_bar"
    subject: str  # symbol, file or calendar day that was asked for
    outcome: Outcome
    n_rows: int = 0
    first_session: date | None = None
    last_session: date | None = None
    reason: str | None = None  # why it failed, was excused or waits, and when it is asked for again
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
