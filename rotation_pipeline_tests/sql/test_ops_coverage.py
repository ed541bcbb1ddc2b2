"""ops.coverage: expected is valid, missing, quarantined or stale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, bar, bars, begin, build, listing


def test_counts(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:40])
    lab.put("raw.listing", [listing("FUND", kind="ETF"), listing("END", last_session=xnys[3])])
    lab.put(
        "raw.price_bar",
        [
            *bars("FUND", xnys[:20], [10.0] * 20),
            *bars("QUIET", xnys[:8], [10.0] * 8, volume=0.0),
            *bars("END", xnys[:4], [10.0] * 4),
            bar("HOLE", xnys[0], 10.0),
            bar("HOLE", xnys[1], 30.0),
            bar("HOLE", xnys[3], 30.0),
        ],
    )
    build(lab, (*PRICES, "ops.coverage"))
    names = "n_expected, n_valid, n_missing, n_quarantined, n_stale, n_traded, n_live, n_silent, n_delisted"
    counts = {row[0]: row[1:] for row in lab.rows(f"select session, {names} from ops.coverage where kind = 'EQUITY'")}
    assert counts[xnys[0]] == (3, 3, 0, 0, 0, 2, 3, 0, 0)
    assert counts[xnys[1]] == (3, 2, 0, 1, 0, 1, 2, 0, 0)
    assert counts[xnys[2]] == (3, 2, 1, 0, 0, 1, 2, 0, 0)
    assert counts[xnys[4]] == (2, 0, 1, 0, 1, 0, 0, 0, 1)
    assert counts[xnys[13]] == (2, 0, 2, 0, 0, 0, 0, 0, 0)
    assert counts[xnys[14]] == (0, 0, 0, 0, 0, 0, 0, 2, 0)  # ten sessions after the bars of HOLE and the last price of QUIET
    whole = lab.rows("select * from ops.coverage order by session, kind")
    lab.fill("ops.coverage", xnys[4])
    assert lab.rows("select * from ops.coverage order by session, kind") == whole
