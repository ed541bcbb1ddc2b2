"""mart.factor_holding: who is in which portfolio, at which weight."""

from datetime import date

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import fill, put_defaults, put_golden_sort, put_price, put_sessions

F = date(2024, 1, 31)


def test_golden_portfolios(lab: Lab) -> None:
    put_golden_sort(lab)
    fill(lab)
    rows = lab.rows(
        "select portfolio, string_agg(symbol, ' ' order by security_id) from mart.factor_holding where variant = 'nyse' group by 1"
    )
    assert dict(rows) == {"SL": "S1 S2", "SM": "S3 S4", "SH": "S5 S6", "BL": "S7 S8 S9", "BM": "S10 S11", "BH": "S12"}
    [(weight, grade)] = lab.rows("select weight, pit_grade from mart.factor_holding where variant = 'nyse' and symbol = 'S2'")
    assert (weight, grade) == (pytest.approx(150 / 250), "D")  # exchanges are today's


def test_equal_weights_keep_the_portfolios_of_the_headline(lab: Lab) -> None:
    put_golden_sort(lab)
    fill(lab)
    members = "select security_id, portfolio from mart.factor_holding where factor_id = 'HML_BM' and variant = '{}' order by 1"
    assert lab.rows(members.format("cap90_ew")) == lab.rows(members.format("cap90"))
    assert lab.rows("select count(distinct weight) from mart.factor_holding where variant = 'cap90_ew' group by portfolio") == [(1,)] * len(
        lab.rows("select distinct portfolio from mart.factor_holding where variant = 'cap90_ew'")
    )


def put_lists(lab: Lab, n_gaps: int = 0) -> None:
    put_defaults(lab, factor__min_listed_sessions=0)
    put_sessions(lab, [F, date(2024, 2, 1)])
    stay = {"valid_from": date(2020, 1, 1), "known_from": date(2020, 1, 1), "bias_label": "PIT_FULL", "pit_grade": "B"}
    lists = {1: "SP500", 2: "SP500", 3: "SP600", 4: "SP600", 5: "SP600"}
    lab.put("core.membership", [stay | {"universe_id": universe, "security_id": i, "issuer_id": i} for i, universe in lists.items()])
    lab.put("core.membership_gap", [{"universe_id": "SP600", "symbol": f"G{i}", "valid_from": date(2020, 1, 1)} for i in range(n_gaps)])
    for security_id in lists:
        put_price(lab, security_id, F, 1)


def test_lists_need_no_market_cap(lab: Lab) -> None:
    put_lists(lab)
    fill(lab)
    rows = lab.rows("select security_id, factor_id, variant, portfolio, weight, bias_label from mart.factor_holding order by 1")
    assert [row[:4] for row in rows] == [(i, "SMB", "list_ew", side) for i, side in enumerate("BBSSS", 1)]
    assert [row[4] for row in rows] == pytest.approx([1 / 2, 1 / 2, 1 / 3, 1 / 3, 1 / 3])
    assert {row[5] for row in rows} == {"PIT_FULL"}


@pytest.mark.parametrize(("n_gaps", "label"), [(0, "PIT_FULL"), (1, "PIT_SPARSE")])
def test_members_without_a_price_line_lower_the_label(lab: Lab, n_gaps: int, label: str) -> None:
    put_lists(lab, n_gaps)
    fill(lab)
    assert lab.rows("select distinct bias_label from mart.factor_holding") == [(label,)]


def test_a_line_in_both_lists_is_held_once(lab: Lab) -> None:
    put_lists(lab)
    stay = {"valid_from": date(2023, 1, 1), "known_from": date(2023, 1, 1), "bias_label": "PIT_FULL", "pit_grade": "B"}
    lab.put("core.membership", [stay | {"universe_id": "SP500", "security_id": 3, "issuer_id": 3}])
    fill(lab)
    assert lab.rows("select portfolio, weight from mart.factor_holding where security_id = 3") == [("B", 1 / 3)]


def test_one_list_alone_makes_no_spread(lab: Lab) -> None:
    put_lists(lab)
    lab.rows("delete from core.membership where universe_id = 'SP600'")
    fill(lab)
    assert lab.rows("select count(*) from mart.factor_holding") == [(0,)]
