"""Fiscal periods from labels such as Q1 2025 or FY 2024, for files that give no period end (methodology E.1, F.1).

The label is kept: where a fiscal year does not end with a calendar quarter, core.fiscal_calendar places it by the issuer's filings.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rotation_pipeline.errors import BadInput
from rotation_pipeline.sources.files.declaration import FileGroup

_LABEL = r"^(?:(?<period>Q[1-4]|FY|TTM)[ -]?(?<year>\d{4})|(?<year_first>\d{4})[ -]?(?<period_last>Q[1-4]|FY|TTM))$"
MIN_DAYS = 10  # nobody reports earlier than this after the end of a quarter


def add_labelled_period(rows: pl.DataFrame, known: str, file: Path, group: FileGroup) -> tuple[pl.DataFrame, int]:
    """Rows with fiscal_period (Q or FY) and fiscal_period_end from ``fiscal_label``; and how many TTM rows were left out.

    ``fiscal_label`` is spelled Q1 2025 or FY 2024 in all of them, and blank where the file has an end itself: that end is kept. The
    end that stands for the others is the latest calendar quarter end at least 10 days before the day in column ``known``. Of several
    periods that one symbol reports on one day the latest gets that end, an earlier one as many quarters before as the labels lie
    apart. A blank label gives blanks. Raises BadInput for a label of another form.
    """
    rows = _parsed(rows, file, group)
    is_trailing = pl.col("_period") == "TTM"
    n_trailing = rows.filter(is_trailing).height
    rows = rows.filter(is_trailing.not_() | is_trailing.is_null())
    quarter = pl.when(pl.col("_period") == "FY").then(4).otherwise(pl.col("_period").str.slice(1).cast(pl.Int32, strict=False))
    number = 4 * pl.col("_year") + quarter
    steps = number.max().over("symbol", known) - number
    latest = pl.col(known).dt.offset_by(f"-{MIN_DAYS - 1}d").dt.truncate("1q")
    end = latest.dt.offset_by(pl.format("-{}mo", 3 * steps)).dt.offset_by("-1d")
    period = pl.when(pl.col("_period").is_not_null()).then(pl.when(pl.col("_period") == "FY").then(pl.lit("FY")).otherwise(pl.lit("Q")))
    columns = [period.alias("fiscal_period")]
    if "fiscal_period_end" in rows.columns:
        columns.append(pl.lit(None, dtype=pl.String).alias("fiscal_label"))
    else:
        columns += [pl.format("{} {}", "_period", "_year").alias("fiscal_label"), end.alias("fiscal_period_end")]
    return rows.with_columns(columns).drop("_period", "_year"), n_trailing


def _parsed(rows: pl.DataFrame, file: Path, group: FileGroup) -> pl.DataFrame:
    parts = rows["fiscal_label"].str.to_uppercase().str.extract_groups(_LABEL).struct
    period = parts.field("period").fill_null(parts.field("period_last"))
    year = parts.field("year").fill_null(parts.field("year_first")).cast(pl.Int32)
    odd = rows["fiscal_label"].filter(rows["fiscal_label"].is_not_null() & period.is_null())
    if odd.len():
        raise BadInput(
            f"{file}, fiscal_label",
            f"{odd[0]!r} is no period label ({odd.len()} rows like it)",
            f"use Q1 2025, FY 2024 or TTM 2024, or map fiscal_period and fiscal_period_end in {group.where}",
        )
    return rows.with_columns(period.alias("_period"), year.alias("_year"))
