"""Bodies of the loopback Yahoo cut to what a request asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def cut_chart(chart: Mapping[str, Any], query: Mapping[str, str]) -> Mapping[str, Any]:
    """The rows and events from period1 up to before period2, or the last row for range=1d, as Yahoo cuts them."""
    result = chart["chart"]["result"][0]
    stamps = result.get("timestamp")
    if not stamps:
        return chart
    if query.get("range") == "1d":
        return _kept(result, [len(stamps) - 1], stamps[-1], stamps[-1] + 1)
    if "period1" not in query:
        return chart
    first, end = int(query["period1"]), int(query["period2"])
    return _kept(result, [n for n, stamp in enumerate(stamps) if first <= stamp < end], first, end)


def _kept(result: Mapping[str, Any], rows: list[int], first: int, end: int) -> dict[str, Any]:
    indicators = {
        block: [{name: [column[n] for n in rows] for name, column in columns[0].items()}] for block, columns in result["indicators"].items()
    }
    events = {
        kind: {key: event for key, event in entries.items() if first <= event["date"] < end}
        for kind, entries in result.get("events", {}).items()
    }
    inside = {**result, "timestamp": [result["timestamp"][n] for n in rows], "indicators": indicators, "events": events}
    return {"chart": {"result": [inside], "error": None}}


def cut_series(symbol: str, known: Iterable[Mapping[str, Any]], types: Iterable[str]) -> list[Mapping[str, Any]]:
    """One series for each type that was asked for; a bare ``meta`` where Yahoo has none."""
    there = {one["meta"]["type"][0]: one for one in known}
    return [there.get(name, {"meta": {"symbol": [symbol], "type": [name]}}) for name in types]


def cut_counts(body: Mapping[str, Any] | None, symbol: str, query: Mapping[str, str]) -> Mapping[str, Any]:
    """Share counts from period1 up to before period2; a bare ``meta`` for a symbol without any."""
    if body is None:
        return {"timeseries": {"result": [{"meta": {"symbol": [symbol]}}], "error": None}}
    result = body["timeseries"]["result"][0]
    if "timestamp" not in result or "period1" not in query:
        return body
    first, end = int(query["period1"]), int(query["period2"])
    rows = [n for n, stamp in enumerate(result["timestamp"]) if first <= stamp < end]
    if not rows:
        return {"timeseries": {"result": [{"meta": result["meta"]}], "error": None}}
    inside = {**result, "timestamp": [result["timestamp"][n] for n in rows], "shares_out": [result["shares_out"][n] for n in rows]}
    return {"timeseries": {"result": [inside], "error": None}}


def cut_calendar(rows: list[list[Any]], columns: list[dict[str, str]], asked: Mapping[str, Any], total: int | None) -> dict[str, Any]:
    """One page of a calendar with the total that goes with it."""
    page = rows[asked["offset"] : asked["offset"] + asked["size"]]
    documents = [{"columns": columns, "rows": page}]
    return {"finance": {"result": [{"total": len(rows) if total is None else total, "documents": documents}], "error": None}}
