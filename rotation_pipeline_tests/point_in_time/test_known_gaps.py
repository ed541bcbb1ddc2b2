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
from rotation_pipeline_tests.sql.price_market import ACTIONS, IDENTITY, action, bars, begin, build, listing


@pytest.mark.xfail(reason="a size universe is CURRENT_LIST until any line of the whole warehouse has ended, then PIT_FULL at all times")
def test_the_label_of_a_size_universe_does_not_wait_for_the_first_delisting(tmp_path: Path, catalog: Catalog, xnys: Sequence[date]) -> None:
    source = planted_source()
    cut = sessions_of(source, xnys)[first_end(source, xnys) - 5]
    tables = frozenset(catalog.upstream("core.rank_membership") | {"core.rank_membership"})
    views = []
    with Bench(tmp_path, catalog, tables, is_frozen=True) as bench:
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


@pytest.mark.xfail(reason="a rename that is not believed cuts the spell since ever of a symbol that an earlier rename brought")
def test_a_rename_that_is_not_believed_changes_no_spell(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:30])
    closes = [10.0 + n for n in range(30)]
    lab.put("raw.price_bar", [*bars("OLD", xnys[:10], closes[:10]), *bars("NEW", xnys[10:30], closes[10:])])
    found = []
    for number, (old, new, day) in enumerate([("OLD", "NEW", xnys[10]), ("NEW", "UNHEARD", xnys[20])]):
        lab.put("raw.symbol_change", [{"old_symbol": old, "new_symbol": new, "changed_on": day, "load_id": f"0{number + 1}"}])
        build(lab, IDENTITY)
        found.append(lab.rows("select symbol, security_id, valid_from, valid_to from core.symbol_interval order by all"))
    assert found[0] == found[1]
