"""core.list_membership, core.membership_gap, core.membership and core.membership_exit: lists, labels, halts, exits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.company_market import SINCE_EVER, golden, list_line, open_market

LAST = date(2024, 6, 28)
Stay = tuple[str, date, date | None]


@pytest.fixture
def market(lab: Lab) -> Lab:
    open_market(lab, date(2019, 1, 2), LAST)
    return lab


def put_list(lab: Lab, universe_id: str, stays: list[Stay], source: str = "files", label: str = "PIT_FULL", load_id: str = "1") -> None:
    row = {"universe_id": universe_id, "source": source, "bias_label": label, "load_id": load_id, "fetched_at": datetime(2024, 7, 1)}  # noqa: DTZ001
    lab.put("raw.membership", [row | {"symbol": symbol, "valid_from": start, "valid_to": end} for symbol, start, end in stays])


def put_rule(lab: Lab, cohort_id: str, kind: str, **columns: Any) -> None:
    lab.put("raw.cohort_rule", [{"cohort_id": cohort_id, "kind": kind, "band": 0.0, **columns}])


def fill(lab: Lab) -> None:
    for table in ("core.list_membership", "core.membership_gap", "core.cohort_membership", "core.membership", "core.membership_exit"):
        lab.fill(table)


def stays(lab: Lab, universe_id: str, columns: str = "security_id, valid_from, valid_to") -> list[tuple[Any, ...]]:
    return lab.rows(f"select {columns} from core.membership where universe_id = '{universe_id}' order by security_id, valid_from")


def exits(lab: Lab) -> list[tuple[Any, ...]]:
    return lab.rows("select session, universe_id, security_id, exit_reason from core.membership_exit order by all")


def halt(lab: Lab, security_id: int, valid_from: date, valid_to: date | None) -> None:
    lab.put("core.halt", [{"security_id": security_id, "valid_from": valid_from, "valid_to": valid_to}])


def rank_stay(lab: Lab, universe_id: str, security_id: int, valid_from: date, **columns: Any) -> None:
    row = {"universe_id": universe_id, "security_id": security_id, "issuer_id": security_id, "valid_from": valid_from, "pit_grade": "B"}
    lab.put("core.rank_membership", [{**row, "known_from": valid_from, **columns}])


def test_dates_become_sessions_and_touching_stays_one(market: Lab) -> None:
    list_line(market, 1, "AAA")
    spans = [(date(2024, 1, 6), date(2024, 2, 1)), (date(2024, 2, 1), date(2024, 3, 2)), (date(2024, 3, 20), None)]
    put_list(market, "SP500", [("AAA", start, end) for start, end in spans])
    fill(market)
    assert stays(market, "SP500") == [(1, date(2024, 1, 8), date(2024, 3, 4)), (1, date(2024, 3, 20), None)]
    assert market.rows("select distinct bias_label, pit_grade, known_from = valid_from from core.membership") == [("PIT_FULL", "B", True)]


def test_a_symbol_is_resolved_on_the_first_day_and_else_by_its_holder_of_today(market: Lab) -> None:
    list_line(market, 1, "META")
    list_line(market, 2, "METV")
    change = date(2022, 6, 9)
    for security_id, symbol, start, end in ((1, "FB", SINCE_EVER, change), (1, "META", change, None), (2, "METV", SINCE_EVER, None)):
        market.put("core.symbol_interval", [{"security_id": security_id, "symbol": symbol, "valid_from": start, "valid_to": end}])
    market.fill("core.line_symbol")
    put_list(market, "SP500", [("FB", date(2020, 1, 2), change), ("META", change, None)])
    put_list(market, "NDX100", [("META", date(2020, 1, 2), None)])
    fill(market)
    assert stays(market, "SP500") == stays(market, "NDX100") == [(1, date(2020, 1, 2), None)]


def test_a_market_source_replaces_the_reference_list_of_the_same_universe_only(market: Lab) -> None:
    list_line(market, 1, "AAA")
    list_line(market, 2, "BBB")
    day = date(2024, 1, 2)
    put_list(market, "SP500", [("AAA", day, None)], source="reference")
    put_list(market, "DOW30", [("AAA", day, None)], source="reference")
    put_list(market, "SP500", [("AAA", day, None)], load_id="1")
    put_list(market, "SP500", [("BBB", day, None)], load_id="2")
    fill(market)
    assert stays(market, "SP500") == [(2, day, None)]
    assert stays(market, "DOW30") == [(1, day, None)]


def test_a_line_that_ends_stays_for_the_session_that_books_its_return(market: Lab) -> None:
    list_line(market, 1, "AAA", delist_session=date(2024, 3, 28))  # the day before Good Friday
    starts = {
        "LONG": date(2024, 4, 15),
        "NEXT": date(2024, 4, 1),
        "SAME": date(2024, 3, 28),
    }  # dropped later, the session after, on its last
    for universe_id, end in starts.items():
        put_list(market, universe_id, [("AAA", date(2024, 1, 2), end)])
    put_list(market, "LATE", [("AAA", date(2024, 4, 1), None)])  # a line that has ended is not added
    fill(market)
    booked = (1, date(2024, 1, 2), date(2024, 4, 2))
    assert stays(market, "LONG") == stays(market, "NEXT") == [booked]
    assert stays(market, "SAME") == [(1, date(2024, 1, 2), date(2024, 3, 28))]
    assert stays(market, "LATE") == []
    assert exits(market) == [
        (date(2024, 3, 28), "SAME", 1, "LIST"),
        (date(2024, 4, 2), "LONG", 1, "DELISTED"),
        (date(2024, 4, 2), "NEXT", 1, "DELISTED"),
    ]


def test_stays_without_bars_are_gaps_and_no_members(market: Lab) -> None:
    list_line(market, 1, "LATE", first_session=date(2024, 1, 2))
    list_line(market, 2, "EMPTY", first_session=None)
    stay = (date(2020, 1, 2), date(2021, 1, 4))
    put_list(market, "SP500", [("NOBODY", date(2020, 1, 2), None), ("LATE", *stay), ("LATE", date(2023, 1, 3), None), ("EMPTY", *stay)])
    fill(market)
    assert market.rows("select symbol, valid_from, valid_to from core.membership_gap order by 1") == [
        ("EMPTY", *stay),
        ("LATE", *stay),
        ("NOBODY", date(2020, 1, 2), None),
    ]
    assert stays(market, "SP500") == [(1, date(2023, 1, 3), None)]


def test_a_combined_cohort_misses_what_its_lists_miss(market: Lab) -> None:
    start, end = date(2024, 1, 2), date(2024, 3, 1)
    put_list(market, "SP500", [("GONE", start, None), ("NAMED", start, None)])
    put_list(market, "DOW30", [("GONE", start, end), ("DOW", start, end)])
    put_rule(market, "SEVEN", "FIXED", symbols="NAMED")
    for name, kind, base, other in (
        ("REST", "MINUS", "SP500", "SEVEN"),
        ("BOTH", "AND", "DOW30", "REST"),
        ("ANY", "OR", "DOW30", "REST SEVEN"),
    ):
        put_rule(market, name, kind, base_cohort_id=base, other_cohort_id=other)
    market.fill("core.membership_gap")
    found = market.rows(
        "select universe_id, symbol, valid_to from core.membership_gap where universe_id in ('REST', 'BOTH', 'ANY') order by all"
    )
    any_of, both = [("ANY", "DOW", end), ("ANY", "GONE", None), ("ANY", "NAMED", None)], [("BOTH", "DOW", end), ("BOTH", "GONE", end)]
    assert found == [*any_of, *both, ("REST", "GONE", None)]


def test_todays_list_applied_to_the_past_says_so(market: Lab) -> None:
    list_line(market, 1, "AAA")
    put_list(market, "SP600", [("AAA", date(2020, 1, 2), None)], label="CURRENT_LIST")
    fill(market)
    assert stays(market, "SP600", "bias_label, pit_grade") == [("CURRENT_LIST", "D")]


def test_a_fixed_cohort_is_hindsight_before_the_day_on_which_it_was_named(market: Lab) -> None:
    list_line(market, 1, "OLD", first_session=date(1990, 1, 2))
    list_line(market, 2, "NEW", first_session=date(2023, 8, 1))
    put_rule(market, "MAG7", "FIXED", symbols="OLD NEW GONE", hindsight_before=date(2023, 6, 1))
    fill(market)
    assert stays(market, "MAG7", "security_id, valid_from, valid_to, bias_label, pit_grade") == [
        (1, date(1990, 1, 2), date(2023, 6, 1), "HINDSIGHT_SELECTED", "D"),
        (1, date(2023, 6, 1), None, "PIT_FULL", "B"),
        (2, date(2023, 8, 1), None, "PIT_FULL", "B"),
    ]
    assert market.rows("select universe_id, symbol from core.membership_gap") == [("MAG7", "GONE")]


def test_minus_leaves_out_every_class_of_a_company(market: Lab) -> None:
    """G-B2: 503 lines of 500 companies less 8 lines of 7 companies."""
    case = golden("G-B2")
    lines, issuers, out = case["inputs"]["lines"], case["inputs"]["issuers"], case["inputs"]["mag7_lines"]
    issuer_of = {i: i if i <= issuers else i - issuers for i in range(1, lines + 1)}  # companies 1 to 3 have two classes
    for security_id, issuer_id in issuer_of.items():
        list_line(market, security_id, f"S{security_id}", issuer_id=issuer_id)
    put_list(market, "SP500", [(f"S{i}", date(2024, 1, 2), None) for i in issuer_of])
    # Seven companies, of one of them both classes: company 1, and six of those with one class.
    named = [1, issuers + 1, *range(10, 16)]
    assert len(named) == out
    put_rule(market, "MAG7", "FIXED", symbols=" ".join(f"S{i}" for i in named))
    put_rule(market, "SP493", "MINUS", base_cohort_id="SP500", other_cohort_id="MAG7")
    fill(market)
    counted = market.rows("select count(*), count(distinct issuer_id) from core.membership where universe_id = 'SP493'")
    assert counted == [(case["outputs"]["other_lines"], case["outputs"]["other_issuers"])]


def test_minus_and_and_cut_stays_by_company_where_the_answer_changes(market: Lab) -> None:
    list_line(market, 1, "A1")
    list_line(market, 2, "A2", issuer_id=1, is_primary=False)
    list_line(market, 3, "B")
    jan, feb, mar, apr = date(2024, 1, 2), date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)
    put_list(market, "SP500", [("A1", jan, None), ("B", jan, apr)])
    put_list(market, "NDX100", [("A2", feb, mar)], label="CURRENT_LIST")
    put_rule(market, "WITHOUT", "MINUS", base_cohort_id="SP500", other_cohort_id="NDX100")
    put_rule(market, "BOTH", "AND", base_cohort_id="SP500", other_cohort_id="NDX100")
    fill(market)
    assert stays(market, "WITHOUT") == [(1, jan, feb), (1, mar, None), (3, jan, apr)]
    assert stays(market, "BOTH", "security_id, valid_from, valid_to, bias_label, pit_grade") == [(1, feb, mar, "CURRENT_LIST", "D")]


def test_a_line_that_does_not_trade_stays_a_member_and_its_silence_is_only_told(market: Lab) -> None:
    list_line(market, 1, "A")
    list_line(market, 2, "B")
    jan, out, gone, back, again = date(2024, 1, 2), date(2024, 2, 1), date(2024, 2, 20), date(2024, 3, 1), date(2024, 5, 1)
    put_list(market, "SP500", [("A", jan, None), ("B", jan, None)])
    rank_stay(market, "RANK1000", 1, jan, bias_label="PIT_FULL", valid_to=gone)
    put_rule(market, "RANK1000", "RANK", rank_from=1, rank_to=1000)
    put_rule(market, "BOTH", "AND", base_cohort_id="SP500", other_cohort_id="RANK1000")
    halt(market, 1, out, back)
    halt(market, 1, again, None)
    fill(market)
    assert stays(market, "SP500") == [(1, jan, None), (2, jan, None)]
    assert stays(market, "RANK1000") == stays(market, "BOTH") == [(1, jan, gone)]
    silences = [(out, "BOTH", 1, "HALT"), (out, "RANK1000", 1, "HALT"), (out, "SP500", 1, "HALT"), (again, "SP500", 1, "HALT")]
    assert exits(market) == sorted([*silences, (gone, "BOTH", 1, "RULE"), (gone, "RANK1000", 1, "RANK")])


def test_an_exit_says_what_ended_the_stay(market: Lab) -> None:
    list_line(market, 1, "A")
    list_line(market, 2, "B")
    jan, feb, mar, apr = date(2024, 1, 2), date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)
    put_list(market, "SP500", [("A", jan, apr), ("B", jan, date(2024, 7, 1))])  # after the last session: no exit yet
    put_rule(market, "RANK1000", "RANK", rank_from=1, rank_to=1000)
    put_rule(market, "REST", "MINUS", base_cohort_id="SP500", other_cohort_id="NDX100")
    put_list(market, "NDX100", [("A", feb, mar)])
    rank_stay(market, "RANK1000", 1, feb, bias_label="PIT_FULL", valid_to=mar)
    put_rule(market, "CHOSEN", "FIXED", symbols="B", hindsight_before=feb)  # goes on under another label: no exit
    fill(market)
    assert exits(market) == [
        (feb, "REST", 1, "RULE"),
        (mar, "NDX100", 1, "LIST"),
        (mar, "RANK1000", 1, "RANK"),
        (apr, "REST", 1, "RULE"),
        (apr, "SP500", 1, "LIST"),
    ]


def test_what_is_chosen_from_all_lines_is_a_list_of_survivors_until_a_line_is_seen_to_end(market: Lab) -> None:
    """The session after the first last trade is the first that knows; what was said before stays."""
    list_line(market, 1, "A")
    jan, last, seen = date(2024, 1, 2), date(2024, 3, 28), date(2024, 4, 1)
    rank_stay(market, "RANK1000", 1, jan)
    put_list(market, "SP500", [("A", jan, None)])
    put_rule(market, "BOTH", "AND", base_cohort_id="SP500", other_cohort_id="RANK1000")
    fill(market)
    before = [(jan, None, "CURRENT_LIST")]
    assert (
        stays(market, "RANK1000", "valid_from, valid_to, bias_label") == stays(market, "BOTH", "valid_from, valid_to, bias_label") == before
    )
    list_line(market, 2, "GONE", delist_session=last)
    fill(market)
    after = [(jan, seen, "CURRENT_LIST"), (seen, None, "PIT_FULL")]
    assert (
        stays(market, "RANK1000", "valid_from, valid_to, bias_label") == stays(market, "BOTH", "valid_from, valid_to, bias_label") == after
    )


def test_a_rule_can_say_what_label_its_rows_have_at_best(market: Lab) -> None:
    list_line(market, 1, "A")
    put_rule(market, "PICKED", "FIXED", symbols="A", bias_label="CURRENT_LIST", hindsight_before=date(2024, 1, 2))
    fill(market)
    assert stays(market, "PICKED", "bias_label, pit_grade") == [("HINDSIGHT_SELECTED", "D"), ("CURRENT_LIST", "D")]


def test_a_line_that_was_merely_given_up_stays_on_its_lists_and_leaves_by_their_own_word(market: Lab) -> None:
    list_line(market, 1, "AAA", delist_session=date(2024, 3, 28))
    market.put("core.line_end", [{"security_id": 1, "session": date(2024, 3, 28), "reason": "UNKNOWN", "decided_on": date(2024, 4, 1)}])
    for universe_id, end in {"OPEN": None, "LONG": date(2024, 4, 15), "BOOK": date(2024, 4, 1), "GONE": date(2024, 3, 20)}.items():
        put_list(market, universe_id, [("AAA", date(2024, 1, 2), end)])
    fill(market)
    since = date(2024, 1, 2)
    assert stays(market, "OPEN") == [(1, since, None)]
    assert stays(market, "LONG") == [(1, since, date(2024, 4, 15))]
    assert stays(market, "BOOK") == [(1, since, date(2024, 4, 2))]  # dropped on the session that books its return
    assert stays(market, "GONE") == [(1, since, date(2024, 3, 20))]
