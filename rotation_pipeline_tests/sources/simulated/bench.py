"""What the tests of the simulated market share: the end of its horizon, and the way back from the vendor's basis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Protocol

import polars as pl

from rotation_pipeline.landing import Batch

END = date(2026, 6, 30)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Fetch(Protocol):
    """Fetch up to a day and return the only batch."""

    def __call__(self, through: date, cursor: Mapping[str, str] | None = None) -> Batch: ...


def as_traded(batch: Batch) -> pl.DataFrame:
    """Bars brought back from the batch's basis to what was traded, in cents, by the batch's own splits (methodology A.1)."""
    splits = batch.frames["raw.corporate_action"].filter(pl.col("kind") == "split").select("symbol", "ex_date", ratio="amount")
    bars = batch.frames["raw.price_bar"]
    ahead = (
        bars.select("symbol", "session")
        .join(splits, on="symbol")
        .filter(pl.col("ex_date") > pl.col("session"))
        .group_by("symbol", "session")
        .agg(pl.col("ratio").product())
    )
    prices = [(pl.col(c) * pl.col("ratio")).round(6) for c in ("open", "high", "low", "close")]
    joined = bars.join(ahead, on=["symbol", "session"], how="left").with_columns(pl.col("ratio").fill_null(1.0))
    return joined.select("symbol", "session", *prices, (pl.col("volume") / pl.col("ratio")).round(3)).sort("symbol", "session")
