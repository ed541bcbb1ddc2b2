"""M-17: with long and short swapped a factor earns the opposite at the same turnover."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from rotation_pipeline_tests.properties.compare import changed
from rotation_pipeline_tests.properties.market import Built

EXACT = 1e-14
KEY = ["session", "factor_id", "variant"]
SIZE = ("SMB", "SMB_BM", "SMB_UMD")
SWAPPED = {"long_ret": "short_ret", "short_ret": "long_ret", "n_long": "n_short", "n_short": "n_long"}
SAME = ("turnover_one_way", "n_expected", "n_used", "n_missing", "coverage_n", "coverage_w", "null_reason", "formation_session")


@pytest.fixture
def swap(untouched: Built) -> Iterator[Built]:
    """The untouched market inside a transaction that is rolled back."""
    untouched.warehouse.rows("begin")
    yield untouched
    untouched.warehouse.rows("rollback")


def factors(built: Built) -> pl.DataFrame:
    return built.table("mart.factor_return").select(*KEY, "ret", *SWAPPED, *SAME)


@pytest.mark.parametrize(("letters", "is_size"), [("HL", False), ("SB", True)])
def test_swapped_legs_turn_the_sign_and_nothing_else(swap: Built, letters: str, is_size: bool) -> None:
    before = factors(swap)
    swap.warehouse.rows(f"update mart.factor_holding set portfolio = translate(portfolio, '{letters}', '{letters[::-1]}')")
    for table in ("mart.factor_portfolio", "mart.factor_return"):
        swap.warehouse.refill(table)
    after = factors(swap)
    turned = pl.col("factor_id").is_in(SIZE) == is_size
    wanted = before.filter(turned).rename(SWAPPED).with_columns(-pl.col("ret")).select(before.columns)
    assert wanted["ret"].count() > 1000
    assert wanted["turnover_one_way"].count() > 30
    assert changed(wanted, after.filter(turned), KEY, EXACT) == []
    assert changed(before.filter(~turned), after.filter(~turned), KEY, EXACT) == []
