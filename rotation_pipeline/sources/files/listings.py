"""Listings and renames."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rotation_pipeline.sources.files.declaration import Listings, SymbolChanges
from rotation_pipeline.sources.files.reader import read
from rotation_pipeline.sources.files.vocabulary import SECTIONS, Column


def listing_rows(file: Path, listings: Listings) -> pl.DataFrame:
    """raw.listing: what the file says of each symbol; a symbol that starts with ^ is an INDEX."""
    columns = dict(SECTIONS["listings"].columns)
    if listings.kind is not None:
        del columns["kind"]
    rows = read(file, listings.group, columns)
    if listings.kind is not None:
        rows = rows.with_columns(pl.lit(listings.kind).alias("kind"))
    is_index = pl.col("symbol").str.starts_with("^")
    return rows.with_columns(pl.when(is_index).then(pl.lit("INDEX")).otherwise(pl.col("kind")).alias("kind"))


def symbol_change_rows(file: Path, changes: SymbolChanges) -> tuple[pl.DataFrame, dict[str, int]]:
    """raw.symbol_change: one row a rename. Rows in which an ``extract`` pattern is not found are no renames: left out and counted."""
    columns = dict(SECTIONS["symbol_changes"].columns)
    for name, _pattern in changes.extract:
        columns[name] = Column("text", "present")
    rows = read(file, changes.group, columns)
    found = rows.with_columns(_cut(name, pattern, changes.group.symbol_style) for name, pattern in changes.extract)
    found = found.drop_nulls([name for name, _pattern in changes.extract]) if changes.extract else found
    return found.select("old_symbol", "new_symbol", "changed_on"), {"extract finds no symbol: no rename": rows.height - found.height}


def _cut(name: str, pattern: str, symbol_style: str) -> pl.Expr:
    symbol = pl.col(name).str.extract(pattern, 1)
    return symbol.str.replace_all(".", "-", literal=True) if symbol_style == "dots" else symbol
