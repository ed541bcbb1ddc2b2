"""A made-up market of many names over many years, year by year as a vendor would have served it: what benchmarks/history.py lands.

A fixed number of names is alive on each session: a line that ends is replaced by a new listing on the next one. 0.1 % of the bars
are missing; there are splits, quarterly dividends, share counts and statements. Numpy, one seed: the same rows each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

SEED = 11
YEAR, QUARTER = 252, 63  # sessions
ENDS_A_YEAR, SPLITS_A_YEAR, MISSING = 0.056, 0.01, 0.001
N_LATER = 2  # sessions that come one at a time; on the last a line is new and another is gone
N_SP500 = 500
LABELS = (
    ("Technology", "Semiconductors"),
    ("Financial Services", "Banks - Regional"),
    ("Energy", "Oil & Gas E&P"),
    ("Healthcare", "Biotechnology"),
)


@dataclass(frozen=True)
class LongMarket:
    """``n_names`` alive on each of the sessions."""

    n_names: int
    sessions: list[date]

    @cached_property
    def days(self) -> Any:
        """The sessions as a numpy array."""
        return np.array(self.sessions, dtype="datetime64[D]")

    @cached_property
    def lines(self) -> pl.DataFrame:
        """Every line: slot (0 to n_names - 1), first and last session number, whether it ended; numbered in the order of their rows."""
        rng, n = np.random.default_rng(SEED), len(self.sessions)
        spells: list[tuple[int, int, int]] = []
        for slot in range(self.n_names):
            starts = np.cumsum(np.maximum(30, rng.exponential(YEAR / ENDS_A_YEAR, 4 + n // 200)).astype(np.int64))
            starts = starts[starts < n - N_LATER - 30].tolist() + ([n - 1] if slot == self.n_names - 1 else [])
            spells += [(slot, first, last - 1) for first, last in zip([0, *starts], [*starts, n], strict=True)]
        frame = pl.DataFrame(spells, schema=["slot", "first", "last"], orient="row").sort("first", "slot")
        return frame.with_columns(
            pl.format("Z{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(6)).alias("symbol"), (pl.col("last") < n - 1).alias("ended")
        )

    def batches(self) -> Iterator[tuple[date, dict[str, pl.DataFrame]]]:
        """The last session of each fetch and the rows it brought: a fetch a year, then one a session for the last two."""
        n = len(self.sessions)
        bounds = [*range(0, n - N_LATER, YEAR), n - N_LATER]
        spans = [*pairwise(bounds), *((n - k, n - k + 1) for k in range(N_LATER, 0, -1))]
        rng = np.random.default_rng(SEED + 1)
        walk = Walk.begin(self, rng)
        for first, end in spans:
            frames = walk.span(first, end, rng)
            frames["raw.listing"] = self._listings(first, end)
            if end >= n - N_LATER:
                frames["raw.membership"] = self._memberships(end)
            yield self.sessions[end - 1], {table: frame for table, frame in frames.items() if frame.height}

    def _day(self, numbers: pl.Expr) -> pl.Expr:
        return numbers.replace_strict(range(len(self.sessions)), self.sessions, return_dtype=pl.Date)

    def _listings(self, first: int, end: int) -> pl.DataFrame:
        begun, gone = pl.col("first").is_between(first, end - 1), pl.col("ended") & pl.col("last").is_between(first - 1, end - 2)
        found = self.lines.with_row_index("line").filter(begun | gone)
        is_gone = pl.col("ended") & (pl.col("last") < end - 1)
        label = pl.col("slot") % len(LABELS)
        return found.select(
            "symbol",
            pl.format("{} Inc.", "symbol").alias("name"),
            pl.lit("EQUITY").alias("kind"),
            pl.lit("NYQ").alias("exchange"),
            label.replace_strict(range(len(LABELS)), [sector for sector, _ in LABELS], return_dtype=pl.String).alias("sector"),
            label.replace_strict(range(len(LABELS)), [industry for _, industry in LABELS], return_dtype=pl.String).alias("industry"),
            self._day(pl.col("first")).alias("first_session"),
            pl.when(is_gone).then(self._day(pl.col("last"))).alias("last_session"),
            pl.when(is_gone)
            .then(pl.when(pl.col("line") % 2 == 0).then(pl.lit("MERGER_CASH")).otherwise(pl.lit("UNKNOWN")))
            .alias("delist_reason"),
        )

    def _memberships(self, end: int) -> pl.DataFrame:
        """Two lists, as they stand after the session before ``end``: everything, and the lines of the first slots."""
        known = self.lines.filter(pl.col("first") < end).select(
            "slot",
            "symbol",
            self._day(pl.col("first")).alias("valid_from"),
            pl.when(pl.col("last") < end - 1).then(self._day(pl.min_horizontal("last", end - 2) + 1)).alias("valid_to"),
            pl.lit("PIT_FULL").alias("bias_label"),
        )
        lists = {"MARKET": known, "SP500": known.filter(pl.col("slot") < N_SP500)}
        return pl.concat([frame.drop("slot").with_columns(pl.lit(name).alias("universe_id")) for name, frame in lists.items()])


@dataclass
class Walk:
    """The prices so far, a value a slot: the line in it, log of its level and where that reverts to, its split factor."""

    market: LongMarket
    line: Ints
    log_level: Floats
    anchors: Floats  # by line
    shares: Floats  # by line, at the start
    factor: Floats

    @classmethod
    def begin(cls, market: LongMarket, rng: np.random.Generator) -> Walk:
        """Before the first session."""
        n_lines, n = market.lines.height, market.n_names
        anchors, shares = np.log(rng.uniform(8, 120, n_lines)), np.round(np.exp(rng.normal(17.5, 1.5, n_lines)))
        return cls(market, np.arange(n), anchors[:n].copy(), anchors, shares, np.ones(n))

    def span(self, first: int, end: int, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
        """Rows of the sessions from ``first`` up to the one before ``end``."""
        n, m = self.market.n_names, end - first
        shocks = rng.normal(0, 0.018, (m, n))
        split = rng.random((m, n)) < SPLITS_A_YEAR / YEAR
        line, level, factor = np.empty((m, n), np.int64), np.empty((m, n)), np.empty((m, n))
        begins = self.market.lines.with_row_index("line").filter(pl.col("first").is_between(max(first, 1), end - 1))
        at, slots, lines = (begins[name].to_numpy() for name in ("first", "slot", "line"))
        for day in range(m):
            new, anchor = at == first + day, self.anchors[self.line]
            self.log_level = anchor + 0.998 * (self.log_level - anchor) + shocks[day]
            self.factor = np.where(split[day], 2 * self.factor, self.factor)
            self.line[slots[new]], self.factor[slots[new]] = lines[new], 1.0
            self.log_level[slots[new]] = self.anchors[lines[new]]
            split[day, slots[new]] = False
            line[day], level[day], factor[day] = self.line, np.exp(self.log_level), self.factor
        return Span(self, first, line, level, factor, split).frames(rng)


@dataclass(frozen=True)
class Span:
    """A fetch: arrays of sessions (rows) by slots; ``level`` on the first share basis of each line."""

    walk: Walk
    first: int
    line: Ints
    level: Floats
    factor: Floats
    split: Flags

    def frames(self, rng: np.random.Generator) -> dict[str, pl.DataFrame]:
        """Rows of every raw table but listings and lists."""
        bars = self._bars(rng)
        actions = pl.concat([self._splits(), self._dividends()])
        return {
            "raw.price_bar": bars,
            "raw.corporate_action": actions,
            "raw.share_count": self._share_counts(),
            "raw.statement": self._statements(),
        }

    def _quarterly(self, stride: int) -> tuple[Ints, Ints]:
        """Where (row, slot) the quarter of a line ends; the quarters of the lines are spread over the sessions."""
        numbers = self.first + np.arange(len(self.line))[:, None]
        return np.nonzero(numbers % QUARTER == self.line * stride % QUARTER)

    def _at(self, found: tuple[Ints, Ints], **columns: object) -> pl.DataFrame:
        """Symbol and session of cells, and columns beside them."""
        symbols = self.walk.market.lines["symbol"].gather(self.line[found])
        return pl.DataFrame({"symbol": symbols, "session": self.walk.market.days[self.first + found[0]], **columns})

    def _bars(self, rng: np.random.Generator) -> pl.DataFrame:
        basis = self.factor[-1].copy()
        served = np.empty_like(self.level)
        for day in range(len(served) - 1, -1, -1):
            if day + 1 < len(served):  # a line that ended is served on the basis of its own last session
                basis = np.where(self.line[day] != self.line[day + 1], self.factor[day], basis)
            served[day] = np.round(self.level[day] / basis, 3)
        found = np.nonzero(rng.random(served.shape) >= MISSING)
        close = served[found]
        open_ = np.round(close * (1 + rng.normal(0, 0.004, len(close))), 3)
        turnover = 0.005 * np.exp(rng.normal(0, 0.5, len(close)))
        volume = np.round(self.walk.shares[self.line[found]] * basis[found[1]] * turnover)
        frame = self._at(found, open=open_, close=close, high=np.round(np.maximum(open_, close) * 1.004, 3), volume=volume)
        return frame.with_columns(
            (pl.min_horizontal("open", "close") * 0.996).round(3).alias("low"),
            pl.lit("split_adjusted").alias("price_basis"),
            pl.lit("listed").alias("dividend_basis"),
            pl.lit(self._last).alias("basis_date"),
        )

    def _splits(self) -> pl.DataFrame:
        found = np.nonzero(self.split)
        return self._action(self._at(found, kind=["split"] * len(found[0]), amount=np.full(len(found[0]), 2.0)))

    def _dividends(self) -> pl.DataFrame:
        rows, slots = self._quarterly(1)
        pays = self.line[rows, slots] % 5 < 2
        found = (rows[pays], slots[pays])
        amount = np.round(0.004 * self.level[found] / self.factor[found], 4)
        return self._action(self._at(found, kind=["dividend"] * len(amount), amount=amount))

    @staticmethod
    def _action(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.col("session").alias("basis_date"), pl.col("kind").cast(pl.String)).rename({"session": "ex_date"})

    def _share_counts(self) -> pl.DataFrame:
        """As the vendor picked them up; the first on the first session of a line."""
        numbers = self.first + np.arange(len(self.line))[:, None]
        starts = self.walk.market.lines["first"].to_numpy()[self.line]
        found = np.nonzero((numbers % QUARTER == self.line * 5 % QUARTER) | (numbers == starts))
        counted = self._at(found, shares=self.walk.shares[self.line[found]] * self.factor[found])
        return counted.rename({"session": "as_of"}).with_columns(
            pl.col("as_of").alias("known_on"), pl.col("as_of").alias("basis_date"), pl.lit("vendor").alias("kind")
        )

    def _statements(self) -> pl.DataFrame:
        """Quarters that ended 45 days before the session on which they are fetched."""
        found = self._quarterly(0)
        cap = np.exp(self.walk.anchors[self.line[found]]) * self.walk.shares[self.line[found]]
        frame = self._at(found, revenue=0.15 * cap, net_income=0.012 * cap, book_equity=cap * (0.2 + self.line[found] % 17 / 20))
        quarter_end = pl.col("session").dt.offset_by("-45d").dt.month_end().dt.offset_by("-1mo").dt.month_end()
        return frame.with_columns(quarter_end.alias("fiscal_period_end"), pl.lit("Q").alias("fiscal_period")).drop("session")

    @property
    def _last(self) -> date:
        return self.walk.market.sessions[self.first + len(self.line) - 1]
