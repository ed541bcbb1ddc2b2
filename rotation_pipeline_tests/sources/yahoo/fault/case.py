"""One fault of Yahoo's as a case: how an evening is spoiled, and what there is to see of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from rotation_pipeline_tests.sources.yahoo.loopback.market_faults import Body
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.vendor import Vendor

Table = Literal["ops.fetch_ledger", "ops.quarantine", "ops.restatement", "ops.coverage", "meta.release"]
Cells = frozenset[tuple[int, str]]  # evening and column of core.daily_price
Rows = list[tuple[Any, ...]]
NUMBERS = ("close_usd", "price_return", "total_return")
LEDGER: Table = "ops.fetch_ledger"
QUARANTINE: Table = "ops.quarantine"
RESTATEMENT: Table = "ops.restatement"
RIGHT = "right at once"
MENDED = "right from the next evening on"
NO_TOTAL = "close and price return are the sweep's; no total return until a chart tells the dividends"
NO_PRICE = "no price and no return: a missing session, counted in `ops.coverage`"
ALL_1 = frozenset((1, name) for name in NUMBERS)
TOTAL_1 = frozenset({(1, "total_return")})


@dataclass
class Scene:
    """What the server shows on one evening, to be spoiled."""

    server: LoopbackYahoo
    vendor: Vendor
    days: Sequence[date]  # of the evenings
    nth: int

    @property
    def day(self) -> date:
        """The session of the evening."""
        return self.days[self.nth]

    def chart(self, symbol: str, spoil: Callable[[Body], Body]) -> None:
        """Change the chart of one symbol."""
        self.server.charts[symbol] = spoil(self.server.charts[symbol])

    def quote(self, symbol: str, **figures: Any) -> None:
        """Change the quote of one company."""
        for quote in self.server.screened:
            if quote["symbol"] == symbol:
                quote.update(figures)

    def forget(self, symbol: str) -> None:
        """Yahoo knows the symbol no more."""
        del self.server.charts[symbol]
        self.server.screened = [quote for quote in self.server.screened if quote["symbol"] != symbol]

    def answer(self, endpoint: str, subject: str, *faults: str) -> None:
        """Answer the next requests with faults."""
        self.server.faults[endpoint, subject] = list(faults)


Spoil = Callable[[Scene, str], None]  # changes what an evening shows of a symbol


@dataclass(frozen=True)
class Look:
    """What there is to see on the evening ``nth``: a row of ``table`` with a verdict, and the prices of all evenings until then.

    ``verdict`` is the outcome, reason or kind that the row holds, ``words`` a part of what it says. ``unknown`` are the cells that
    are NULL where the truth has a number; every other cell is the truth.
    """

    nth: int
    table: Table
    verdict: str
    words: str
    effect: str
    unknown: Cells = frozenset()
    dataset: str = "raw.price_bar"  # of the ledger
    subject: str = ""  # of the ledger; empty: the symbol
    # cells that hold an assumption in place of the truth
    assumed: Mapping[tuple[int, str], float] = field(default_factory=dict, hash=False)
    # a query that has to answer so, with the days of the evenings as $day0, $day1 ...
    also: tuple[str, Rows] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Case:
    """One fault of Yahoo's: what it does to ``symbol`` on the evenings, and what is to be seen of it."""

    symbol: str
    fault: str
    spoil: Spoil
    looks: tuple[Look, ...]
