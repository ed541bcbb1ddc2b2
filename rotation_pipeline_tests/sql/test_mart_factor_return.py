"""mart.factor_return: long less short, the reasons for a NULL, and the cumulations."""

from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import fill, put_golden_sort


def factor(lab: Lab, factor_id: str, variant: str = "nyse") -> list[dict[str, Any]]:
    """Rows of a factor from its first formation on."""
    return lab.dicts(
        f"select * from mart.factor_return where factor_id = '{factor_id}' and variant = '{variant}' "
        "and formation_session is not null order by session"
    )


def test_golden_value_and_size(lab: Lab) -> None:
    expected = put_golden_sort(lab)
    fill(lab)
    hml, smb = factor(lab, "HML_BM"), factor(lab, "SMB_BM")
    assert [row["ret"] for row in hml] == pytest.approx([expected["hml1"], expected["hml2"]], rel=1e-9)
    assert [row["ret"] for row in smb] == pytest.approx([expected["smb1"], expected["smb2"]], rel=1e-9)
    assert (hml[1]["long_ret"], hml[1]["short_ret"]) == pytest.approx((expected["hml2_long"], expected["hml2_short"]), rel=1e-9)
    assert (hml[0]["n_long"], hml[0]["n_short"], smb[0]["n_expected"], smb[0]["n_missing"]) == (3, 5, 12, 0)
    assert hml[1]["pit_grade"] == "D"  # exchanges are today's


def test_cumulations(lab: Lab) -> None:
    put_golden_sort(lab)
    fill(lab)
    first, second = factor(lab, "HML_BM")
    assert second["cumulative_sum"] == pytest.approx(first["ret"] + second["ret"], abs=1e-14)
    legs = [(1 + first[leg]) * (1 + second[leg]) for leg in ("long_ret", "short_ret")]
    assert second["cumulative_legs"] == pytest.approx(legs[0] - legs[1], abs=1e-14)


def test_a_price_that_is_wrong_beyond_measure_stops_no_other_factor(lab: Lab) -> None:
    """The return of a leg is beyond 64 bits of the unit that returns are summed in."""
    put_golden_sort(lab)
    lab.rows("update core.daily_price set price_return = 1e9, total_return = 1e9 where security_id = 8 and session_no = 2")
    fill(lab)
    hml = factor(lab, "HML_BM")
    assert max(abs(row["ret"]) for row in hml) > 1e7
    assert all(row["cumulative_sum"] is not None for row in hml)


@pytest.mark.parametrize(("silent", "told"), [(2, 1), (3, 0)])
def test_a_session_without_a_return_adds_nothing_and_has_no_cumulation(lab: Lab, silent: int, told: int) -> None:
    """After the last price a sum that stands still would say that the factor earned nothing."""
    put_golden_sort(lab)
    no_price = "is_valid = false, total_return = null, price_return = null"
    lab.rows(f"update core.daily_price set {no_price} where security_id = 8 and session_no = {silent}")
    fill(lab)
    rows = factor(lab, "HML_BM")
    known, withheld = rows[told], rows[1 - told]
    assert (known["ret"] is None, withheld["null_reason"]) == (False, "LOW_COVERAGE")
    for name in ("cumulative_sum", "cumulative_sum_ex_assumed", "cumulative_legs"):
        assert known[name] == pytest.approx(known["ret"], rel=1e-12), name
        assert withheld[name] is None, name


def put_end(lab: Lab, security_id: int, session: date) -> None:
    """The line books an assumed delisting return of -55 % on the session, and has no price from there on."""
    ended = f"security_id = {security_id} and session >= '{session}'"
    lab.rows(f"update core.daily_price set is_valid = false, total_return = null, price_return = null where {ended}")
    lab.rows(f"update core.daily_price set total_return = -0.55, price_return = -0.55 where {ended} and session = '{session}'")
    lab.put("core.delisting", [{"security_id": security_id, "session": session, "delist_return": -0.55, "is_assumed": True}])


def test_a_factor_without_assumed_delisting_returns(lab: Lab) -> None:
    """SH holds lines 5 and 6, caps 180 and 90; line 6 ends on the first session."""
    expected = put_golden_sort(lab)
    put_end(lab, 6, date(2024, 2, 1))
    fill(lab)
    first, second = factor(lab, "HML_BM")
    assert first["long_ret"] == pytest.approx(((180 * 0.03 - 90 * 0.55) / 270 + expected["BH1"]) / 2, rel=1e-9)
    assert first["long_ret_ex_assumed"] == pytest.approx((0.03 + expected["BH1"]) / 2, rel=1e-9)
    assert first["short_ret_ex_assumed"] == first["short_ret"] == pytest.approx((expected["SL1"] + expected["BL1"]) / 2, rel=1e-9)
    assert first["ret_ex_assumed"] == pytest.approx(first["long_ret_ex_assumed"] - first["short_ret"], rel=1e-12)
    assert (first["n_assumed"], first["assumed_w"], first["is_assumption_material"]) == (1, pytest.approx(1 / 3), True)
    assert (second["n_assumed"], second["assumed_w"], second["is_assumption_material"]) == (0, 0.0, False)
    assert second["ret_ex_assumed"] == second["ret"]
    assert second["cumulative_sum_ex_assumed"] == pytest.approx(first["ret_ex_assumed"] + second["ret"], rel=1e-9)


def test_a_portfolio_of_one_name_has_no_return_without_it(lab: Lab) -> None:
    put_golden_sort(lab)
    put_end(lab, 12, date(2024, 2, 1))  # the only line of BH
    fill(lab)
    row = factor(lab, "HML_BM")[0]
    assert (row["ret"] is None, row["ret_ex_assumed"], row["long_ret_ex_assumed"], row["n_assumed"]) == (False, None, None, 1)


