"""A small planted market as raw frames, and what the real pipeline builds of any such frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

import polars as pl

from rotation_pipeline import reference
from rotation_pipeline.landing import Batch, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import find_transform
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.warehouse import Warehouse
from rotation_pipeline_tests.planted.bench import END, NOT_PLANTED, planted_source

Frames = Mapping[str, pl.DataFrame]  # raw table -> its rows, less the stamps

BARS, ACTIONS, SHARES, EVENTS, STATEMENTS = (
    "raw.price_bar",
    "raw.corporate_action",
    "raw.share_count",
    "raw.earnings_event",
    "raw.statement",
)
LISTINGS, RENAMES, LISTS, RULES = "raw.listing", "raw.symbol_change", "raw.membership", "raw.cohort_rule"
PRICES = ("open", "high", "low", "close", "adj_close")
PER_SHARE = ("eps_estimate", "eps_actual")
AMOUNTS = ("revenue", "net_income", "book_equity")

FETCHED_AT = datetime(END.year, END.month, END.day, 23, 30, tzinfo=UTC)
OF_REFERENCE = {"raw.calendar_session", "raw.method_param", RULES, "raw.cohort_pair", "raw.etf_spread", "raw.issuer_line"}
BIG_TECH = ("AAPL", "MSFT", "GOOGL", "GOOG", "AMZN", "NVDA", "META", "TSLA")
# A hundred names over 300 sessions: what asks for more names or a longer history would be NULL throughout.
SMALL_SIZE = {
    "breadth.min_names": 20,
    "breadth.mcclellan_min_obs": 20,
    "dispersion.min_names": 20,
    "history.min_obs_percentile": 40,
    "history.min_obs_z": 40,
    "factor.min_names_per_portfolio": 3,
    "factor.min_names_with_return": 2,
    "factor.min_universe_names": 50,
}
WHOLE, PART_A, PART_B, ALONE = "WHOLE", "PART_A", "PART_B", "ALONE"


def times(frame: pl.DataFrame, columns: Sequence[str], factor: pl.Expr | float) -> pl.DataFrame:
    """Some columns of a frame times a factor."""
    return frame.with_columns(pl.col(columns) * factor)


def planted_frames(xnys: Sequence[date]) -> Frames:
    """All raw tables of the planted market as one fetch in the evening of its last session brings them.

    Beside its own lists: the small names as the S&P 600, and fixed cohorts (WHOLE, split in PART_A and PART_B; ALONE).
    """
    (batch,) = planted_source().fetch(FetchRequest(END, tuple(xnys), FETCHED_AT))
    known = reference.batch(FETCHED_AT, {})
    assert known is not None
    frames = {table: frame for table, frame in known.frames.items() if table not in NOT_PLANTED} | dict(batch.frames)
    return frames | {
        "raw.method_param": _small_size(frames["raw.method_param"]),
        LISTS: _with_small_list(frames),
        **_with_cohorts(frames),
    }


def companies(frames: Frames) -> list[str]:
    """Symbols of the listed companies, sorted."""
    return frames[LISTINGS].filter(pl.col("kind") == "EQUITY")["symbol"].sort().to_list()


def renamed(frames: Frames) -> set[str]:
    """Symbols that take part in a rename."""
    change = frames[RENAMES]
    return set(change["old_symbol"]) | set(change["new_symbol"])


def _small_size(param: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("name").replace_strict(SMALL_SIZE, default=None, return_dtype=pl.Float64)
    return param.with_columns(pl.coalesce(value, "value").alias("value"))


def _with_small_list(frames: Frames) -> pl.DataFrame:
    large = frames[LISTS]
    small = frames[LISTINGS].filter((pl.col("kind") == "EQUITY") & ~pl.col("symbol").is_in(large["symbol"].to_list()))
    listed = small.select(
        pl.lit("SP600").alias("universe_id"),
        "symbol",
        pl.col("first_session").alias("valid_from"),
        pl.lit(None, dtype=pl.Date).alias("valid_to"),
        pl.lit("PIT_FULL").alias("bias_label"),
    )
    return pl.concat([large, listed])


def _with_cohorts(frames: Frames) -> Frames:
    """Rules and pairs of the reference and, of every fourth company but big technology, three fixed cohorts, and one of one name."""
    some = [symbol for symbol in companies(frames) if symbol not in BIG_TECH][::4]
    fixed = {WHOLE: some, PART_A: some[::2], PART_B: some[1::2], ALONE: some[:1]}
    rules = pl.DataFrame(
        [
            {"cohort_id": cohort, "kind": "FIXED", "symbols": " ".join(names), "band": 0.0, "label": cohort}
            for cohort, names in fixed.items()
        ]
    )
    pairs = pl.DataFrame([{"cohort_a": PART_A, "cohort_b": PART_B, "meaning": "two parts of one whole"}])
    return {
        RULES: pl.concat([frames[RULES], rules], how="diagonal"),
        "raw.cohort_pair": pl.concat([frames["raw.cohort_pair"], pairs]),
    }


@dataclass(frozen=True)
class Numbers:
    """What the securities and companies of one build are called in another."""

    security: Mapping[int, int]
    issuer: Mapping[int, int]

    def applied(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The frame with the other build's numbers, also where the company's is the first part of an event_id."""
        for column, other in (("security_id", self.security), ("issuer_id", self.issuer)):
            if column in frame.columns:
                frame = frame.with_columns(pl.col(column).replace_strict(other, return_dtype=pl.Int32))
        if "event_id" not in frame.columns:
            return frame
        number, period = (pl.col("event_id").str.splitn("-", 2).struct.field(f"field_{k}") for k in (0, 1))
        issuer = number.cast(pl.Int32).replace_strict(self.issuer, return_dtype=pl.Int32)
        return frame.with_columns(pl.format("{}-{}", issuer, period).alias("event_id"))


