"""The vendor's frames: the simulated market's, with each row under the symbol of its day and every fault that is not yet put right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated import emit_company, emit_market
from rotation_pipeline.sources.simulated.clock import Floats
from rotation_pipeline.sources.simulated.emit_market import Cut
from rotation_pipeline.sources.simulated.planted.faults import OUTAGE_ENDS_AFTER
from rotation_pipeline.sources.simulated.planted.market import Planted

UNTIMED_EVERY = 3  # companies: the vendor tells no time of day, only before the open or after the close
LOOK_BACK = 60  # sessions: no correction comes later than this after its bar
PRICES = {"open": "open", "high": "high", "low": "low", "close": "close", "adj_close": "close"}  # and the factor that spoils each

Maker = Callable[[], pl.DataFrame]


def makers(planted: Planted, cut: Cut) -> dict[str, Maker]:
    """What makes each raw table's rows for the cut; lists in full, and only when something in them changed."""
    market = planted.market
    bars = price_bars(planted, cut)
    return {
        "raw.listing": lambda: _if_changed(lambda day: listings(planted, day), cut),
        "raw.membership": lambda: _if_changed(lambda day: _spelt(planted, emit_market.memberships(market, day), "valid_from"), cut),
        "raw.symbol_change": lambda: symbol_changes(planted, cut),
        "raw.price_bar": lambda: bars.drop("fault", "old_close"),
        "raw.restatement": lambda: restatements(bars, cut),
        "raw.corporate_action": lambda: _spelt(planted, emit_market.corporate_actions(market, cut), "ex_date"),
        "raw.share_count": lambda: _spelt(planted, share_counts(planted, cut), "known_on"),
        "raw.statement": lambda: _spelt(planted, emit_company.statements(market, cut), "known_on"),
        "raw.earnings_event": lambda: _spelt(planted, earnings_events(planted, cut), "observed_on"),
    }


def price_bars(planted: Planted, cut: Cut) -> pl.DataFrame:
    """Rows of raw.price_bar that are new to a fetch: first served, served late, or served again because they were wrong.

    Beside the columns of the table: ``fault`` (NULL on a sound bar) and ``old_close``, what an earlier fetch served of a bar
    that is put right now, on the basis of this one.
    """
    market, faults = planted.market, planted.faults
    reach = max(cut.start - LOOK_BACK, 0)
    wide = Cut(cut.clock.sessions[reach] - 1, cut.through, cut.clock)
    known = faults.frame(market.companies.symbols, cut.clock)
    bars = emit_market.price_bars(market, wide).join(known, on=["symbol", "session"], how="left", maintain_order="left")
    number = pl.DataFrame({"session": cut.clock.sessions, "at": np.arange(cut.clock.n)})
    at = pl.coalesce("served_at", pl.when(pl.col("at") == faults.outage_at).then(pl.col("at") + OUTAGE_ENDS_AFTER).otherwise("at"))
    bars = bars.join(number, on="session", how="left", maintain_order="left").with_columns(at.alias("served_at"))
    is_now = pl.col("served_at").is_between(cut.start, cut.at)
    is_again = pl.col("corrected_at").is_between(cut.start, cut.at) & (pl.col("served_at") < cut.start)
    is_wrong = pl.col("corrected_at") > cut.at
    old_close = pl.when(is_again).then(pl.col("close") * pl.col("close_factor")).alias("old_close")
    factors = [pl.when(is_wrong).then(pl.col(p) * pl.col(f"{by}_factor")).otherwise(p).alias(p) for p, by in PRICES.items()]
    served = bars.filter(is_now | is_again).with_columns(old_close, *factors)
    twice = served.filter((pl.col("fault") == "DUPLICATE") & is_now)
    return _spelt(planted, pl.concat([served, twice]), "session").drop(pl.selectors.ends_with("_factor"), "served_at", "corrected_at", "at")


def share_counts(planted: Planted, cut: Cut) -> pl.DataFrame:
    """Rows of raw.share_count under the lines' own symbols: filings only for companies that filed before the first session."""
    clock = planted.market.clock
    is_stand_in = pl.col("known_on").eq(_day(clock.first_date)) & pl.col("as_of").eq(_day(clock.sessions[0] - 1))
    return emit_company.share_counts(planted.market, cut).filter(~is_stand_in)


def earnings_events(planted: Planted, cut: Cut) -> pl.DataFrame:
    """Rows of raw.earnings_event under the lines' own symbols, EPS to full precision; of some companies only date and timing are told."""
    universe, symbols = planted.market.universe, planted.market.companies.symbols
    untimed = [symbols[i] for i in np.flatnonzero(universe.issuer % UNTIMED_EVERY == 0)]
    is_untimed = pl.col("symbol").is_in(untimed)
    return emit_company.earnings_events(planted.market, cut, _exact).with_columns(
        pl.when(~is_untimed).then("announced_at").alias("announced_at"),
        pl.when(is_untimed).then(pl.lit("date")).otherwise("announced_precision").alias("announced_precision"),
    )


