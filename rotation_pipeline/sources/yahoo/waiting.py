"""Ledger entries of what was due and not asked for: nothing that waits is forgotten, or taken for missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.yahoo.plan import Chart, Details

DATASETS = {
    "summary": "raw.estimate",
    "statements": "raw.statement",
    "shares": "raw.share_count",
    "dates": "raw.earnings_event",
}


def waiting_batch(why: str, sweep: bool, days: Iterable[date], charts: Sequence[Chart], details: Sequence[Details]) -> Batch:
    """One load without rows that says what waits, and until when (``why``)."""
    entries = [LedgerEntry("raw.quote", "sweep", "waiting", reason=why, n_attempts=0)] if sweep else []
    entries += [LedgerEntry("raw.earnings_event", f"calendar {day}", "waiting", reason=why, n_attempts=0) for day in days]
    entries += [LedgerEntry("raw.price_bar", chart.symbol, "waiting", reason=f"{chart.why}: {why}", n_attempts=0) for chart in charts]
    entries += [
        LedgerEntry(DATASETS[kind], one.symbol, "waiting", reason=f"{one.why}: {why}", n_attempts=0)
        for one in details
        for kind in sorted(one.kinds)
    ]
    return Batch({}, tuple(entries))
