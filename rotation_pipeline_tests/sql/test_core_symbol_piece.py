"""core.symbol_piece: a symbol's life cut by what is told of it, and numbers that stay as they were given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise, permutations
from random import Random
from typing import Any

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PIECES, bar, begin, build, listing

EARLY, MIDDLE, LATE = date(2016, 1, 4), date(2019, 1, 2), date(2025, 1, 2)
FIRST_CUT, SECOND_CUT = date(2018, 1, 2), date(2022, 1, 3)
SINCE_EVER = date(1900, 1, 1)
Telling = tuple[str, dict[str, Any]]


def rename(old: str, new: str, changed_on: date) -> Telling:
    return "raw.symbol_change", {"old_symbol": old, "new_symbol": new, "changed_on": changed_on}


def served(symbol: str, session: date) -> Telling:
    return "raw.price_bar", bar(symbol, session, 10.0)


def listed(symbol: str, on: date) -> Telling:
    return "raw.listing", listing(symbol, fetched_at=on)


def numbers(lab: Lab) -> dict[tuple[str, date], int | None]:
    build(lab, ["core.session", *PIECES])
    return {(symbol, start): number for symbol, start, number in lab.rows("select symbol, valid_from, number from core.symbol_piece")}


def told(lab: Lab, tellings: Iterable[Telling]) -> list[dict[tuple[str, date], int | None]]:
    """The numbers after each load, one telling a load."""
    begin(lab, [EARLY, MIDDLE, LATE])
    found = []
    for load, (table, row) in enumerate(tellings):
        lab.put(table, [row | {"load_id": f"{load:02}"}])
        found.append(numbers(lab))
    return found


def test_what_is_cut_off_later_leaves_the_number_to_what_was_there_before(lab: Lab) -> None:
    """A listing of today is of the line that has the symbol today, and was of its one line before anybody told of another."""
    found = told(
        lab,
        [
            rename("OLD", "NOW", FIRST_CUT),
            listed("NOW", LATE),
            served("NOW", MIDDLE),
            served("OTHER", MIDDLE),
            rename("NOW", "NEXT", SECOND_CUT),
        ],
    )
    assert found[3] == {("OLD", SINCE_EVER): None, ("OLD", FIRST_CUT): None, ("NOW", SINCE_EVER): None, ("NOW", FIRST_CUT): 1} | {
        ("OTHER", SINCE_EVER): 2
    }
    assert found[4] == found[3] | {("NOW", SECOND_CUT): 3, ("NEXT", SINCE_EVER): None, ("NEXT", SECOND_CUT): None}


def test_the_later_part_keeps_the_number_when_nothing_was_held_of_the_earlier(lab: Lab) -> None:
    tellings = [listed("A", LATE), served("OTHER", MIDDLE), rename("A", "B", SECOND_CUT), served("A", MIDDLE)]
    found = told(lab, tellings)
    assert found[1][("A", SINCE_EVER)] == 1
    assert found[2][("A", SINCE_EVER)] is None
    assert found[2][("A", SECOND_CUT)] == 1
    assert found[3][("A", SINCE_EVER)] == 3  # its bars came after the cut


def test_a_part_that_was_new_once_keeps_its_number_when_it_is_cut_again(lab: Lab) -> None:
    tellings = [served("A", EARLY), served("A", LATE), rename("A", "B", FIRST_CUT), served("OTHER", MIDDLE), rename("A", "C", SECOND_CUT)]
    found = told(lab, tellings)
    assert (found[3][("A", SINCE_EVER)], found[3][("A", FIRST_CUT)], found[3][("OTHER", SINCE_EVER)]) == (1, 2, 3)
    later = found[4]
    assert (later[("A", SINCE_EVER)], later[("A", FIRST_CUT)], later[("A", SECOND_CUT)], later[("OTHER", SINCE_EVER)]) == (1, None, 2, 3)


TOLD: tuple[Telling, ...] = (
    rename("A", "B", FIRST_CUT),
    rename("A", "C", SECOND_CUT),
    served("A", EARLY),
    served("A", MIDDLE),
    listed("A", LATE),
    served("Z", MIDDLE),
)


def test_in_whatever_order_it_is_told_a_number_once_given_is_nobody_elses(lab: Lab) -> None:
    for order in Random(7).sample(list(permutations(TOLD)), 8):
        lab.warehouse.rows("rollback")
        lab.warehouse.rows("begin")
        for before, after in pairwise(told(lab, order)):
            now = {number: piece for piece, number in after.items() if number is not None}
            for (symbol, start), number in before.items():
                if number is not None:  # the piece has it still, or a part that was cut off it
                    assert now[number][0] == symbol, (order, symbol, start)
                    assert now[number][1] >= start, (order, symbol, start)
