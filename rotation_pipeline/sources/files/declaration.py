"""What a rotation.toml declares, as frozen values: one FileGroup a section entry, and what the entry says about its files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Pairs = tuple[tuple[str, str], ...]
Choices = tuple[tuple[str, tuple[str, ...]], ...]
Scalar = str | int | float | date


@dataclass(frozen=True)
class FileGroup:
    """Files of one shape and how to read them."""

    section: str  # prices, splits, ...
    where: str = field(repr=False)  # the entry, for messages: "rotation.toml, [[prices]] no. 2"; no part of its digest
    files: tuple[str, ...]  # paths or globs, relative to the folder of the rotation.toml
    columns: Pairs = ()  # ours -> theirs; a column spelled as ours needs no entry
    constants: tuple[tuple[str, Scalar], ...] = ()  # ours -> value in every row
    values: tuple[tuple[str, Pairs], ...] = ()  # ours -> (their value -> our value)
    date_format: str | None = None  # strftime pattern of dates kept as text; None: ISO 8601
    symbol_style: Literal["dashes", "dots"] = "dashes"  # dots: BRK.B is turned into BRK-B
    separator: str = ","  # of CSV
    # What came later is no part of the repr: an entry that does not use it keeps its digest.
    chosen: Choices = field(default=(), repr=False)  # their column -> its words in the rows that are read; no choice: every row
    time_zone: Literal["UTC", "America/New_York", "date"] | None = field(default=None, repr=False)  # what dates with a time of day mean

    @property
    def later(self) -> tuple[tuple[str, object], ...]:
        """What the entry says of the fields that its repr leaves out."""
        return tuple((name, said) for name, said in (("chosen", self.chosen), ("time_zone", self.time_zone)) if said)


@dataclass(frozen=True)
class Prices:
    """[[prices]]: daily bars."""

    group: FileGroup
    price_basis: Literal["as_traded", "split_adjusted", "adjusted_only"]
    dividends: Literal["implied", "none", "listed", "column"]
    basis_date: date | Literal["last_session"] | None = None  # None exactly when as_traded
    splits: Literal["listed", "column"] = "listed"
    kind: str | None = None  # None: the files have a column kind
    precedence: int = 0


@dataclass(frozen=True)
class Splits:
    """[[splits]]: ratio, or new and old shares."""

    group: FileGroup


@dataclass(frozen=True)
class Dividends:
    """[[dividends]]: cash per share."""

    group: FileGroup
    basis_date: date | Literal["own"]  # own: the ex-date
    kind: Literal["dividend", "capital_gain"] = "dividend"


@dataclass(frozen=True)
class Listings:
    """[[listings]]: names, labels and life spans."""

    group: FileGroup
    kind: str | None = None  # None: the files have a column kind


@dataclass(frozen=True)
class Memberships:
    """[[memberships]]: stays in a universe, or a seed list and what changed since."""

    group: FileGroup
    form: Literal["intervals", "changes", "lists"]
    universe_id: str | None = None  # None: the files have a column universe_id
    end_means: Literal["first_day_out", "last_day_in"] = "first_day_out"
    seed: FileGroup | None = None
    bias_label: Literal["PIT_FULL", "CURRENT_LIST"] = "PIT_FULL"


@dataclass(frozen=True)
class SymbolChanges:
    """[[symbol_changes]]: renames. ``extract`` cuts a symbol out of a text; rows where it finds none are no renames."""

    group: FileGroup
    extract: Pairs = ()  # ours -> regular expression with one group


@dataclass(frozen=True)
class Shares:
    """[[shares]]: shares outstanding."""

    group: FileGroup
    basis_date: date | Literal["own"]  # own: the date the count describes
    kind: Literal["cover_page", "reported", "balance_sheet", "vendor", "diluted"] = "reported"


@dataclass(frozen=True)
class Earnings:
    """[[earnings]]: announcements."""

    group: FileGroup
    basis_date: date | Literal["own"]  # own: the announcement date


@dataclass(frozen=True)
class Statements:
    """[[statements]]: revenue, income and book equity by fiscal period."""

    group: FileGroup


Entry = Prices | Splits | Dividends | Listings | Memberships | SymbolChanges | Shares | Earnings | Statements


@dataclass(frozen=True)
class Mapping:
    """A whole rotation.toml."""

    description: str
    entries: tuple[Entry, ...]


def digest(entry: Entry) -> str:
    """A hash of what the entry says: when it changes, its files are landed anew."""
    said = repr(entry) + (repr(entry.group.later) if entry.group.later else "")
    return hashlib.sha256(said.encode()).hexdigest()[:16]
