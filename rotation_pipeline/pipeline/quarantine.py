"""What a person decides about quarantined rows. A decision is landed like any other observation; the latest one counts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Literal

from rotation_pipeline.errors import BadInput
from rotation_pipeline.landing import Batch, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline.home import OPERATOR, home_lock
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask

DECISIONS = "raw.quarantine_decision"
_COUNT = "a share count in doubt is believed once earnings, the next filing or half a year bear it out"
MOST_NEAR = 5  # rows named when the one asked for is not there
WHY_NOT = {
    "NO_PRICE": "it has no number to use",
    "OUT_OF_BOUNDS": "no market gives such a number",
    "BAD_AMOUNT": "it has no amount to use",
    "NONPOSITIVE_PRICE": "a price of zero or less is none",
    "NON_SESSION": "no market was open on that date",
    "FUTURE_SESSION": "it describes a session after its own fetch",
    "UNKNOWN_SYMBOL": "the warehouse holds no security of that symbol",
    "DUPLICATE_ROW": "one of the equal rows is used already",
    "AFTER_DELISTING": "the line ended before; correct its last session at the source",
    "BEFORE_FIRST_PRICE": "no usable price precedes it; it is judged by a reason of its own once one does",
    "OTHER_CURRENCY": "an amount in another currency cannot be added to dollars; deliver it converted",
    "UNIT": _COUNT,
    "TURNOVER": _COUNT,
    "RANK": _COUNT,
    "CROSS_SECTION": _COUNT,
    "UNSTEADY": _COUNT,
    "UNJUDGED": "without the volume of its line nothing tells whether a share count is right; deliver volumes",
    "WRONG_BEFORE": "it is used; the counts believed before were wrong",
    "MIXED_CURRENCY": "its prices are told in two currencies, by bars or by bars and listing; let one be told, or deliver it converted",
}

Decision = Literal["release", "keep"]


@dataclass(frozen=True)
class Flagged:
    """One row of ops.quarantine."""

    symbol: str
    session: date
    reason: str
    table_name: str
    value: str
    is_releasable: bool
    decision: str | None
    decided_at: datetime | None  # naive UTC, as in the warehouse

    def __str__(self) -> str:
        return f"{self.symbol} {self.session} {self.reason}"


def flagged(
    settings: Settings, symbol: str | None = None, reason: str | None = None, *, only_open: bool = False, most: int = 200
) -> list[Flagged]:
    """Quarantined rows of the release, the latest session first. Raises UnknownRelease without one.

    ``only_open`` leaves out what was decided and what cannot be released.
    """
    wanted = [f"{name} = {_quoted(value)}" for name, value in (("symbol", symbol), ("reason", reason)) if value]
    wanted += ["is_releasable and decision is null"] if only_open else []
    return _rows(settings, " and ".join(wanted) or "true", most)


def decide(
    settings: Settings, symbol: str, session: date, reason: str, decision: Decision, note: str, now: datetime | None = None
) -> Flagged:
    """Land a decision about a row of ops.quarantine, to take effect with the next run, and return the row as it was.

    Raises BadInput for a row that is not there (naming near ones) and for a reason that nothing can release, HomeBusy while a
    run is at work.
    """
    import polars as pl

    key = f"symbol = {_quoted(symbol)} and session = date '{session}' and reason = {_quoted(reason)}"
    found = _rows(settings, key, 1)
    if not found:
        raise _not_there(settings, symbol, session, reason)
    if decision == "release" and not found[0].is_releasable:
        raise BadInput(str(found[0]), f"cannot be released: {WHY_NOT.get(reason, 'nothing in it can be used')}", "correct it at the source")
    rows = pl.DataFrame([{"symbol": symbol, "session": session, "reason": reason, "decision": decision, "note": note or None}])
    with home_lock(settings):
        landing = Landing(settings.landing, Catalog.load().models)
        landing.write(OPERATOR, Batch({DECISIONS: rows}), now or datetime.now(UTC))
    return found[0]


def _not_there(settings: Settings, symbol: str, session: date, reason: str) -> BadInput:
    likeness = f"(symbol = {_quoted(symbol)})::int * 4 + (session = date '{session}')::int * 2 + (reason = {_quoted(reason)})::int"
    near = _rows(settings, f"{likeness} >= 2", MOST_NEAR, f"{likeness} desc, abs(session - date '{session}')")
    fix = "near ones: " + "; ".join(str(row) for row in near) if near else "see `rotation quarantine list`"
    return BadInput(f"{symbol} {session} {reason}", "is no quarantined row of the release", fix)


def _rows(settings: Settings, where: str, most: int, order: str = "session desc, symbol, reason") -> list[Flagged]:
    columns = ", ".join(field.name for field in fields(Flagged))
    # One row a question to decide: the loads and items that raise it are told in ops.quarantine.
    sql = f"""
        select {columns} from ops.quarantine where {where}
        qualify row_number() over (partition by symbol, session, reason order by load_id desc, item) = 1
        order by {order}
    """
    return [Flagged(*row) for row in ask(settings.published / "rotation.duckdb", sql, most).rows]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
