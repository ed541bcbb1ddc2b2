"""ops.unowned_filing: company data that belong to no line are named, with the reason."""

from __future__ import annotations

from datetime import date

from rotation_pipeline_tests.lab import Lab


def test_what_is_filed_under_a_symbol_that_its_line_left_or_that_nobody_had_is_listed(lab: Lab) -> None:
    left = date(2017, 12, 5)
    lab.put("core.line_symbol", [{"symbol": "DLPH", "security_id": 1, "valid_from": date(1900, 1, 1), "valid_to": left}])
    days = {"DLPH": [date(2017, 11, 1), date(2018, 2, 20), date(2020, 8, 4)], "WHO": [date(2019, 5, 1)]}
    for symbol, known in days.items():
        quarter = {"symbol": symbol, "fiscal_period": "Q", "currency": "USD"}
        lab.put("raw.statement", [quarter | {"known_on": day, "fiscal_period_end": date(2017, 9, 30)} for day in known])
    lab.put("raw.share_count", [{"symbol": "DLPH", "known_on": left, "as_of": date(2017, 11, 30), "basis_date": left, "kind": "reported"}])
    lab.fill("ops.unowned_filing")
    assert lab.rows("from ops.unowned_filing") == [
        ("raw.share_count", "DLPH", "SYMBOL_LEFT", 1, left, left),
        ("raw.statement", "DLPH", "SYMBOL_LEFT", 2, date(2018, 2, 20), date(2020, 8, 4)),
        ("raw.statement", "WHO", "UNKNOWN_SYMBOL", 1, date(2019, 5, 1), date(2019, 5, 1)),
    ]
