"""Literal inputs that the cohort tables share: sessions, default parameters, companies in cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl

from rotation_pipeline.reference import reader
from rotation_pipeline_tests.lab import Lab

COUNTS = (
    "core.membership_set",
    "core.issuer_membership",
    "core.member_count",
    "core.universe_concentration",
    "core.universe_weight",
)
CHAIN = (
    *COUNTS,
    "core.cohort_cap",
    "core.cohort_fundamental",
    "mart.valuation",
    "core.cohort_half_price",
    "mart.valuation_gap",
)


def put_sessions(lab: Lab, sessions: Sequence[date], coming: Sequence[date] = ()) -> None:
    """Sessions that the warehouse holds, and the calendar, which knows the ``coming`` ones too."""
    lab.put_frame("raw.calendar_session", pl.DataFrame({"session": [*sessions, *coming]}))
    put_held(lab, sessions)


def put_held(lab: Lab, sessions: Sequence[date], after: int = 0) -> None:
    """Sessions that the warehouse holds, numbered on from ``after``."""
    numbers = pl.Series(range(after + 1, after + len(sessions) + 1), dtype=pl.Int32())
    before = pl.Series([None, *sessions[:-1]], dtype=pl.Date())
    lab.put_frame("core.session", pl.DataFrame({"session": sessions, "session_no": numbers, "previous_session": before}))
    if after == 0:  # the market begins: some share that is nobody's member has its first bar
        lab.put("core.line", [{"security_id": -1, "issuer_id": -1, "kind": "EQUITY", "first_session": sessions[0]}])


def put_defaults(lab: Lab) -> None:
    """The parameters that the package ships."""
    lab.put_frame("raw.method_param", reader.read("raw.method_param"))


def put_members(lab: Lab, cohort: str, issuers: Iterable[int], first: date, **columns: Any) -> None:
    """Companies of one line each in a cohort from ``first`` on."""
    stay = {"universe_id": cohort, "valid_from": first, "known_from": first, "bias_label": "PIT_FULL", "pit_grade": "B"}
    lab.put("core.membership", [{**stay, "security_id": i, "issuer_id": i, **columns} for i in issuers])


def put_company(
    lab: Lab, issuer: int, session: date, cap: float, street: float | None = None, gaap: float | None = None, **more: Any
) -> None:
    """One company's cap and trailing earnings on one session."""
    row = {"issuer_id": issuer, "security_id": issuer, "session": session, "pit_grade": "B"}
    lab.put("core.issuer_valuation", [{**row, "market_cap_usd": cap, "earnings_street_usd": street, "earnings_gaap_usd": gaap, **more}])
    lab.put("core.market_cap", [{**row, "line_cap_usd": cap, "issuer_cap_usd": cap, "is_primary": True}])


def fill(lab: Lab, first: date = date(1900, 1, 1), tables: Sequence[str] = CHAIN) -> None:
    """Fill tables in order, each from ``first`` on."""
    for table in tables:
        lab.fill(table, first)


def contents(lab: Lab, tables: Sequence[str] = CHAIN) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables, sorted."""
    return {table: lab.rows(f"select * from {table} order by all") for table in tables}
