"""mart.valuation through the real chain: the worked example, one company counted once, each reason for a NULL, windows."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import CHAIN, contents, fill, put_company, put_defaults, put_held, put_members, put_sessions

GOLDEN = json.loads((Path(__file__).parents[1] / "golden.json").read_text())
DAY = date(2026, 1, 13)
SUMS = ("pe_incl", "pe_excl", "pe_capped", "ey_incl", "loss_share_w")
COUNTS = ("pe_median_pos", "pe_median_yield", "loss_share_n")
TABLES = CHAIN[: CHAIN.index("mart.valuation") + 1]


@pytest.fixture
def held(lab: Lab) -> Lab:
    put_sessions(lab, [DAY])
    put_defaults(lab)
    lab.param(cohort__min_names=1, valuation__min_names_median=1)
    return lab


def put_rule(lab: Lab, cohort: str, kind: str) -> None:
    lab.put("raw.cohort_rule", [{"cohort_id": cohort, "kind": kind, "label": cohort, "load_id": "1"}])


def values(lab: Lab, cohort: str, basis: str = "street", column: str = "value") -> dict[str, object]:
    fill(lab, tables=TABLES)
    return dict(lab.rows(f"select measure, {column} from mart.valuation where cohort_id = '{cohort}' and basis = '{basis}'"))


def test_golden_multiples(held: Lab) -> None:
    golden = GOLDEN["G-E1"]
    number = iter(range(1, 100))
    for cohort, companies in golden["inputs"].items():
        for _, cap, earnings in companies:
            issuer = next(number)
            put_members(held, cohort, [issuer], DAY)
            put_company(held, issuer, DAY, cap, street=earnings)
    found, expected = values(held, "value"), golden["outputs"]
    for measure in ("pe_incl", "pe_excl", "pe_median_pos", "pe_median_yield"):
        assert found[measure] == pytest.approx(expected[measure], rel=1e-9)
    assert found["loss_share_w"] == pytest.approx(expected["loss_cap_share"], rel=1e-9)
    assert found["loss_share_n"] == pytest.approx(0.25)
    assert values(held, "tech")["pe_incl"] == pytest.approx(expected["pe_tech"], rel=1e-9)
    assert expected["pe_arith_pos"] not in [pytest.approx(value) for value in found.values()]
    assert set(values(held, "value", "gaap", "null_reason").values()) == {"UNAVAILABLE"}


def test_golden_multiple_of_one_company_on_the_basis_of_the_session(held: Lab) -> None:
    golden = GOLDEN["G-E2"]["outputs"]
    put_members(held, "U", [1], DAY)
    put_company(held, 1, DAY, 66.0 * 1e9, street=golden["t_2026_01_13"] * 1e9)
    assert values(held, "U")["pe_incl"] == pytest.approx(golden["pe_2026_01_13"], rel=1e-9)


def test_two_lines_of_a_company_count_once(held: Lab) -> None:
    for line in (1, 2):
        put_members(held, "U", [line], DAY, issuer_id=1)
    put_members(held, "U", [3], DAY)
    put_company(held, 1, DAY, 300.0, street=10.0)
    put_company(held, 3, DAY, 100.0, street=10.0)
    assert values(held, "U")["pe_incl"] == pytest.approx(20.0)
    assert values(held, "U", column="n_members")["pe_incl"] == 2


def test_bases_are_not_mixed_and_book_and_revenue_stand_under_gaap(held: Lab) -> None:
    put_members(held, "U", [1, 2], DAY)
    put_company(held, 1, DAY, 100.0, street=10.0, gaap=5.0, book_equity_usd=50.0, revenue_usd=200.0)
    put_company(held, 2, DAY, 100.0, street=10.0, gaap=3.0, book_equity_usd=30.0, revenue_usd=50.0)
    assert values(held, "U")["pe_incl"] == pytest.approx(10.0)
    gaap = values(held, "U", "gaap")
    assert (gaap["pe_incl"], gaap["pb"], gaap["ps"]) == pytest.approx((25.0, 2.5, 0.8))
    assert "pb" not in values(held, "U")


def test_losses_leave_no_multiple_but_a_yield(held: Lab) -> None:
    put_members(held, "U", [1, 2, 3], DAY)
    for issuer, earnings in ((1, -10.0), (2, -5.0), (3, 4.0)):
        put_company(held, issuer, DAY, 100.0, street=earnings)
    reasons, found = values(held, "U", column="null_reason"), values(held, "U")
    assert reasons["pe_incl"] == reasons["pe_median_yield"] == "NONPOSITIVE_DENOMINATOR"
    assert found["ey_incl"] == pytest.approx(-11 / 300)
    assert (found["pe_excl"], found["pe_median_pos"]) == pytest.approx((25.0, 25.0))
    assert (found["loss_share_n"], found["loss_share_w"]) == pytest.approx((2 / 3, 2 / 3))


def test_break_even_is_a_loss_and_all_losses_leave_no_pe_excl(held: Lab) -> None:
    put_members(held, "U", [1], DAY)
    put_company(held, 1, DAY, 100.0, street=0.0)
    assert values(held, "U")["loss_share_n"] == 1
    assert values(held, "U", column="null_reason")["pe_excl"] == "NONPOSITIVE_DENOMINATOR"


def test_reasons_in_their_order(held: Lab) -> None:
    put_rule(held, "FEW", "FIXED")
    put_members(held, "FEW", range(1, 11), DAY)  # 6 of 10 known: fewer than 0.7 of the names
    put_members(held, "LIGHT", range(1, 7), DAY)
    put_members(held, "LIGHT", [10], DAY)  # 6 of 7 names, but the one unknown holds most of the cap
    put_members(held, "NONE", [20], DAY)
    for issuer in range(1, 7):
        put_company(held, issuer, DAY, 10.0, street=1.0)
    put_company(held, 10, DAY, 1000.0)
    few = dict.fromkeys(SUMS, "LOW_COVERAGE") | dict.fromkeys(COUNTS, "LOW_COUNT")
    light = dict.fromkeys(SUMS, "LOW_COVERAGE") | dict.fromkeys(COUNTS)
    none = dict.fromkeys((*SUMS, *COUNTS), "UNAVAILABLE")
    for cohort, reasons in (("FEW", few), ("LIGHT", light), ("NONE", none)):
        assert values(held, cohort, column="null_reason") == reasons, cohort
    row = held.dicts("select * from mart.valuation where cohort_id = 'LIGHT' and measure = 'pe_incl' and basis = 'street'")[0]
    assert (row["n_members"], row["n_used"], row["n_missing"]) == (7, 6, 1)
    assert (row["coverage_n"], row["coverage_w"]) == pytest.approx((6 / 7, 60 / 1060))


@pytest.mark.parametrize(
    ("kind", "n_used", "of_sums", "of_counts"),
    [
        ("FIXED", 10, None, None),
        ("FIXED", 9, "LOW_COVERAGE", None),
        ("FIXED", 7, "LOW_COVERAGE", None),
        ("FIXED", 6, "LOW_COVERAGE", "LOW_COUNT"),
        ("SCREEN", 9, None, None),
        ("SCREEN", 8, "LOW_COVERAGE", None),
        ("SCREEN", 7, "LOW_COVERAGE", "LOW_COVERAGE"),
        ("MINUS", 7, "LOW_COVERAGE", "LOW_COVERAGE"),
        (None, 7, "LOW_COVERAGE", "LOW_COVERAGE"),  # a dated list
    ],
)
def test_a_named_cohort_needs_all_for_its_sums_any_other_its_cap(
    held: Lab, kind: str | None, n_used: int, of_sums: str | None, of_counts: str | None
) -> None:
    """Who is not known is worth the median of the known here: each a tenth. MAG7 was published from five of seven."""
    if kind:
        put_rule(held, "U", kind)
    put_members(held, "U", range(1, 11), DAY)
    for issuer in range(1, n_used + 1):
        put_company(held, issuer, DAY, 10.0, street=1.0)
    assert values(held, "U", column="null_reason") == dict.fromkeys(SUMS, of_sums) | dict.fromkeys(COUNTS, of_counts)
    assert values(held, "U", column="coverage_w")["pe_incl"] == pytest.approx(n_used / 10)


def test_the_unknown_weigh_what_they_are_probably_worth(held: Lab) -> None:
    """Nineteen of twenty companies, and the one that has no cap is the largest."""
    put_members(held, "U", range(1, 21), DAY)
    for issuer in range(1, 20):
        put_company(held, issuer, DAY, 10.0, street=1.0)
    held.put("core.cap_estimate", [{"session": DAY, "issuer_id": 20, "method": "VOLUME", "cap_usd": 50.0}])
    assert values(held, "U", column="null_reason")["pe_incl"] == "LOW_COVERAGE"
    assert values(held, "U", column="coverage_w")["pe_incl"] == pytest.approx(190 / 240)
    assert values(held, "U")["pe_median_pos"] == pytest.approx(10.0)


def test_three_names_are_needed_but_for_the_sums_of_a_named_cohort(held: Lab) -> None:
    held.param(cohort__min_names=3)
    put_rule(held, "NAMED", "FIXED")
    for cohort in ("NAMED", "LIST"):
        put_members(held, cohort, [1, 2], DAY)
    for issuer in (1, 2):
        put_company(held, issuer, DAY, 10.0, street=1.0)
    assert set(values(held, "LIST", column="null_reason").values()) == {"LOW_COUNT"}
    assert values(held, "NAMED", column="null_reason") == dict.fromkeys(SUMS) | dict.fromkeys(COUNTS, "LOW_COUNT")


def test_a_universe_by_rank_needs_its_target(held: Lab) -> None:
    """RANK3000's P/E was that of 841 companies."""
    held.put("raw.cohort_rule", [{"cohort_id": "RANK10", "kind": "RANK", "rank_from": 1, "rank_to": 10, "load_id": "1"}])
    held.put("core.month_end_cap", [{"session": DAY - timedelta(days=1), "security_id": 1, "issuer_id": 1}])
    held.rows(f"update core.session set session = date '{DAY}' - 1, is_month_end = true")
    put_held(held, [DAY], after=1)
    held.rows(f"update core.session set previous_session = date '{DAY}' - 1 where session = date '{DAY}'")
    held.rows(f"update core.line set first_session = date '{DAY}' - 1")
    for n, reason, label in ((7, "LOW_COVERAGE", "CURRENT_LIST"), (8, None, "PIT_SPARSE")):
        put_members(held, "RANK10", range(8 if n == 8 else 1, n + 1), DAY)
        for issuer in range(8 if n == 8 else 1, n + 1):
            put_company(held, issuer, DAY, 10.0, street=1.0)
        assert set(values(held, "RANK10", column="null_reason").values()) == {reason}
        assert set(values(held, "RANK10", column="bias_label").values()) == {label}
        assert values(held, "RANK10", column="n_members")["pe_incl"] == 10