def restatements(bars: pl.DataFrame, cut: Cut) -> pl.DataFrame:
    """Rows of raw.restatement: bars that came late, and closes that an earlier fetch had served otherwise (A.7)."""
    late = pl.col("session").le(_day(cut.after)) & pl.col("old_close").is_null()
    changed = bars.filter(late | pl.col("old_close").is_not_null())
    is_late = pl.col("old_close").is_null()
    return changed.select(
        "symbol",
        pl.when(is_late).then(pl.lit("LATE_ROW")).otherwise(pl.lit("CORRECTION")).alias("kind"),
        pl.when(is_late).then(pl.lit("bar")).otherwise(pl.lit("close")).alias("item"),
        pl.col("session").alias("first_session"),
        pl.col("session").alias("last_session"),
        pl.lit(1, dtype=pl.Int64).alias("n_sessions"),
        pl.col("old_close").fill_nan(None).alias("old_value"),
        pl.col("close").alias("new_value"),
        (pl.col("close") / pl.col("old_close")).fill_nan(None).alias("ratio"),
        pl.when(is_late).then(pl.lit("served for the first time, late")).otherwise(pl.lit("served otherwise before")).alias("note"),
    ).unique(["symbol", "kind", "first_session"], maintain_order=True)


def symbol_changes(planted: Planted, cut: Cut) -> pl.DataFrame:
    """Rows of raw.symbol_change: renames of the sessions that are new."""
    symbols, sessions = planted.market.companies.symbols, cut.clock.sessions
    now = [rename for rename in planted.roles.renames if cut.holds(sessions[rename.at])]
    return pl.DataFrame(
        [(rename.old_symbol, symbols[rename.name], sessions[rename.at].item()) for rename in now],
        schema={"old_symbol": pl.String, "new_symbol": pl.String, "changed_on": pl.Date},
        orient="row",
    )


def listings(planted: Planted, through: np.datetime64) -> pl.DataFrame:
    """Rows of raw.listing under the symbols and on the exchanges of ``through``; a symbol left for another exchange has ended there."""
    market, renamed = planted.market, {rename.name: rename for rename in planted.roles.renames}
    listed = emit_market.listings(market, through)
    left = []
    for move in planted.roles.exchange_moves:
        if market.clock.sessions[move.at] > through:
            continue
        moved = pl.col("symbol") == market.companies.symbols[move.name]
        if move.name in renamed:
            ended = {"symbol": renamed[move.name].old_symbol, "delist_reason": "EXCHANGE_MOVE"}
            last = market.clock.sessions[move.at - 1].item()
            left.append(listed.filter(moved).with_columns(pl.lit(last).alias("last_session"), **{k: pl.lit(v) for k, v in ended.items()}))
        listed = listed.with_columns(exchange=pl.when(moved).then(pl.lit(move.exchange)).otherwise("exchange"))
    today = listed.with_columns(_day(through).alias("today"))
    return pl.concat([_spelt(planted, today, "today").drop("today"), *left])


def _spelt(planted: Planted, frame: pl.DataFrame, date_column: str) -> pl.DataFrame:
    """The rows under the symbol that their line had on the date of the row."""
    symbols, sessions = planted.market.companies.symbols, planted.market.clock.sessions
    turns = pl.DataFrame(
        [(symbols[rename.name], rename.old_symbol, sessions[rename.at].item()) for rename in planted.roles.renames],
        schema={"symbol": pl.String, "old_symbol": pl.String, "changed_on": pl.Date},
        orient="row",
    )
    joined = frame.join(turns, on="symbol", how="left", maintain_order="left")
    spelling = pl.when(pl.col(date_column) < pl.col("changed_on")).then("old_symbol").otherwise("symbol")
    return joined.with_columns(spelling.alias("symbol")).drop("old_symbol", "changed_on")


def _day(day: np.datetime64) -> pl.Expr:
    return pl.lit(day.item(), dtype=pl.Date)


def _exact(eps_fwd: Floats, factor: Floats) -> Floats:
    """EPS on the basis of a split factor, to full precision."""
    return eps_fwd / factor


def _if_changed(snapshot: Callable[[np.datetime64], pl.DataFrame], cut: Cut) -> pl.DataFrame:
    """The snapshot at the cut, or no rows when it is what it was at the last one."""
    now = snapshot(cut.through)
    return now.clear() if cut.start > 0 and now.equals(snapshot(cut.after)) else now
