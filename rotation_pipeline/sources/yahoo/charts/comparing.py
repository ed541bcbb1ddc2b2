"""Judging one chart answer against what is held: what is landed of it, and what it restates (methodology A.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import log

import polars as pl

from rotation_pipeline.sources.yahoo.charts.bars import Shaped
from rotation_pipeline.sources.yahoo.charts.comparing_actions import compare_actions
from rotation_pipeline.sources.yahoo.charts.overlap import Shift, find_shift, lay_side_by_side, runs
from rotation_pipeline.sources.yahoo.charts.own_amounts import on_one_basis, without_rescaled
from rotation_pipeline.sources.yahoo.charts.restated import Restatement, Said
from rotation_pipeline.sources.yahoo.charts.share_basis import ELSEWHERE, NotApplied, Splits, find_not_applied, find_unshown, on_own_basis

LANDED = ("new", "close", "bar", "volume", "completed")  # states of a session whose served bar is landed
CORRECTED = ("close", "bar", "volume")


@dataclass(frozen=True)
class Compared:
    """What is landed of an answer (``bars``, ``actions``), what it ``restatements`` say, how many bars were verified (``n_same``)."""

    bars: pl.DataFrame
    actions: pl.DataFrame
    restatements: tuple[Restatement, ...]
    n_new: int
    n_same: int
    n_corrected: int
    note: str  # what else is to be known, in words; empty when nothing is


def compare(
    symbol: str, held_bars: pl.DataFrame, held_actions: pl.DataFrame, shaped: Shaped, asked_from: date, said: Said | None = None
) -> Compared:
    """What one answer adds to what is held, and every way in which it says something else about the past.

    ``held_bars`` and ``held_actions`` are the latest landed rows of ``symbol`` (raw tables, split-adjusted prices with a basis_date a
    row); bars from before ``asked_from`` only tell that something is held there. ``shaped`` is the answer, ``said`` what was restated
    before and is not said again. Closes are compared on one share basis, to half a cent or 1e-4 of the as-traded price, volumes to
    1e-6. Bars that are new or differ are landed, equal ones counted; the adjusted close is never compared, as every dividend changes it.
    """
    said = said or Said()
    if shaped.bars.is_empty() or (held_bars.is_empty() and shaped.actions.is_empty()):
        return Compared(shaped.bars, shaped.actions, (), shaped.bars.height, 0, 0, "")
    inside = held_bars.filter((pl.col("session") >= asked_from) & (pl.col("session") <= shaped.bars["session"][-1]))
    ranged = held_actions.filter(pl.col("ex_date").is_between(shaped.bars["session"][0], shaped.bars["session"][-1]))
    basis = _find_basis(shaped, inside, Splits.of(ranged))
    bars = on_own_basis(shaped.bars, basis.stretches)
    sides = lay_side_by_side(bars, inside, basis.splits)
    told = _told(held_bars)
    verdict = _judge_shift(symbol, find_shift(sides), basis, told[1], said)
    kept_from = verdict.kept_from
    taken = sides.filter(pl.col("state").is_in(LANDED) & (pl.col("session") >= kept_from))
    listed, known = on_one_basis(shaped, ranged, basis.stretches), ranged
    if verdict.unexplained is not None:
        listed, known = without_rescaled(listed, ranged, basis.splits, verdict.unexplained.ratio, verdict.unexplained.last)
    actions = compare_actions(symbol, known, listed, basis.splits, basis.removed(verdict.denied), told, said)
    rows = [*_of_bars(symbol, sides, held_bars, verdict), *_of_splits(symbol, sides, basis, ranged, said), *actions.restatements]
    return Compared(
        bars.join(taken.select("session"), on="session", how="semi", maintain_order="left"),
        actions.landed,
        tuple(row for row in rows if row.kind not in ("SUSPECT_SPLIT", "DROPPED_ROW", "SPLIT_NOT_APPLIED") or not said.covers(row)),
        taken.filter(pl.col("state") == "new").height,
        sides.filter(pl.col("state").is_in(["same", "completed"])).height,
        taken.filter(pl.col("state").is_in(CORRECTED)).height,
        "; ".join([*verdict.notes, *actions.notes, *_notes(sides, verdict, asked_from, held_bars)]),
    )


@dataclass(frozen=True)
class _Basis:
    """Splits in force, those that the answer lists, held ones that it lists no more, and stretches it has not rescaled."""

    splits: Splits
    listed: Splits
    gone: Splits
    stretches: tuple[NotApplied, ...]

    def removed(self, denied: frozenset[date]) -> frozenset[date]:
        """Ex-dates of held splits that are no longer in force; ``denied``: those the prices speak against."""
        return (self.gone.dates() - self.splits.dates()) | denied


@dataclass(frozen=True)
class _Verdict:
    """What a common ratio means. Bars before ``kept_from`` stay as they are held; those of an ``unexplained`` shift do."""

    rows: tuple[Restatement, ...] = ()
    kept_from: date = date.min
    reason: str = "served otherwise than before"
    denied: frozenset[date] = frozenset()
    notes: tuple[str, ...] = ()
    unexplained: Shift | None = None


def _find_basis(shaped: Shaped, held: pl.DataFrame, held_splits: Splits) -> _Basis:
    listed = Splits.of(shaped.actions)
    gone = held_splits.only(held_splits.dates() - listed.dates())
    priced = shaped.bars.filter(pl.col("close") > 0)
    stretches = find_not_applied(priced["session"].to_list(), priced["close"].to_list(), listed)
    splits = listed
    # A split that is listed no more stays in force unless the prices agree better without it.
    for one in gone.ratios:
        with_it = splits.joined(Splits((one,)))
        if _n_off(shaped.bars, held, with_it) <= _n_off(shaped.bars, held, splits):
            splits = with_it
    if stretches and _n_off(shaped.bars, held, splits) < _n_off(on_own_basis(shaped.bars, stretches), held, splits):
        stretches = []  # the held bars say that it was rescaled: the stock really moved so
    n_off = _n_off(on_own_basis(shaped.bars, stretches), held, splits)
    unshown = find_unshown(priced["session"].to_list(), priced["close"].to_list(), listed.without(stretches)) if n_off else []
    for stretch in unshown:
        # No jump says so, but the held bars do: they are served as they were.
        n_off_so = _n_off(on_own_basis(shaped.bars, [*stretches, stretch]), held, splits)
        if n_off_so < n_off:
            stretches, n_off = [*stretches, stretch], n_off_so
    return _Basis(splits, listed, gone, tuple(stretches))


def _n_off(bars: pl.DataFrame, held: pl.DataFrame, splits: Splits) -> int:
    return lay_side_by_side(bars, held, splits).filter(pl.col("state") == "close").height


def _told(held_bars: pl.DataFrame) -> tuple[date, date]:
    """The first and the last session whose actions were told with its bar: a chart brought it."""
    told = held_bars.filter((pl.col("dividend_basis") == "listed") & pl.col("adj_close").is_not_null())["session"]
    return (told[0], told[-1]) if told.len() else (date.max, date.min)


def _judge_shift(symbol: str, shift: Shift | None, basis: _Basis, told_until: date, said: Said) -> _Verdict:
    if shift is None:
        return _Verdict()
    times = f"every close from {shift.first} to {shift.last} is served times {shift.ratio:.6g}"
    for ex_date, ratio in (*basis.listed.ratios, *basis.gone.ratios):
        if min(abs(log(shift.ratio * ratio)), abs(log(shift.ratio / ratio))) <= ELSEWHERE and ex_date > shift.first:
            # The held bars were fetched when the split was over, but not yet on its basis, or it is listed no more.
            denied = frozenset({ex_date}) & basis.gone.dates()
            return _Verdict(reason=f"{times}: held on the other side of the split of {ex_date}", denied=denied)
    if shift.first_new is None:
        note = f"{times} and no split is listed; the held ones stay until a new session tells more"
        return _Verdict(kept_from=date.max, notes=(note,), unexplained=shift)
    suspicion = Restatement(
        symbol, "SUSPECT_SPLIT", "close", shift.first_new, shift.first_new, shift.n_sessions,
        shift.held, shift.served, shift.ratio, f"{times} and no split is listed",
    )  # fmt: skip
    if shift.first_new > told_until or said.covers(suspicion):
        note = f"{suspicion.note}: quarantined from {shift.first_new} on"
        return _Verdict((suspicion,), shift.first_new, notes=(note,), unexplained=shift)
    if shift.is_smoother:
        return _Verdict(reason=f"{times} and runs on better so, though no split is listed")
    noted = replace(
        suspicion,
        kind="CORRECTION",
        first_session=shift.first,
        last_session=shift.last,
        note=f"{times}, which breaks the series: not landed",
    )
    return _Verdict((noted,), shift.first_new, notes=(noted.note,), unexplained=shift)


def _of_bars(symbol: str, sides: pl.DataFrame, held_bars: pl.DataFrame, verdict: _Verdict) -> list[Restatement]:
    kept = sides.filter(pl.col("session") >= verdict.kept_from)
    rows = list(verdict.rows)
    for state in CORRECTED:
        rows += runs(symbol, kept, [state], "CORRECTION", verdict.reason if state == "close" else "served otherwise than before")
    if held_bars.height:
        first, last = held_bars["session"].min(), held_bars["session"].max()
        late = kept.with_columns(
            state=pl.when((pl.col("session") > first) & (pl.col("session") < last)).then("state").otherwise(pl.lit("plain"))
        )
        rows += runs(symbol, late, ["new"], "LATE_ROW", "served at last, between sessions that were held")
    rows += runs(symbol, sides, ["dropped"], "DROPPED_ROW", "no longer served; what is held stays")
    return rows


def _of_splits(symbol: str, sides: pl.DataFrame, basis: _Basis, held_actions: pl.DataFrame, said: Said) -> list[Restatement]:
    known = Splits.of(held_actions).dates()
    rows = []
    for ex_date, ratio in basis.listed.ratios:
        moved = sides.filter(
            (pl.col("held_basis_date") < ex_date)
            & (pl.col("basis_date") >= ex_date)
            & pl.col("state").is_in(["same", "completed", "volume"])
        )
        # Said again of closes that were served on another basis than the list's, and agree with it now.
        is_news = ex_date not in known or any(said.is_suspected(day) for day in sides.filter(pl.col("session") >= ex_date)["session"][:1])
        if is_news and moved.height:
            first, last = moved["session"][0], moved.row(-1, named=True)
            note = f"the split of {ex_date} ({ratio:g} for 1) rescales what came before it; prices as traded do not move"
            old, new = last["held_as_landed"], last["close"]
            rows.append(
                Restatement(
                    symbol, "BASIS_CHANGE", "close", first, last["session"], moved.height, old, new, new / old if old else None, note
                )
            )
    for one in basis.stretches:
        listed, stretch = f"the split of {one.ex_date} ({one.ratio:g} for 1) is listed", f"from {one.first} to {one.last}"
        note = f"{listed}, and the bars {stretch} are not rescaled"
        if not one.is_shown:
            note = f"{listed}, and prices do not show it: the bars {stretch} are as they were, and the next one goes on from them"
        rows.append(
            Restatement(symbol, "SPLIT_NOT_APPLIED", "split", one.ex_date, one.ex_date, one.n_sessions, None, one.ratio, None, note)
        )
    return rows


def _notes(sides: pl.DataFrame, verdict: _Verdict, asked_from: date, held_bars: pl.DataFrame) -> Sequence[str]:
    notes = []
    silent = sides.filter(pl.col("state") == "silent")
    if silent.height:
        notes.append(f"{silent.height} sessions came without a close that is held (last: {silent['session'][-1]}): the held ones stay")
    both = sides.filter(pl.col("held_close").is_not_null() & pl.col("close").is_not_null())
    reaches_back = both.height and both["state"][0] == "close" and (held_bars["session"] < asked_from).any()
    if reaches_back and verdict.kept_from == date.min:
        notes.append(f"the first bar asked for differs ({both['session'][0]}): earlier ones may, too")
    return notes
