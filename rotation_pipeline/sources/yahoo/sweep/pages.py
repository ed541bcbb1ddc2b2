"""All pages of one screen, reconciled: pages overlap, so that a row that moves while we read is neither lost nor unnoticed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rotation_pipeline.landing import LedgerEntry
from rotation_pipeline.sources.yahoo.faults import Answer
from rotation_pipeline.sources.yahoo.sweep.screen import PAGE_ROWS, ScreenPage

OVERLAP = 5  # rows that neighbouring pages share: as many rows may come or go between them before one is missed
STEP = PAGE_ROWS - OVERLAP
LAST_ROW = 9_750  # Yahoo repeats rows further on
MOST_AGAIN = 6  # doubtful pages that are read once more

Ask = Callable[[int], Answer[ScreenPage]]


@dataclass(frozen=True)
class Pages:
    """Quotes by symbol as last read, what became of each page, and how many rows are missing as far as that can be told.

    ``is_answered``: every page was answered, if not rightly; asking again soon would bring the same.
    """

    quotes: Mapping[str, dict[str, Any]]
    total: int | None
    n_missing: int
    is_answered: bool
    entries: tuple[LedgerEntry, ...]


@dataclass
class _Reading:
    """The pages of one screen while they are read, by offset."""

    ask: Ask
    answers: dict[int, Answer[ScreenPage]] = field(default_factory=dict)
    n_attempts: dict[int, int] = field(default_factory=dict)
    quotes: dict[str, dict[str, Any]] = field(default_factory=dict)
    totals: list[int] = field(default_factory=list)

    def take(self, offset: int, answer: Answer[ScreenPage] | None = None) -> None:
        """Ask for one page (or take the answer already had); an answer with rows is not given up for one without."""
        answer = answer or self.ask(offset)
        self.n_attempts[offset] = self.n_attempts.get(offset, 0) + answer.n_attempts
        if answer.value is not None:
            self.totals.append(answer.value.total)
            self.quotes |= {quote["symbol"]: quote for quote in answer.value.quotes if _symbol(quote)}
        if answer.value is not None or offset not in self.answers or self.answers[offset].value is None:
            self.answers[offset] = answer

    def offsets(self) -> range:
        """First rows of all pages, as many as the latest total asks for."""
        total = min(self.totals[-1], LAST_ROW) if self.totals else 1
        return range(0, max(total - OVERLAP, 1), STEP)

    def doubtful(self) -> list[int]:
        """Pages that failed, came short, repeat others, or do not share a row with the page after: rows may have moved past them."""
        seen: set[str] = set()
        found = []
        for offset in self.offsets():
            now, after = self._symbols(offset), self._symbols(offset + STEP)
            due = self._rows_due(offset)
            is_loose = bool(now) and bool(after) and not now & after
            if len(now) < due or len(now - seen) < due - 2 * OVERLAP or is_loose:
                found.append(offset)
            seen |= now
        return found

    def _symbols(self, offset: int) -> set[str]:
        page = self.answers[offset].value if offset in self.answers else None
        return set() if page is None else {quote["symbol"] for quote in page.quotes if _symbol(quote)}

    def _rows_due(self, offset: int) -> int:
        page = self.answers[offset].value if offset in self.answers else None
        total = self.totals[-1] if page is None and self.totals else 1 if page is None else page.total
        return max(0, min(PAGE_ROWS, total - offset))


def read_pages(ask: Ask, name: str, dataset: str, first: Answer[ScreenPage] | None = None) -> Pages:
    """Read every page of a screen in order, then the doubtful ones once more, at most MOST_AGAIN.

    ``ask`` answers for the rows from an offset on; ``first`` is the answer for offset 0 if it was had before. Entries have
    subjects "<name> page <n>". Nothing is missing when the pages are full, tie in with one another and reach the end, or when as
    many symbols came as Yahoo announces; a total that counts a row twice is then Yahoo's affair.
    """
    reading = _Reading(ask)
    reading.take(0, first)
    if not reading.totals and not _is_waiting(reading.answers[0]):
        reading.take(0)
    while (n := len(reading.answers)) < len(reading.offsets()):
        reading.take(reading.offsets()[n])
    doubtful = reading.doubtful()
    for offset in doubtful[:MOST_AGAIN]:
        reading.take(offset)
    if doubtful:
        doubtful = reading.doubtful()
    total = reading.totals[-1] if reading.totals else None
    is_proven = not doubtful and total is not None and total <= LAST_ROW
    n_missing = 0 if is_proven or total is None else max(0, total - len(reading.quotes))
    is_answered = all(answer.value is not None for answer in reading.answers.values())
    return Pages(reading.quotes, total, n_missing, is_answered, _entries(reading, name, dataset, doubtful))


def _entries(reading: _Reading, name: str, dataset: str, doubtful: list[int]) -> tuple[LedgerEntry, ...]:
    entries = []
    for n, offset in enumerate(sorted(reading.answers), start=1):
        answer, subject, attempts = reading.answers[offset], f"{name} page {n}", reading.n_attempts[offset]
        if answer.value is None:
            entries.append(LedgerEntry(dataset, subject, answer.outcome, reason=answer.reason, n_attempts=attempts))
            continue
        n_rows = len(answer.value.quotes)
        doubt = f"rows may be missing here: {n_rows} came, of {answer.value.total} in all" if offset in doubtful else None
        entries.append(LedgerEntry(dataset, subject, "failed" if doubt else "landed", n_rows, reason=doubt, n_attempts=attempts))
    return tuple(entries)


def _symbol(quote: Mapping[str, Any]) -> bool:
    symbol = quote.get("symbol")
    return isinstance(symbol, str) and bool(symbol)


def _is_waiting(answer: Answer[ScreenPage]) -> bool:
    return answer.outcome == "waiting"
