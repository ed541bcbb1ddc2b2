"""ops.quarantine: every row that is not used, once, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.sql.price_market import PRICES, action, bar, bars, begin, build, listing


def test_each_rejected_row_is_told_once(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:40])
    friday = next(day for day in xnys[10:16] if day.weekday() == 4)
    lab.put("raw.listing", [listing("END", last_session=xnys[5]), listing("A")])
    twice = bar("A", xnys[1], 10.0)
    lab.put(
        "raw.price_bar",
        [
            bar("A", xnys[0], 10.0),
            twice,
            twice,
            bar("A", xnys[2], 30.0),
            bar("A", xnys[3], float("nan")),
            bar("A", xnys[4], -1.0),
            bar("A", friday + timedelta(days=1), 10.0),
            bar("A", xnys[39], 10.0, fetched_at=xnys[20]),
            bar("END", xnys[6], 10.0),
            *bars("B", xnys[:21], [10.0] * 21),
            bar("B", xnys[2], 10.0, load_id="02"),  # superseded is not rejected
        ],
    )
    lab.put(
        "raw.corporate_action",
        [
            action("NOBODY", xnys[3], "dividend", 1.0),
            action("B", xnys[3], "dividend", 9.0),
            action("B", xnys[4], "dividend", 0.1),
            action("B", xnys[5], "split", 0.0203),
            action("B", xnys[5], "dividend", 0.1),
            action("B", xnys[6], "split", 0.0),
            action("B", xnys[6], "dividend", 0.1, currency="EUR"),
            action("B", xnys[6], "capital_gain", 0.1),
        ],
    )
    build(lab, (*PRICES, "ops.quarantine"))
    sql = "select symbol, session, item, reason, value from ops.quarantine order by table_name, session, symbol, item"
    found = lab.rows(sql)
    assert [row[:4] for row in found] == [
        ("B", xnys[3], "dividend", "LARGE_DIVIDEND"),
        ("NOBODY", xnys[3], "dividend", "UNKNOWN_SYMBOL"),
        ("B", xnys[5], "split", "ODD_REVERSE_SPLIT"),
        ("B", xnys[6], "dividend", "OTHER_CURRENCY"),
        ("B", xnys[6], "split", "BAD_AMOUNT"),
        ("A", xnys[1], "0", "DUPLICATE_ROW"),
        ("A", xnys[2], "0", "SUSPECT_SPLIT"),
        ("A", xnys[3], "0", "NO_PRICE"),
        ("A", xnys[4], "0", "NONPOSITIVE_PRICE"),
        ("END", xnys[6], "0", "AFTER_DELISTING"),
        ("A", friday + timedelta(days=1), "0", "NON_SESSION"),
        ("A", xnys[39], "0", "FUTURE_SESSION"),
    ]
    assert found[0][4] == "9.0 USD"
    assert found[5][4] == "2 rows"
    assert found[8][4].startswith("close -1.0, adj_close ")
    for first in (xnys[4], xnys[20]):
        lab.fill("ops.quarantine", first)
        assert lab.rows(sql) == found


def test_a_share_count_in_doubt_is_told_by_its_rule_and_a_past_that_was_wrong_too(lab: Lab, xnys: Sequence[date]) -> None:
    begin(lab, xnys[:40])
    lab.put("raw.listing", [listing("A")])
    lab.put("raw.price_bar", bars("A", xnys[:20], [10.0] * 20))
    build(lab, PRICES)
    filed = {"symbol": "A", "kind": "vendor", "load_id": "03"}
    lab.put(
        "raw.share_count", [filed | {"as_of": day, "known_on": day, "shares": n} for day, n in zip(xnys[1:4], [1e6, 9e6, 9e6], strict=True)]
    )
    judged = {"security_id": 1, "kind": "vendor", "shares_fwd": 1e6}
    lab.put("core.share_count", [
        judged | {"known_from": xnys[2], "as_of": xnys[1], "shares_reported": 1e6},
        judged | {"known_from": xnys[3], "as_of": xnys[2], "shares_reported": 9e6, "quarantine_reason": "TURNOVER"},
        judged | {"known_from": xnys[4], "as_of": xnys[3], "shares_reported": 9e6, "shares_fwd": 9e6, "cleared_by": "THREE_FILINGS"},
        judged | {"known_from": xnys[9], "as_of": xnys[3], "shares_reported": 9e6, "shares_fwd": None, "quarantine_reason": "STALE"},
    ])  # fmt: skip
    for first in (date(1900, 1, 1), xnys[4]):
        lab.fill("ops.quarantine", first)
        assert lab.rows(
            "select symbol, session, item, reason, value from ops.quarantine where table_name = 'raw.share_count' order by session"
        ) == [
            ("A", xnys[3], "vendor", "TURNOVER", f"9000000.0 shares as of {xnys[2]}"),
            ("A", xnys[4], "vendor", "WRONG_BEFORE", "1000000.0 shares on the first basis were believed before"),
        ]
