"""One page of Yahoo's screener: up to 250 quotes of US-listed companies in the order of their symbols, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yfinance
from yfinance import EquityQuery
from yfinance.exceptions import YFDataException

MAIN_EXCHANGES = ("NMS", "NGM", "NCM", "NYQ", "ASE", "PCX", "BTS")  # without over-the-counter codes and YHD, where the dead are listed
PAGE_ROWS = 250  # Yahoo serves no more at once


@dataclass(frozen=True)
class ScreenPage:
    """Quotes as served, and the number of rows of the whole answer as the page tells it."""

    quotes: tuple[dict[str, Any], ...]
    total: int

    @classmethod
    def read(cls, offset: int, exchanges: Sequence[str], industry: str | None, session: Any) -> ScreenPage:
        """Ask for the rows from ``offset`` on. Raises YFDataException for a page of another form or from another place."""
        body = yfinance.screen(
            _query(exchanges, industry), offset=offset, size=PAGE_ROWS, sortField="ticker", sortAsc=True, session=session
        )
        quotes, total = (body.get("quotes"), body.get("total")) if isinstance(body, dict) else (None, None)
        if not isinstance(quotes, list) or not isinstance(total, int) or not all(isinstance(quote, dict) for quote in quotes):
            raise YFDataException("a page that is no screen")
        if body.get("start", offset) != offset:
            raise YFDataException(f"the rows from {body['start']} on where those from {offset} on were asked for")
        return cls(tuple(quotes), total)


def _query(exchanges: Sequence[str], industry: str | None) -> EquityQuery:
    """yfinance checks exchange codes and industries against its own lists and raises ValueError for others."""
    where = EquityQuery("eq", ["exchange", exchanges[0]]) if len(exchanges) == 1 else EquityQuery("is-in", ["exchange", *exchanges])
    what = [] if industry is None else [EquityQuery("eq", ["industry", industry])]
    return EquityQuery("and", [EquityQuery("eq", ["region", "us"]), where, *what])
