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
from rotation_pipeline_tests.narrow import evening, narrowed

EXAMPLE = Path(__file__).parents[2] / "docs" / "example_market"
FIRST, SECOND, THIRD = (datetime(2026, 2, day, 2, tzinfo=UTC) for day in (10, 11, 12))
CROOKED, EMPTIED, NEGATIVE, EARLY, MENDED = (date(2026, 1, day) for day in (7, 8, 9, 12, 14))  # EARLY never was right
BEFORE_EX = date(2026, 1, 7)
CHANGED = {  # what a later file says of ACME
    CROOKED: {"close": "99.0"},  # above its own high
    EMPTIED: {"close": ""},
    NEGATIVE: {"close": "-81.0"},
    MENDED: {"close": "99.0"},  # until a still later file tells MENDED_CLOSE
}
MENDED_CLOSE = "83.5"


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


@pytest.fixture(scope="module")
def few(catalog: Catalog) -> Catalog:
    """The tables of prices and of what is said about them."""
    return narrowed(catalog, "core.daily_price", "core.distribution", "ops.quarantine", "ops.restatement")


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory, few: Catalog) -> Settings:
    """A home in which a later file changed four bars for the worse; to be copied."""
    folder = tmp_path_factory.mktemp("refused")
    market = Path(shutil.copytree(EXAMPLE, folder / "market"))
    settings = Settings(home=folder / "home", source="files", config=market / "rotation.toml")
    write(market, {})
    evening(settings, FIRST, few)
    write(market, CHANGED)
    evening(settings, SECOND, few)
    return settings


@pytest.fixture(scope="module")
def after(refused: Settings, tmp_path_factory: pytest.TempPathFactory, few: Catalog) -> Settings:
    """The same home once a person released three of the bars, and a later file told the fourth one right."""
    folder = tmp_path_factory.mktemp("after")
    shutil.copytree(refused.home, folder / "home")
    market = Path(shutil.copytree(refused.config.parent, folder / "market"))  # type: ignore[union-attr]
    settings = refused.model_copy(update={"home": folder / "home", "config": market / "rotation.toml"})
    for n, (session, reason) in enumerate(((CROOKED, "INCONSISTENT_BAR"), (EMPTIED, "NO_PRICE"), (NEGATIVE, "NONPOSITIVE_PRICE"))):
        pipeline.decide(settings, "ACME", session, reason, "release", "the vendor is right", THIRD - timedelta(hours=n + 1))
    write(market, {**CHANGED, MENDED: {"close": MENDED_CLOSE}})
    evening(settings, THIRD, few)
    return settings


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
    assert [row for row in quarantined if row[0] != EARLY] == [
        (CROOKED, "INCONSISTENT_BAR", True, None),
        (EMPTIED, "NO_PRICE", True, None),
        (NEGATIVE, "NONPOSITIVE_PRICE", True, None),
        (MENDED, "INCONSISTENT_BAR", True, None),
    ]
    assert {row[:3] for row in quarantined if row[0] == EARLY} == {(EARLY, "INCONSISTENT_BAR", True)}
    told = rows(refused, "select first_session, kind, item, old_value, new_value, effect from ops.restatement order by first_session")
    assert told == [
        (CROOKED, "REFUSED", "bar", HELD[CROOKED], 99.0, "QUARANTINED"),
        (EMPTIED, "REFUSED", "bar", HELD[EMPTIED], None, "QUARANTINED"),
        (NEGATIVE, "REFUSED", "bar", HELD[NEGATIVE], -81.0, "QUARANTINED"),
        (MENDED, "REFUSED", "bar", HELD[MENDED], 99.0, "QUARANTINED"),
    ]
    notes = rows(refused, "select note from ops.restatement order by first_session")
    assert notes[0] == (
        "the bar contradicts its own high or low; what was held stays in use until somebody releases this one: rotation quarantine release",
    )


def test_a_distribution_is_measured_by_the_close_that_is_in_use(refused: Settings) -> None:
    assert rows(refused, "select close_before from core.distribution where ex_session = date '2026-01-08'") == [(HELD[BEFORE_EX],)]


def test_what_a_person_releases_is_used_and_a_withdrawal_leaves_no_price(after: Settings) -> None:
    assert {session: close for session, close in closes(after).items() if session != MENDED} == {
        CROOKED: 99.0,
        EMPTIED: None,
        NEGATIVE: None,
        EARLY: None,
    }
    assert rows(after, "select close_before from core.distribution where ex_session = date '2026-01-08'") == [(99.0,)]
    assert rows(after, "select distinct effect from ops.restatement where kind = 'REFUSED'") == [("RECOMPUTED",)]
    decided = rows(
        after, "select distinct session, decision from ops.quarantine where decision is not null and session = date '2026-01-08'"
    )
    assert decided == [(EMPTIED, "release")]
    causes = rows(after, f"select distinct cause from ops.change_log where table_name = 'core.daily_price' and session < date '{EARLY}'")
    assert causes == [("DECISION",)]


def test_a_later_good_telling_ends_the_refusal(after: Settings) -> None:
    assert closes(after)[MENDED] == float(MENDED_CLOSE)
    refusals = rows(after, "select distinct first_session from ops.restatement where kind = 'REFUSED' order by first_session")
    assert refusals == [(CROOKED,), (EMPTIED,), (NEGATIVE,)]


def test_a_bar_that_never_had_a_price_cannot_be_released(refused: Settings) -> None:
    with pytest.raises(BadInput, match=r"near ones|no quarantined row"):
        pipeline.decide(refused, "ACME", EARLY, "NO_PRICE", "release", "why not")
