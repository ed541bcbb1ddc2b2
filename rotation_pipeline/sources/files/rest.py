"""Everything but the prices as one batch: one frame a raw table, one ledger entry a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.files.actions import dividend_rows, split_rows
from rotation_pipeline.sources.files.declaration import (
    Dividends,
    Earnings,
    Entry,
    Listings,
    Memberships,
    Shares,
    Splits,
    Statements,
    SymbolChanges,
)
from rotation_pipeline.sources.files.fundamentals import earnings_rows, share_rows, statement_rows
from rotation_pipeline.sources.files.listings import listing_rows, symbol_change_rows
from rotation_pipeline.sources.files.membership import membership_rows
from rotation_pipeline.sources.files.reader import left_out
from rotation_pipeline.sources.files.vocabulary import SECTIONS

Declared = tuple[Entry, list[Path], list[Path]]  # an entry, its files and its seed files
Part = tuple[str, str, pl.DataFrame, dict[str, int]]  # raw table, file, rows to land, rows excused by reason

_ONE_A_KEY = {"raw.listing": ("symbol",), "raw.symbol_change": ("old_symbol", "new_symbol", "changed_on")}


def rest_batch(declared: Iterable[Declared], today: date) -> Batch:
    """Rows of all entries. A listing or rename that several files bring is taken from the one declared first, and excused in the others.

    Raises BadInput naming file, column and row.
    """
    frames: dict[str, list[pl.DataFrame]] = {}
    ledger: list[LedgerEntry] = []
    taken: dict[str, pl.DataFrame] = {}
    for table, subject, found, excused in _parts(declared, today):
        rows, reasons = found, dict(excused)
        if table in _ONE_A_KEY:
            rows = _first_only(table, found, taken)
            reasons["named before, by this file or one declared earlier"] = found.height - rows.height
        frames.setdefault(table, []).append(rows)
        ledger.append(LedgerEntry(table, subject, "landed", n_rows=rows.height))
        ledger += [LedgerEntry(table, subject, "excused", n_rows=n, reason=reason) for reason, n in reasons.items() if n]
    return Batch({table: pl.concat(parts, how="diagonal") for table, parts in frames.items()}, tuple(ledger))


def _first_only(table: str, found: pl.DataFrame, taken: dict[str, pl.DataFrame]) -> pl.DataFrame:
    key = list(_ONE_A_KEY[table])
    rows = found.unique(key, keep="first", maintain_order=True)
    if table in taken:
        rows = rows.join(taken[table], on=key, how="anti", maintain_order="left")
    taken[table] = pl.concat([taken[table], rows.select(key)]) if table in taken else rows.select(key)
    return rows


def _parts(declared: Iterable[Declared], today: date) -> Iterable[Part]:
    for entry, files, seeds in declared:
        table = SECTIONS[entry.group.section].table
        if isinstance(entry, Memberships):
            rows, excused = membership_rows(files, seeds, entry)
            for file in files:
                excused = excused | {f"{file.name}: {reason}": n for reason, n in left_out(file, entry.group).items()}
            yield table, " + ".join(path.name for path in [*seeds, *files]), rows, excused
            continue
        for file in files:
            rows, excused = _rows(file, entry, today)
            yield table, file.name, rows, excused | left_out(file, entry.group)


def _rows(file: Path, entry: Entry, today: date) -> tuple[pl.DataFrame, dict[str, int]]:
    match entry:
        case Splits():
            return split_rows(file, entry), {}
        case Dividends():
            return dividend_rows(file, entry), {}
        case Listings():
            return listing_rows(file, entry), {}
        case SymbolChanges():
            return symbol_change_rows(file, entry)
        case Shares():
            return share_rows(file, entry)
        case Statements():
            return statement_rows(file, entry)
        case Earnings():
            return earnings_rows(file, entry, today)
        case _:
            raise AssertionError(f"{type(entry).__name__} has a batch of its own")
