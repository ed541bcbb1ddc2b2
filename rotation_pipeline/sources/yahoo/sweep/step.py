"""The sweep as one step of a run: made once a session, remembered when a run goes on after a kill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import plan
from rotation_pipeline.sources.yahoo.charts.dying import came_back, counted_absent
from rotation_pipeline.sources.yahoo.client import Client, quiet
from rotation_pipeline.sources.yahoo.faults import Answer
from rotation_pipeline.sources.yahoo.plan import Swept
from rotation_pipeline.sources.yahoo.standing import LABELS, SWEEP, Standing
from rotation_pipeline.sources.yahoo.sweep.derived import listings_of
from rotation_pipeline.sources.yahoo.sweep.labels import LISTING, label_turns, no_labels, read_labels
from rotation_pipeline.sources.yahoo.sweep.market import BARS, home_market, read_sweep, sweep_batch
from rotation_pipeline.sources.yahoo.sweep.suspects import suspects

LATELY = timedelta(days=21)  # a symbol that turned up within them may be the new name of one that is gone
MOST_STRANGERS = 20  # charts spent on looking for a new name
AROUND = timedelta(days=30)  # how far back the last held bar of a symbol may lie


class Sweeping:
    """What the sweep of ``request.through`` brought, read now or by the run before. Quotes are as served, by symbol."""

    def __init__(self, client: Client, request: FetchRequest, standing: Standing) -> None:
        self._client = client
        self._request = request
        self._standing = standing
        self.swept = Swept()
        self.quotes: Mapping[str, Mapping[str, Any]] | None = None
        self.home = frozenset([*standing.living(), *standing.silent()])
        self._rows: pl.DataFrame | None = None
        self._recall()

    def batches(self) -> Iterator[Batch]:
        """One batch when the sweep is due; afterwards ``swept`` and ``quotes`` hold what came."""
        if plan.is_sweep_due(self._request, self._standing) and self._client.session.closed is None:
            yield self._read()

    def labels(self) -> Iterator[Batch]:
        """One batch of the sectors and industries whose turn it is, once a session, after a sweep.

        Apart from the sweep, so that a kill or a spent budget that interrupts them costs neither its pages nor the charts.
        """
        is_swept = not plan.is_sweep_due(self._request, self._standing)
        if is_swept and self._standing.answered(LABELS) < self._request.through and self._client.session.closed is None:
            yield self._read_labels()

    @property
    def answer(self) -> Answer[Any]:
        """The quotes as an answer, for the listing of a symbol that only its chart tells about."""
        if self.quotes is None:
            return Answer(None, "failed", "the sweep has not been made", 0)
        return Answer(dict(self.quotes), "landed", None, 1)

    def unlisted(self, symbols: Iterable[str]) -> list[str]:
        """Those of the symbols that no landed listing names."""
        wanted = list(symbols)
        held = self._request.held
        known = set() if held is None else set(held.listings(wanted)["symbol"])
        return [symbol for symbol in wanted if symbol not in known]

    def strangers(self, gone: Sequence[str]) -> list[str]:
        """Companies that turned up in the sweep lately, outside the market, first those listed as long as one that is gone."""
        held = self._request.held
        if held is None or self._rows is None:
            return []
        first = held.first_quoted()
        since = self._request.through - LATELY
        is_young = min(first.values(), default=self._request.through) > since  # then everything turned up lately
        ages = set(held.listings(gone)["first_session"].drop_nulls())
        outside = self._rows.filter(~pl.col("symbol").is_in(list(self.home)) & (pl.col("kind") == "EQUITY"))
        lately = outside.filter(
            pl.Series([first.get(symbol, self._request.through) > since for symbol in outside["symbol"]], dtype=pl.Boolean)
        )
        same_age = lately.filter(pl.col("first_session").is_in(list(ages)))["symbol"].to_list()
        others = [] if is_young else lately.filter(~pl.col("symbol").is_in(same_age))["symbol"].to_list()
        return [*same_age, *others][:MOST_STRANGERS]

    def _read(self) -> Batch:
        request, market, silent = self._request, self._standing.living(), self._standing.silent()
        before = plan.session_before(request.sessions, request.through, 1)
        landed = self._landed(request.through)  # by a sweep of this session that was cut short
        quoted: set[str] = set() if landed is None else set(landed["symbol"])
        with quiet():
            sweep = read_sweep(self._client, request, market, quoted, silent)
        self.home = home_market(request, [*market, *silent], sweep)
        bars = None if request.held is None else request.held.bars(self.home, before - AROUND)
        why = {} if bars is None else suspects(sweep.quotes, bars, request.through, before)
        at_session = sweep.quotes.filter((pl.col("session") == request.through) & pl.col("close").is_not_null())["symbol"].to_list()
        why |= {symbol: "it is quoted again" for symbol in at_session if self._standing.is_silent(symbol)}
        batch = sweep_batch(request, sweep, self.home, why, no_labels())
        absent = counted_absent(self._standing, sweep.served, request.through) if sweep.is_whole else {}
        batch = replace(batch, cursor={**batch.cursor, **absent, **came_back(self._standing, at_session)})
        rows, served = sweep.quotes, sweep.served
        if landed is not None:
            rest = landed.filter(~pl.col("symbol").is_in(rows["symbol"].to_list()))
            rows, served = pl.concat([rows, rest], how="diagonal"), {**_all_as_served(rest), **served}
        self._note(rows, served, why, batch.frames.get(BARS), bars)
        return batch

    def _read_labels(self) -> Batch:
        """Listings that the labels change. A turn that was cut short goes on in the next run."""
        request, held = self._request, self._request.held
        with quiet():
            labels = read_labels(self._client, request, label_turns(request.cursor, len(self._standing.companies)))
        cursor = dict(labels.cursor)
        if all(entry.outcome != "waiting" for entry in labels.entries):
            cursor[LABELS] = request.through.isoformat()
        if self._rows is None:
            return Batch({}, labels.entries, cursor)
        labelled = self._rows.filter(pl.col("symbol").is_in(labels.frame["symbol"].to_list()))
        listings = listings_of(labelled, self.home, labels.frame, None if held is None else held.listings(self.home))
        entries = [LedgerEntry(LISTING, symbol, "landed", 1) for symbol in listings["symbol"]]
        return Batch({LISTING: listings} if listings.height else {}, (*labels.entries, *entries), cursor)

    def _landed(self, session: date) -> pl.DataFrame | None:
        return None if self._request.held is None else self._request.held.quotes(session)

    def _recall(self) -> None:
        """The sweep that landed before this run was killed, or the one of a run earlier this evening."""
        request = self._request
        if request.held is None or self._standing.answered(SWEEP) < request.through:
            return
        before = plan.session_before(request.sessions, request.through, 1)
        rows = request.held.quotes(request.through)
        bars = request.held.bars(self.home, before - AROUND)
        # What was announced did not land, but kept its bar from landing, so those symbols are not seen and get a chart anyway.
        why = suspects(rows.with_columns(announced=pl.lit(None, pl.String)), bars, request.through, before)
        self._note(rows, _all_as_served(rows), why, None, bars)

    def _note(
        self,
        rows: pl.DataFrame,
        served: Mapping[str, Mapping[str, Any]],
        why: Mapping[str, str],
        new_bars: pl.DataFrame | None,
        held_bars: pl.DataFrame | None,
    ) -> None:
        """Keep what later steps ask for. A symbol whose bar of the session landed, now or before, has been seen."""
        now = [] if new_bars is None else new_bars["symbol"].to_list()
        before = [] if held_bars is None else held_bars.filter(pl.col("session") == self._request.through)["symbol"].to_list()
        in_home = {symbol: reason for symbol, reason in why.items() if symbol in self.home}
        self._rows, self.quotes = rows, served
        self.swept = Swept(frozenset([*now, *before]), in_home)


def _all_as_served(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["symbol"]: _as_served(row) for row in rows.iter_rows(named=True)}


def _as_served(row: Mapping[str, Any]) -> dict[str, Any]:
    """The few fields of a landed quote that charts and details look at, under Yahoo's names."""
    names = {
        "kind": "quoteType",
        "currency": "currency",
        "financial_currency": "financialCurrency",
        "exchange": "exchange",
        "name": "longName",
    }
    return {"symbol": row["symbol"]} | {theirs: row[ours] for ours, theirs in names.items() if row[ours] is not None}
