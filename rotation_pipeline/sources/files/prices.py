"""Price files: daily bars, with the dividends, splits and symbols that they bring along.

Landing is append-only and the latest load wins, so landing a changed file whole is always right. A file that was only
appended to (every row up to the last landed session is as before, in whatever order) lands its later sessions, and with
them the last bar before of each symbol that has adjusted closes: they are those of another day than the ones that landed.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from rotation_pipeline.errors import BadInput
from rotation_pipeline.landing import Batch, LedgerEntry
from rotation_pipeline.sources.files.declaration import Prices
from rotation_pipeline.sources.files.fingerprint import Remembered, Stamp, remember
from rotation_pipeline.sources.files.reader import left_out, read
from rotation_pipeline.sources.files.vocabulary import SECTIONS, Column

BAR_COLUMNS = ("symbol", "session", "open", "high", "low", "close", "adj_close", "volume", "currency")

FIVE_DAY_WEEK = date(1952, 9, 29)  # before, Saturday was a session
MIN_ODD_DAYS = 2  # days of a weekend that tell more than one odd bar


def price_batch(
    file: Path, prices: Prices, before: Remembered | None, stamp: Stamp, declared: str, through: date, key: str
) -> Batch | None:
    """What is new in ``file`` up to ``through`` as one batch, or None.

    Rows are landed as they are: odd prices, repeats, dates that are no session. raw.price_bar and its ledger entries (one a
    symbol) are joined by raw.corporate_action rows when the file has columns for them.
    """
    rows = read(file, prices.group, _wanted(prices))
    excused = left_out(file, prices.group)
    if rows.is_empty():
        problem = f"has no row that is meant ({next(iter(excused))})" if any(excused.values()) else "has a header but no rows"
        raise BadInput(str(file), problem, "fetch or export it again, correct where, or take the file out of files")
    _check_calendar(file, prices, rows["session"])
    basis_date = rows["session"].max() if prices.basis_date == "last_session" else prices.basis_date
    due = rows.filter(pl.col("session") <= through)
    n_held, held_from = _held(rows, through)
    if due.is_empty():
        return None
    new = _new_rows(due, prices, before if before is not None and before.declared == declared else None)
    if new.is_empty():
        return None
    memory = Remembered(stamp, declared, _day(due["session"].max()), due.height, _checksum(due), held_from)
    del rows, due
    entries = _ledger(new)
    if n_held:
        reason = f"sessions after {through} are not asked for yet"
        entries.append(LedgerEntry("raw.price_bar", file.name, "excused", n_rows=n_held, first_session=held_from, reason=reason))
    entries += [LedgerEntry("raw.price_bar", file.name, "excused", n_rows=n, reason=reason) for reason, n in excused.items() if n]
    frames = {"raw.price_bar": _bars(new, prices, basis_date)}
    actions = _actions(new, basis_date)
    if actions.height:
        frames["raw.corporate_action"] = actions
        entries.append(LedgerEntry("raw.corporate_action", file.name, "landed", n_rows=actions.height))
    frames["raw.listing"] = _symbols(new, prices)
    return Batch(frames, tuple(entries), {key: remember(memory)})


def with_listings(batch: Batch, leave_out: Set[str]) -> Batch:
    """The batch with a derived raw.listing row only for symbols that nothing else has named.

    It says what the symbol is and nothing more: a file that starts late is no listing date, one that ends is no delisting.
    """
    listings = batch.frames["raw.listing"].filter(~pl.col("symbol").is_in(list(leave_out)))
    frames = {table: frame for table, frame in batch.frames.items() if table != "raw.listing"}
    if listings.is_empty():
        return replace(batch, frames=frames)
    entry = LedgerEntry("raw.listing", "symbols of the price file", "landed", n_rows=listings.height)
    return replace(batch, frames={**frames, "raw.listing": listings}, ledger=(*batch.ledger, entry))


def _wanted(prices: Prices) -> dict[str, Column]:
    columns = SECTIONS["prices"].columns
    wanted = {name: columns[name] for name in BAR_COLUMNS}
    main = "adj_close" if prices.price_basis == "adjusted_only" else "close"
    wanted[main] = Column("number", "present")
    if prices.price_basis == "adjusted_only":
        del wanted["close"]
    if prices.dividends == "implied":
        wanted["adj_close"] = Column("number", "present")
    if prices.dividends == "column":
        wanted["dividend"] = Column("number", "present")
    if prices.splits == "column":
        wanted["split"] = Column("number", "present")
    if prices.kind is None:
        wanted["kind"] = columns["kind"]
    return wanted


def _check_calendar(file: Path, prices: Prices, sessions: pl.Series) -> None:
    """Raise BadInput when the weekdays show that every date is a day off: bars on one day of the weekend, none on its other side.

    Single bars on days without a session are landed and set aside one by one (methodology A.8).
    """
    days = sessions.filter(sessions >= FIVE_DAY_WEEK).unique()
    n_on = [days.filter(days.dt.weekday() == weekday).len() for weekday in range(8)]
    for odd, empty, names in ((7, 5, ("Sundays", "Fridays")), (6, 1, ("Saturdays", "Mondays"))):
        if n_on[odd] >= MIN_ODD_DAYS and n_on[empty] * MIN_ODD_DAYS < n_on[odd]:
            some = "none" if n_on[empty] == 0 else f"{n_on[empty]}"
            problem = f"has bars on {n_on[odd]} {names[0]} and {some} on {names[1]}: its dates are a day off, and nothing of it is landed"
            fix = f"its dates may be midnights of another zone: correct them, or time_zone in {prices.group.where}"
            raise BadInput(str(file), problem, fix)


def _held(rows: pl.DataFrame, through: date) -> tuple[int, date | None]:
    later = rows["session"].filter(rows["session"] > through)
    return later.len(), _day(later.min()) if later.len() else None


def _new_rows(due: pl.DataFrame, prices: Prices, before: Remembered | None) -> pl.DataFrame:
    if before is None or before.last_session is None:
        return due
    known = due.filter(pl.col("session") <= before.last_session)
    if known.height != before.n_rows or _checksum(known) != before.checksum:
        return due
    new = due.filter(pl.col("session") > before.last_session)
    main = "adj_close" if prices.price_basis == "adjusted_only" else "close"
    if new.is_empty() or (prices.dividends != "implied" and main == "close"):
        return new
    # The last one with a price: without it the first new bar would have no step of the adjusted close.
    priced = known.filter(pl.col(main).is_finite() & (pl.col(main) > 0)).join(new, on="symbol", how="semi")
    last = priced.filter(pl.col("session") == pl.col("session").max().over("symbol"))
    return pl.concat([last, new])


def _checksum(rows: pl.DataFrame) -> str:
    """A sum of row hashes: the same for the same rows in any order. Should Polars hash otherwise one day, all is landed again."""
    return format(rows.hash_rows(seed=0).sum(), "x") if rows.height else ""


def _bars(new: pl.DataFrame, prices: Prices, basis_date: object) -> pl.DataFrame:
    listed = "listed" if prices.dividends == "column" else prices.dividends
    return new.select(name for name in new.columns if name in BAR_COLUMNS).with_columns(
        pl.lit(prices.price_basis).alias("price_basis"),
        pl.lit(listed).alias("dividend_basis"),
        _basis(basis_date).alias("basis_date"),
        pl.lit(prices.precedence, dtype=pl.Int16).alias("precedence"),
    )


def _basis(basis_date: object) -> pl.Expr:
    return pl.col("session") if basis_date is None else pl.lit(basis_date, dtype=pl.Date)


def _actions(new: pl.DataFrame, basis_date: object) -> pl.DataFrame:
    """Rows of raw.corporate_action from the dividend and split columns; 0, blank and a split of 1 mean that nothing happened."""
    parts = []
    for name, kind, nothing in (("dividend", "dividend", (0.0,)), ("split", "split", (0.0, 1.0))):
        if name in new.columns:
            amount = pl.col(name).fill_nan(None)
            basis = pl.col("session") if kind == "split" else _basis(basis_date)
            parts.append(
                new.filter(amount.is_not_null() & ~amount.is_in(nothing)).select(
                    "symbol",
                    pl.col("session").alias("ex_date"),
                    pl.lit(kind).alias("kind"),
                    pl.col(name).alias("amount"),
                    (pl.col("currency") if "currency" in new.columns else pl.lit(None, pl.String)).alias("currency"),
                    basis.alias("basis_date"),
                )
            )
    return pl.concat(parts) if parts else pl.DataFrame()


def _symbols(new: pl.DataFrame, prices: Prices) -> pl.DataFrame:
    said = pl.col("kind").first() if prices.kind is None else pl.lit(prices.kind).first()
    symbols = new.group_by("symbol").agg(said.alias("kind")).sort("symbol")
    is_index = pl.col("symbol").str.starts_with("^")
    return symbols.with_columns(pl.when(is_index).then(pl.lit("INDEX")).otherwise(pl.col("kind")).alias("kind"))


def _ledger(new: pl.DataFrame) -> list[LedgerEntry]:
    session = pl.col("session")
    spans = new.group_by("symbol").agg(pl.len().alias("n"), session.min().alias("first"), session.max().alias("last")).sort("symbol")
    return [LedgerEntry("raw.price_bar", symbol, "landed", n, first, last) for symbol, n, first, last in spans.iter_rows()]


def _day(value: object) -> date:
    assert isinstance(value, date)
    return value
