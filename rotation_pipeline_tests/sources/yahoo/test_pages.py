"""Pages of a screen put together while the list changes, repeats itself, fails or is cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rotation_pipeline.sources.yahoo.faults import Answer
from rotation_pipeline.sources.yahoo.sweep.pages import MOST_AGAIN, STEP, read_pages
from rotation_pipeline.sources.yahoo.sweep.screen import PAGE_ROWS, ScreenPage

Rows = list[str]


def names(n: int) -> Rows:
    return [f"S{k:05d}" for k in range(n)]


@dataclass
class List:
    """A list of symbols that answers for its pages. ``happens[k]`` is done before the k-th request (from 0)."""

    rows: Rows
    total: int | None = None  # to be told instead of the true one
    happens: dict[int, Callable[[Rows], object]] = field(default_factory=dict)
    odd: dict[int, list[Answer[ScreenPage]]] = field(default_factory=dict)  # answers by offset, used up before the true one
    asked: list[int] = field(default_factory=list)

    def __call__(self, offset: int) -> Answer[ScreenPage]:
        if (act := self.happens.get(len(self.asked))) is not None:
            act(self.rows)
        self.asked.append(offset)
        if self.odd.get(offset):
            return self.odd[offset].pop(0)
        return page(self.rows[offset : offset + PAGE_ROWS], len(self.rows) if self.total is None else self.total)


def page(rows: Rows, total: int) -> Answer[ScreenPage]:
    return Answer(ScreenPage(tuple({"symbol": symbol} for symbol in rows), total), "landed", None, 1)


FAILED: Answer[ScreenPage] = Answer(None, "failed", "HTTP 500", 3)
WAITING: Answer[ScreenPage] = Answer(None, "waiting", "the budget is spent until 23:00", 0)


def test_pages_overlap_and_end_with_the_list() -> None:
    for n, offsets in {0: [0], 1: [0], 250: [0], 251: [0, 245], 495: [0, 245], 496: [0, 245, 490]}.items():
        every = List(names(n))
        pages = read_pages(every, "sweep", "raw.quote")
        assert every.asked == offsets
        assert sorted(pages.quotes) == names(n)
        assert (pages.total, pages.n_missing, pages.is_answered) == (n, 0, True)
        assert {entry.outcome for entry in pages.entries} == {"landed"}


def test_six_thousand_names_take_25_pages() -> None:
    every = List(names(6000))
    pages = read_pages(every, "sweep", "raw.quote")
    assert (len(every.asked), len(pages.quotes)) == (25, 6000)
    assert [entry.subject for entry in pages.entries][:2] == ["sweep page 1", "sweep page 2"]


def test_names_that_leave_or_come_while_we_read_move_nothing_past_us() -> None:
    moving = List(names(700), happens={1: lambda rows: rows.__delitem__(slice(0, 3)), 2: lambda rows: rows.insert(0, "A")})
    pages = read_pages(moving, "sweep", "raw.quote")
    assert sorted(pages.quotes) == names(700)  # the three that left were read before, and A is only there for the next sweep
    assert (pages.n_missing, moving.asked) == (0, [0, 245, 490])


def test_more_names_leave_than_pages_overlap_and_the_page_is_read_again() -> None:
    moving = List(names(700), happens={1: lambda rows: rows.__delitem__(slice(0, 20))})
    pages = read_pages(moving, "sweep", "raw.quote")
    assert moving.asked == [0, 245, 490, 0]
    assert sorted(pages.quotes) == names(700)
    assert pages.n_missing == 0


def test_the_list_grows_by_a_page_while_we_read() -> None:
    growing = List(names(490), happens={1: lambda rows: rows.extend(f"T{k}" for k in range(10))})
    pages = read_pages(growing, "sweep", "raw.quote")
    assert growing.asked == [0, 245, 490]
    assert (len(pages.quotes), pages.total) == (500, 500)


def test_a_page_that_fails_once_is_asked_again_at_the_end() -> None:
    broken = List(names(700), odd={245: [FAILED]})
    pages = read_pages(broken, "sweep", "raw.quote")
    assert broken.asked == [0, 245, 490, 245]
    assert (len(pages.quotes), pages.n_missing, pages.is_answered) == (700, 0, True)
    assert [(entry.outcome, entry.n_attempts) for entry in pages.entries] == [("landed", 1), ("landed", 4), ("landed", 1)]


def test_a_page_that_stays_away_is_said_with_its_number_of_rows() -> None:
    broken = List(names(700), odd={245: [FAILED, FAILED]})
    pages = read_pages(broken, "sweep", "raw.quote")
    assert (len(pages.quotes), pages.n_missing, pages.is_answered) == (460, 240, False)
    entry = pages.entries[1]
    assert (entry.subject, entry.outcome, entry.reason) == ("sweep page 2", "failed", "HTTP 500")


def test_the_first_page_fails_once_or_for_good() -> None:
    assert len(read_pages(List(names(700), odd={0: [FAILED]}), "sweep", "raw.quote").quotes) == 700
    gone = List(names(700), odd={0: [FAILED] * 9})
    pages = read_pages(gone, "sweep", "raw.quote")
    assert gone.asked == [0, 0, 0]
    assert (pages.total, pages.is_answered, dict(pages.quotes)) == (None, False, {})


def test_an_empty_a_short_and_a_repeated_page_are_read_again() -> None:
    every = names(1000)
    odd = {245: [page([], 1000)], 490: [page(every[490:600], 1000)], 735: [page(every[0:250], 1000)]}
    broken = List(every, odd=odd)
    pages = read_pages(broken, "sweep", "raw.quote")
    assert broken.asked == [0, 245, 490, 735, 980, 245, 490, 735]
    assert (sorted(pages.quotes), pages.n_missing) == (every, 0)


def test_a_page_that_repeats_another_for_good_leaves_its_rows_missing() -> None:
    every = names(740)
    pages = read_pages(List(every, odd={490: [page(every[0:250], 740)] * 2}), "sweep", "raw.quote")
    assert (len(pages.quotes), pages.n_missing, pages.is_answered) == (495, 245, True)
    assert (pages.entries[2].outcome, pages.entries[2].reason) == ("failed", "rows may be missing here: 250 came, of 740 in all")


def test_a_total_that_counts_too_many_is_no_loss_when_the_pages_tie_in() -> None:
    wrong = List(names(490), total=492)
    pages = read_pages(wrong, "sweep", "raw.quote")
    assert len(pages.quotes) == 490
    assert pages.n_missing == 2  # the last page is short of what it announces: whether two are missing cannot be told
    assert pages.entries[-1].outcome == "failed"
    twice = List([*names(100), *names(100)[-2:]])
    again = read_pages(twice, "sweep", "raw.quote")
    assert (len(again.quotes), again.total, again.n_missing) == (100, 102, 2)


def test_rows_without_a_symbol_are_not_counted() -> None:
    bare = Answer(ScreenPage(({"symbol": "A"}, {"symbol": None}, {}), 1), "landed", None, 1)
    assert sorted(read_pages(lambda _offset: bare, "sweep", "raw.quote").quotes) == ["A"]


def test_doubtful_pages_are_read_again_at_most_so_often() -> None:
    lost = List(names(5000), odd={n * STEP: [FAILED] for n in range(1, 12)})
    pages = read_pages(lost, "sweep", "raw.quote")
    assert len(lost.asked) == 21 + MOST_AGAIN
    assert pages.n_missing == (11 - MOST_AGAIN) * STEP - 5
    assert sum(entry.outcome == "failed" for entry in pages.entries) == 11 - MOST_AGAIN


def test_what_was_not_asked_for_waits() -> None:
    shut = List(names(700), odd={offset: [WAITING] * 9 for offset in (245, 490)})
    pages = read_pages(shut, "sweep", "raw.quote")
    assert [entry.outcome for entry in pages.entries] == ["landed", "waiting", "waiting"]
    assert pages.entries[1].reason == "the budget is spent until 23:00"
    assert pages.is_answered is False


def test_beyond_the_last_row_that_can_be_had_rows_are_missing() -> None:
    huge = List(names(12_000))
    pages = read_pages(huge, "sweep NYQ", "raw.quote")
    assert max(huge.asked) == 9555
    assert pages.n_missing == 12_000 - 9_805
