"""core.cohort_half_price: profitable companies of A at half of B's multiple or less."""

from datetime import date

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.cohorts import CHAIN, fill, put_company, put_defaults, put_members, put_sessions

DAY = date(2026, 1, 13)


def test_half_is_of_each_measure_and_losses_do_not_count(lab: Lab) -> None:
    put_sessions(lab, [DAY])
    put_defaults(lab)
    lab.param(cohort__min_names=1, valuation__min_names_median=1)
    lab.put("raw.cohort_pair", [{"cohort_a": "A", "cohort_b": "B"}])
    put_members(lab, "A", [1, 2, 3, 4, 5], DAY)
    put_members(lab, "B", [6, 7], DAY)
    for issuer, earnings in ((1, 10.0), (2, 20.0), (3, 4.0), (4, -50.0), (6, 5.0), (7, -1.0)):  # company 5 has no earnings
        put_company(lab, issuer, DAY, 100.0, street=earnings)
    fill(lab, tables=CHAIN[:-1])
    found = dict(lab.rows("select measure, (n_half, n_profitable) from core.cohort_half_price where basis = 'street'"))
    # B: 200 / 4 = 50 with losses, 20 without, median 20, 1 / median yield 1 / 0.02 = 50; A's multiples: 10, 5, 25
    assert found == {"pe_incl": (3, 3), "pe_excl": (2, 3), "pe_median_pos": (2, 3), "pe_median_yield": (3, 3)}
    assert lab.rows("select count(*) from core.cohort_half_price where basis = 'gaap'") == [(0,)]
