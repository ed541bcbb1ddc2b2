"""What has landed already of some symbols, for a source that has to know what would be new."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from rotation_pipeline.landing.folder import Landing

if TYPE_CHECKING:
    import polars as pl

BARS, ACTIONS, LISTINGS = "raw.price_bar", "raw.corporate_action", "raw.listing"
QUOTES, EVENTS, RENAMES = "raw.quote", "raw.earnings_event", "raw.symbol_change"
STATEMENTS, SHARES, RESTATEMENTS = "raw.statement", "raw.share_count", "raw.restatement"


class Held:
    """Reads landed rows of one source, latest version of each; what lands later is not seen until asked for again."""

    def __init__(self, landing: Landing, source: str) -> None:
        self._landing = landing
        self._source = source

    def bars(self, symbols: Collection[str], since: date = date.min) -> pl.DataFrame:
        """Rows of raw.price_bar from ``since`` on, one a symbol and session (the latest load), by symbol and session."""
        return self._latest(BARS, symbols, ["symbol", "session"], "session", since)

    def actions(self, symbols: Collection[str], since: date = date.min) -> pl.DataFrame:
        """Rows of raw.corporate_action from ``since`` on, one a symbol, ex-date and kind (the latest load)."""
        return self._latest(ACTIONS, symbols, ["symbol", "ex_date", "kind"], "ex_date", since)

    def listings(self, symbols: Collection[str]) -> pl.DataFrame:
        """The latest row of raw.listing of each symbol."""
        return self._latest(LISTINGS, symbols, ["symbol"], None, date.min)

    def statements(self, symbols: Collection[str]) -> pl.DataFrame:
        """The latest row of raw.statement of each symbol, kind and end of fiscal period."""
        return self._latest(STATEMENTS, symbols, ["symbol", "fiscal_period", "fiscal_period_end"], None, date.min)

    def share_counts(self, symbols: Collection[str]) -> pl.DataFrame:
        """The latest row of raw.share_count of each symbol, kind and day; of several values of one day any."""
        return self._latest(SHARES, symbols, ["symbol", "kind", "as_of"], None, date.min)

    def restatements(self, symbols: Collection[str]) -> pl.DataFrame:
        """The latest row of raw.restatement of each symbol, kind, item and first session."""
        return self._latest(RESTATEMENTS, symbols, ["symbol", "kind", "item", "first_session"], None, date.min)

    def quotes(self, session: date) -> pl.DataFrame:
        """Rows of raw.quote of one session, the latest of each symbol."""
        import polars as pl

        rows = self._scan(QUOTES)
        if rows is None:
            return self._landing.empty(QUOTES)
        of_session = rows.filter(pl.col("session") == session).sort("load_id")
        return of_session.unique("symbol", keep="last", maintain_order=True).sort("symbol").collect()

    def first_quoted(self) -> dict[str, date]:
        """The first session of which a quote of each symbol has landed."""
        import polars as pl

        rows = self._scan(QUOTES)
        if rows is None:
            return {}
        first = rows.group_by("symbol").agg(pl.col("session").min()).collect()
        return dict(zip(first["symbol"], first["session"], strict=True))

    def kinds(self) -> dict[str, str]:
        """EQUITY, ETF or INDEX of every symbol that was listed, as last said."""
        rows = self._scan(LISTINGS)
        if rows is None:
            return {}
        last = rows.select("symbol", "kind", "load_id").sort("load_id").unique("symbol", keep="last", maintain_order=True).collect()
        return dict(zip(last["symbol"], last["kind"], strict=True))

    def payers(self, symbols: Collection[str], since: date) -> frozenset[str]:
        """Which of the symbols paid a dividend or capital gain since a date."""
        paid = self.actions(symbols, since)
        return frozenset(paid.filter(paid["kind"] != "split")["symbol"])

    def announcements(self, symbols: Collection[str]) -> dict[str, tuple[date, ...]]:
        """Per symbol its earnings dates, past and expected, as each was last observed."""
        import polars as pl

        rows = self._scan(EVENTS)
        if rows is None:
            return {}
        mine = rows.filter(pl.col("symbol").is_in(list(symbols))).select("symbol", "announced_on", "observed_on").collect()
        # An expected date that a later observation of the symbol no longer shows has moved away.
        last = mine.group_by("symbol").agg(pl.col("observed_on").max().alias("last"))
        shown = mine.join(last, on="symbol").filter(
            (pl.col("announced_on") <= pl.col("observed_on")) | (pl.col("observed_on") + pl.duration(days=21) >= pl.col("last"))
        )
        dates = shown.group_by("symbol").agg(pl.col("announced_on").unique().sort())
        return {symbol: tuple(days) for symbol, days in dates.iter_rows()}

    def sessions_by_symbol(self, symbols: Collection[str], since: date) -> dict[str, frozenset[date]]:
        """Per symbol the sessions from ``since`` on of which a bar has landed."""
        import polars as pl

        rows = self._scan(BARS)
        if rows is None:
            return {}
        mine = rows.filter(pl.col("symbol").is_in(list(symbols)) & (pl.col("session") >= since))
        found = mine.group_by("symbol").agg(pl.col("session").unique()).collect()
        return {symbol: frozenset(sessions) for symbol, sessions in found.iter_rows()}

    def renamed_to(self, symbols: Collection[str]) -> frozenset[str]:
        """The symbols that some of these were renamed to, as the source found out, over several renames too."""
        rows = self._scan(RENAMES)
        if rows is None:
            return frozenset()
        pairs = rows.select("old_symbol", "new_symbol").unique().collect().rows()
        found, reached = set(symbols), set(symbols)
        while reached:
            reached = {new for old, new in pairs if old in reached} - found
            found |= reached
        return frozenset(found - set(symbols))

    def renamed(self) -> frozenset[str]:
        """The symbols that the source found to go on under another name."""
        rows = self._scan(RENAMES)
        return frozenset() if rows is None else frozenset(rows.select("old_symbol").unique().collect()["old_symbol"])

    def _latest(self, table: str, symbols: Collection[str], key: list[str], clock: str | None, since: date) -> pl.DataFrame:
        import polars as pl

        scan = self._scan(table)
        if scan is None:
            return self._landing.empty(table)
        rows = scan.filter(pl.col("symbol").is_in(list(symbols)))
        if clock is not None:
            rows = rows.filter(pl.col(clock) >= since)
        return rows.sort("load_id").unique(key, keep="last", maintain_order=True).sort(key).collect()

    def _scan(self, table: str) -> pl.LazyFrame | None:
        import polars as pl

        paths = [f.path for load in self._landing.loads() if load.source == self._source for f in load.files if f.table == table]
        # A load of an older version may lack a column that its table has now, and the other way round.
        return pl.scan_parquet(paths, missing_columns="insert", extra_columns="ignore") if paths else None
