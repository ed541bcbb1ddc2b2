"""What is made of quotes: the bars of the session, listings, and the expected dates of earnings."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, timedelta

import polars as pl

from rotation_pipeline.sources.yahoo.calendar.announcement import Event, event_frame, read_stamp

EXPECTED_WITHIN = timedelta(days=45)  # earnings dates further ahead are left to later sweeps


def sweep_bars(quotes: pl.DataFrame, market: Collection[str], through: date, without: Collection[str]) -> pl.DataFrame:
    """Rows of raw.price_bar of quotes of the session ``through``, less the symbols ``without``.

    Prices are on the share basis of the evening of ``through``. Dividends count as listed where there are none to list: indices,
    and names that neither paid in the last year nor announce anything; else they are unknown until a chart tells.
    """
    wanted = (
        pl.col("symbol").is_in(list(market))
        & ~pl.col("symbol").is_in(list(without))
        & (pl.col("session") == through)
        & pl.col("close").is_not_null()
        & (pl.col("currency").fill_null("USD") == "USD")
    )
    has_nothing = (pl.col("kind") == "INDEX") | pl.col("pays_nothing")
    return quotes.filter(wanted).select(
        "symbol",
        "session",
        *("open", "high", "low", "close", "volume"),
        pl.lit("USD").alias("currency"),
        pl.lit("split_adjusted").alias("price_basis"),
        pl.when(has_nothing).then(pl.lit("listed")).otherwise(pl.lit("none")).alias("dividend_basis"),
        pl.lit(through).alias("basis_date"),
    )


def listings_of(quotes: pl.DataFrame, symbols: Collection[str], labels: pl.DataFrame, held: pl.DataFrame | None) -> pl.DataFrame:
    """Rows of raw.listing for those of ``symbols`` whose quote or label says something else than ``held``, the rows landed last.

    ``labels`` has symbol, sector and industry. What quote and labels do not tell is taken over from the held row, so a listing
    is landed only when something is new. One that ended begins anew when a later session is quoted, and else stays as it is.
    """
    said = ["name", "kind", "exchange", "currency", "issuer_key", "sector", "industry", "first_session"]
    told = (
        quotes.filter(pl.col("symbol").is_in(list(symbols)) & (pl.col("currency").fill_null("USD") == "USD"))
        .select("symbol", "session", "name", "kind", "exchange", pl.col("currency").fill_null("USD"), "first_session")
        .join(labels.select("symbol", "sector", "industry"), on="symbol", how="left")
        .with_columns(issuer_key=pl.lit(None, pl.String))
    )
    if held is None:
        return told.select("symbol", *said)
    both = told.join(held.select("symbol", "last_session", *said, is_held=pl.lit(True)), on="symbol", how="left", suffix="_held")
    merged = both.with_columns(pl.coalesce(name, f"{name}_held").alias(name) for name in said)
    is_same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_held")) for name in said)
    is_over = pl.col("last_session").is_not_null()
    is_back = pl.col("session") > pl.col("last_session")
    is_news = pl.when(is_over).then(is_back).otherwise(pl.col("is_held").is_null() | ~is_same)
    return merged.filter(is_news).select("symbol", *said)


def expected_earnings(quotes: pl.DataFrame, symbols: Collection[str], observed_on: date) -> pl.DataFrame:
    """Rows of raw.earnings_event: the next release of companies whose date Yahoo calls sure, within EXPECTED_WITHIN.

    A window that Yahoo calls an estimate names no day (F.1 wants one), and one that ended is of the last release; both stay in
    raw.quote. The stamps carry no label, so the New York hour decides the timing.
    """
    sure = quotes.filter(
        pl.col("symbol").is_in(list(symbols))
        & (pl.col("kind") == "EQUITY")
        & ~pl.col("is_earnings_date_estimate").fill_null(value=True)
        & (pl.col("earnings_from") == pl.col("earnings_to"))
        & pl.col("earnings_from").is_between(observed_on, observed_on + EXPECTED_WITHIN)
    )
    return event_frame(
        Event(
            symbol=symbol,
            when=read_stamp(stamp.replace(tzinfo=UTC)),
            eps_estimate=None,
            eps_actual=None,
            observed_on=observed_on,
            basis_date=basis_date,
            is_confirmed=True,
        )
        for symbol, stamp, basis_date in sure.select("symbol", "earnings_from", "basis_date").iter_rows()
    )[0]
