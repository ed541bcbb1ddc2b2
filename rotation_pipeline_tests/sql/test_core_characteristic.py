"""core.characteristic: momentum, earnings yield and book to market on month ends, and who is left out of a sort."""

from datetime import date, timedelta

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import fill, golden, log_e15, put_company, put_defaults, put_price, put_sessions

MONTH_ENDS = [date(2023 + (month // 12), month % 12 + 1, 28) for month in range(13)]
F = MONTH_ENDS[-1]


def momentum_market(lab: Lab, missing: int | None = None) -> None:
    """One company with the monthly returns of G-D2, one session a month; the month ends t-12 .. t."""
    sessions = [*MONTH_ENDS, F + timedelta(days=10)]
    put_sessions(lab, sessions)
    put_company(lab, 1, F, 5e9, "NYQ")
    level = 1.0
    for number, (session, r) in enumerate(zip(sessions, [0.0, *golden("G-D2")["inputs"]["monthly"], 0.0], strict=True), 1):
        level *= 1 + r
        if number != missing:
            put_price(lab, 1, session, number, r=r, log_tri_e15=log_e15(level))


def one(lab: Lab, characteristic: str = "momentum") -> dict[str, object]:
    return lab.dicts(f"select * from core.characteristic where characteristic = '{characteristic}'")[-1]


def test_momentum_skips_the_month_that_ends_at_formation(lab: Lab) -> None:
    put_defaults(lab, factor__mom_min_returns=11, factor__min_listed_sessions=0)
    momentum_market(lab)
    lab.fill("core.characteristic")
    row = one(lab)
    assert row["formation_session"] == F
    assert row["value"] == pytest.approx(golden("G-D2")["outputs"]["mom"], rel=1e-9)
    assert row["value"] != pytest.approx(golden("G-D2")["outputs"]["mom_wrong"], rel=1e-3)
    assert (row["is_eligible"], row["universe_id"], row["bias_label"]) == (True, "ALL", "CURRENT_LIST")


@pytest.mark.parametrize(("missing", "returns"), [(1, 11), (12, 11), (None, 12)], ids=["no start", "no end", "too few returns"])
def test_momentum_is_unknown_without_both_ends_and_enough_returns(lab: Lab, missing: int | None, returns: int) -> None:
    put_defaults(lab, factor__mom_min_returns=returns, factor__min_listed_sessions=0)
    momentum_market(lab, missing)
    lab.fill("core.characteristic")
    row = one(lab)
    assert (row["value"], row["is_screened"], row["is_eligible"], row["exclusion_reason"]) == (None, True, False, "INSUFFICIENT_HISTORY")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("total_return = null, log_tri_e15 = null, return_reason = 'NO_DIVIDENDS'", "NO_DIVIDENDS"),
        ("tri_segment = 1", "INSUFFICIENT_HISTORY"),  # after a halt, say
        ("tri_segment = 1, return_reason = 'LARGE_DIVIDEND'", "QUARANTINED"),
    ],
)
def test_momentum_over_an_unknown_return_is_unknown_and_says_why(lab: Lab, told: str, reason: str) -> None:
    """From the sixth session on the index is another segment, or there is none for want of dividends."""
    put_defaults(lab, factor__mom_min_returns=11, factor__min_listed_sessions=0)
    momentum_market(lab)
    lab.rows("update core.daily_price set tri_segment = 0, return_reason = null")
    lab.rows(f"update core.daily_price set {told} where session_no >= 6")
    lab.fill("core.characteristic")
    assert (one(lab)["value"], one(lab)["exclusion_reason"]) == (None, reason)


def value_market(lab: Lab, companies: list[dict[str, float | None]], **params: float) -> None:
    put_defaults(lab, **({"factor__min_listed_sessions": 0} | params))
    put_sessions(lab, [date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 1)])
    for security_id, valuation in enumerate(companies, 1):
        put_company(lab, security_id, date(2024, 1, 31), 100.0, "NYQ", **valuation)
        put_price(lab, security_id, date(2024, 1, 31), 2)


def test_earnings_of_one_basis_only_the_better_covered(lab: Lab) -> None:
    value_market(lab, [{"earnings_street_usd": 6.0}, {"earnings_street_usd": 7.0}, {"earnings_gaap_usd": 5.0, "earnings_street_usd": None}])
    lab.fill("core.characteristic")
    rows = lab.rows(
        "select security_id, basis, value, exclusion_reason from core.characteristic where characteristic = 'earnings_yield' order by 1"
    )
    assert rows == [(1, "street", 0.06, None), (2, "street", 0.07, None), (3, "street", None, "UNAVAILABLE")]


def test_gaap_when_both_cover_as_much(lab: Lab) -> None:
    value_market(lab, [{"earnings_street_usd": 6.0, "earnings_gaap_usd": 5.0}])
    lab.fill("core.characteristic")
    assert (one(lab, "earnings_yield")["basis"], one(lab, "earnings_yield")["value"]) == ("gaap", 0.05)


