"""M-20: a value is NULL if and only if a reason is given, and no number is infinite or none at all."""

from __future__ import annotations

import polars as pl
import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.properties.market import Built, derived

CATALOG = Catalog.load()
# Reason column -> the values that it speaks of, and the rows in which it does.
REASONS = {
    ("core.trailing_fundamental", "null_reason"): [("eps_fwd", "basis = 'street'"), ("net_income_usd", "basis = 'gaap'")],
    ("core.member_count", "null_reason"): [("nullif(n_lines + n_gaps, 0)", "true")],
    ("core.issuer_valuation", "street_null_reason"): [("eps_street_usd", "true"), ("earnings_street_usd", "true")],
    ("core.issuer_valuation", "gaap_null_reason"): [("earnings_gaap_usd", "true")],
    ("mart.earnings_exposure", "null_reason"): [("exposure", "true")],
    ("mart.factor_portfolio", "null_reason"): [("ret", "true")],
    ("mart.factor_return", "null_reason"): [("ret", "true"), ("long_ret", "true"), ("short_ret", "true")],
    ("mart.style_spread", "null_reason"): [("spread_log", "true"), ("spread_pp", "true")],
    ("mart.style_spread", "percentile_null_reason"): [("percentile_5y", "true")],
    ("mart.style_spread", "z_null_reason"): [("z_5y", "true")],
    ("mart.valuation", "null_reason"): [("value", "true")],
    ("mart.valuation_gap", "null_reason"): [("ratio", "true"), ("log_gap", "true")],
    ("mart.valuation_gap", "percentile_null_reason"): [("log_gap_percentile_5y", "true")],
    ("mart.valuation_gap", "z_null_reason"): [("log_gap_z_5y", "true")],
    ("mart.valuation_gap", "yield_percentile_null_reason"): [("yield_gap_percentile_5y", "true")],
    ("mart.valuation_gap", "yield_z_null_reason"): [("yield_gap_z_5y", "true")],
}
TOO_LONG = {
    "percentile_null_reason",
    "z_null_reason",
    "yield_percentile_null_reason",
    "yield_z_null_reason",
}  # for the two years of this market's gaps
NOT_MEASURES = ("coverage_n", "_w")  # ends of names: what share of names and weight stands behind a measure


def columns(kind: str) -> list[tuple[str, str]]:
    return [(table, one.name) for table in derived(CATALOG) for one in CATALOG.models[table].columns if one.type.startswith(kind)]


def test_every_reason_is_spoken_of() -> None:
    assert {(table, name) for table, name in columns("varchar") if name.endswith("null_reason")} == set(REASONS)
    assert columns("map") == [("mart.breadth", "null_reason")]


@pytest.mark.parametrize("table", sorted({table for table, _ in columns("double")}))
def test_every_number_is_finite(untouched: Built, table: str) -> None:
    names = [name for owner, name in columns("double") if owner == table]
    bad = ", ".join(f"count(*) filter (where not isfinite({name}))" for name in names)
    counts = untouched.warehouse.rows(f"select {bad} from {table}")[0]
    assert {name: n for name, n in zip(names, counts, strict=True) if n} == {}


@pytest.mark.parametrize(("table", "reason"), sorted(REASONS))
def test_a_value_is_null_if_and_only_if_a_reason_is_given(untouched: Built, table: str, reason: str) -> None:
    for value, where in REASONS[table, reason]:
        wrong = f"count(*) filter (where ({value} is null) <> ({reason} is not null))"
        ((n, n_null, n_wrong),) = untouched.warehouse.rows(f"select count(*), count({reason}), {wrong} from {table} where {where}")
        assert n > n_null or (table == "mart.valuation_gap" and reason in TOO_LONG), value
        assert n_wrong == 0, value


def test_every_measure_of_breadth_is_null_if_and_only_if_its_reason_is_given(untouched: Built) -> None:
    rows = untouched.warehouse.frame("select *, map_keys(null_reason) as unknown from mart.breadth")
    measures = [name for table, name in columns("double") if table == "mart.breadth" and not name.endswith(NOT_MEASURES)]
    wrong = {name: rows.filter(pl.col(name).is_null() != pl.col("unknown").list.contains(name)).height for name in measures}
    assert {name: n for name, n in wrong.items() if n} == {}
    spoken_of = set(rows["unknown"].explode().drop_nulls())
    assert len(spoken_of) > 40
    assert spoken_of <= set(rows.columns)
