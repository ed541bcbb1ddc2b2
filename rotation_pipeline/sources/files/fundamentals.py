"""Shares, statements and earnings announcements, with their clocks and bases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from pathlib import Path

import polars as pl

from rotation_pipeline.sources.files.declaration import Earnings, FileGroup, Shares, Statements
from rotation_pipeline.sources.files.fiscal import add_labelled_period
from rotation_pipeline.sources.files.reader import offers, read
from rotation_pipeline.sources.files.stamps import NEW_YORK
from rotation_pipeline.sources.files.vocabulary import SECTIONS, Column

OPEN, CLOSE = time(9, 30), time(16)  # of a whole session in New York

Rows = tuple[pl.DataFrame, dict[str, int]]  # what is landed, and how many rows are excused for which reason


def share_rows(file: Path, shares: Shares) -> Rows:
    """raw.share_count: counts as the file has them. ``as_of`` is ``known_on`` when the file does not say it."""
    rows = read(file, shares.group, SECTIONS["shares"].columns)
    if "as_of" not in rows.columns:
        rows = rows.with_columns(pl.col("known_on").alias("as_of"))
    rows = rows.with_columns(pl.col("as_of").fill_null(pl.col("known_on")))
    basis = pl.col("as_of") if shares.basis_date == "own" else pl.lit(shares.basis_date)
    return rows.select("symbol", "as_of", "known_on", "shares", pl.lit(shares.kind).alias("kind"), basis.alias("basis_date")), {}


def statement_rows(file: Path, statements: Statements) -> Rows:
    """raw.statement: by period label (Q1 2025, FY 2024; trailing sums are left out) or by fiscal_period and fiscal_period_end."""
    columns = dict(SECTIONS["statements"].columns)
    if not _is_labelled(file, statements.group):
        del columns["fiscal_label"]
        return _plain(read(file, statements.group, columns)), {}
    del columns["fiscal_period"]
    columns["known_on"] = Column("date", "filled")
    if not offers(file, statements.group, "fiscal_period_end"):
        del columns["fiscal_period_end"]
    rows, n_trailing = add_labelled_period(read(file, statements.group, columns), "known_on", file, statements.group)
    return _plain(rows), {"trailing twelve months (TTM) are no fiscal period": n_trailing}


def earnings_rows(file: Path, earnings: Earnings, today: date) -> Rows:
    """raw.earnings_event: announcements with their date.

    Rows without an announcement date are excused. Without a column ``observed_on`` the announcement was seen on its day, an expected
    one ``today``. Where the date comes with a time of day, that is kept and says the timing; a column ``timing`` has the last word.
    """
    rows = read(file, _with_moment(earnings.group), {**SECTIONS["earnings"].columns, "announced_at": Column("moment")})
    has_date = pl.col("announced_on").is_not_null()
    n_undated = rows.filter(~has_date).height
    rows, n_trailing = _with_period(rows.filter(has_date), file, earnings.group)
    seen = pl.min_horizontal(pl.col("announced_on"), pl.lit(today))
    if "observed_on" in rows.columns:
        seen = pl.col("observed_on").fill_null(seen)
    clock = pl.col("announced_at").dt.replace_time_zone("UTC").dt.convert_time_zone(NEW_YORK).dt.time()
    by_clock = (
        pl.when(clock < OPEN).then(pl.lit("BMO")).when(clock >= CLOSE).then(pl.lit("AMC")).when(clock.is_not_null()).then(pl.lit("DMH"))
    )
    said = pl.col("timing").replace("UNKNOWN", None) if "timing" in rows.columns else pl.lit(None, dtype=pl.String)
    timing = pl.coalesce(said, by_clock, pl.lit("UNKNOWN"))
    is_timed = by_clock.is_not_null() & (timing == by_clock)
    precision = pl.when(~is_timed).then(pl.lit("date")).when(clock.dt.minute() == 0).then(pl.lit("hour")).otherwise(pl.lit("minute"))
    basis = pl.col("announced_on") if earnings.basis_date == "own" else pl.lit(earnings.basis_date)
    rows = rows.with_columns(
        pl.when(is_timed).then(pl.col("announced_at")).alias("announced_at"),
        precision.alias("announced_precision"),
        timing.alias("timing"),
        seen.alias("observed_on"),
        (pl.col("announced_on") <= seen).alias("is_confirmed"),
        basis.alias("basis_date"),
    )
    excused = {"no announcement date": n_undated, "trailing twelve months (TTM) are no fiscal period": n_trailing}
    return rows, excused


def _with_moment(group: FileGroup) -> FileGroup:
    """The group with announced_at read from the column of the announcement date."""
    theirs = dict(group.columns).get("announced_on", "announced_on")
    return replace(group, columns=(*group.columns, ("announced_at", theirs)))


def _with_period(rows: pl.DataFrame, file: Path, group: FileGroup) -> tuple[pl.DataFrame, int]:
    if "fiscal_label" not in rows.columns or "fiscal_period_end" in rows.columns:
        return rows.drop("fiscal_label", strict=False), 0
    labelled, n_trailing = add_labelled_period(rows, "announced_on", file, group)
    return labelled.drop("fiscal_period"), n_trailing


def _is_labelled(file: Path, group: FileGroup) -> bool:
    return offers(file, group, "fiscal_label") and not offers(file, group, "fiscal_period")


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("currency").fill_null("USD")) if "currency" in rows.columns else rows
