"""A symbol that went silent and a new symbol that serves the same history are one line under two names (A.9).

Yahoo does not say that a symbol was renamed: the old one dies and the new one carries the whole history. What proves it is the
history itself. Two lines never share their closes, their moves and their volumes for months: funds on one index trade at their own
prices, share classes differ by cents, and names that are halted do not move at all.
"""

from __future__ import annotations

import polars as pl

MIN_COMMON = 60  # sessions on which both have a close
MIN_MOVES = 30  # of these, sessions on which the close moved by more than MOVE
MOVE = 1e-3  # relative; ten times the tolerance, so that standing still proves nothing
TOLERANCE = 1e-4  # relative difference of two closes that are the same
MIN_EQUAL = 0.98  # share of the common sessions: vendors correct single bars
MIN_COVERED = 0.95  # share of the old symbol's sessions, from the new one's first on, that the new one serves
VOLUME_TOLERANCE, MIN_EQUAL_VOLUME = 0.02, 0.5  # volumes are restated for days; half of them still agree
GLIMPSE = 10  # sessions looked at first

IS_EQUAL = (pl.col("price_new") / pl.col("price") - 1).abs() <= TOLERANCE

FOUND = pl.Schema(
    {
        "old_symbol": pl.String(),
        "new_symbol": pl.String(),
        "changed_on": pl.Date(),
        "first_session": pl.Date(),
        "last_session": pl.Date(),
        "n_sessions": pl.Int64(),
        "n_equal": pl.Int64(),
        "old_close": pl.Float64(),
        "new_close": pl.Float64(),
    }
)


