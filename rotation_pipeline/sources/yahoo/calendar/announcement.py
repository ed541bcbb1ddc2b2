"""When an announcement happens, as far as Yahoo's stamps can be believed, and the raw.earnings_event rows made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

import polars as pl

NEW_YORK = ZoneInfo("America/New_York")
OPEN, CLOSE = time(9, 30), time(16, 0)
Timing = Literal["BMO", "AMC", "UNKNOWN"]
KEY = ("symbol", "announced_on", "observed_on")

_SCHEMA = pl.Schema(
    {
        "symbol": pl.String(),
        "fiscal_period_end": pl.Date(),
        "announced_on": pl.Date(),
        "announced_at": pl.Datetime("us"),
        "announced_precision": pl.String(),
        "timing": pl.String(),
        "eps_estimate": pl.Float64(),
        "eps_actual": pl.Float64(),
        "is_confirmed": pl.Boolean(),
        "observed_on": pl.Date(),
        "basis_date": pl.Date(),
    }
)


@dataclass(frozen=True)
class When:
    """New York date, UTC instant without zone (None when only the day is known), its precision and the timing."""

    announced_on: date
    announced_at: datetime | None
    announced_precision: Literal["minute", "hour", "date"]
    timing: Timing


@dataclass(frozen=True)
class Event:
    """One row of raw.earnings_event; ``eps`` in USD per share on ``basis_date``."""

    symbol: str
    when: When
    eps_estimate: float | None
    eps_actual: float | None
    observed_on: date
    basis_date: date
    fiscal_period_end: date | None = None
    is_confirmed: bool = False  # Yahoo calls the date sure, or it has happened

    @property
    def is_expected(self) -> bool:
        """Not reported, and not past on the day it was seen."""
        return self.eps_actual is None and self.when.announced_on >= self.observed_on

    def row(self) -> dict[str, object]:
        """Its columns. A date is also confirmed once Yahoo shows the reported figure."""
        row = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "when"}
        return row | asdict(self.when) | {"is_confirmed": self.is_confirmed or self.eps_actual is not None}


def reported(actual: float | None, surprise: float | None) -> float | None:
    """The reported EPS. A 0 is believed only beside a surprise that is not 0: Yahoo serves 0.0 for what was not reported (F.5)."""
    return None if actual == 0 and not surprise else actual


def read_stamp(stamp: datetime, label: str | None = None) -> When:
    """Date, instant and timing of an aware ``stamp`` with Yahoo's ``label`` (BMO, AMC, TAS, TNS, ...) if it has one.

    Midnight in New York stands for "the day is all we know", and so does a stamp labelled TNS (no time supplied) or one that
    contradicts its label. BMO and AMC are believed; without a label the New York hour decides (before 09:30 BMO, from 16:00 on
    AMC); any other label means UNKNOWN, because sources differ on what TAS is (methodology 0.8).
    """
    local = stamp.astimezone(NEW_YORK)
    by_clock = _by_clock(local.time())
    label = (label or "").strip().upper()
    timing: Timing = "BMO" if label == "BMO" else "AMC" if label == "AMC" else "UNKNOWN" if label else by_clock
    if local.time() == time(0):
        return When(local.date(), None, "date", timing if label else "UNKNOWN")
    if label == "TNS" or (label in ("BMO", "AMC") and timing != by_clock):
        return When(local.date(), None, "date", timing)
    precision: Literal["minute", "hour"] = "minute" if local.minute else "hour"
    return When(local.date(), local.astimezone(UTC).replace(tzinfo=None), precision, timing)


def event_frame(events: Iterable[Event]) -> tuple[pl.DataFrame, int]:
    """One row per symbol, date and day of observation, and how many rows that leaves out.

    Of several rows for one date the one with a reported figure is kept, then one with a known timing, then one with an estimate.
    """
    rows = pl.DataFrame([event.row() for event in events], schema=_SCHEMA)
    best_first = rows.sort(
        pl.col("eps_actual").is_null(),
        pl.col("timing") == "UNKNOWN",
        pl.col("eps_estimate").is_null(),
        "announced_at",
        nulls_last=True,
        maintain_order=True,
    )
    kept = best_first.unique(KEY, keep="first", maintain_order=True).sort(KEY)
    return kept, rows.height - kept.height


def _by_clock(local: time) -> Timing:
    return "BMO" if local < OPEN else "AMC" if local >= CLOSE else "UNKNOWN"
