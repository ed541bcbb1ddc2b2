"""Every fault of Yahoo's that can be scripted: it is written down where it should be, and the tables are right or say that they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline.errors import FetchFailed
from rotation_pipeline.landing import Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.sources.yahoo.conftest import Market
from rotation_pipeline_tests.sources.yahoo.fault.case import Case, Look, Rows
from rotation_pipeline_tests.sources.yahoo.fault.cases import SINGLE
from rotation_pipeline_tests.sources.yahoo.fault.shared_cases import SHARED
from rotation_pipeline_tests.sources.yahoo.fault.story import FUNDS, Story
from rotation_pipeline_tests.sources.yahoo.fault.table import document_with_table
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo, forget_everything

PLAIN = tuple(f"P{n:02}" for n in range(20))  # companies without a fault of their own
LOOKS = [(case, look) for case in (*SINGLE, *SHARED) for look in case.looks]


@dataclass(frozen=True)
class Seen:
    """What one look found: rows of its table, cells that are unknown, cells that are untrue, and the answer of its query."""

    entries: Sequence[tuple[str, str]]
    unknown: set[tuple[int, str]]
    untrue: Sequence[str]
    answer: Rows


Found = dict[tuple[str, Look], Seen]


def play(
    server: LoopbackYahoo, folder: Path, catalog: Catalog, xnys: Sequence[date], symbols: Sequence[str], cases: Sequence[Case]
) -> Found:
    """The market of the symbols through the evenings that the cases look at, and what each look found."""
    market = Market(server, Landing(folder / "landing", catalog.models), folder / "cache", xnys)
    story = Story.begin(market, catalog, symbols)
    looks = [(case, look) for case in cases for look in case.looks]
    found: Found = {}
    for nth in range(1 + max(look.nth for _, look in looks)):
        story.fetch(nth, cases)
        due = [(case, look) for case, look in looks if look.nth == nth]
        if due:
            story.build()
        for case, look in due:
            unknown, untrue = story.unlike_truth(case.symbol, nth, look.assumed)
            found[case.fault, look] = Seen(story.entries(look, case.symbol), unknown, untrue, story.answer(look))
    story.warehouse.close()
    forget_everything()
    return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, xnys: Sequence[date]) -> Iterator[Found]:
    """Both stories: each company with a fault of its own, then faults that concern everybody."""
    folder = tmp_path_factory.mktemp("faults")
    with LoopbackYahoo() as server:
        single = play(server, folder / "single", catalog, xnys, [*PLAIN, *(case.symbol for case in SINGLE)], SINGLE)
        yield single | play(server, folder / "shared", catalog, xnys, PLAIN[:6], SHARED)


@pytest.mark.parametrize(("case", "look"), LOOKS, ids=[f"{case.fault}, evening {look.nth}, {look.table}" for case, look in LOOKS])
def test_a_fault_is_written_down_and_the_tables_are_right_or_say_so(case: Case, look: Look, found: Found) -> None:
    seen = found[case.fault, look]
    assert any(verdict == look.verdict and look.words in words for verdict, words in seen.entries), seen.entries
    assert seen.untrue == []
    assert seen.unknown == set(look.unknown)
    assert look.also is None or seen.answer == look.also[1]


def test_nothing_lands_when_yahoo_is_out_of_reach(yahoo: LoopbackYahoo, catalog: Catalog, tmp_path: Path, xnys: Sequence[date]) -> None:
    market = Market(yahoo, Landing(tmp_path / "landing", catalog.models), tmp_path / "cache", xnys)
    story = Story.begin(market, catalog, PLAIN[:2])
    yahoo.faults["chart", "*"] = ["500"] * 999
    with pytest.raises(FetchFailed, match=FUNDS[0]):
        market.fetch(story.days[0], [*FUNDS, *PLAIN[:2]])
    assert set(market.ledger().values()) != set()
    assert {entry.outcome for entry in market.ledger().values()} == {"failed"}
    story.warehouse.close()


def test_the_document_holds_the_table_of_these_cases() -> None:
    """If not: python -m rotation_pipeline_tests.sources.yahoo.fault.table."""
    path, now, wanted = document_with_table()
    assert now == wanted, f"{path} is out of date"
