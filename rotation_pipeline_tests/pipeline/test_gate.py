"""The gate: a release that misses prices is marked or refused, and replaced when they are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb
import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.errors import PublishRefused
from rotation_pipeline.pipeline.gate import NeverMatched, Quality, Shortfall, judge, never_matched, shortfalls
from rotation_pipeline.settings import Settings
from rotation_pipeline_tests.lab import Lab

DAY = date(2026, 1, 13)


def counted(*universes: tuple[str, int, int]) -> Any:
    """A warehouse that counts these universes, as (name, expected, priced), and no kinds."""

    def rows(sql: str) -> Sequence[tuple[Any, ...]]:
        if "duckdb_tables" in sql:
            return [("universe_coverage",)]
        return [(DAY, name, n_expected, n_valid, "AAA BBB" if n_valid < n_expected else None) for name, n_expected, n_valid in universes]

    return rows


def test_below_the_minimum_counts_and_exactly_at_it_does_not() -> None:
    rows = counted(("ALL", 100, 100), ("AT", 50, 49), ("BELOW", 100, 97), ("FEW", 4, 0), ("NONE", 0, 0))
    assert shortfalls(rows, 0.98) == (Shortfall("BELOW", DAY, 100, 97, "AAA BBB"),)
    assert shortfalls(rows, 0) == ()


def test_a_degraded_release_names_universe_share_and_symbols() -> None:
    quality = judge(counted(("SP500", 503, 470)), Settings())
    assert quality == Quality("DEGRADED", "below 0.98 of the expected prices on 2026-01-13: SP500 470 of 503 (93.4%), missing AAA BBB")
    assert judge(counted(("SP500", 503, 503)), Settings()) == Quality("COMPLETE")


def test_a_long_list_of_universes_is_told_in_short() -> None:
    many = judge(counted(*((f"U{n}", 10, 1) for n in range(9))), Settings()).reason
    assert many is not None
    assert many.endswith("; and 3 more")


def test_a_refusal_names_the_way_out() -> None:
    with pytest.raises(PublishRefused, match=r"SP500 470 of 503 \(93.4%\), missing AAA BBB[\s\S]*ROTATION_ON_LOW_COVERAGE=degraded"):
        judge(counted(("SP500", 503, 470)), Settings(on_low_coverage="fail"))


def test_a_catalog_that_counts_nothing_claims_nothing() -> None:
    assert shortfalls(lambda _sql: [], 1.0) == ()


def market_of(session: date | None, n_shares: int, n_priced: int) -> Any:
    """A warehouse whose universes lack nothing, with so many priced shares, and lines of any kind, on its last session."""

    def rows(sql: str) -> Sequence[tuple[Any, ...]]:
        if "duckdb_tables" in sql:
            return [("coverage",)]
        return [(session, n_shares, n_priced)] if "n_valid) filter" in sql else []

    return rows


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (market_of(None, 0, 0), "no bar of anything landed"),
        (market_of(DAY, 0, 0), "no share has a usable price on 2026-01-13, nothing has"),
        (market_of(DAY, 0, 3), "no share has a usable price on 2026-01-13, 3 funds and indices have"),
    ],
)
def test_an_empty_market_is_never_complete(rows: Any, reason: str) -> None:
    quality = judge(rows, Settings())
    assert quality.state == "DEGRADED"
    assert quality.reason is not None
    assert reason in quality.reason
    with pytest.raises(PublishRefused, match="the market is empty"):
        judge(rows, Settings(on_low_coverage="fail"))
    assert judge(market_of(DAY, 1, 1), Settings()) == Quality("COMPLETE")


def test_a_cohort_that_never_had_a_member_is_told_by_name(lab: Lab) -> None:
    lab.put("raw.cohort_rule", [{"cohort_id": "MISSPELT", "kind": "SCREEN"}, {"cohort_id": "GONE", "kind": "FIXED"}])
    for name, n_lines in (("MISSPELT", (0, 0)), ("GONE", (1, 0)), ("NOBODYS", (0, 0)), ("SP500", (3, 3))):
        for day, n in zip((date(2026, 1, 12), DAY), n_lines, strict=True):
            lab.put("core.member_count", [{"universe_id": name, "session": day, "n_lines": n, "null_reason": None if n else "LOW_COUNT"}])
    found = (NeverMatched("MISSPELT", "SCREEN", "LOW_COUNT"), NeverMatched("NOBODYS", "LIST", "LOW_COUNT"))
    assert never_matched(lab.warehouse.rows) == found
    assert never_matched(lambda _sql: []) == ()


def lose_prices(settings: Settings, kind: str) -> None:
    """Take two prices of one kind out of the books of the last session."""
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute(
            "update ops.coverage set n_valid = n_expected - 2 where kind = $1 and session = (select max(session) from core.session)", [kind]
        )
        con.execute(
            """
            update core.daily_price set is_valid = false, n_missing = 1
            where session = (select max(session) from core.session) and security_id in (
                select security_id from core.security where kind = $1 and delist_session is null order by symbol limit 2
            )
            """,
            [kind],
        )


def test_the_release_follows_its_quality(own_home: Settings) -> None:
    before = pipeline.releases(own_home).current()
    assert before is not None
    assert before.quality == "COMPLETE"
    assert pipeline.publish(own_home, pipeline.Quiet()) is None

    lose_prices(own_home, "ETF")
    strict = own_home.model_copy(update={"on_low_coverage": "fail"})
    with pytest.raises(PublishRefused, match="ETF 16 of 18"):
        pipeline.publish(strict, pipeline.Quiet())
    assert pipeline.releases(own_home).current() == before

    degraded = pipeline.publish(own_home, pipeline.Quiet())
    assert degraded is not None
    assert degraded.is_degraded
    assert degraded.quality_reason is not None
    assert "ETF 16 of 18 (88.9%), missing " in degraded.quality_reason
    assert len(degraded.quality_reason.rpartition("missing ")[2].split()) == 2
    assert pipeline.publish(own_home, pipeline.Quiet()) is None

    lenient = own_home.model_copy(update={"coverage_minimum": 0.5})
    whole = pipeline.publish(lenient, pipeline.Quiet())
    assert whole is not None
    assert (whole.quality, whole.quality_reason) == ("COMPLETE", None)
