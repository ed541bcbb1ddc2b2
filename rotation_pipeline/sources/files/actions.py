"""Splits and dividends that have a file of their own."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rotation_pipeline.sources.files.declaration import Dividends, Splits
from rotation_pipeline.sources.files.reader import offers, read
from rotation_pipeline.sources.files.vocabulary import SECTIONS, Column


def split_rows(file: Path, splits: Splits) -> pl.DataFrame:
    """raw.corporate_action rows of kind split; amount is new shares per old share, from ``ratio`` or from new_shares / old_shares."""
    columns = dict(SECTIONS["splits"].columns)
    filled = Column("number", "filled")
    if offers(file, splits.group, "new_shares") and not offers(file, splits.group, "ratio"):
        columns.update(new_shares=filled, old_shares=filled)
        del columns["ratio"]
        ratio = pl.col("new_shares") / pl.col("old_shares")
    else:
        columns["ratio"] = filled
        del columns["new_shares"], columns["old_shares"]
        ratio = pl.col("ratio")
    rows = read(file, splits.group, columns)
    return rows.select(
        "symbol",
        "ex_date",
        pl.lit("split").alias("kind"),
        ratio.alias("amount"),
        pl.lit("USD").alias("currency"),
        pl.col("ex_date").alias("basis_date"),
    )


def dividend_rows(file: Path, dividends: Dividends) -> pl.DataFrame:
    """raw.corporate_action rows of kind dividend or capital_gain, amounts in currency per share on the declared basis."""
    rows = read(file, dividends.group, SECTIONS["dividends"].columns)
    currency = pl.col("currency") if "currency" in rows.columns else pl.lit(None, pl.String)
    basis = pl.col("ex_date") if dividends.basis_date == "own" else pl.lit(dividends.basis_date)
    return rows.select(
        "symbol", "ex_date", pl.lit(dividends.kind).alias("kind"), "amount", currency.alias("currency"), basis.alias("basis_date")
    )