def test_every_cohort_has_its_rows_with_a_reason(held: Lab) -> None:
    """A cohort that nobody matches was not there at all."""
    for cohort, kind in (("NOBODY", "SCREEN"), ("UNBORN", "FIXED")):
        put_rule(held, cohort, kind)
    put_members(held, "U", [1], DAY)
    put_company(held, 1, DAY, 10.0, street=1.0)
    for cohort, reason in (("NOBODY", "INSUFFICIENT_HISTORY"), ("UNBORN", "NOT_LISTED")):
        assert set(values(held, cohort, column="null_reason").values()) == {reason}, cohort
    assert len(held.rows("select * from mart.valuation")) == 3 * 18


def test_capped_multiples_leave_losses_out_and_nobody_costs_more_than_sixty(held: Lab) -> None:
    put_members(held, "U", [1, 2, 3], DAY)
    for issuer, earnings in ((1, 5.0), (2, 0.5), (3, -4.0)):
        put_company(held, issuer, DAY, 100.0, street=earnings)
    found = values(held, "U")
    assert found["pe_excl"] == pytest.approx(200 / 5.5)
    assert found["pe_capped"] == pytest.approx(200 / (5 + round(100 / 60, 2)))


def test_a_median_needs_its_names(held: Lab) -> None:
    held.param(valuation__min_names_median=5)
    put_members(held, "U", range(1, 6), DAY)
    for issuer in range(1, 6):
        put_company(held, issuer, DAY, 10.0, street=1.0 if issuer > 1 else -1.0)
    reasons = values(held, "U", column="null_reason")
    assert reasons["pe_median_pos"] == "LOW_COUNT"
    assert reasons["pe_median_yield"] is reasons["pe_incl"] is None


def test_windowed_is_whole(lab: Lab) -> None:
    days = [DAY + timedelta(days=day) for day in range(6)]
    put_sessions(lab, days)
    put_defaults(lab)
    put_members(lab, "U", range(1, 9), days[0], valid_to=days[4])
    put_members(lab, "U", range(1, 7), days[4])
    put_members(lab, "V", range(4, 9), days[1])

    def put(some: list[date]) -> None:
        for day in some:
            for issuer in range(1, 9):
                if (issuer + day.day) % 7:
                    amount = 1e9 / (issuer + day.day)
                    more = {"revenue_usd": amount / 7, "book_equity_usd": amount / 11}
                    put_company(lab, issuer, day, amount, amount * 0.01 * (issuer - 2), amount / 3.0, **more)

    put(days[:3])
    fill(lab, tables=TABLES)
    put(days[3:])
    fill(lab, days[3], TABLES)
    windowed = contents(lab, TABLES)
    fill(lab, tables=TABLES)
    assert contents(lab, TABLES) == windowed
    assert {row[1] for row in windowed["mart.valuation"]} == set(days)
