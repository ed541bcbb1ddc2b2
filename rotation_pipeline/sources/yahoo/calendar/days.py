"""The market-wide earnings calendar as a batch; a day of which rows are missing lands what came and stays due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from rotation_pipeline.landing import Batch, LedgerEntry, Outcome
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import plan
from rotation_pipeline.sources.yahoo.calendar.announcement import event_frame
from rotation_pipeline.sources.yahoo.calendar.day import DayCalendar
from rotation_pipeline.sources.yahoo.client import Client
from rotation_pipeline.sources.yahoo.company.details import EVENTS
from rotation_pipeline.sources.yahoo.faults import VENDOR_FAULTS, Answer, judge
from rotation_pipeline.sources.yahoo.standing import CALENDAR


def calendar_batch(client: Client, request: FetchRequest, days: Sequence[date], today: date) -> Batch:
    """The calendar of the days. The cursor moves on for each day that was answered, and for all of them when none is left."""
    read = [_calendar_day(client, request, day, today) for day in days]
    entries = tuple(entry for entry, _ in read)
    frames = [frame for _, frame in read if frame is not None]
    # Neighbouring days share their midnight, so one row can come twice.
    events = pl.concat(frames).unique(["symbol", "announced_on", "observed_on"], keep="first", maintain_order=True) if frames else None
    through = request.through.isoformat()
    answered = [day for day, (entry, _) in zip(days, read, strict=True) if entry.outcome in ("landed", "excused")]
    cursor = {plan.day_key(day): through for day in answered}
    if len(answered) == len(days):
        cursor[CALENDAR] = through
    return Batch({} if events is None else {EVENTS: events}, entries, cursor)


def _calendar_day(client: Client, request: FetchRequest, day: date, today: date) -> tuple[LedgerEntry, pl.DataFrame | None]:
    subject = f"calendar {day}"
    said: Answer[DayCalendar] = client.calendar_day(day)
    if said.value is None:
        return LedgerEntry(EVENTS, subject, said.outcome, reason=said.reason, n_attempts=said.n_attempts), None
    try:
        frame, n_left_out = event_frame(said.value.events(request.now, today, request.through))
    except (*VENDOR_FAULTS, pl.exceptions.PolarsError) as error:
        return LedgerEntry(EVENTS, subject, "failed", reason=judge(error)[1], n_attempts=said.n_attempts), None
    served, total = len(said.value.frame), said.value.total
    notes = [f"{n_left_out} second rows of a symbol left out"] if n_left_out else []
    notes += [f"{served} rows came where Yahoo says {total}"] if total is not None and served != total else []
    if frame.is_empty() and not said.value.is_short:
        return LedgerEntry(EVENTS, subject, "excused", reason="; ".join(["no announcement", *notes]), n_attempts=said.n_attempts), None
    # What came of a day that is not whole is true and lands; the day is asked for again.
    outcome: Outcome = "failed" if said.value.is_short else "landed"
    return LedgerEntry(EVENTS, subject, outcome, frame.height, day, day, "; ".join(notes) or None, said.n_attempts), frame
