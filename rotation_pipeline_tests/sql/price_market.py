"""A small market of bars and actions, and the tables that make prices of it, in the order of their build."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from rotation_pipeline.reference import reader
from rotation_pipeline.warehouse import BEGINNING
from rotation_pipeline_tests.lab import Lab

PIECES = ("core.symbol_rename", "core.served_symbol", "core.symbol_reuse", "core.symbol_piece")
SYMBOLS = ("core.session", *PIECES, "core.symbol_interval", "core.line_symbol")
LINES = (
    "core.line_listing",
    "core.line_currency",
    "core.line_end",
    "core.line_kind",
    "core.security",
    "core.delisting",
    "core.line",
    "core.line_label",
)
IDENTITY = (*SYMBOLS, "core.last_symbol", *LINES)
DECIDED = (
    "core.quarantine_release",
    "core.listed_action",
    "core.listed_split",
    "core.split_regime",
    "core.distribution",
    "core.corporate_action",
)
ACTIONS = (*IDENTITY, *DECIDED)
WINDOWED = ("core.price_bar", "core.price_leap", "core.price_correction", "core.return_base", "core.daily_price")
PRICES = (*ACTIONS, "core.suspect_split", *WINDOWED)


def begin(lab: Lab, sessions: Sequence[date]) -> None:
    """The calendar and the method's own parameters."""
    lab.put_frame("raw.method_param", reader.read("raw.method_param"))
    lab.put_frame("raw.calendar_session", pl.DataFrame({"session": list(sessions), "load_id": "01"}))


def bar(symbol: str, session: date, close: float | None, **values: Any) -> dict[str, Any]:
    """One bar as the vendor serves it: split-adjusted to its own session and fetched that evening, unless said otherwise."""
    row = {"symbol": symbol, "session": session, "close": close, "volume": 1000.0}
    basis = {"price_basis": "split_adjusted", "dividend_basis": "listed"}
    stamps = {"currency": "USD", "precedence": 0, "basis_date": session, "load_id": "01"}
    fetched = {"fetched_at": datetime.combine(session, datetime.min.time()) + timedelta(hours=30)}
    return row | basis | stamps | fetched | values


def bars(symbol: str, sessions: Sequence[date], closes: Sequence[float | None], **values: Any) -> list[dict[str, Any]]:
    """One bar a session."""
    return [bar(symbol, session, close, **values) for session, close in zip(sessions, closes, strict=True)]


def action(symbol: str, ex_date: date, kind: str, amount: float, **values: Any) -> dict[str, Any]:
    """One action, its amount on the basis of its own ex-date unless said otherwise."""
    row = {"symbol": symbol, "ex_date": ex_date, "kind": kind, "amount": amount, "basis_date": ex_date, "load_id": "01", "currency": "USD"}
    return row | values


def listing(symbol: str, **values: Any) -> dict[str, Any]:
    """What a source says about one symbol: a share, unless said otherwise."""
    return {"symbol": symbol, "kind": "EQUITY", "currency": "USD", "load_id": "01"} | values


def build(lab: Lab, tables: Sequence[str] = PRICES, first: date = BEGINNING) -> None:
    """Fill the tables one after the other."""
    for table in tables:
        lab.fill(table, first)


def made_of(lab: Lab, table: str, tables: Sequence[str] = PRICES) -> list[str]:
    """Those of the tables that change when a raw table does: the others need not be filled again."""
    return [name for name in tables if table in lab.catalog.upstream(name)]


def prices(lab: Lab, symbol: str, columns: str = "*") -> list[dict[str, Any]]:
    """Rows of core.daily_price of one symbol in date order."""
    security = f"(select security_id from core.security where symbol = '{symbol}')"
    return lab.dicts(f"select {columns} from core.daily_price where security_id = {security} order by session")


def column(lab: Lab, symbol: str, name: str) -> list[Any]:
    """One column of core.daily_price of one symbol in date order."""
    return [row[name] for row in prices(lab, symbol, name)]
