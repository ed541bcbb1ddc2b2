"""The bounds on what chance allows, against values from tables of the chi-square, normal and binomial distributions."""

from __future__ import annotations

import numpy as np
import pytest

from rotation_pipeline_tests.planted.chance import judge, most_alarms, tolerance_alarm, tolerated, within


@pytest.mark.parametrize(("n", "square_sum", "p"), [(30, 43.773, 0.95), (100, 124.342, 0.95), (100, 70.065, 0.01)])
def test_p_is_that_of_the_chi_square_tables(n: int, square_sum: float, p: float) -> None:
    found = judge(np.full(n, np.sqrt(square_sum / n)))
    assert found.p == pytest.approx(p, abs=2e-4)
    assert (found.sd, found.most) == pytest.approx((np.sqrt(square_sum / n),) * 2)


def test_scores_that_are_too_wide_too_narrow_or_have_an_outlier_are_found() -> None:
    z = np.random.default_rng(2).standard_normal(260)
    assert within(z, 0.001)
    assert tolerated(judge(z))
    for wrong in (1.25 * z, 0.75 * z, np.append(z[1:], 6.0)):
        assert not within(wrong, 0.001)
        assert not tolerated(judge(wrong))


def test_how_many_false_alarms_are_allowed() -> None:
    assert most_alarms(20, 0.05, 0.001) == 5  # more than 4: 0.0026, more than 5: 0.0003
    assert most_alarms(20, 0.05, 0.01) == 4
    assert tolerance_alarm(260) == pytest.approx(0.0235, abs=0.002)  # sd 0.9 to 1.1: 1.1 % + 1.1 %, largest 0.2 %
