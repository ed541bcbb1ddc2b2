"""The words of a rotation.toml: which sections exist, which columns and settings each knows. No logic.

Columns carry the names of the raw contract (``sql/raw``), so that a mapping reads ``ours = "theirs"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

KINDS = ("EQUITY", "ETF", "INDEX", "UNIT", "WARRANT", "RIGHT", "PREFERRED", "NOTE", "FUND")
DELIST_REASONS = ("MERGER_CASH", "MERGER_STOCK", "PERFORMANCE", "LIQUIDATION", "EXCHANGE_MOVE", "UNKNOWN")
TIMINGS = ("BMO", "DMH", "AMC", "UNKNOWN")

Need = Literal["optional", "present", "filled"]


@dataclass(frozen=True)
class Column:
    """A column of ours. ``need``: may be absent, must be there, or must be there with a value in every row.

    A moment is the instant in a column of dates, where that holds a time of day; no file maps one.
    """

    type: Literal["symbol", "text", "date", "number", "moment"]
    need: Need = "optional"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """A key of a section beside files and columns. ``types`` are the TOML types it may have."""

    types: tuple[type, ...] = (str,)
    choices: tuple[str, ...] = ()  # for text values; a date needs no choice
    is_required: bool = False


@dataclass(frozen=True)
class Section:
    """One kind of file: the raw table it ends up in, and what may be said about it."""

    table: str
    columns: Mapping[str, Column]
    settings: Mapping[str, Setting] = field(default_factory=dict)


SYMBOL = Column("symbol", "filled")
FILLED_DATE = Column("date", "filled")
DATE = Column("date")
NUMBER = Column("number")
TEXT = Column("text")
KIND = Setting(choices=KINDS)
OWN_BASIS = Setting((date, str), ("own",), is_required=True)

# every section knows these
SHAPE = ("files", "columns", "constants", "values", "where", "date_format", "time_zone", "symbol_style", "separator")
TIME_ZONES = ("UTC", "America/New_York", "date")

SECTIONS: Mapping[str, Section] = {
    "prices": Section(
        "raw.price_bar",
        {
            "symbol": SYMBOL,
            "session": FILLED_DATE,
            "open": NUMBER,
            "high": NUMBER,
            "low": NUMBER,
            "close": NUMBER,
            "adj_close": NUMBER,
            "volume": NUMBER,
            "currency": TEXT,
            "dividend": NUMBER,
            "split": NUMBER,
            "kind": Column("text", "filled", KINDS),
        },
        {
            "price_basis": Setting(choices=("as_traded", "split_adjusted", "adjusted_only"), is_required=True),
            "basis_date": Setting((date, str), ("last_session",)),
            "dividends": Setting(choices=("implied", "none", "listed", "column"), is_required=True),
            "splits": Setting(choices=("listed", "column")),
            "kind": KIND,
            "precedence": Setting((int,)),
        },
    ),
    "splits": Section(
        "raw.corporate_action",
        {"symbol": SYMBOL, "ex_date": FILLED_DATE, "ratio": NUMBER, "new_shares": NUMBER, "old_shares": NUMBER},
    ),
    "dividends": Section(
        "raw.corporate_action",
        {"symbol": SYMBOL, "ex_date": FILLED_DATE, "amount": Column("number", "filled"), "currency": TEXT},
        {"basis_date": OWN_BASIS, "kind": Setting(choices=("dividend", "capital_gain"))},
    ),
    "listings": Section(
        "raw.listing",
        {
            "symbol": SYMBOL,
            "name": TEXT,
            "kind": Column("text", "filled", KINDS),
            "exchange": TEXT,
            "currency": TEXT,
            "issuer_key": TEXT,
            "sector": TEXT,
            "industry": TEXT,
            "first_session": DATE,
            "last_session": DATE,
            "delist_reason": Column("text", choices=DELIST_REASONS),
            "delist_return": NUMBER,
        },
        {"kind": KIND},
    ),
    "memberships": Section(
        "raw.membership",
        {
            "universe_id": Column("text", "filled"),
            "symbol": SYMBOL,
            "valid_from": FILLED_DATE,
            "valid_to": DATE,
            "date": FILLED_DATE,
            "action": Column("text", "filled", ("added", "removed")),
            "added": Column("text", "present"),
            "removed": Column("text", "present"),
        },
        {
            "universe_id": Setting(),
            "form": Setting(choices=("intervals", "changes", "lists"), is_required=True),
            "end_means": Setting(choices=("first_day_out", "last_day_in")),
            "seed": Setting(),
            "seed_columns": Setting((dict,)),
            "bias_label": Setting(choices=("PIT_FULL", "CURRENT_LIST")),
        },
    ),
    "symbol_changes": Section(
        "raw.symbol_change",
        {"old_symbol": SYMBOL, "new_symbol": SYMBOL, "changed_on": FILLED_DATE},
        {"extract": Setting((dict,))},
    ),
    "shares": Section(
        "raw.share_count",
        {"symbol": SYMBOL, "known_on": FILLED_DATE, "as_of": DATE, "shares": Column("number", "present")},
        {"basis_date": OWN_BASIS, "kind": Setting(choices=("cover_page", "reported", "balance_sheet", "vendor", "diluted"))},
    ),
    "earnings": Section(
        "raw.earnings_event",
        {
            "symbol": SYMBOL,
            "announced_on": Column("date", "present"),
            "timing": Column("text", choices=TIMINGS),
            "fiscal_label": TEXT,
            "fiscal_period_end": DATE,
            "eps_estimate": NUMBER,
            "eps_actual": NUMBER,
            "observed_on": DATE,
        },
        {"basis_date": OWN_BASIS},
    ),
    "statements": Section(
        "raw.statement",
        {
            "symbol": SYMBOL,
            "known_on": DATE,
            "fiscal_label": Column("text", "filled"),
            "fiscal_period": Column("text", "filled", ("Q", "FY")),
            "fiscal_period_end": FILLED_DATE,
            "revenue": NUMBER,
            "net_income": NUMBER,
            "book_equity": NUMBER,
            "currency": TEXT,
        },
    ),
}
