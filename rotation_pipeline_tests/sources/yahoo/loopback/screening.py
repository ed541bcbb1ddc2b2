"""The screener of the loopback Yahoo: a query as yfinance posts it, answered from quotes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Quote = Mapping[str, Any]
FIELDS = {"region": "region", "exchange": "exchange", "sector": "sector", "industry": "industry", "intradaymarketcap": "marketCap",
          "intradayprice": "regularMarketPrice", "ticker": "symbol"}  # fmt: skip
UNSERVED = ("sector", "industry")  # a quote carries none: they can only be asked for
CANNOT = {"finance": {"result": None, "error": {"code": "internal-error", "description": "Unable to generate query"}}}


def screen(quotes: Sequence[Quote], asked: Mapping[str, Any]) -> dict[str, Any]:
    """One page of the quotes that satisfy the query, by symbol, with their total; Yahoo's error for a field it does not know."""
    try:
        found = [quote for quote in quotes if _holds(asked["query"], quote)]
    except KeyError:
        return CANNOT
    found.sort(key=lambda quote: str(quote["symbol"]), reverse=asked.get("sortType") == "DESC")
    page = found[asked["offset"] : asked["offset"] + asked["size"]]
    rows = [{name: value for name, value in quote.items() if name not in UNSERVED} for quote in page]
    return {"finance": {"result": [{"start": asked["offset"], "count": len(rows), "total": len(found), "quotes": rows}], "error": None}}


def screen_subject(asked: Mapping[str, Any]) -> str:
    """The offset of the page, after the industry where one is asked for."""
    industry = _operand(asked["query"], "industry")
    return f"{industry} {asked['offset']}" if industry else str(asked["offset"])


def _holds(query: Mapping[str, Any], quote: Quote) -> bool:
    operator, operands = query["operator"].upper(), query["operands"]
    if operator in ("AND", "OR"):
        return (all if operator == "AND" else any)(_holds(one, quote) for one in operands)
    value = quote.get(FIELDS[operands[0]])
    if value is None:
        return False
    if operator == "EQ":
        return _plain(value) == _plain(operands[1])
    low, high = operands[1], operands[-1]
    return bool({"GT": value > low, "LT": value < low, "GTE": value >= low, "LTE": value <= low, "BTWN": low <= value <= high}[operator])


def _plain(label: object) -> str:
    """A label as its text, however it spells the dash of "Banks - Regional"."""
    return str(label).lower().replace("\N{EM DASH}", " - ")


def _operand(query: Mapping[str, Any], field: str) -> str | None:
    """What the query wants a field to be, if it names one value for it."""
    if query["operator"].upper() in ("AND", "OR"):
        return next((said for said in (_operand(one, field) for one in query["operands"]) if said), None)
    return str(query["operands"][1]) if query["operands"][0] == field else None
