"""ops.universe_coverage and ops.never_priced: who should have a price, and who has none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, bar, bars, begin, build, listing

LISTED = (*PRICES, "core.list_membership", "core.membership_gap")
JOINED = ("core.observed_session", "core.halt", "core.membership")
COUNTED = ("core.membership_set", "core.member_count", "ops.never_priced", "ops.universe_coverage")
COUNTS = "n_members, n_expected, n_valid, n_missing, n_never_priced, missing"


def member(symbol: str, since: date, universe: str = "LIST") -> dict[str, Any]:
    return {
        "universe_id": universe,
        "symbol": symbol,
        "valid_from": since,
        "bias_label": "PIT_FULL",
        "source": "reference",
        "load_id": "01",
    }


def asked(symbol: str, outcome: str, load_id: str = "01", dataset: str = "raw.price_bar") -> dict[str, Any]:
    return {"dataset": dataset, "subject": symbol, "outcome": outcome, "load_id": load_id, "fetched_at": date(2026, 1, 13)}


def choose(lab: Lab, universe: str, since: date, *symbols: str) -> None:
    """Lines of a universe that is made here."""
    ids = dict(lab.rows("select symbol, security_id from core.security"))
    stay = {"universe_id": universe, "valid_from": since, "known_from": since, "bias_label": "PIT_FULL", "pit_grade": "B"}
    lab.put("core.rank_membership", [{**stay, "security_id": ids[symbol], "issuer_id": ids[symbol]} for symbol in symbols])


@pytest.fixture
def market(lab: Lab, xnys: Sequence[date]) -> Lab:
    """A list of seven: whole, with a hole, lost for good, ended, refused, never asked for; and a universe of our own of three."""
    begin(lab, xnys[:40])
    days = xnys[:20]
    lab.put("raw.listing", [listing("END", last_session=xnys[3]), listing("LOST")])
    lab.put(
        "raw.price_bar",
        [
            *bars("WHOLE", days, [10.0] * 20),
            *(bar("HOLE", day, 10.0) for day in days if day != xnys[2]),
            *bars("LOST", days[:2], [10.0] * 2),
            *bars("END", days[:4], [10.0] * 4),
        ],
    )
    names = ("WHOLE", "HOLE", "LOST", "END", "REFUSED", "UNASKED")
    lab.put("raw.membership", [member(name, xnys[0]) for name in names])
    lab.put("ops.fetch_ledger", [asked("REFUSED", "failed"), asked("WHOLE", "failed"), asked("WHOLE", "landed", "02")])
    lab.put("ops.fetch_ledger", [asked("EXCUSED", "excused"), asked("UNASKED", "failed", dataset="raw.statement")])
    build(lab, LISTED)
    choose(lab, "OURS", xnys[0], "WHOLE", "HOLE")
    choose(lab, "RANK", xnys[0], "WHOLE")
    build(lab, JOINED)
    build(lab, COUNTED)
    return lab


def test_members_are_expected_until_they_end_and_the_missing_are_named(market: Lab, xnys: Sequence[date]) -> None:
    found = {row[0]: row[1:] for row in market.rows(f"select session, {COUNTS} from ops.universe_coverage where universe_id = 'LIST'")}
    assert found[xnys[0]] == (6, 5, 4, 1, 1, "REFUSED")
    assert found[xnys[2]] == (6, 5, 2, 3, 1, "HOLE LOST REFUSED")
    assert found[xnys[4]] == (6, 4, 2, 2, 1, "LOST REFUSED")  # END is a member for the session of its delisting return
    assert found[xnys[5]] == (5, 4, 2, 2, 1, "LOST REFUSED")
    assert found[xnys[19]] == (5, 4, 2, 2, 1, "LOST REFUSED")  # a list still names LOST, so two weeks do not make it whole


def test_a_universe_of_our_own_keeps_expecting_what_fell_silent(market: Lab, xnys: Sequence[date]) -> None:
    choose(market, "OURS", xnys[0], "LOST")
    build(market, JOINED)
    build(market, COUNTED)
    found = {row[0]: row[1:] for row in market.rows(f"select session, {COUNTS} from ops.universe_coverage where universe_id = 'OURS'")}
    assert found[xnys[1]] == (3, 3, 3, 0, 0, None)
    assert found[xnys[11]] == found[xnys[19]] == (3, 3, 2, 1, 0, "LOST")  # ten sessions after its last bar, and later: no exit was booked


def test_the_denominator_is_one_and_every_universe_has_its_row(market: Lab, xnys: Sequence[date]) -> None:
    market.put("raw.cohort_rule", [{"cohort_id": "NOBODY", "kind": "SCREEN", "sectors": "Utilitties"}])
    build(market, COUNTED)
    assert market.rows(
        "select n_members, n_expected, n_valid, valid_share from ops.universe_coverage where universe_id = 'NOBODY' group by all"
    ) == [(0, 0, 0, None)]
    off = """
        select universe_id, session
        from ops.universe_coverage as coverage
        full join core.member_count as count using (universe_id, session)
        where coverage.n_expected - coverage.n_never_priced is distinct from count.n_lines
            or coverage.n_members is distinct from count.n_expected + (universe_id = 'LIST' and session = $end)::integer
    """
    assert market.warehouse.rows(off, {"end": xnys[4]}) == []  # but for the session of a delisting return


def test_windowed_is_whole(market: Lab, xnys: Sequence[date]) -> None:
    everything = "select * from ops.universe_coverage order by session, universe_id"
    whole = market.rows(everything)
    for first in (xnys[4], xnys[19]):
        market.fill("ops.universe_coverage", first)
        assert market.rows(everything) == whole


def test_only_prices_that_were_due_and_did_not_come_are_missed(market: Lab) -> None:
    assert market.rows("select symbol, asked_on from ops.never_priced") == [("REFUSED", date(2026, 1, 13))]
    market.put("ops.fetch_ledger", [asked("REFUSED", "excused", "03"), asked("UNASKED", "waiting", "03")])
    build(market, COUNTED)
    assert market.rows("select symbol from ops.never_priced") == [("UNASKED",)]


def test_at_most_twenty_are_named(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:3])
    names = [f"S{n:02}" for n in range(30)]
    lab.put("raw.price_bar", [bar(name, xnys[0], 10.0) for name in names])
    lab.put("raw.price_bar", [bar("S00", xnys[1], 10.0)])
    lab.put("raw.membership", [member(name, xnys[0]) for name in names])
    build(lab, LISTED)
    build(lab, JOINED)
    build(lab, COUNTED)
    (row,) = lab.rows(f"select valid_share, {COUNTS} from ops.universe_coverage where session = date '{xnys[1]}'")
    assert row == (pytest.approx(1 / 30), 30, 30, 1, 29, 0, " ".join(names[1:21]))
