"""Share counts of one symbol to raw.share_count rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pandas as pd


def shape_shares(symbol: str, counts: pd.Series[int], basis_date: date) -> pl.DataFrame:
    """One row per day and value: several values of one day are all kept, the same value twice is one.

    The day is when Yahoo picked the count up, so it is both what the count describes and when it was known; the filing is not named.
    """
    days = counts.index.tz_localize(None).to_numpy().astype("datetime64[D]")
    frame = pl.DataFrame({"as_of": days, "shares": counts.to_numpy(dtype=float)}).unique().sort("as_of", "shares")
    return frame.select(
        pl.lit(symbol).alias("symbol"),
        "as_of",
        pl.col("as_of").alias("known_on"),
        pl.col("shares").fill_nan(None),
        pl.lit("vendor").alias("kind"),
        pl.lit(basis_date).alias("basis_date"),
    )
