"""Faults that concern everybody, one after the other in one market; P00 stands for all companies."""

from __future__ import annotations

from rotation_pipeline_tests.sources.yahoo.fault.case import ALL_1, LEDGER, MENDED, NO_PRICE, NUMBERS, RIGHT, Case, Look
from rotation_pipeline_tests.sources.yahoo.fault.spoils import companies_lost, everybody, everything_lost, second_page_fails

THE_REST_WAITS = "close and price return are the sweep's; what the charts tell waits"
EVENTS, QUOTES = "raw.earnings_event", "raw.quote"

SHARED = (
    Case(
        "P00",
        "a whole session missing for every company, in charts and quotes, served the next evening",
        companies_lost,
        (
            Look(1, "ops.coverage", "6 missing", "EQUITY", NO_PRICE, ALL_1, subject="EQUITY"),
            Look(1, "meta.release", "DEGRADED", "no share has a usable price", "a release of that evening says DEGRADED and why", ALL_1),
            Look(2, LEDGER, "landed", "2 new", MENDED),
        ),
    ),
    Case(
        "P00",
        "the second page of a day of the earnings calendar fails once",
        second_page_fails,
        (
            Look(
                2,
                LEDGER,
                "landed",
                "",
                "every row of the day",
                dataset=EVENTS,
                subject="calendar {2}",
                also=("select count(distinct symbol) from raw.earnings_event where announced_on = $day2", [(150,)]),
            ),
        ),
    ),
    Case(
        "P00",
        "a day of the earnings calendar fails all evening",
        everybody(3, "visualization", "{3}", *["500"] * 99),
        (Look(3, LEDGER, "failed", "HTTP 500", "what other evenings saw of the day", dataset=EVENTS, subject="calendar {3}"),),
    ),
    Case(
        "P00",
        "the crumb is refused (HTTP 401), once",
        everybody(2, "screener", "0", "401"),
        (Look(2, LEDGER, "landed", "", RIGHT, dataset=QUOTES, subject="sweep"),),
    ),
    Case(
        "P00",
        "the screener fails all evening",
        everybody(3, "screener", "0", *["500"] * 99),
        (Look(3, LEDGER, "failed", "no quote came", "right: every chart is asked for", dataset=QUOTES, subject="sweep"),),
    ),
    Case(
        "P00",
        "HTTP 429 again and again",
        everybody(4, "chart", "P00", *["429"] * 99),
        (
            Look(
                4,
                LEDGER,
                "waiting",
                "Yahoo limits the rate (HTTP 429)",
                THE_REST_WAITS,
                frozenset({(4, "total_return")}),
            ),
            Look(5, LEDGER, "landed", "verified", MENDED),
        ),
    ),
    Case(
        "P00",
        "a whole session missing for everything, sentinels too",
        everything_lost,
        (
            Look(
                6,
                LEDGER,
                "landed",
                "the last bar is of",
                "no row of the session; the release of the evening before stays, `rotation status` says BEHIND",
                frozenset((6, name) for name in NUMBERS),
                also=("select max(session) = $day5 from core.daily_price", [(True,)]),
            ),
        ),
    ),
)
