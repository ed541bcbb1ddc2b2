"""ops.restatement: what each thing said about the past did to the tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, action, bar, bars, begin, build, column


def said(kind: str, item: str, day: date, **values: Any) -> dict[str, Any]:
    row = {"symbol": "A", "kind": kind, "item": item, "first_session": day, "last_session": day, "n_sessions": 1, "note": kind}
    return row | {"load_id": "02"} | values


def effects(lab: Lab) -> dict[tuple[str, str], str]:
    build(lab, (*PRICES, "ops.restatement"))
    rows = lab.dicts("select kind, item, effect from ops.restatement")
    return {(row["kind"], row["item"]): row["effect"] for row in rows}


def test_effects(lab: Lab, xnys: Sequence[date]) -> None:
    day = xnys[:20]
    begin(lab, xnys[:40])
    lab.put("raw.price_bar", [*bars("A", day, [40.0] * 20), bar("A", day[5], 41.0, load_id="02"), bar("A", day[9], 41.0, load_id="02")])
    lab.put("raw.price_bar", [*bars("S", day[:10], [40.0] * 10), *bars("S", day[10:], [20.0] * 10, load_id="02")])
    lab.put(
        "raw.corporate_action",
        [
            action("A", day[3], "dividend", 0.5, load_id="02"),
            action("A", day[4], "dividend", 0.4, load_id="01"),
            action("A", day[6], "split", 2.0, load_id="01"),
            action("A", day[7], "capital_gain", 0.1, load_id="02"),
            action("A", day[7], "capital_gain", 0.2, load_id="03"),
        ],
    )
    lab.put(
        "raw.restatement",
        [
            said("BASIS_CHANGE", "close", day[0], last_session=day[5], n_sessions=6),
            said("SPLIT_NOT_APPLIED", "split", day[6]),
            said("CORRECTION", "close", day[5]),
            said("CORRECTION", "volume", day[8]),  # nothing landed for it
            said("LATE_ROW", "close", day[9]),
            said("DROPPED_ROW", "close", day[2]),
            said("CONTRADICTED_DIVIDEND", "dividend", day[3]),
            said("ACTION_REMOVED", "dividend", day[4]),
            said("CONTRADICTED_DIVIDEND", "capital_gain", day[7]),  # the next load brought another amount
            said("SUSPECT_SPLIT", "split", day[6]),
            said("SUSPECT_SPLIT", "close", day[10], symbol="S", ratio=0.5),
            said("RENAMED", "symbol", day[0]),
        ],
    )
    assert effects(lab) == {
        ("BASIS_CHANGE", "close"): "NONE",
        ("SPLIT_NOT_APPLIED", "split"): "NONE",
        ("CORRECTION", "close"): "RECOMPUTED",
        ("CORRECTION", "volume"): "NOTED",
        ("LATE_ROW", "close"): "RECOMPUTED",
        ("DROPPED_ROW", "close"): "NOTED",
        ("CONTRADICTED_DIVIDEND", "dividend"): "QUARANTINED",
        ("ACTION_REMOVED", "dividend"): "RECOMPUTED",
        ("CONTRADICTED_DIVIDEND", "capital_gain"): "NOTED",
        ("SUSPECT_SPLIT", "split"): "NOTED",
        ("SUSPECT_SPLIT", "close"): "QUARANTINED",
        ("RENAMED", "symbol"): "RECOMPUTED",
    }
    assert column(lab, "A", "total_return")[3:5] == [None, 0.0]  # contradicted: unknown; taken back: nothing paid
    assert lab.rows("select ex_session, quarantine_reason, cash_usd from core.corporate_action where cash_usd > 0") == [(day[7], None, 0.2)]
    lab.put("raw.corporate_action", [action("S", day[10], "split", 2.0, load_id="03"), action("A", day[4], "dividend", 0.4, load_id="03")])
    assert effects(lab)["SUSPECT_SPLIT", "close"] == "RECOMPUTED"
    assert column(lab, "A", "total_return")[4] == pytest.approx(0.01)  # listed again
