"""The test of the test: tables that look ahead, in prices or in filings, are named by a cut (M-10)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rotation_pipeline.models import Catalog, sql_root
from rotation_pipeline_tests.planted.bench import END, planted_source
from rotation_pipeline_tests.point_in_time.market import Bench, never_corrected, random_cuts, tell
from rotation_pipeline_tests.point_in_time.view import differences

# What is written in a table's SQL, and what makes it look ahead.
LOOK_AHEAD = {
    "mart.style_spread": ("spine.session_no - spine.horizon_sessions", "spine.session_no + spine.horizon_sessions"),
    "core.share_count": ("in_forward.known_on", "(in_forward.known_on - 40)"),
}


def test_a_cut_names_the_tables_that_look_ahead(tmp_path: Path, xnys: Sequence[date]) -> None:
    root = Path(shutil.copytree(sql_root(), tmp_path / "sql"))
    for name, (written, wrong) in LOOK_AHEAD.items():
        path = root / f"{name.replace('.', '/')}.sql"
        assert written in path.read_text()
        path.write_text(path.read_text().replace(written, wrong))
    catalog, source = Catalog.load(root), planted_source()
    tables = frozenset(table for name in LOOK_AHEAD for table in {name, *catalog.upstream(name)})
    views = []
    (cut,) = random_cuts(source, xnys, 1, seed=1)
    with Bench(tmp_path, catalog, tables, is_frozen=True) as bench:
        for step in never_corrected(tell(xnys, [cut, END], source)):
            bench.land(step.batch, step.evening)
            bench.build()
            views.append(bench.view(cut))
    assert {".".join(name.split(".")[:2]) for name in differences(*views)} == set(LOOK_AHEAD)