def find_renames(gone: pl.DataFrame, fresh: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """Which of the symbols that are gone go on under which of the new ones.

    ``gone``: the held bars of symbols that died or vanished, ``fresh``: bars of symbols that were not held before, both with the
    columns of raw.price_bar (symbol, session, close, volume and basis_date are read), one row a symbol and session. ``splits``:
    rows of raw.corporate_action; the splits of the new symbols bring prices and volumes of two dates to one share basis.

    One row of FOUND a rename, by old symbol: ``changed_on`` is the first session after the old symbol's last bar on which the new
    one has a bar, the sessions are those with both closes, the closes (USD per share, as each came) those of the last of them. A
    pair is left out when either side has a second partner, as then the history does not tell who is who.
    """
    factors = _factors(splits)
    new = _on_one_basis(_usable(fresh).rename({"symbol": "new_symbol"}), factors)
    pairs = [_partners(history, new, factors) for history in _usable(gone).partition_by("symbol", maintain_order=True)]
    found = pl.concat([FOUND.to_frame(), *pairs])
    alone = (pl.len().over("old_symbol") == 1) & (pl.len().over("new_symbol") == 1)
    return found.filter(alone).sort("old_symbol")


def symbol_changes(found: pl.DataFrame) -> pl.DataFrame:
    """Rows of raw.symbol_change, without stamps, of what ``find_renames`` found."""
    return found.select("old_symbol", "new_symbol", "changed_on")


def restatements(found: pl.DataFrame) -> pl.DataFrame:
    """Rows of raw.restatement, without stamps, of what ``find_renames`` found; the symbol is the new one."""
    return found.select(
        pl.col("new_symbol").alias("symbol"),
        pl.lit("RENAMED").alias("kind"),
        pl.lit("symbol").alias("item"),
        "first_session",
        "last_session",
        "n_sessions",
        pl.col("old_close").alias("old_value"),
        pl.col("new_close").alias("new_value"),
        (pl.col("new_close") / pl.col("old_close")).alias("ratio"),
        pl.format(
            "{} is called {} from {}: {} of {} closes are the same", "old_symbol", "new_symbol", "changed_on", "n_equal", "n_sessions"
        ).alias("note"),
    )


def _usable(bars: pl.DataFrame) -> pl.DataFrame:
    """Bars with a close, in date order."""
    columns = ("symbol", "session", "close", "volume", "basis_date")
    return bars.select(columns).filter(pl.col("close") > 0, pl.col("close").is_finite()).sort("symbol", "session")


def _factors(splits: pl.DataFrame) -> pl.DataFrame:
    """Per symbol and ex-date the product of its split ratios up to then."""
    ratios = splits.filter(pl.col("kind") == "split", pl.col("amount") > 0).sort("symbol", "ex_date")
    return ratios.select(
        pl.col("symbol").alias("new_symbol"), pl.col("ex_date").alias("since"), pl.col("amount").cum_prod().over("symbol").alias("factor")
    )


def _on_one_basis(bars: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """``bars`` with ``price`` and ``volume`` on the basis before the first split of ``new_symbol``, in date order."""
    placed = bars.sort("basis_date").join_asof(
        factors.sort("since"), left_on="basis_date", right_on="since", by="new_symbol", check_sortedness=False
    )
    factor = pl.col("factor").fill_null(1.0)
    on_basis = placed.with_columns((pl.col("close") * factor).alias("price"), pl.col("volume") / factor)
    return on_basis.drop("basis_date", "since", "factor").sort("new_symbol", "session")


def _partners(history: pl.DataFrame, new: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """The new symbols that serve the history of one old symbol and go on after it, as rows of FOUND."""
    last = history["session"].max()
    spans = new.group_by("new_symbol").agg(
        pl.col("session").min().alias("first"), pl.col("session").filter(pl.col("session") > last).min().alias("changed_on")
    )
    going_on = spans.filter(pl.col("changed_on").is_not_null())
    # Most new symbols differ at once: the whole history is only compared with those that agree somewhere in the last sessions.
    glimpse = _side_by_side(history.tail(GLIMPSE), going_on, new, factors).filter(IS_EQUAL)
    alike = going_on.join(glimpse, on="new_symbol", how="semi")
    return _equal_pairs(_side_by_side(history, alike, new, factors))


def _side_by_side(history: pl.DataFrame, candidates: pl.DataFrame, new: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """The old symbol's bars beside those of each candidate, from the candidate's first on; its splits are the line's."""
    pairs = history.rename({"symbol": "old_symbol"}).join(candidates, how="cross").filter(pl.col("session") >= pl.col("first"))
    return _on_one_basis(pairs, factors).join(new, on=["new_symbol", "session"], how="left", suffix="_new", maintain_order="left")


def _equal_pairs(both: pl.DataFrame) -> pl.DataFrame:
    """Rows of FOUND of the pairs whose closes, moves and volumes are those of one line."""
    is_common = pl.col("price_new").is_not_null()
    is_move = (pl.col("price") / pl.col("price").shift().over("new_symbol") - 1).abs() > MOVE
    is_same_volume = (pl.col("volume_new") - pl.col("volume")).abs() <= VOLUME_TOLERANCE * pl.col("volume")
    counted = both.group_by("old_symbol", "new_symbol", "changed_on").agg(
        pl.col("session").filter(is_common).min().alias("first_session"),
        pl.col("session").filter(is_common).max().alias("last_session"),
        pl.len().alias("n_expected"),
        is_common.sum().cast(pl.Int64).alias("n_sessions"),
        IS_EQUAL.sum().cast(pl.Int64).alias("n_equal"),
        (IS_EQUAL & is_move).sum().alias("n_moves"),
        is_same_volume.sum().alias("n_volumes"),
        pl.col("close").filter(is_common).last().alias("old_close"),
        pl.col("close_new").filter(is_common).last().alias("new_close"),
    )
    return counted.filter(
        pl.col("n_sessions") >= MIN_COMMON,
        pl.col("n_moves") >= MIN_MOVES,
        pl.col("n_equal") >= MIN_EQUAL * pl.col("n_sessions"),
        pl.col("n_sessions") >= MIN_COVERED * pl.col("n_expected"),
        pl.col("n_volumes") >= MIN_EQUAL_VOLUME * pl.col("n_sessions"),
    ).select(FOUND.names())
