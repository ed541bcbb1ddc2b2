"""Listed splits and distributions of one chart answer against those held, and against the adjusted close (A.7, rule 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from rotation_pipeline.sources.yahoo.charts.bars import Shaped
from rotation_pipeline.sources.yahoo.charts.own_amounts import Listed
from rotation_pipeline.sources.yahoo.charts.payouts import TOLERANCE, Doubt, Judged, implied_cash, judge_payouts
from rotation_pipeline.sources.yahoo.charts.restated import Restatement, Said, of_action
from rotation_pipeline.sources.yahoo.charts.share_basis import Splits

AMOUNT, ROUNDING = 1e-4, 1e-6  # an amount is the same within the larger of the relative and the absolute difference (USD)


@dataclass(frozen=True)
class ComparedActions:
    """Rows of raw.corporate_action to land, restatements, and what else is to be known."""

    landed: pl.DataFrame
    restatements: tuple[Restatement, ...]
    notes: tuple[str, ...]


def compare_actions(
    symbol: str, held: pl.DataFrame, listed: Listed, splits: Splits, removed_splits: frozenset[date], told: tuple[date, date], said: Said
) -> ComparedActions:
    """New and changed actions to land, with a restatement for each that concerns a session whose actions had been told.

    ``held`` are the held actions of the range that the answer covers, ``listed`` what the answer says, ``splits`` those in force
    (they bring amounts to one basis),
    ``removed_splits`` the ex-dates of held splits whose removal the prices bear out, ``told`` the first and last session that an
    earlier chart covered. A dividend that the adjusted close contradicts is
    landed with its contradiction, and landed again once the two agree: the latest load tells which it is.
    """
    if held.is_empty() and listed.actions.is_empty():
        return ComparedActions(listed.actions, (), ())
    judged = judge_payouts(listed.on_fetch.bars, listed.on_fetch.actions)
    both = _side_by_side(held, listed.actions, splits)
    rows: list[Restatement] = []
    taken = set()
    for one in both.iter_rows(named=True):
        ex_date, kind, old, new = one["ex_date"], one["kind"], one["held_amount"], one["amount"]
        if new is None:
            rows += _removed(symbol, one, listed.on_fetch, removed_splits)
        elif old is None:
            taken.add((ex_date, kind))
            if told[0] <= ex_date <= told[1]:
                rows.append(of_action(symbol, "ACTION_ADDED", kind, ex_date, None, new, f"listed late: bars through {told[1]} had come"))
        elif abs(new - old) > max(AMOUNT * abs(old), ROUNDING) or one["currency"] != one["held_currency"]:
            taken.add((ex_date, kind))
            rows.append(of_action(symbol, "ACTION_CHANGED", kind, ex_date, old, new, "another amount than was listed before"))
        elif _is_acquitted(one, judged, said):
            taken.add((ex_date, kind))
            rows.append(of_action(symbol, "ACTION_CHANGED", kind, ex_date, old, new, "the adjusted close now agrees with the amount"))
    for doubt in map(listed.as_listed, judged.doubts):
        if (doubt.ex_date, doubt.kind) in taken or not _is_doubted(doubt, held, said):
            taken.add((doubt.ex_date, doubt.kind))
            rows.append(of_action(symbol, "CONTRADICTED_DIVIDEND", doubt.kind, doubt.ex_date, doubt.implied, doubt.listed, doubt.note))
    landed = [(one["ex_date"], one["kind"]) in taken for one in listed.actions.iter_rows(named=True)]
    new_rows = tuple(row for row in rows if not (row.new_value is None and said.covers(row)))
    return ComparedActions(listed.actions.filter(pl.Series(landed, dtype=pl.Boolean)), new_rows, _notes(judged, taken))


def _side_by_side(held: pl.DataFrame, listed: pl.DataFrame, splits: Splits) -> pl.DataFrame:
    """One row an ex-date and kind; held cash amounts on the share basis of the listed ones."""
    to_listed = splits.factor("held_basis_date") / splits.factor("basis_date")
    theirs = held.select(
        "ex_date", "kind", *(pl.col(name).alias(f"held_{name}") for name in ("amount", "currency", "basis_date")),
        pl.col("load_id") if "load_id" in held.columns else pl.lit(None, dtype=pl.String).alias("load_id"),
    )  # fmt: skip
    both = listed.join(theirs, on=["ex_date", "kind"], how="full", coalesce=True).sort("ex_date", "kind")
    latest = pl.col("basis_date").fill_null(pl.col("basis_date").max()).fill_null(pl.col("held_basis_date"))
    return both.with_columns(basis_date=latest).with_columns(
        held_amount=pl.when(pl.col("kind") == "split").then("held_amount").otherwise(pl.col("held_amount") * to_listed)
    )


def _removed(symbol: str, held: dict[str, object], shaped: Shaped, removed_splits: frozenset[date]) -> list[Restatement]:
    ex_date, kind, amount = held["ex_date"], str(held["kind"]), held["held_amount"]
    assert isinstance(ex_date, date)
    assert isinstance(amount, float)
    if kind == "split":
        if ex_date in removed_splits:
            return [
                of_action(symbol, "ACTION_REMOVED", kind, ex_date, amount, None, "no longer listed, and prices are on the basis without it")
            ]
        note = "no longer listed, but prices are still on its basis: it stays in use"
        return [of_action(symbol, "SUSPECT_SPLIT", kind, ex_date, amount, None, note)]
    implied = implied_cash(shaped.bars, ex_date)
    if implied is not None and abs(implied - amount) <= max(AMOUNT, TOLERANCE) * max(implied, amount) + ROUNDING:
        note = f"{amount:g} is no longer listed, but the adjusted close still implies it: it stays in use"
        return [of_action(symbol, "CONTRADICTED_DIVIDEND", kind, ex_date, implied, None, note)]
    return [of_action(symbol, "ACTION_REMOVED", kind, ex_date, amount, None, "no longer listed")]


def _is_doubted(doubt: Doubt, held: pl.DataFrame, said: Said) -> bool:
    """Whether the held row of the action landed together with a contradiction."""
    row = held.filter((pl.col("ex_date") == doubt.ex_date) & (pl.col("kind") == doubt.kind))
    return bool(
        row.height and "load_id" in row.columns and row["load_id"][0] in said.loads_of("CONTRADICTED_DIVIDEND", doubt.kind, doubt.ex_date)
    )


def _is_acquitted(one: dict[str, object], judged: Judged, said: Said) -> bool:
    ex_date = one["ex_date"]
    assert isinstance(ex_date, date)
    return ex_date in judged.confirmed and one["load_id"] in said.loads_of("CONTRADICTED_DIVIDEND", str(one["kind"]), ex_date)


def _notes(judged: Judged, taken: set[tuple[date, str]]) -> tuple[str, ...]:
    missing = sorted(ex_date for ex_date in judged.unadjusted if any(ex_date == day for day, _ in taken))
    return (
        (f"the adjusted close leaves out what was paid on {', '.join(map(str, missing))}: the listed amounts are used",) if missing else ()
    )
