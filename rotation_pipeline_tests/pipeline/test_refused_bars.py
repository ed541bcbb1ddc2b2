"""A later telling of a bar that cannot be used leaves what was held, says so in three places, and can be released."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.errors import BadInput
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask

EXAMPLE = Path(__file__).parents[2] / "docs" / "example_market"
FIRST, SECOND, THIRD, FOURTH = (datetime(2026, 2, day, 2, tzinfo=UTC) for day in (10, 11, 12, 13))
CROOKED, EMPTIED, NEGATIVE, EARLY = (date(2026, 1, day) for day in (7, 8, 9, 12))  # the last never was right
BEFORE_EX = date(2026, 1, 7)
CHANGED = {  # what a later file says of ACME
    CROOKED: {"close": "99.0"},  # above its own high
    EMPTIED: {"close": ""},
    NEGATIVE: {"close": "-81.0"},
}


def write(market: Path, changed: dict[date, dict[str, str]]) -> None:
    """The example's prices, with cells of ACME changed and a dividend on the session after the crooked bar."""
    header, *lines = (EXAMPLE / "prices.csv").read_text().splitlines()
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    acme = {row["date"]: row for row in rows if row["symbol"] == "ACME"}
    acme[str(EARLY)]["high"] = "1.0"
    acme[str(EMPTIED)]["dividend"] = "0.5"
    for session, cells in changed.items():
        acme[str(session)].update(cells)
    (market / "prices.csv").write_text("\n".join([header, *(",".join(row.values()) for row in rows)]) + "\n")


def run(settings: Settings, now: datetime) -> None:
    summary = pipeline.run(settings, pipeline.Quiet(), now)
    assert [(result.table, result.reason) for result in summary.failures] == []


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home in which a later file changed three bars for the worse; to be copied."""
    folder = tmp_path_factory.mktemp("refused")
    market = Path(shutil.copytree(EXAMPLE, folder / "market"))
    settings = Settings(home=folder / "home", source="files", config=market / "rotation.toml")
    write(market, {})
    run(settings, FIRST)
    write(market, CHANGED)
    run(settings, SECOND)
    return settings


@pytest.fixture
def home(refused: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(refused.home, tmp_path / "home")
    return refused.model_copy(update={"home": tmp_path / "home"})


def rows(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    return list(ask(settings.published / "rotation.duckdb", sql, 10_000).rows)


def closes(settings: Settings) -> dict[date, float | None]:
    sql = "select session, close_usd from core.daily_price join core.security using (security_id) where symbol = 'ACME'"
    return {session: close for session, close in rows(settings, sql) if session in {*CHANGED, EARLY}}  # type: ignore[misc]


HELD = {
    date.fromisoformat(line.split(",")[1]): float(line.split(",")[5])
    for line in (EXAMPLE / "prices.csv").read_text().splitlines()
    if line.startswith("ACME") and date.fromisoformat(line.split(",")[1]) in CHANGED
}


def test_what_was_held_stays_and_the_refusal_is_a_row(refused: Settings) -> None:
    assert closes(refused) == {**HELD, EARLY: None}
    quarantined = rows(
        refused,
        "select session, reason, is_releasable, decision from ops.quarantine where table_name = 'raw.price_bar' order by session, load_id",
    )
    assert quarantined[:3] == [
        (CROOKED, "INCONSISTENT_BAR", True, None),
        (EMPTIED, "NO_PRICE", True, None),
        (NEGATIVE, "NONPOSITIVE_PRICE", True, None),
    ]
    assert {row[:3] for row in quarantined[3:]} == {(EARLY, "INCONSISTENT_BAR", True)}
    told = rows(refused, "select first_session, kind, item, old_value, new_value, effect from ops.restatement order by first_session")
    assert told == [
        (CROOKED, "REFUSED", "bar", HELD[CROOKED], 99.0, "QUARANTINED"),
        (EMPTIED, "REFUSED", "bar", HELD[EMPTIED], None, "QUARANTINED"),
        (NEGATIVE, "REFUSED", "bar", HELD[NEGATIVE], -81.0, "QUARANTINED"),
    ]
    notes = rows(refused, "select note from ops.restatement order by first_session")
    assert notes[0] == (
        "the bar contradicts its own high or low; what was held stays in use until somebody releases this one: rotation quarantine release",
    )


def test_a_distribution_is_measured_by_the_close_that_is_in_use(refused: Settings) -> None:
    assert rows(refused, "select close_before from core.distribution where ex_session = date '2026-01-08'") == [(HELD[BEFORE_EX],)]


def test_what_a_person_releases_is_used_and_a_withdrawal_leaves_no_price(home: Settings) -> None:
    for n, (session, reason) in enumerate(((CROOKED, "INCONSISTENT_BAR"), (EMPTIED, "NO_PRICE"), (NEGATIVE, "NONPOSITIVE_PRICE"))):
        pipeline.decide(home, "ACME", session, reason, "release", "the vendor is right", THIRD - timedelta(hours=n + 1))
    run(home, THIRD)
    assert closes(home) == {CROOKED: 99.0, EMPTIED: None, NEGATIVE: None, EARLY: None}
    assert rows(home, "select close_before from core.distribution where ex_session = date '2026-01-08'") == [(99.0,)]
    assert rows(home, "select distinct effect from ops.restatement where kind = 'REFUSED'") == [("RECOMPUTED",)]
    decided = rows(home, "select distinct session, decision from ops.quarantine where decision is not null and session = date '2026-01-08'")
    assert decided == [(EMPTIED, "release")]
    causes = rows(home, "select distinct cause from ops.change_log where table_name = 'core.daily_price'")
    assert causes == [("DECISION",)]


def test_a_later_good_telling_ends_the_refusal(home: Settings, refused: Settings, tmp_path: Path, catalog: Catalog) -> None:
    market = Path(shutil.copytree(refused.config.parent, tmp_path / "market"))  # type: ignore[union-attr]
    write(market, {CROOKED: {"close": HELD_AGAIN}})
    again = home.model_copy(update={"config": market / "rotation.toml"})
    run(again, FOURTH)
    assert closes(again)[CROOKED] == float(HELD_AGAIN)
    assert rows(again, "select count(*) from ops.restatement where kind = 'REFUSED'") == [(0,)]
    assert "core.unusable_bar" in catalog.models


HELD_AGAIN = "80.9"


def test_a_bar_that_never_had_a_price_cannot_be_released(home: Settings) -> None:
    with pytest.raises(BadInput, match=r"near ones|no quarantined row"):
        pipeline.decide(home, "ACME", EARLY, "NO_PRICE", "release", "why not")
