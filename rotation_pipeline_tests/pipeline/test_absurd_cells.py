"""One cell never stops a market: what no market can give is set aside at intake, with a row that says so."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.errors import BadInput, BadModel
from rotation_pipeline.models import Catalog
from rotation_pipeline.models.bounds import read_bounds
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask

EXAMPLE = Path(__file__).parents[2] / "docs" / "example_market"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
# File, row (its first cells), column, what it says.
CELLS = (
    ("prices.csv", ("ACME", "2026-01-06"), "volume", "9.3e18"),
    ("prices.csv", ("ACME", "2026-01-07"), "volume", "-5000"),
    ("prices.csv", ("ACME", "2026-01-08"), "close", "1e-320"),
    ("prices.csv", ("ACME", "2026-01-09"), "close", "1e300"),
    ("prices.csv", ("ACME", "2026-01-12"), "volume", "9e12"),  # at 80 USD a share more than all markets in months
    ("prices.csv", ("BOLT", "2026-01-08"), "high", "inf"),
    ("prices.csv", ("BOLT", "2026-01-09"), "dividend", "1e30"),
    ("earnings.csv", ("ACME", "2026-01-22"), "actual", "inf"),
    ("fundamentals.csv", ("ACME", "2026-02-05"), "revenue", "1e300"),
    ("fundamentals.csv", ("BOLT", "2026-02-06"), "shares", "1e22"),
    ("splits.csv", ("BOLT", "2026-01-20"), "new_shares", "1e9"),
)


@pytest.fixture(scope="module")
def absurd(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The worked example with every cell above, published."""
    folder = tmp_path_factory.mktemp("absurd")
    market = Path(shutil.copytree(EXAMPLE, folder / "market"))
    for name, start, column, text in CELLS:
        lines = [line.split(",") for line in (market / name).read_text().splitlines()]
        row = next(line for line in lines if tuple(line[: len(start)]) == start)
        row[lines[0].index(column)] = text
        (market / name).write_text("\n".join(",".join(line) for line in lines) + "\n")
    settings = Settings(home=folder / "home", source="files", config=market / "rotation.toml")
    summary = pipeline.run(settings, pipeline.Quiet(), NOW)
    assert [(result.table, result.reason) for result in summary.failures] == []
    assert summary.release is not None
    return settings


def rows(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    return list(ask(settings.published / "rotation.duckdb", sql, 10_000).rows)


def test_every_cell_is_a_row_of_the_quarantine_that_names_culprit_place_and_way_out(absurd: Settings) -> None:
    found = rows(absurd, "select table_name, symbol, session, item from ops.quarantine where reason = 'OUT_OF_BOUNDS' order by all")
    assert found == [
        ("raw.corporate_action", "BOLT", date(2026, 1, 9), "amount"),
        ("raw.corporate_action", "BOLT", date(2026, 1, 20), "amount"),
        ("raw.earnings_event", "ACME", date(2026, 1, 22), "eps_actual"),
        ("raw.price_bar", "ACME", date(2026, 1, 6), "volume"),
        ("raw.price_bar", "ACME", date(2026, 1, 7), "volume"),
        ("raw.price_bar", "ACME", date(2026, 1, 8), "close"),
        ("raw.price_bar", "ACME", date(2026, 1, 9), "close"),
        ("raw.price_bar", "ACME", date(2026, 1, 12), "volume"),
        ("raw.price_bar", "BOLT", date(2026, 1, 8), "high"),
        ("raw.share_count", "BOLT", date(2026, 2, 6), "shares"),
        ("raw.statement", "ACME", date(2025, 12, 31), "revenue"),
    ]
    told = rows(absurd, "select value, is_releasable from ops.quarantine where symbol = 'ACME' and session = date '2026-01-07'")
    assert told == [
        (
            "-5000.0 out of bounds: no line has as many shares to trade and none trades fewer than none; used without it; "
            "correct it at the source",
            False,
        )
    ]
    with pytest.raises(BadInput, match=r"no market gives such a number(?s:.)*correct it at the source"):
        pipeline.decide(absurd, "ACME", date(2026, 1, 7), "OUT_OF_BOUNDS", "release", "so what")


def test_what_else_the_rows_say_is_used(absurd: Settings) -> None:
    prices = rows(
        absurd,
        """
        select session, is_valid, volume is null, dollar_volume_usd is null, high_fwd_e9 is null
        from core.daily_price join core.security using (security_id)
        where symbol = 'ACME' and session between date '2026-01-06' and date '2026-01-13' order by session
        """,
    )
    assert prices == [
        (date(2026, 1, 6), True, True, True, False),
        (date(2026, 1, 7), True, True, True, False),
        (date(2026, 1, 8), False, True, True, True),
        (date(2026, 1, 9), False, True, True, True),
        (date(2026, 1, 12), True, True, True, False),
        (date(2026, 1, 13), True, False, False, False),
    ]
    unpaid = rows(absurd, "select ex_date, cash_usd, quarantine_reason from core.distribution where ex_date = date '2026-01-09'")
    assert unpaid == [(date(2026, 1, 9), None, "BAD_AMOUNT")]
    assert rows(absurd, "select count(*) from mart.breadth where not isfinite(up_dollar_volume_share)") == [(0,)]


def test_the_landed_file_keeps_the_cell_and_the_raw_table_has_none(absurd: Settings, catalog: Catalog) -> None:
    assert rows(absurd, "select max(volume), min(volume) >= 0, min(close) > 1 from raw.price_bar")[0][1:] == (True, True)
    assert rows(absurd, "select count(*), count(distinct load_id) > 0 from ops.absurd_cell") == [(len(CELLS), True)]
    kept = rows(absurd, "select value from ops.absurd_cell where column_name = 'volume' order by session")
    assert kept == [(9.3e18,), (-5000.0,), (9e12,)]
    with pipeline.open_warehouse(absurd, catalog) as warehouse:
        assert all(warehouse.first_stale(name) is None for name in ("core.price_bar", "ops.quarantine"))


@pytest.mark.parametrize("line", ["raw.price_bar,close,close,0,1,,something,why", "raw.price_bar,close,close,0,1,,nothing,"])
def test_a_bound_without_a_reason_or_a_consequence_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "bounds.csv").write_text(f"table,column,measure,lowest,highest,smallest,instead,reason\n{line}\n")
    with pytest.raises(BadModel, match=r"raw\.price_bar\.close: is no bound"):
        read_bounds(tmp_path / "bounds.csv")
