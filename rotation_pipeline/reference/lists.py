"""Dated index lists and symbol changes of the index-constitution package (MIT, derived from Wikipedia), and what to ask a vendor for.

The package writes history under each company's symbol of today (META in 2013), so a stay is resolved by the symbol's holder
today, not by the holder of the day. Where it lists two companies that used one symbol one after the other (Amoco and
AutoNation as AN), their stays overlap or touch; a symbol can be a member only once, so they become one stay.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from rotation_pipeline.reference import reader

if TYPE_CHECKING:
    import polars as pl

INDEXES = {"SP500": "sp500", "NDX100": "nasdaq100", "DOW30": "dow30"}
MARKET_INDEXES = ("^GSPC", "^RUT", "^IXIC", "^TNX", "^IRX", "^VIX")


def memberships() -> pl.DataFrame:
    """Stays in SP500, NDX100 and DOW30: universe_id, symbol (Yahoo spelling), valid_from, valid_to (NULL: still in), bias_label.

    Half-open in dates; stays of one symbol in one universe are disjoint and do not touch.
    """
    import index_constitution
    import polars as pl

    stays = [
        (universe_id, _yahoo(symbol), valid_from.date(), None if valid_to != valid_to else valid_to.date())  # NaT differs from itself
        for universe_id, index in INDEXES.items()
        for symbol, valid_from, valid_to in index_constitution.history(index)[["symbol", "opt-in", "opt-out"]].itertuples(index=False)
    ]
    schema = {"universe_id": pl.String(), "symbol": pl.String(), "valid_from": pl.Date(), "valid_to": pl.Date()}
    return disjoint_stays(pl.DataFrame(stays, schema=schema, orient="row")).with_columns(bias_label=pl.lit("PIT_FULL"))


def disjoint_stays(stays: pl.DataFrame) -> pl.DataFrame:
    """Stays (universe_id, symbol, valid_from, valid_to) with overlapping and touching ones of a symbol made one, empty ones left out."""
    import polars as pl

    who = ["universe_id", "symbol"]
    open_end = date.max
    reach = pl.col("end").cum_max().shift(1).over(who)
    return (
        stays.with_columns(end=pl.col("valid_to").fill_null(open_end))
        .filter(pl.col("valid_from") < pl.col("end"))
        .sort(*who, "valid_from", "end")
        .with_columns(stay=(reach.is_null() | (pl.col("valid_from") > reach)).cast(pl.Int32).cum_sum().over(who))
        .group_by(*who, "stay", maintain_order=True)
        .agg(pl.col("valid_from").min(), pl.col("end").max())
        .select(*who, "valid_from", valid_to=pl.when(pl.col("end") < open_end).then("end"))
    )


def symbol_changes() -> pl.DataFrame:
    """Renames of US lines: old_symbol, new_symbol, changed_on (first date under the new symbol), by date.

    Mergers and delistings of the package's event table are left out: there the line ends.
    """
    import index_constitution
    import polars as pl

    events = index_constitution.events(region="us")
    renames = events[events["event_type"] == "ticker_change"]
    rows = [
        (_yahoo(old), _yahoo(new), changed_on.date())
        for changed_on, old, new in renames[["event_date", "old_symbol", "new_symbol"]].itertuples(index=False)
    ]
    schema = {"old_symbol": pl.String(), "new_symbol": pl.String(), "changed_on": pl.Date()}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("changed_on", "old_symbol")


def symbols_for_vendor(memberships: pl.DataFrame, on: date) -> tuple[str, ...]:
    """What the product needs prices of: members of SP500 on ``on``, every fund of the ETF spreads, the market indexes; sorted.

    ``memberships`` has universe_id, symbol, valid_from and valid_to, as ``memberships()`` or raw.membership does.
    """
    import polars as pl

    is_in = (pl.col("valid_from") <= on) & (pl.col("valid_to").is_null() | (pl.col("valid_to") > on))
    members = memberships.filter((pl.col("universe_id") == "SP500") & is_in)["symbol"].to_list()
    spreads = reader.read("raw.etf_spread")
    return tuple(sorted({*members, *spreads["long_symbol"].to_list(), *spreads["short_symbol"].to_list(), *MARKET_INDEXES}))


def _yahoo(symbol: str) -> str:
    return symbol.replace(".", "-")
