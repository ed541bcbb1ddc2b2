"""A small market for the factor tables: sessions, defaults of the methodology, and the inputs of a sort from literal names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from math import log
from pathlib import Path
from typing import Any

import polars as pl

from rotation_pipeline_tests.lab import Lab

TESTS = Path(__file__).resolve().parents[1]
PARAMS = TESTS.parent / "rotation_pipeline" / "reference" / "data" / "method_params.csv"
LONG_AGO = date(2000, 1, 3)
CHAIN = (
    "core.characteristic",
    "core.sort_breakpoint",
    "core.size_list",
    "mart.factor_holding",
    "core.factor_turnover",
    "mart.factor_portfolio",
    "core.factor_series",
    "mart.factor_return",
)


def golden(name: str) -> dict[str, Any]:
    """One worked example of the methodology."""
    example: dict[str, Any] = json.loads((TESTS / "golden.json").read_text())[name]
    return example


def put_defaults(lab: Lab, **values: float) -> None:
    """Land the shipped parameters, then override some: factor__min_price=0."""
    params = pl.read_csv(PARAMS, comment_prefix="#", columns=["name", "value"], schema_overrides={"value": pl.Float64})
    lab.put_frame("raw.method_param", params)
    lab.param(**values)


def put_sessions(lab: Lab, sessions: Sequence[date]) -> None:
    """Land sessions in order; a month ends where the next session is of another month."""
    following = [*sessions[1:], None]
    lab.put(
        "core.session",
        [
            {
                "session": session,
                "session_no": number,
                "is_month_end": after is not None and after.month != session.month,
                "month_no": 12 * session.year + session.month - 1,
            }
            for number, (session, after) in enumerate(zip(sessions, following, strict=True), 1)
        ],
    )
    lab.put("core.member_count", [{"universe_id": "SP500", "session": session} for session in sessions])  # the market's sessions


def put_price(lab: Lab, security_id: int, session: date, session_no: int, **values: Any) -> None:
    """One bar: valid, 10 USD, grade B unless said otherwise; ``r`` sets both returns."""
    row: dict[str, Any] = {"close_usd": 10.0, "is_valid": True, "is_traded": True, "pit_grade": "B", "volume": 1.0}
    if "r" in values:
        values["price_return"] = values["total_return"] = values.pop("r")
    lab.put("core.daily_price", [row | {"security_id": security_id, "session": session, "session_no": session_no} | values])


def put_company(lab: Lab, security_id: int, session: date, me: float, exchange: str | None = None, **valuation: Any) -> None:
    """Cap (and valuation) of a company of one line on one session; its symbol and exchange once, when that is given."""
    identity = {"security_id": security_id, "issuer_id": security_id}
    lab.put("core.market_cap", [identity | {"session": session, "issuer_cap_usd": me, "is_primary": True, "pit_grade": "B"}])
    lab.put("core.issuer_valuation", [identity | {"session": session, "market_cap_usd": me, "pit_grade": "B"} | valuation])
    if exchange:
        lab.put("core.last_symbol", [{"security_id": security_id, "symbol": f"S{security_id}"}])
        lab.put("core.line_label", [{"security_id": security_id, "exchange": exchange, "valid_from": LONG_AGO}])
        named = {"security_id": security_id, "symbol": f"S{security_id}", "valid_from": LONG_AGO, "valid_to": date(9999, 12, 31)}
        lab.put("core.line_symbol", [named])


def put_golden_sort(lab: Lab) -> Mapping[str, float]:
    """The twelve stocks of G-D1 with two sessions after their formation; returns the expected values."""
    example = golden("G-D1")
    put_defaults(
        lab,
        factor__min_names_per_portfolio=1,
        factor__min_names_with_return=1,
        factor__min_listed_sessions=0,
        factor__min_universe_names=1500,
    )
    sessions = [date(2024, 1, 31), date(2024, 2, 1), date(2024, 2, 2)]
    put_sessions(lab, sessions)
    for security_id, (_, exchange, me, book_to_market, r1, r2) in enumerate(example["inputs"]["stocks"], 1):
        put_company(lab, security_id, sessions[0], me, {"N": "NYQ", "Q": "NMS"}[exchange], book_equity_usd=me * book_to_market)
        for number, (session, r) in enumerate(zip(sessions, (None, r1, r2), strict=True), 1):
            put_price(lab, security_id, session, number, r=r)
    outputs: Mapping[str, float] = example["outputs"]
    return outputs


def fill(lab: Lab, first: date | None = None) -> None:
    """Run the chain of factor tables."""
    for table in CHAIN:
        lab.fill(table, *([first] if first else []))


def content(lab: Lab) -> dict[str, list[tuple[Any, ...]]]:
    """A fingerprint of each table, whatever its row order."""
    return {table: lab.rows(f"select count(*), sum(hash(t)::hugeint) from {table} as t") for table in CHAIN}


def log_e15(value: float) -> int:
    """A log total-return index as the warehouse keeps it."""
    return round(log(value) * 1e15)
