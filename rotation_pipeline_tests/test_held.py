"""What has landed already, as a source reads it before it asks for more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.landing import Batch, Held, Landing
from rotation_pipeline.models import Catalog

NOW = datetime(2026, 1, 15, 1, 30, tzinfo=UTC)
MON, TUE, WED = (date(2026, 1, day) for day in (12, 13, 14))


@pytest.fixture
def landing(tmp_path: Path, catalog: Catalog) -> Landing:
    return Landing(tmp_path / "landing", catalog.models)


@pytest.fixture
def held(landing: Landing) -> Held:
    return Held(landing, "yahoo")


def bars(*rows: tuple[str, date, float]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["symbol", "session", "close"], orient="row")
    return frame.with_columns(price_basis=pl.lit("split_adjusted"), dividend_basis=pl.lit("listed"), basis_date=pl.col("session"))


def land(landing: Landing, table: str, frame: pl.DataFrame, source: str = "yahoo") -> None:
    landing.write(source, Batch({table: frame}), NOW)


def test_an_empty_home_holds_nothing(held: Held) -> None:
    assert held.bars(["KO"]).is_empty()
    assert held.bars(["KO"]).columns[:6] == ["symbol", "session", "open", "high", "low", "close"]
    assert (held.kinds(), held.first_quoted(), held.announcements(["KO"]), held.sessions_by_symbol(["KO"], MON)) == ({}, {}, {}, {})
    assert (held.payers(["KO"], MON), held.renamed_to(["KO"]), held.renamed()) == (frozenset(), frozenset(), frozenset())


def test_the_latest_load_of_a_session_counts_and_another_source_does_not(landing: Landing, held: Held) -> None:
    land(landing, "raw.price_bar", bars(("KO", MON, 70.0), ("KO", TUE, 71.0), ("PEP", MON, 140.0)))
    land(landing, "raw.price_bar", bars(("KO", TUE, 71.5)))
    land(landing, "raw.price_bar", bars(("KO", TUE, 99.0)), source="files")
    assert held.bars(["KO"]).select("session", "close").rows() == [(MON, 70.0), (TUE, 71.5)]
    assert held.bars(["KO", "PEP"], since=TUE).select("symbol", "close").rows() == [("KO", 71.5)]
    assert held.sessions_by_symbol(["KO", "PEP"], MON) == {"KO": {MON, TUE}, "PEP": {MON}}


def test_a_payer_paid_in_cash(landing: Landing, held: Held) -> None:
    actions = [("KO", MON, "dividend", 0.5), ("NVDA", MON, "split", 10.0), ("OLD", date(2024, 1, 2), "dividend", 1.0)]
    frame = pl.DataFrame(actions, schema=["symbol", "ex_date", "kind", "amount"], orient="row").with_columns(basis_date=pl.lit(MON))
    land(landing, "raw.corporate_action", frame)
    assert held.payers(["KO", "NVDA", "OLD"], date(2025, 1, 1)) == {"KO"}


def test_an_expected_date_that_is_no_longer_shown_has_moved_away(landing: Landing, held: Held) -> None:
    shown = [
        ("KO", date(2025, 10, 21), date(2025, 10, 21)),  # past: it happened
        ("KO", date(2026, 2, 10), date(2025, 12, 1)),  # the first expectation, long not seen
        ("KO", date(2026, 2, 12), WED),
    ]
    frame = pl.DataFrame(shown, schema=["symbol", "announced_on", "observed_on"], orient="row").with_columns(
        announced_precision=pl.lit("date"), timing=pl.lit("UNKNOWN"), is_confirmed=pl.lit(False), basis_date=pl.col("observed_on")
    )
    land(landing, "raw.earnings_event", frame)
    assert held.announcements(["KO", "PEP"]) == {"KO": (date(2025, 10, 21), date(2026, 2, 12))}


def test_renames_are_followed_to_the_last_name(landing: Landing, held: Held) -> None:
    renames = [("A", "B", MON), ("B", "C", TUE), ("X", "Y", TUE)]
    land(landing, "raw.symbol_change", pl.DataFrame(renames, schema=["old_symbol", "new_symbol", "changed_on"], orient="row"))
    assert held.renamed_to(["A"]) == {"B", "C"}
    assert held.renamed() == {"A", "B", "X"}


def test_a_load_of_an_older_version_may_lack_a_column(tmp_path: Path, catalog: Catalog, held: Held, landing: Landing) -> None:
    model = catalog.models["raw.listing"]
    before = replace(model, columns=tuple(column for column in model.columns if column.name != "decided_on"))
    listing = pl.DataFrame({"symbol": ["KO"], "kind": ["EQUITY"]})
    land(Landing(tmp_path / "landing", {**catalog.models, "raw.listing": before}), "raw.listing", listing)
    land(landing, "raw.listing", listing.with_columns(last_session=pl.lit(MON), decided_on=pl.lit(TUE)))
    assert held.listings(["KO"]).select("symbol", "last_session").rows() == [("KO", MON)]