@dataclass(frozen=True)
class Built:
    """What the pipeline made of a market."""

    warehouse: Warehouse

    def table(self, name: str) -> pl.DataFrame:
        """All rows of a table."""
        return self.warehouse.frame(f"select * from {name}")

    @cached_property
    def id_of(self) -> dict[str, int]:
        """security_id of every symbol of today."""
        return dict(self.warehouse.rows("select symbol, security_id from core.security"))


def numbers(after: Built, before: Built, spelt: Mapping[str, str] | None = None) -> Numbers:
    """How ``after``'s numbers read in ``before``; ``spelt`` gives the symbols that are others in ``after``."""
    lines = before.table("core.security").select("symbol", "security_id", "issuer_id")
    lines = lines.with_columns(pl.col("symbol").replace(spelt or {}))
    both = after.table("core.security").select("symbol", "security_id", "issuer_id").join(lines, on="symbol", suffix="_before")
    assert both.height == lines.height
    issuer = both.select("issuer_id", "issuer_id_before").unique()
    assert issuer["issuer_id"].is_unique().all(), "one company became two, or two became one"
    return Numbers(dict(both.select("security_id", "security_id_before").iter_rows()), dict(issuer.iter_rows()))


def derived(catalog: Catalog) -> list[str]:
    """Names of all core and mart tables."""
    return [name for name in catalog.models if name.startswith(("core.", "mart."))]


def build(folder: Path, catalog: Catalog, fetches: Iterable[Frames], tables: Iterable[str]) -> Built:
    """Land each of ``fetches`` as a load (two where the reference has a part in it), then build ``tables`` and all they need."""
    landing = Landing(folder, catalog.models)
    for frames in fetches:
        for source in ("reference", "simulated"):
            part = {table: frame for table, frame in frames.items() if (table in OF_REFERENCE) == (source == "reference")}
            if part:
                landing.write(source, Batch(part), FETCHED_AT)
    wanted = set(tables)
    warehouse = Warehouse(None, catalog, find_transform)
    results = warehouse.take_in(landing.loads())
    results += warehouse.build_stale(frozenset(wanted.union(*(catalog.upstream(name) for name in wanted))))
    assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
    return Built(warehouse)