def test_losses_and_negative_books_are_left_out_and_counted(lab: Lab) -> None:
    value_market(lab, [{"earnings_gaap_usd": -1.0, "book_equity_usd": 0.0}, {"earnings_gaap_usd": 2.0, "book_equity_usd": 50.0}])
    lab.fill("core.characteristic")
    rows = lab.rows(
        "select characteristic, value, is_screened, exclusion_reason from core.characteristic "
        "where security_id = 1 and characteristic <> 'momentum' order by 1"
    )
    assert rows == [("book_to_market", 0.0, True, "NONPOSITIVE"), ("earnings_yield", -0.01, True, "NONPOSITIVE")]


def test_screens(lab: Lab) -> None:
    value_market(lab, [{"earnings_gaap_usd": 5.0}], factor__min_listed_sessions=1)
    f = date(2024, 1, 31)
    for security_id, bar in ((2, {"close_usd": 0.99}), (3, {"is_valid": False, "close_usd": None}), (4, {"is_stale": True}), (5, {})):
        put_company(lab, security_id, f, 100.0, "NYQ", earnings_gaap_usd=5.0)
        put_price(lab, security_id, date(2024, 1, 30), 1)
        put_price(lab, security_id, f, 2, **bar)
    lab.fill("core.characteristic")
    rows = lab.rows("select security_id, exclusion_reason from core.characteristic where characteristic = 'earnings_yield' order by 1")
    assert rows == [(1, "NEWLY_LISTED"), (2, "LOW_PRICE"), (3, "NO_PRICE"), (4, "NO_PRICE"), (5, None)]


def test_ranked_universe_once_enough_of_it_is_priced(lab: Lab) -> None:
    value_market(lab, [{"earnings_gaap_usd": 5.0}] * 3, factor__min_universe_names=2)
    stay = {"universe_id": "RANK3000", "valid_from": date(2024, 1, 1), "known_from": date(2024, 1, 1), "bias_label": "PIT_FULL"}
    late = {"valid_from": date(2024, 2, 1), "known_from": date(2024, 2, 1)}
    lab.put("core.membership", [stay | {"security_id": i, "issuer_id": i} | (late if i == 3 else {}) for i in (1, 2, 3)])
    lab.fill("core.characteristic")
    rows = lab.rows(
        "select security_id, universe_id, bias_label, exclusion_reason from core.characteristic "
        "where characteristic = 'earnings_yield' order by 1"
    )
    assert rows == [(1, "RANK3000", "PIT_FULL", None), (2, "RANK3000", "PIT_FULL", None), (3, "RANK3000", "PIT_FULL", "NOT_IN_UNIVERSE")]
    lab.param(factor__min_universe_names=3)
    lab.fill("core.characteristic")
    assert {row[0] for row in lab.rows("select universe_id from core.characteristic")} == {"ALL"}


@pytest.mark.parametrize(
    ("n_priced", "target", "universe", "label"),
    [
        (10, 10, "RANK3000", "PIT_FULL"),
        (9, 10, "RANK3000", "PIT_PARTIAL"),
        (8, 10, "RANK3000", "PIT_SPARSE"),
        (6, 10, "ALL", "PIT_SPARSE"),  # a ranking priced to 60 % is neither sorted nor full
        (10, 12, "RANK3000", "PIT_SPARSE"),
        (10, 13, "ALL", "PIT_SPARSE"),  # ten ranked where thirteen are due
    ],
)
def test_the_label_of_the_universe_is_of_its_stays_and_of_its_coverage(
    lab: Lab, n_priced: int, target: int, universe: str, label: str
) -> None:
    value_market(lab, [{"earnings_gaap_usd": 5.0}] * n_priced, factor__min_universe_names=1)
    stay = {"universe_id": "RANK3000", "valid_from": date(2024, 1, 1), "known_from": date(2024, 1, 1), "bias_label": "PIT_FULL"}
    lab.put("core.membership", [stay | {"security_id": i, "issuer_id": i} for i in range(1, 11)])
    lab.put("core.member_count", [{"universe_id": "RANK3000", "session": date(2024, 1, 31), "n_expected_issuers": target}])
    lab.fill("core.characteristic")
    assert lab.rows("select distinct universe_id, bias_label from core.characteristic") == [(universe, label)]
    lab.rows("update core.membership set bias_label = 'CURRENT_LIST' where security_id = 1")
    lab.fill("core.characteristic")
    assert lab.rows("select distinct bias_label from core.characteristic") == [("CURRENT_LIST",)]


def test_nothing_after_formation_counts(lab: Lab) -> None:
    put_defaults(lab, factor__mom_min_returns=11, factor__min_listed_sessions=0)
    momentum_market(lab)
    lab.fill("core.characteristic")
    before = lab.rows("select * from core.characteristic order by all")
    put_price(lab, 1, F + timedelta(days=11), 15, r=9.0, log_tri_e15=1)
    fill(lab)
    assert lab.rows("select * from core.characteristic order by all") == before
