"""Chart answers to raw.price_bar and raw.corporate_action rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pandas as pd

_PRICES = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "adj_close", "Volume": "volume"}
_ACTIONS = {"Dividends": "dividend", "Stock Splits": "split", "Capital Gains": "capital_gain"}


@dataclass(frozen=True)
class Shaped:
    """Bars and actions of one symbol through a session; ``n_empty`` rows had neither a price nor a volume and were left out."""

    bars: pl.DataFrame
    actions: pl.DataFrame
    n_empty: int
    later_split: date | None  # a listed split after the session: prices may or may not be on its basis already


def shape_history(symbol: str, frame: pd.DataFrame, currency: str, paid_in: Mapping[date, str], through: date) -> Shaped:
    """Rows of raw.price_bar and raw.corporate_action with session <= ``through``.

    Yahoo's closes, volumes and dividends carry every split up to the fetch, whatever auto_adjust says, so ``basis_date`` is
    ``through`` and the basis 'split_adjusted'. A row with a volume but no close is kept as served.
    """
    served = _by_session(frame)
    inside = served.filter(pl.col("session") <= through)
    is_empty = pl.all_horizontal(pl.col("open", "high", "low", "close").is_null()) & (pl.col("volume").fill_null(0) == 0)
    bars = inside.filter(~is_empty).select(
        pl.lit(symbol).alias("symbol"),
        "session",
        *_PRICES.values(),
        pl.lit(currency).alias("currency"),
        pl.lit("split_adjusted").alias("price_basis"),
        pl.lit("listed").alias("dividend_basis"),
        pl.lit(through).alias("basis_date"),
    )
    later = served.filter((pl.col("session") > through) & (pl.col("split") != 0))["session"]
    return Shaped(
        bars, _actions(symbol, inside, currency, paid_in, through), inside.height - bars.height, later[0] if later.len() else None
    )


def _by_session(frame: pd.DataFrame) -> pl.DataFrame:
    """The pandas frame with a session column, polars names and nulls for NaN."""
    days = frame.index.tz_localize(None).to_numpy().astype("datetime64[D]")
    columns = {new: frame[old].to_numpy(dtype=float) for old, new in (_PRICES | _ACTIONS).items() if old in frame.columns}
    served = pl.DataFrame({"session": days, **columns}).with_columns(pl.col(list(columns)).fill_nan(None))
    return served if "capital_gain" in columns else served.with_columns(capital_gain=pl.lit(0.0))


def _actions(symbol: str, inside: pl.DataFrame, currency: str, paid_in: Mapping[date, str], through: date) -> pl.DataFrame:
    """Non-zero actions, one row each. Cash amounts are on the split basis of the fetch."""
    rows = inside.unpivot(list(_ACTIONS.values()), index="session", variable_name="kind", value_name="amount").filter(
        pl.col("amount").is_not_null() & (pl.col("amount") != 0)
    )
    own = pl.DataFrame({"session": list(paid_in), "own": list(paid_in.values())}, schema={"session": pl.Date, "own": pl.String})
    return (
        rows.join(own, on="session", how="left")
        .sort("session", "kind")
        .select(
            pl.lit(symbol).alias("symbol"),
            pl.col("session").alias("ex_date"),
            "kind",
            "amount",
            pl.when(pl.col("kind") == "dividend").then(pl.coalesce("own", pl.lit(currency))).otherwise(pl.lit(currency)).alias("currency"),
            pl.lit(through).alias("basis_date"),
        )
    )
