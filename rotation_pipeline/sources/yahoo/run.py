"""One fetch from plan to batches: sentinels, sweep, calendar, charts, details, and what has to wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from rotation_pipeline.errors import FetchFailed
from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import plan
from rotation_pipeline.sources.yahoo.calendar.announcement import NEW_YORK
from rotation_pipeline.sources.yahoo.calendar.days import calendar_batch
from rotation_pipeline.sources.yahoo.charts import dying, renaming
from rotation_pipeline.sources.yahoo.charts.prices import BARS, SymbolPrices, price_batch, read_chunk
from rotation_pipeline.sources.yahoo.client import Client, quiet
from rotation_pipeline.sources.yahoo.company.details import details_batch, kinds_left
from rotation_pipeline.sources.yahoo.plan import Chart, Details
from rotation_pipeline.sources.yahoo.standing import Standing, dead_key, failed_key, suspect_key, whole_key
from rotation_pipeline.sources.yahoo.sweep.step import Sweeping
from rotation_pipeline.sources.yahoo.waiting import waiting_batch

UNSETTLING = ("BASIS_CHANGE", "SUSPECT_SPLIT", "SPLIT_NOT_APPLIED", "ACTION_REMOVED")  # the whole history is read again after these


class Run:
    """Carries one fetch out. Every batch can be landed before the next is asked for; a run that is killed goes on from there."""

    def __init__(self, client: Client, request: FetchRequest, standing: Standing, n_threads: int, lookback_years: int) -> None:
        self._client = client
        self._request = request
        self._cursor = dict(standing.cursor)
        self._standing = replace(standing, cursor=self._cursor)  # sees what this run answers
        self._n_threads = n_threads
        self._lookback_years = lookback_years
        self._today = request.now.astimezone(NEW_YORK).date()
        self._sweeping = Sweeping(client, request, self._standing)
        self._tried: set[str] = set()
        self._said_dead: list[str] = []
        self._fresh: list[SymbolPrices] = []

    def batches(self) -> Iterator[Batch]:
        """The batches in order. Raises FetchFailed when the sentinels all failed; then nothing else is asked for."""
        for stage in (
            self._sentinels,
            self._sweep,
            self._calendar,
            self._charts,
            self._renames,
            self._endings,
            self._labels,
            self._details,
            self._waiting,
        ):
            for batch in stage():
                self._cursor.update(batch.cursor)
                yield batch

    def _due(self) -> list[Chart]:
        due = plan.charts_due(self._request, self._standing, self._sweeping.swept, self._lookback_years)
        return [chart for chart in due if chart.symbol not in self._tried]

    def _sentinels(self) -> Iterator[Batch]:
        due = self._due()
        first = [chart for chart in due if chart.symbol in plan.SENTINELS]
        if not first and not any(self._standing.charted(symbol) >= self._request.through for symbol in self._standing.living()):
            first = due[: len(plan.SENTINELS)]  # a market without sentinels; one that has answered this session needs none
        if not first or self._client.session.closed is not None:
            return
        batch = self._chart_batch(first)
        yield batch
        # Less than half of the market is what failed before, and its failing again says nothing about Yahoo.
        if 2 * len(due) >= len(self._standing.living()):
            _refuse_if_all_failed(batch.ledger)

    def _sweep(self) -> Iterator[Batch]:
        yield from self._sweeping.batches()
        new = self._sweeping.home - self._standing.market
        kinds = {symbol: quote.get("quoteType") for symbol, quote in (self._sweeping.quotes or {}).items()}
        companies = frozenset(s for s in self._standing.companies | new if kinds.get(s, "EQUITY") == "EQUITY")
        self._standing = replace(self._standing, market=self._standing.market | new, companies=companies)

    def _calendar(self) -> Iterator[Batch]:
        days = plan.calendar_days(self._request, self._standing, self._today)
        if days and self._client.session.closed is None:
            with quiet():
                yield calendar_batch(self._client, self._request, days, self._today)

    def _charts(self) -> Iterator[Batch]:
        due = self._due()
        for nth, chunk in enumerate(plan.chunks(due)):
            if self._client.session.closed is not None:
                return
            self._request.progress(nth * plan.CHUNK, len(due), "charts from Yahoo")
            yield self._chart_batch(chunk)
        self._request.progress(len(due), len(due), "charts from Yahoo")

    def _chart_batch(self, charts: Sequence[Chart]) -> Batch:
        wanted = {chart.symbol: chart.first for chart in charts}
        with quiet():
            prices = read_chunk(self._client, self._request, wanted, self._sweeping.quotes or {}, self._n_threads)
        self._tried.update(wanted)
        self._fresh += [p for p in prices if p.shaped is not None and self._standing.is_new(p.entry.subject)]
        batch = price_batch(self._request, prices, self._sweeping.unlisted(wanted), self._sweeping.answer)
        return self._noted(batch, charts)

    def _noted(self, batch: Batch, charts: Sequence[Chart]) -> Batch:
        """The batch with what its answers mean for later plans: histories read whole, suspicions settled, symbols that went silent."""
        through = self._request.through.isoformat()
        answered = {e.subject for e in batch.ledger if e.dataset == BARS and e.outcome in ("landed", "excused")}
        landed = {e.subject for e in batch.ledger if e.dataset == BARS and e.outcome == "landed"}
        cursor = dict(batch.cursor)
        cursor |= {whole_key(c.symbol): through for c in charts if c.is_whole and c.symbol in landed}
        cursor |= {suspect_key(c.symbol): through for c in charts if c.why == plan.SUSPECT and c.symbol in answered}
        moved = batch.frames.get("raw.restatement")
        if moved is not None:
            unsettled = moved.filter(pl.col("kind").is_in(UNSETTLING))["symbol"].unique().to_list()
            read_in_part = {c.symbol for c in charts if not c.is_whole}
            cursor |= {whole_key(symbol): "" for symbol in unsettled if symbol in read_in_part}
        cursor |= {failed_key(e.subject): through for e in batch.ledger if e.dataset == BARS and e.outcome == "failed"}
        cursor |= dying.came_back(self._standing, landed)
        return self._with_the_silent(batch, cursor)

    def _with_the_silent(self, batch: Batch, cursor: dict[str, str]) -> Batch:
        said = dying.said_dead(batch.ledger, self._sweeping.swept.bars, self._sweeping.quotes)
        self._said_dead += said
        if said and dying.is_believable(len(self._said_dead), self._standing):
            cursor |= {dead_key(symbol): dying.day_noted(self._standing, symbol, self._request.through) for symbol in said}
        return replace(batch, cursor=cursor)

    def _endings(self) -> Iterator[Batch]:
        """The listings of symbols that are given up, in a session that was swept."""
        if plan.is_sweep_due(self._request, self._standing):
            return
        ended = dying.given_up(self._request, self._standing)
        if ended is not None:
            why = f"given up on {self._request.through}: Yahoo knows it no more, and the last bar is of"
            entries = [
                LedgerEntry("raw.listing", symbol, "landed", 1, reason=f"{why} {last}")
                for symbol, last in ended.select("symbol", "last_session").iter_rows()
            ]
            yield Batch({"raw.listing": ended}, tuple(entries))

    def _renames(self) -> Iterator[Batch]:
        """Symbols that are gone, under the names under which their histories go on."""
        held = self._request.held
        gone = [symbol for symbol in self._said_dead if symbol not in self._standing.retired]
        if held is None or not gone:
            return
        strangers = self._read_strangers(gone)
        fresh = [*self._fresh, *strangers]
        served = [price.shaped for price in fresh if price.shaped is not None]
        if not served:
            return
        splits = pl.concat([one.actions for one in served])
        found = renaming.find_renames(held.bars(gone), pl.concat([one.bars for one in served]), splits)
        if found.is_empty():
            return
        new_names = set(found["new_symbol"])
        kept = [price for price in strangers if price.entry.subject in new_names]
        batch = price_batch(self._request, kept, self._sweeping.unlisted(p.entry.subject for p in kept), self._sweeping.answer)
        moved = [frame for frame in (batch.frames.get("raw.restatement"), renaming.restatements(found)) if frame is not None]
        frames = {**batch.frames, "raw.symbol_change": renaming.symbol_changes(found), "raw.restatement": pl.concat(moved, how="diagonal")}
        yield replace(batch, frames=frames)

    def _read_strangers(self, gone: Sequence[str]) -> list[SymbolPrices]:
        """Charts of the symbols that turned up in the sweep lately and may be the new names of those that are gone."""
        candidates = self._sweeping.strangers(gone)
        if not candidates or self._client.session.closed is not None:
            return []
        first = plan.lookback_start(self._request.through, self._lookback_years)
        with quiet():
            return read_chunk(self._client, self._request, dict.fromkeys(candidates, first), self._sweeping.quotes or {}, self._n_threads)

    def _labels(self) -> Iterator[Batch]:
        yield from self._sweeping.labels()

    def _details(self) -> Iterator[Batch]:
        due = plan.details_due(self._request, self._standing)
        for nth, chunk in enumerate(plan.chunks(due, plan.DETAILS_CHUNK)):
            if self._client.session.closed is not None:
                return
            self._request.progress(nth * plan.DETAILS_CHUNK, len(due), "companies' details from Yahoo")
            kinds = {one.symbol: one.kinds for one in chunk}
            with quiet():
                batch = details_batch(
                    self._client, self._request, kinds, self._sweeping.quotes or {}, self._n_threads, self._lookback_years
                )
            if batch.ledger or batch.cursor:
                yield batch

    def _waiting(self) -> Iterator[Batch]:
        """What is still due because the session was closed; nothing when it was not."""
        closed = self._client.session.closed
        if closed is None:
            return
        through = self._request.through.isoformat()
        due = plan.details_due(self._request, self._standing)
        if is_sweep_due := plan.is_sweep_due(self._request, self._standing):
            # Until it has told companies from funds, nobody knows whether details are due of what was never listed.
            known = {} if self._request.held is None else self._request.held.kinds()
            due = [one for one in due if known.get(one.symbol) == "EQUITY"]
        details = [Details(one.symbol, one.why, kinds_left(self._cursor, through, one.symbol, one.kinds)) for one in due]
        days = plan.calendar_days(self._request, self._standing, self._today)
        batch = waiting_batch(str(closed), is_sweep_due, days, self._due(), details)
        if batch.ledger:
            yield batch


def _refuse_if_all_failed(ledger: Sequence[LedgerEntry]) -> None:
    bars = [entry for entry in ledger if entry.dataset == BARS]
    if bars and all(entry.outcome == "failed" for entry in bars):
        reasons = "; ".join(f"{entry.subject}: {entry.reason}" for entry in bars)
        raise FetchFailed(
            "Yahoo Finance", f"none of the first symbols could be had ({reasons})", "check the connection, and run again in an hour"
        )
