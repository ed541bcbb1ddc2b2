"""A window that does not fit in memory is cut into pieces that leave out no day."""

from __future__ import annotations

from datetime import date

from rotation_pipeline.models import Model
from rotation_pipeline.warehouse import slices
from rotation_pipeline.warehouse.results import BEGINNING
from rotation_pipeline_tests.lab import Lab

SESSIONS = [date(2026, 1, day) for day in (5, 6, 7, 8, 9, 12, 13)]  # a weekend after the fifth
BOTH_ENDS = {"first", "last"}


def windows(lab: Lab, n_rows: int, wanted: set[str] = BOTH_ENDS, first: date = BEGINNING) -> list[tuple[date, date | None]]:
    """Pieces of a fill that reads core.price_bar with ``n_rows`` on seven sessions."""
    sessions = [date(2025, 12, 30), date(2025, 12, 31), *SESSIONS]  # the calendar begins before the prices
    lab.put("core.session", [{"session": session, "session_no": n} for n, session in enumerate(sessions, 1)])
    lab.put("core.price_bar", [{"security_id": 1, "session": SESSIONS[0]}])
    if n_rows:
        lab.put("ops.table_state", [{"table_name": "core.price_bar", "n_rows": n_rows}, {"table_name": "raw.price_bar", "n_rows": 10**12}])
    model: Model = lab.catalog.models["core.daily_price"]
    return list(slices.slices(lab.warehouse._con, lab.catalog, model, wanted, first, SESSIONS[-1]))


def fits(lab: Lab) -> int:
    """How many rows fit in the memory of the bench."""
    memory = lab.rows("select parse_formatted_bytes(current_setting('memory_limit'))")[0][0]
    return int(memory / slices.BYTES_A_ROW)


def test_what_fits_is_one_piece(lab: Lab) -> None:
    assert windows(lab, n_rows=fits(lab)) == [(BEGINNING, SESSIONS[-1])]


def test_pieces_follow_one_another_over_a_weekend(lab: Lab) -> None:
    assert windows(lab, n_rows=fits(lab) * 7 // 3) == [
        (BEGINNING, date(2026, 1, 7)),
        (date(2026, 1, 8), date(2026, 1, 12)),
        (date(2026, 1, 13), date(2026, 1, 13)),
    ]


def test_a_piece_is_one_session_at_least(lab: Lab) -> None:
    found = windows(lab, n_rows=fits(lab) * 1000, first=date(2026, 1, 9))
    assert found == [(date(2026, 1, 9), date(2026, 1, 11)), (date(2026, 1, 12), date(2026, 1, 12)), (date(2026, 1, 13), date(2026, 1, 13))]


def test_a_fill_that_does_not_name_its_end_is_not_cut(lab: Lab) -> None:
    assert windows(lab, n_rows=fits(lab) * 1000, wanted={"first"}) == [(BEGINNING, SESSIONS[-1])]


def test_inputs_of_unknown_size_are_not_cut(lab: Lab) -> None:
    assert windows(lab, n_rows=0) == [(BEGINNING, SESSIONS[-1])]
