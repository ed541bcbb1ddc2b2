"""Where a row of the past still changes with what came later: each test fails as long as it does, and says so when it is mended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.planted.bench import END, planted_source
from rotation_pipeline_tests.point_in_time.market import Bench, first_end, never_corrected, sessions_of, tell
from rotation_pipeline_tests.point_in_time.view import differences
from rotation_pipeline_tests.sql.price_market import ACTIONS, action, bars, begin, build, listing


@pytest.mark.xfail(reason="a size universe is CURRENT_LIST until any line of the whole warehouse has ended, then PIT_FULL at all times")
def test_the_label_of_a_size_universe_does_not_wait_for_the_first_delisting(tmp_path: Path, catalog: Catalog, xnys: Sequence[date]) -> None:
    source = planted_source()
    cut = sessions_of(source, xnys)[first_end(source, xnys) - 5]
    tables = frozenset(catalog.upstream("core.rank_membership") | {"core.rank_membership"})
    views = []
    with Bench(tmp_path, catalog, tables) as bench:
        for step in never_corrected(tell(xnys, [cut, END], source)):
            bench.land(step.batch, step.evening)
            bench.build()
            views.append(bench.view(cut))
    assert differences(*views) == []


@pytest.mark.xfail(reason="the kind of a split is judged with the share counts of the sessions after it, on the ex-date already (A.6)")
def test_a_count_that_is_filed_later_does_not_change_what_a_split_was(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:60])
    lab.put("raw.listing", [listing("A")])
    lab.put("raw.price_bar", bars("A", xnys[:60], [40.0] * 60, price_basis="as_traded"))
    lab.put("raw.corporate_action", [action("A", xnys[10], "split", 2.0)])
    found = []
    for filed in (xnys[5], xnys[40]):
        count = {"symbol": "A", "as_of": filed, "known_on": filed, "basis_date": filed, "shares": 100.0, "kind": "reported"}
        lab.put("raw.share_count", [count])
        build(lab, ACTIONS)
        found.append(lab.rows(f"select split_ratio, price_only_ratio from core.corporate_action where ex_session = date '{xnys[10]}'"))
    assert found[0] == found[1]
