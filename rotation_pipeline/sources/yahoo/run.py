"""One fetch from plan to batches, in the order: sentinels, earnings calendar, the other symbols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl

from rotation_pipeline.errors import FetchFailed
from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import plan
from rotation_pipeline.sources.yahoo.announcement import NEW_YORK, event_frame
from rotation_pipeline.sources.yahoo.calendar import DayCalendar
from rotation_pipeline.sources.yahoo.client import Client, day_after, quiet
from rotation_pipeline.sources.yahoo.details import EVENTS, details_batch
from rotation_pipeline.sources.yahoo.faults import VENDOR_FAULTS, Answer, judge
from rotation_pipeline.sources.yahoo.prices import BARS, price_batch, read_chunk


class Run:
    """Carries one plan out. Every batch can be landed before the next is asked for."""

    def __init__(self, client: Client, request: FetchRequest, todo: plan.Plan, n_threads: int, lookback_years: int) -> None:
        self._client = client
        self._request = request
        self._todo = todo
        self._n_threads = n_threads
        self._lookback_years = lookback_years
        self._observed_on = request.now.astimezone(NEW_YORK).date()

    def batches(self) -> Iterator[Batch]:
        """Batches of about fifty symbols, with the calendar after the sentinels. Raises FetchFailed when the sentinels all failed."""
        total, done = len(self._todo.symbols), 0
        for nth, symbols in enumerate(self._todo.chunks()):
            if symbols:
                yield from self._symbols(symbols, is_first=nth == 0)
                done += len(symbols)
                self._request.progress(done, total, "symbols from Yahoo")
            if nth == 0 and self._todo.is_calendar_due:
                yield self._calendar()

    def _symbols(self, symbols: Sequence[str], is_first: bool) -> Iterator[Batch]:
        due = [symbol for symbol in symbols if symbol in set(self._todo.bars)]
        with quiet():
            quotes: Answer[Any] = self._client.quotes(symbols)
            prices = read_chunk(self._client, self._request, due, quotes.value or {}, self._n_threads, self._lookback_years)
        batch = price_batch(self._request, prices, [s for s in symbols if s in self._todo.listings], quotes)
        if batch.ledger:
            yield batch
        if is_first and not self._todo.is_repeat:
            _refuse_if_all_failed(batch.ledger)
        wanted = [symbol for symbol in symbols if symbol in self._todo.details]
        if wanted and quotes.value is not None:
            with quiet():
                details = details_batch(self._client, self._request, wanted, quotes.value, self._n_threads, self._lookback_years)
            if details.ledger or details.cursor:
                yield details

    def _calendar(self) -> Batch:
        """The calendar of the days around the fetch, each day all or nothing; the cursor moves on when no day failed."""
        days = [day_after(self._observed_on, n) for n in range(-plan.CALENDAR_BACK, plan.CALENDAR_AHEAD + 1)]
        with quiet():
            read = [self._calendar_day(day) for day in days]
        entries = tuple(entry for entry, _ in read)
        frames = [frame for _, frame in read if frame is not None]
        # Neighbouring days share their midnight, so one row can come twice.
        events = pl.concat(frames).unique(["symbol", "announced_on", "observed_on"], keep="first", maintain_order=True) if frames else None
        is_whole = all(entry.outcome != "failed" for entry in entries)
        cursor = {plan.CALENDAR: self._request.through.isoformat()} if is_whole else {}
        return Batch({} if events is None else {EVENTS: events}, entries, cursor)

    def _calendar_day(self, day: date) -> tuple[LedgerEntry, pl.DataFrame | None]:
        subject = f"calendar {day}"
        said: Answer[DayCalendar] = self._client.calendar_day(day)
        if said.value is None:
            return LedgerEntry(EVENTS, subject, said.outcome, reason=said.reason, n_attempts=said.n_attempts), None
        try:
            frame, n_left_out = event_frame(said.value.events(self._request.now, self._observed_on, self._request.through))
        except (*VENDOR_FAULTS, pl.exceptions.PolarsError) as error:
            return LedgerEntry(EVENTS, subject, "failed", reason=judge(error)[1], n_attempts=said.n_attempts), None
        served, total = len(said.value.frame), said.value.total
        notes = [f"{n_left_out} second rows of a symbol left out"] if n_left_out else []
        notes += [f"{served} rows came where Yahoo says {total}"] if total is not None and served != total else []
        if frame.is_empty():
            return LedgerEntry(EVENTS, subject, "excused", reason="; ".join(["no announcement", *notes]), n_attempts=said.n_attempts), None
        return LedgerEntry(EVENTS, subject, "landed", frame.height, day, day, "; ".join(notes) or None, said.n_attempts), frame


def _refuse_if_all_failed(ledger: Sequence[LedgerEntry]) -> None:
    bars = [entry for entry in ledger if entry.dataset == BARS]
    if bars and all(entry.outcome == "failed" for entry in bars):
        reasons = "; ".join(f"{entry.subject}: {entry.reason}" for entry in bars)
        raise FetchFailed(
            "Yahoo Finance", f"none of the first symbols could be had ({reasons})", "check the connection, and run again in an hour"
        )
