"""What a file under sql/ says of its table, its checks, its question."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from rotation_pipeline.models.bounds import Bound

SCHEMAS = ("raw", "core", "mart", "meta", "ops")
# Columns that say from which session on a row matters, the first one found being the clock of its table.
CLOCKS = (
    "matters_from",  # of rows that hold for earlier dates too, of which nothing was served
    "session",
    "formation_session",
    "ex_session",
    "valid_from",
    "known_from",
    "known_session",
    "first_session",
    "ex_date",
    "known_on",
    "observed_on",
    "changed_on",
)

# Claims that the kernel checks of every table by itself.
KEY_IS_UNIQUE = "key_is_unique"
HAS_ROWS = "has_rows"  # but not of a table that may be empty


class Fill(Enum):
    """Who fills a table."""

    KERNEL = "kernel"  # landing (raw) or the warehouse and release themselves (ops, meta)
    SQL = "sql"  # the file's own insert
    POLARS = "polars"  # the file's bare select, through the transform of the same name


@dataclass(frozen=True)
class Column:
    """One column of a contract. ``type`` is DuckDB's spelling, lower case; ``default`` a literal as text."""

    name: str
    type: str
    is_nullable: bool
    comment: str
    default: str | None = None


@dataclass(frozen=True)
class Check:
    """One claim about a table: ``query`` finds the offending rows after ``sabotage`` or after a bad build."""

    model: str
    claim: str
    sentence: str
    is_blocking: bool
    sabotage: str
    query: str
    path: Path


@dataclass(frozen=True)
class Model:
    """One table as its file describes it."""

    name: str  # schema.table
    path: Path
    sql: str
    description: str  # the first comment, without the key line
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    fill: Fill
    reads: frozenset[str]  # tables it reads, itself left out
    is_windowed: bool  # the fill uses $first
    code_version: str  # changes when the file or its transform changes
    checks: tuple[Check, ...] = ()
    may_be_empty: str | None = None  # why it may have no row although its inputs have
    bounds: tuple[Bound, ...] = ()  # what no cell of a landed row can say
    seldom_empty: str | None = None  # why it may have no row in some market, which is told but is no failure

    @property
    def schema(self) -> str:
        """The schema part of the name."""
        return self.name.partition(".")[0]

    @property
    def table(self) -> str:
        """The table part of the name."""
        return self.name.partition(".")[2]

    @property
    def is_landed(self) -> bool:
        """Whether its rows come from landing."""
        return self.fill is Fill.KERNEL and (self.schema == "raw" or self.name == "ops.fetch_ledger")

    @property
    def claims(self) -> tuple[str, ...]:
        """Every claim that is checked when it is built, the kernel's own first."""
        return (KEY_IS_UNIQUE, *([] if self.may_be_empty else [HAS_ROWS]), *(check.claim for check in self.checks))

    @property
    def summary(self) -> str:
        """The first paragraph of the description on one line."""
        return " ".join(self.description.split("\n\n")[0].split())

    @cached_property
    def clock(self) -> str | None:
        """The column that says from which session on a row matters; None when a change matters to all of history."""
        return next((column.name for column in self.columns if column.name in CLOCKS), None)

    @cached_property
    def clock_end(self) -> str | None:
        """The column that closes the interval which the clock opens, if there is one; valid_to where the clock is matters_from."""
        opening = "valid_from" if self.clock == "matters_from" else self.clock
        end = opening.replace("_from", "_to") if opening and opening.endswith("_from") else None
        return end if any(column.name == end for column in self.columns) else None


@dataclass(frozen=True)
class Term:
    """A parameter or a column of a macro, with what it means."""

    name: str
    meaning: str


@dataclass(frozen=True)
class Macro:
    """One table macro of the published file: a table that takes arguments."""

    name: str
    description: str  # the first comment
    parameters: tuple[Term, ...]
    columns: tuple[Term, ...]
    reads: frozenset[str]  # tables
    sql: str  # the statement that creates it
    code_version: str  # changes when the file changes
    path: Path

    @property
    def call(self) -> str:
        """The macro as it is called: ``prices_asof(ts)``."""
        return f"{self.name}({', '.join(parameter.name for parameter in self.parameters)})"


@dataclass(frozen=True)
class Lineage:
    """Where one output column's values come from, as ``schema.table.column``."""

    column: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question that an analyst asks, with the query over the published tables that answers it."""

    name: str
    text: str
    sql: str
    path: Path
