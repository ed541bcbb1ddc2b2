"""Small markets for the tests of the universe tables: sessions, members, prices and the default parameters as literal rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from rotation_pipeline_tests.lab import Lab

ROOT = Path(__file__).parents[2]
GOLDEN: Mapping[str, Any] = json.loads((ROOT / "rotation_pipeline_tests" / "golden.json").read_text())


def put_params(lab: Lab, **overrides: float) -> None:
    """The shipped parameters, with overrides spelled as in Lab.param."""
    text = (ROOT / "rotation_pipeline" / "reference" / "data" / "method_params.csv").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = [{"name": row["name"], "value": float(row["value"])} for row in csv.DictReader(lines)]
    lab.put_frame("raw.method_param", pl.DataFrame(rows))
    lab.param(**overrides)


def put_sessions(lab: Lab, days: Sequence[date]) -> None:
    """core.session of these days."""
    before = [None, *days[:-1]]
    numbers = pl.Series(range(1, len(days) + 1), dtype=pl.Int32)
    lab.put_frame(
        "core.session",
        pl.DataFrame({"session": days, "session_no": numbers, "previous_session": before}, schema_overrides={"previous_session": pl.Date}),
    )


def put_members(lab: Lab, universe: str, ids: Sequence[int], since: date, **columns: Any) -> None:
    """Stays without an end, each line its own issuer unless said otherwise."""
    values = {"bias_label": "PIT_FULL", "pit_grade": "B", **columns}
    lab.put("core.membership", [{"universe_id": universe, "security_id": i, "issuer_id": i, "valid_from": since, **values} for i in ids])
    lab.fill("core.membership_set")


def put_prices(lab: Lab, days: Sequence[date], closes: Mapping[int, Sequence[float | None]], **columns: Any) -> None:
    """core.daily_price from the closes of each security, aligned with the last days; without dividends, highs and lows at the close."""
    rows = []
    for security, prices in closes.items():
        last: float | None = None
        age = 0
        for no, (day, price) in enumerate(zip(days[-len(prices) :], prices, strict=True), len(days) - len(prices) + 1):
            age += 1
            known = price is not None and last is not None
            row = {
                "security_id": security,
                "session": day,
                "session_no": no,
                "close_usd": price,
                "volume": 1000.0 if price else None,
                "dollar_volume_usd": 1000 * price if price else None,
                "is_valid": price is not None,
                "is_traded": price is not None,
                "is_adjusted_only": False,
                "is_stale": False,
                "is_large_move": False,
                "pit_grade": "B",
                "price_return": price / last - 1 if known else None,
                "total_return": price / last - 1 if known else None,
                "gap_sessions": age if known else None,
                "log_tri_e15": None,
            }
            e9 = None if price is None else round(price * 1e9)
            row.update(dict.fromkeys(("close_fwd_e9", "high_fwd_e9", "low_fwd_e9"), e9))
            row["tri_e12"] = None if price is None else round(price * 1e12)
            row.update(columns)
            rows.append(row)
            last, age = (price, 0) if price is not None else (last, age)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    lab.put_frame("core.daily_price", frame)


def put_delisting(
    lab: Lab, security: int, day: date, session_no: int, value: float, is_assumed: bool = True, last_session: date | None = None
) -> None:
    """The end of a line: its delisting return on the session after its last trade, in core.delisting and as the row of core.daily_price.

    ``last_session``: its last trade, where it was given up long after it.
    """
    key = {"security_id": security, "session": day}
    lab.put("core.delisting", [key | {"delist_return": value, "is_assumed": is_assumed, "last_session": last_session}])
    returns = {"price_return": value, "total_return": value, "gap_sessions": 1, "pit_grade": "B"}
    lab.put("core.daily_price", [key | {"session_no": session_no, "n_missing": 1} | returns])


def put_caps(lab: Lab, caps: Sequence[tuple[int, int, date, float]]) -> None:
    """core.market_cap from (security, issuer, session, line cap); an issuer's cap is the sum of its lines."""
    totals: dict[tuple[int, date], float] = {}
    for _, issuer, day, cap in caps:
        totals[issuer, day] = totals.get((issuer, day), 0.0) + cap
    lab.put(
        "core.market_cap",
        [
            {
                "security_id": line,
                "issuer_id": issuer,
                "session": day,
                "shares": 1.0,
                "line_cap_usd": cap,
                "issuer_cap_usd": totals[issuer, day],
                "is_primary": line == issuer,
                "pit_grade": "B",
            }
            for line, issuer, day, cap in caps
        ],
    )


def assert_windowed_is_whole(lab: Lab, table: str, first: date) -> None:
    """Redoing the table from a later session gives the rows of a whole fill, bit for bit."""
    lab.fill(table)
    whole = lab.rows(f"select * from {table} order by all")
    assert whole
    lab.fill(table, first)
    assert lab.rows(f"select * from {table} order by all") == whole
