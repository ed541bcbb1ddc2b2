"""core.sort_breakpoint: type 7 quantiles from ranks, and the first 90 % of the cap."""

from datetime import date

import numpy as np
import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.factor_market import put_defaults, put_golden_sort

F = date(2024, 1, 31)


def points(lab: Lab, variant: str, factor_id: str = "HML_BM") -> tuple[float, float, float]:
    lab.fill("core.sort_breakpoint")
    [row] = lab.rows(
        f"select size_breakpoint_usd, low_breakpoint, high_breakpoint from core.sort_breakpoint "
        f"where variant = '{variant}' and factor_id = '{factor_id}'"
    )
    return row  # type: ignore[return-value]


def put_names(lab: Lab, names: list[tuple[float, float | None]], **columns: object) -> None:
    rows = [
        {
            "formation_session": F,
            "security_id": i,
            "issuer_id": i,
            "characteristic": "book_to_market",
            "value": value,
            "me_usd": me,
            "is_screened": True,
            "is_eligible": value is not None,
            "exchange": "NMS",
        }
        | columns
        for i, (me, value) in enumerate(names, 1)
    ]
    lab.put("core.characteristic", rows)


def test_golden_nyse_breakpoints(lab: Lab) -> None:
    expected = put_golden_sort(lab)
    lab.fill("core.characteristic")
    assert points(lab, "nyse") == pytest.approx((expected["me_median"], expected["bm30"], expected["bm70"]), rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 11, 31, 64])
def test_quantiles_are_those_of_numpy(lab: Lab, n: int) -> None:
    rng = np.random.default_rng(n)
    caps, values = np.round(rng.lognormal(20, 1, n)), rng.normal(size=n).round(1)  # rounded: ties
    put_defaults(lab)
    put_names(lab, list(zip(caps.tolist(), values.tolist(), strict=True)))
    assert points(lab, "univ") == pytest.approx((np.median(caps), *np.quantile(values, [0.3, 0.7])), rel=1e-12)


def test_big_is_the_first_ninety_percent_and_alone_sets_the_percentiles(lab: Lab) -> None:
    put_defaults(lab)
    # Cap before, in descending order: 0, 60, 80, 89 (still big), 91, 95 of 100.
    put_names(lab, [(60, 1.0), (20, 2.0), (9, 3.0), (2, 4.0), (4, -50.0), (5, 99.0)])
    assert points(lab, "cap90") == pytest.approx((4.0, *np.quantile([1.0, 2.0, 3.0, 99.0], [0.3, 0.7])))


def test_names_without_a_value_count_for_size_only(lab: Lab) -> None:
    put_defaults(lab)
    put_names(lab, [(10, 1.0), (20, None), (30, 2.0)])
    assert points(lab, "univ") == pytest.approx((20.0, 1.3, 1.7))


def test_no_nyse_name_no_nyse_breakpoint(lab: Lab) -> None:
    put_defaults(lab)
    put_names(lab, [(10, 1.0), (20, 2.0)])
    lab.fill("core.sort_breakpoint")
    assert lab.rows("select variant from core.sort_breakpoint order by 1") == [("cap90",), ("univ",)]
