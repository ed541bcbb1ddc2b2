"""What did not land, told by reason and not by subject: a thousand symbols that wait for one budget are one line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

MOST_LINES = 12  # reasons shown
MOST_SUBJECTS = 8  # subjects named behind a reason


def backlog_table(entries: Iterable[tuple[str, str, str, str]]) -> Table:
    """A line for each (outcome, dataset, reason), the most frequent first; ``entries`` are (outcome, dataset, subject, reason)."""
    subjects: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for outcome, dataset, subject, reason in entries:
        subjects[outcome, dataset, reason].append(subject)
    table = Table("", "n", "of", "subjects", "why")
    counted = Counter({key: len(names) for key, names in subjects.items()}).most_common()
    for key, n in counted[:MOST_LINES]:
        outcome, dataset, reason = key
        named = sorted(subjects[key])[:MOST_SUBJECTS]
        told = " ".join(named) + (" ..." if n > len(named) else "")
        table.add_row(outcome, f"{n:,}", dataset.removeprefix("raw."), Text(told), Text(reason or "no reason given"))
    if len(counted) > MOST_LINES:
        rest = sum(n for _, n in counted[MOST_LINES:])
        table.add_row("...", f"{rest:,}", "", f"{len(counted) - MOST_LINES} more reasons", "`rotation query failed_fetches`")
    return table
