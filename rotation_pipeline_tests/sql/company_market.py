"""A small market for the tables of companies: the real calendar, the default parameters, a few lines with prices and counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from rotation_pipeline.reference import reader
from rotation_pipeline.reference.calendar import session_rows
from rotation_pipeline_tests.lab import Lab

SINCE_EVER = date(1900, 1, 1)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def golden(name: str) -> dict[str, Any]:
    """One worked example of the methodology: inputs and outputs."""
    example: dict[str, Any] = json.loads((Path(__file__).resolve().parents[1] / "golden.json").read_text())[name]
    return example


def open_market(lab: Lab, first: date, last: date) -> list[date]:
    """Land parameters and calendar, fill core.session from ``first`` to ``last``; returns those sessions."""
    lab.put_frame("raw.method_param", reader.read("raw.method_param"))
    calendar = _calendar()
    lab.put_frame("raw.calendar_session", calendar)
    held = (
        calendar.sort("session")
        .with_columns(
            session_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
            previous_session=pl.col("session").shift(1),
            is_month_end=pl.col("session").dt.month() != pl.col("session").shift(-1).dt.month(),
            month_no=(12 * pl.col("session").dt.year() + pl.col("session").dt.month() - 1).cast(pl.Int32),
        )
        .filter(pl.col("session") <= last)
        .drop("source", "load_id", "fetched_at", strict=False)
    )
    lab.put_frame("core.session", held)
    return held.filter(pl.col("session") >= first)["session"].to_list()


@cache
def _calendar() -> pl.DataFrame:
    return session_rows(NOW)


def list_line(lab: Lab, security_id: int, symbol: str, **columns: Any) -> None:
    """One equity line under one symbol since ever, on one share basis."""
    line = {"issuer_id": security_id, "is_primary": True, "kind": "EQUITY", "currency": "USD", "first_session": date(1990, 1, 2)}
    lab.put("core.security", [{"security_id": security_id, "symbol": symbol, **line, **columns}])
    put_lines(lab, [{"security_id": security_id, **line, **columns}])
    labels = {name: columns[name] for name in ("exchange", "sector", "industry") if name in columns}
    lab.put("core.line_label", [{"security_id": security_id, "matters_from": SINCE_EVER, "valid_from": SINCE_EVER, **labels}])
    lab.put("core.line_symbol", [{"security_id": security_id, "symbol": symbol, "valid_from": SINCE_EVER, "valid_to": date(9999, 12, 31)}])
    lab.put("core.split_regime", [{"security_id": security_id, "valid_from": SINCE_EVER, "price_factor": 1.0, "share_factor": 1.0}])


def put_lines(lab: Lab, securities: Iterable[Mapping[str, Any]]) -> None:
    """The rows of core.line that belong to rows of core.security; a line ends on the day after its last trade."""
    told = {column.name for column in lab.catalog.models["core.line"].columns}
    for security in securities:
        row: dict[str, Any] = {"valid_from": SINCE_EVER} | {name: value for name, value in security.items() if name in told}
        if security.get("delist_session"):
            row["valid_to"] = security["delist_session"] + timedelta(days=1)
        lab.put("core.line", [row])


def split(lab: Lab, security_id: int, ex_session: date, ratio: float) -> None:
    """Cut the line's one regime by a true split."""
    lab.rows(f"update core.split_regime set valid_to = date '{ex_session}' where security_id = {security_id} and valid_to is null")
    regime = {"security_id": security_id, "valid_from": ex_session, "price_factor": ratio, "share_factor": ratio}
    lab.put("core.split_regime", [regime])


def price(lab: Lab, security_id: int, closes: Mapping[date, float | None], volume: float = 1e6, factor: float = 1.0) -> None:
    """Daily prices; ``factor`` brings them to the first basis. None is a missing session."""
    numbers = dict(lab.rows("select session, session_no from core.session"))
    rows = [
        {
            "security_id": security_id,
            "session": session,
            "session_no": numbers[session],
            "close_usd": close,
            "volume": volume,
            "dollar_volume_usd": None if close is None else close * volume,
            "close_fwd_e9": None if close is None else round(close * factor * 1e9),
            "is_valid": close is not None,
            "is_traded": close is not None,
            "pit_grade": "B",
        }
        for session, close in closes.items()
    ]
    schema = {
        "close_usd": pl.Float64,
        "dollar_volume_usd": pl.Float64,
        "close_fwd_e9": pl.Int64,
        "security_id": pl.Int32,
        "session_no": pl.Int32,
    }
    lab.put_frame("core.daily_price", pl.DataFrame(rows, schema_overrides=schema))


def cap(lab: Lab, session: date, caps: Mapping[int, float], **columns: Any) -> None:
    """Market caps of one-line companies, security and company of one number."""
    rows = [
        {
            "security_id": i,
            "issuer_id": i,
            "session": session,
            "close_usd": 10.0,
            "shares": usd / 10,
            "line_cap_usd": usd,
            "issuer_cap_usd": usd,
            "is_primary": True,
            "is_company_count": False,
            "is_stale": False,
            "pit_grade": "B",
            **columns,
        }
        for i, usd in caps.items()
    ]
    lab.put_frame("core.market_cap", pl.DataFrame(rows, schema_overrides={"security_id": pl.Int32, "issuer_id": pl.Int32}))
