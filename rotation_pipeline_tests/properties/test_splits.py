"""M-1 and M-2: a split, or another basis of the same history, changes nothing but what is counted in shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from random import Random

import polars as pl
import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.planted.bench import END
from rotation_pipeline_tests.properties import draws
from rotation_pipeline_tests.properties.basis import Split, as_traded, either, rebase, split
from rotation_pipeline_tests.properties.compare import differences
from rotation_pipeline_tests.properties.conftest import Build
from rotation_pipeline_tests.properties.market import ACTIONS, BARS, EVENTS, Built, Frames, derived

EXACT = 1e-10
# As-traded prices and volumes, what is per share, and who split when. Volumes of a universe are shares (C.1).
IN_SHARES = {
    "core.price_bar": ("close_usd", "volume"),
    "core.daily_price": ("close_usd", "volume"),
    "core.share_count": ("shares_reported",),
    "core.market_cap": ("close_usd", "shares"),
    "core.month_end_cap": ("close_usd",),
    "core.issuer_valuation": ("eps_street_usd",),
    "core.universe_breadth": ("up_volume", "down_volume"),
    "mart.breadth": ("volume_ad_line", "up_volume_share", "trin", "trin_10"),
}


def of_prices(catalog: Catalog) -> list[str]:
    """All tables but those of the actions themselves, which have a row more for each split and amounts on the basis of their day."""
    steps = {name for name in catalog.upstream("core.corporate_action") if "raw.corporate_action" in catalog.upstream(name)}
    return [name for name in derived(catalog) if name not in {*steps, "core.corporate_action", "core.split_regime"}]


@pytest.mark.parametrize("seed", draws.seeds())
def test_a_split_changes_nothing_that_is_not_counted_in_shares(
    seed: int, frames: Frames, untouched: Built, built: Build, catalog: Catalog
) -> None:
    drawn = draws.splits(frames, untouched, Random(seed), 14)
    after = built(split(frames, drawn))
    assert len(drawn) == 15
    found = differences(untouched, after, of_prices(catalog), EXACT, IN_SHARES)
    assert found == {}
    listed = "select security_id, ex_session, split_ratio from core.corporate_action where split_ratio <> 1"
    new = set(after.warehouse.rows(listed)) - set(untouched.warehouse.rows(listed))
    assert new == {(after.id_of[one.symbol], one.ex_date, one.ratio) for one in drawn}
    assert "core.daily_price" in differences(untouched, after, ["core.daily_price"], EXACT)


@pytest.mark.parametrize("seed", draws.seeds())
def test_the_same_history_on_other_bases_makes_the_same_tables(
    seed: int, frames: Frames, untouched: Built, built: Build, catalog: Catalog, xnys: Sequence[date]
) -> None:
    random = Random(seed)
    coming = [session for session in xnys if session > END]
    splits = [Split(symbol, coming[2], random.choice(draws.RATIOS)) for symbol in random.sample(draws.plain_companies(frames), 30)]
    changed = either(rebase(frames, splits, coming[4]), as_traded(frames), [one.symbol for one in splits])
    bases = changed[BARS].group_by("price_basis", "basis_date").len()
    assert bases.filter(pl.col("price_basis") == "split_adjusted")["basis_date"].to_list() == [coming[4]]
    assert bases.filter(pl.col("price_basis") == "as_traded").height == 300
    for table, column in ((BARS, "close"), (ACTIONS, "amount"), (EVENTS, "eps_actual")):
        assert changed[table].join(frames[table], on=["symbol", column], how="anti").height > 50
    tables = [table for table in of_prices(catalog) if table in catalog.upstream("mart.valuation")]
    after = built(changed, tables=tables)
    assert differences(untouched, after, tables, EXACT) == {}
    assert after.warehouse.rows(f"select count(*) from core.corporate_action where ex_session > date '{END}'") == [(30,)]
