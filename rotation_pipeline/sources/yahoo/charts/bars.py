"""Chart answers to raw.price_bar and raw.corporate_action rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pandas as pd

    from rotation_pipeline.sources.yahoo.client import Event, History

_PRICES = {"Open": "open", "High": "high", "Low": "low", "Close": "close", "Adj Close": "adj_close", "Volume": "volume"}
_EVENT = {"ex_date": pl.Date, "kind": pl.String, "amount": pl.Float64}


@dataclass(frozen=True)
class Shaped:
    """Bars and actions of one symbol through a session; ``n_empty`` rows had neither a price nor a volume and were left out."""

    bars: pl.DataFrame
    actions: pl.DataFrame
    n_empty: int
    later_split: date | None  # a listed split after the session: prices may or may not be on its basis already


def shape_history(symbol: str, said: History, currency: str, through: date) -> Shaped:
    """Rows of raw.price_bar and raw.corporate_action up to ``through``; actions keep their own dates, of a session or not.

    Yahoo's closes, volumes and dividends carry every split up to the fetch, whatever auto_adjust says, so ``basis_date`` is
    ``through`` and the basis 'split_adjusted'. A row with a volume but no close is kept as served.
    """
    served = _by_session(said.frame)
    events = _within(said.events, served)
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
    later = events.filter((pl.col("ex_date") > through) & (pl.col("kind") == "split"))["ex_date"].sort()
    actions = _actions(symbol, events.filter(pl.col("ex_date") <= through), currency, said.paid_in, through)
    return Shaped(bars, actions, inside.height - bars.height, later[0] if later.len() else None)


def _by_session(frame: pd.DataFrame) -> pl.DataFrame:
    """The pandas frame with a session column, polars names and nulls for NaN."""
    days = frame.index.tz_localize(None).to_numpy().astype("datetime64[D]")
    columns = {new: frame[old].to_numpy(dtype=float) for old, new in _PRICES.items()}
    return pl.DataFrame({"session": days, **columns}).with_columns(pl.col(list(columns)).fill_nan(None))


def _within(events: Iterable[Event], served: pl.DataFrame) -> pl.DataFrame:
    """The events from the first served day on, one row a date and kind: payments of a day add up, ratios multiply."""
    first, of_day = served["session"].min(), dict[tuple[date, str], float]()
    for event in events:
        key = event.ex_date, event.kind
        if isfinite(event.amount) and event.amount != 0 and isinstance(first, date) and event.ex_date >= first:
            before = of_day.get(key)
            of_day[key] = event.amount if before is None else before * event.amount if event.kind == "split" else before + event.amount
    return pl.DataFrame([(*key, amount) for key, amount in of_day.items()], schema=_EVENT, orient="row")


def _actions(symbol: str, events: pl.DataFrame, currency: str, paid_in: Mapping[date, str], through: date) -> pl.DataFrame:
    """One row an event. Cash amounts are on the split basis of the fetch."""
    own = pl.DataFrame({"ex_date": list(paid_in), "own": list(paid_in.values())}, schema={"ex_date": pl.Date, "own": pl.String})
    return (
        events.join(own, on="ex_date", how="left")
        .sort("ex_date", "kind")
        .select(
            pl.lit(symbol).alias("symbol"),
            "ex_date",
            "kind",
            "amount",
            pl.when(pl.col("kind") == "dividend").then(pl.coalesce("own", pl.lit(currency))).otherwise(pl.lit(currency)).alias("currency"),
            pl.lit(through).alias("basis_date"),
        )
    )
