"""Deciding about quarantined rows: landed under the lock, refused with the way out, in force with the next run."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.errors import BadInput, HomeBusy, UnknownRelease
from rotation_pipeline.landing import Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask
from rotation_pipeline_tests.narrow import evening, narrowed

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[2] / "docs" / "example_market"
BENT = date(2026, 1, 13)  # its high is below its close
SPOILT = "INCONSISTENT_BAR"


@pytest.fixture(scope="module")
def few(catalog: Catalog) -> Catalog:
    """The tables of prices and of what is said about them."""
    return narrowed(catalog, "core.daily_price", "ops.coverage", "ops.quarantine")


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory, few: Catalog) -> Settings:
    """The worked example with one inconsistent bar and one without a price, published; to be copied."""
    folder = tmp_path_factory.mktemp("spoilt")
    market = Path(shutil.copytree(EXAMPLE, folder / "market"))
    header, *lines = (market / "prices.csv").read_text().splitlines()
    names = header.split(",")
    rows = [dict(zip(names, line.split(","), strict=True)) for line in lines]
    acme = [row for row in rows if row["symbol"] == "ACME"]
    next(row for row in acme if row["date"] == str(BENT))["high"] = "1.0"
    next(row for row in acme if row["date"] == "2026-01-15")["close"] = "nan"
    (market / "prices.csv").write_text("\n".join([header, *(",".join(row.values()) for row in rows)]) + "\n")
    settings = Settings(home=folder / "home", source="files", config=market / "rotation.toml")
    evening(settings, NOW, few)
    return settings


@pytest.fixture
def home(spoilt: Settings, tmp_path: Path) -> Settings:
    """A copy of the spoilt market's home."""
    shutil.copytree(spoilt.home, tmp_path / "home")
    return spoilt.model_copy(update={"home": tmp_path / "home"})


def valid_days(settings: Settings) -> list[date]:
    sql = """
        select session from core.daily_price join core.security using (security_id)
        where symbol = 'ACME' and is_valid order by session
    """
    return [row[0] for row in ask(settings.published / "rotation.duckdb", sql).rows]


def test_what_is_listed_and_what_is_open(home: Settings) -> None:
    rows = [(row.symbol, row.session, row.reason, row.is_releasable, row.decision) for row in pipeline.flagged(home)]
    assert rows == [("ACME", date(2026, 1, 15), "NO_PRICE", False, None), ("ACME", BENT, SPOILT, True, None)]
    assert [row.reason for row in pipeline.flagged(home, only_open=True)] == [SPOILT]
    assert [row.reason for row in pipeline.flagged(home, "ACME", "NO_PRICE")] == ["NO_PRICE"]
    assert pipeline.flagged(home, "it's nobody") == []


def test_released_used_kept_again_and_nothing_else_is_redone(home: Settings, few: Catalog) -> None:
    before = valid_days(home)
    row = pipeline.decide(home, "ACME", BENT, SPOILT, "release", "the high is a typing error", NOW + timedelta(hours=1))
    assert row.value.startswith("close ")
    assert valid_days(home) == before

    last = pipeline.releases(home).current()
    redone = evening(home, NOW + timedelta(hours=2), few)
    assert pipeline.releases(home).current() != last
    assert set(valid_days(home)) - set(before) == {BENT}
    changed = {result.table: result.changed_from for result in redone if result.status == "built"}
    assert changed["core.daily_price"] == BENT
    assert {changed[name] for name in changed if name in ("core.price_bar", "ops.quarantine", "ops.coverage")} == {BENT}
    (bent,) = pipeline.flagged(home, reason=SPOILT)
    assert (bent.decision, bent.decided_at) == ("release", datetime(2026, 11, 20, 13, 0))  # noqa: DTZ001 the warehouse keeps naive UTC
    assert pipeline.flagged(home, only_open=True) == []

    pipeline.decide(home, "ACME", BENT, SPOILT, "keep", "it was no typing error", NOW + timedelta(hours=3))
    evening(home, NOW + timedelta(hours=4), few)
    assert valid_days(home) == before
    assert pipeline.flagged(home, reason=SPOILT)[0].decision == "keep"


def test_a_decision_is_landed_as_the_operators_and_makes_no_other_market_of_the_home(home: Settings, catalog: Catalog) -> None:
    pipeline.decide(home, "ACME", BENT, SPOILT, "keep", "looked at", NOW + timedelta(hours=1))
    landing = Landing(home.landing, catalog.models)
    assert landing.loads()[-1].source == "operator"
    assert pipeline.home_source(landing) == "files"


def test_a_row_that_is_not_there_is_refused_with_near_ones(home: Settings) -> None:
    with pytest.raises(BadInput, match=f"near ones: ACME {BENT} {SPOILT}; ACME 2026-01-15 NO_PRICE"):
        pipeline.decide(home, "ACME", BENT, "SUSPECT_SPLIT", "release", "wrong reason")
    with pytest.raises(BadInput, match=f"near ones: ACME {BENT} {SPOILT}"):
        pipeline.decide(home, "ACNE", BENT, SPOILT, "release", "wrong symbol")
    with pytest.raises(BadInput, match="see `rotation quarantine list`"):
        pipeline.decide(home, "NOBODY", date(2020, 1, 2), "SUSPECT_SPLIT", "release", "nothing like it")


def test_what_has_no_number_cannot_be_released_but_kept(home: Settings) -> None:
    n_loads = len(list(home.landing.iterdir()))
    with pytest.raises(BadInput, match="cannot be released: it has no number to use"):
        pipeline.decide(home, "ACME", date(2026, 1, 15), "NO_PRICE", "release", "please")
    assert len(list(home.landing.iterdir())) == n_loads
    assert pipeline.decide(home, "ACME", date(2026, 1, 15), "NO_PRICE", "keep", "a holiday of the vendor").reason == "NO_PRICE"


def test_nothing_is_decided_while_a_run_is_at_work(home: Settings) -> None:
    with pipeline.home_lock(home), pytest.raises(HomeBusy):
        pipeline.decide(home, "ACME", BENT, SPOILT, "release", "now")


def test_an_empty_home_has_nothing_to_decide(tmp_path: Path) -> None:
    with pytest.raises(UnknownRelease, match="rotation run"):
        pipeline.flagged(Settings(home=tmp_path))
