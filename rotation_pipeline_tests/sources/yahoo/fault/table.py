"""The table of faults in docs/operations.md, made of the cases that the tests run.

Run as a module it writes the table between its marks: python -m rotation_pipeline_tests.sources.yahoo.fault.table
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rotation_pipeline_tests.sources.yahoo.fault.case import Case, Look
from rotation_pipeline_tests.sources.yahoo.fault.cases import SINGLE
from rotation_pipeline_tests.sources.yahoo.fault.shared_cases import SHARED

DOCUMENT = Path(__file__).parents[4] / "docs" / "operations.md"
INTRODUCTION = (
    "Every row is a fault that the tests script on a Yahoo of their own, fetch, land and build; *then* is a later evening. "
    "Entries are rows of the table that is named, with words of their reason. "
    "Prices that are not said to be missing were compared with the truth."
)
BEGIN, END = "<!-- faults:begin -->", "<!-- faults:end -->"


def table() -> str:
    """One row a fault: what Yahoo does, what is written down, what the tables say."""
    rows = [f"| {case.fault} | {_joined(_entry(look) for look in case.looks)} | {_effects(case)} |" for case in (*SINGLE, *SHARED)]
    return "\n".join([INTRODUCTION, "", "| Yahoo | entry | effect on the tables |", "|---|---|---|", *rows])


def document_with_table() -> tuple[Path, str, str]:
    """The document, its text, and its text as the cases want it."""
    text = DOCUMENT.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{DOCUMENT} has no {BEGIN} and {END} to put the table between")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return DOCUMENT, text, f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _entry(look: Look) -> str:
    words = f'"{look.words}"' if look.table in ("ops.fetch_ledger", "meta.release") else look.words
    return f"`{look.table}` **{look.verdict}**" + (f", {words}" if look.words else "")


def _effects(case: Case) -> str:
    return _joined(look.effect for look in case.looks)


def _joined(parts: Iterable[str]) -> str:
    return "; then ".join(dict.fromkeys(parts))


if __name__ == "__main__":
    path, _, wanted = document_with_table()
    path.write_text(wanted)