@pytest.mark.parametrize("name", ["factor__min_names_per_portfolio", "factor__min_names_with_return"])
def test_too_few_names(lab: Lab, name: str) -> None:
    put_golden_sort(lab)
    lab.param(**{name: 2})  # BH holds one name
    fill(lab)
    row = factor(lab, "HML_BM")[0]
    assert (row["ret"], row["long_ret"], row["null_reason"], row["n_expected"]) == (None, None, "LOW_COUNT", 8)
    assert row["cumulative_sum"] is None


def test_too_little_weight_with_a_return(lab: Lab) -> None:
    put_golden_sort(lab)
    lab.rows(
        "update core.daily_price set is_valid = false, total_return = null, price_return = null where security_id = 8 and session_no = 3"
    )
    fill(lab)
    rows = factor(lab, "HML_BM")
    assert [row["null_reason"] for row in rows] == [None, "LOW_COVERAGE"]
    assert (rows[1]["n_missing"], rows[1]["coverage_n"]) == (1, 7 / 8)
    assert rows[1]["coverage_w"] == pytest.approx(1798 / 4758, rel=0.05)


def test_why_a_factor_is_missing(lab: Lab) -> None:
    put_golden_sort(lab)
    fill(lab)
    reasons = lab.rows(
        "select distinct factor_id, null_reason from mart.factor_return "
        "where variant = 'univ' and formation_session is not null order by all"
    )
    assert reasons == [
        ("HML_BM", None),
        ("HML_EP", "UNAVAILABLE"),
        ("SMB", "UNAVAILABLE"),
        ("SMB_BM", None),
        ("SMB_UMD", "INSUFFICIENT_HISTORY"),
        ("UMD", "INSUFFICIENT_HISTORY"),
    ]


def test_no_exchange_no_nyse_variant(lab: Lab) -> None:
    put_golden_sort(lab)
    lab.rows("update core.line_label set exchange = null")
    fill(lab)
    assert {row["null_reason"] for row in factor(lab, "HML_BM")} == {"UNAVAILABLE"}
    assert {row["null_reason"] for row in factor(lab, "HML_BM", "univ")} == {None}


def test_long_and_short_swap_with_the_sign_of_the_value(lab: Lab) -> None:
    put_golden_sort(lab)
    fill(lab)
    before = [row["ret"] for row in factor(lab, "HML_BM", "univ")]
    lab.rows("update core.characteristic set value = 10 - value")
    for table in ("core.sort_breakpoint", "mart.factor_holding", "mart.factor_portfolio", "mart.factor_return"):
        lab.fill(table)
    assert [row["ret"] for row in factor(lab, "HML_BM", "univ")] == pytest.approx([-r for r in before], abs=1e-12)


def test_every_factor_has_a_row_on_every_session_from_the_first_price_on(lab: Lab) -> None:
    """Also of what has no sort at all, and before the first formation."""
    put_golden_sort(lab)
    fill(lab)
    assert lab.rows("select session, count(*), count(ret) > 0, max(formation_session) from mart.factor_return group by 1 order by 1") == [
        (date(2024, 1, 31), 25, False, None),
        (date(2024, 2, 1), 25, True, date(2024, 1, 31)),
        (date(2024, 2, 2), 25, True, date(2024, 1, 31)),
    ]
    assert {row["null_reason"] for row in factor(lab, "SMB", "list_ew")} == {"UNAVAILABLE"}
    assert lab.rows("select distinct null_reason from mart.factor_return where session = '2024-01-31'") == [("INSUFFICIENT_HISTORY",)]


def test_a_market_without_a_company_has_factors_with_a_reason(lab: Lab) -> None:
    put_golden_sort(lab)
    lab.rows("delete from core.market_cap")
    fill(lab)
    assert lab.rows("select distinct null_reason from mart.factor_return where formation_session is not null") == [("UNAVAILABLE",)]


def test_a_source_that_declares_no_dividends_costs_the_factors_and_says_so(lab: Lab) -> None:
    put_golden_sort(lab)
    lab.rows("update core.daily_price set total_return = null, return_reason = 'NO_DIVIDENDS'")
    fill(lab)
    reasons = lab.rows(
        "select distinct null_reason from mart.factor_return where factor_id in ('HML_BM', 'SMB_BM') and formation_session is not null"
    )
    assert reasons == [("NO_DIVIDENDS",)]


def test_a_value_weighted_factor_is_judged_by_weight_and_an_equal_weighted_one_by_names(lab: Lab) -> None:
    """Line 8 is silent: of its portfolio half of the names or less, and most of the weight."""
    put_golden_sort(lab)
    lab.param(coverage__min_n=0.4)
    lab.rows(
        "update core.daily_price set is_valid = false, total_return = null, price_return = null where security_id = 8 and session_no = 3"
    )
    fill(lab)
    of_weight = lab.rows(
        "select variant, coverage_n, coverage_w, null_reason from mart.factor_portfolio "
        "where session = '2024-02-02' and variant in ('cap90', 'cap90_ew') and n_missing > 0 order by variant"
    )
    assert [(variant, reason) for variant, _, _, reason in of_weight] == [("cap90", "LOW_COVERAGE"), ("cap90_ew", None)]
    assert [row[1] for row in of_weight] == [of_weight[0][1]] * 2
    assert factor(lab, "HML_BM", "cap90")[1]["null_reason"] == "LOW_COVERAGE"
    assert factor(lab, "HML_BM", "cap90_ew")[1]["null_reason"] is None
