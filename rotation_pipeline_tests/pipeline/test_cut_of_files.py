"""How a user cuts his files changes no number: one market as one file, one a year, one a day, and growing session by session."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline.warehouse import ask
from rotation_pipeline_tests.content import content

FIXED = "2025-02-14"  # the day of the download
FIRST, LAST = date(2024, 12, 2), date(2025, 1, 31)
N_GROWN = 2  # sessions that come one by one
SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
PAID = {"AAA": (date(2025, 1, 2), 0.02), "BBB": (date(2025, 1, 29), 0.01), "CCC": (LAST, 0.03)}  # on the first session of a file
HEADER = "symbol,date,open,high,low,close,adj_close,volume"
REST = """
[[splits]]
files = "splits.csv"

[[memberships]]
universe_id = "SP500"
form = "intervals"
files = "members.csv"
end_means = "first_day_out"

[[shares]]
files = "shares.csv"
basis_date = "own"
"""
Rows = list[tuple[str, date, str]]  # symbol, session, line
Write = Callable[[Path, Rows], None]


def prices(sessions: Sequence[date]) -> Rows:
    """Split-adjusted and adjusted closes of a download after the last session; DDD is silent before the last three, EEE halves."""
    dice = random.Random(20250131)
    rows: Rows = []
    for symbol in SYMBOLS:
        close, bars = 50.0, []
        for day in sessions:
            close = round(close * (1 + dice.gauss(0, 0.01)), 2)
            bars.append((day, close))
        ex_date, share = PAID.get(symbol, (date.max, 0.0))
        for day, close in bars:
            if symbol == "DDD" and sessions[-6] < day < sessions[-2]:
                continue
            adjusted = close * (1 - share) if day < ex_date else close
            span = f"{close},{close * 1.01:.4f},{close * 0.99:.4f},{close}"
            rows.append((symbol, day, f"{symbol},{day},{span},{adjusted!r},{1000 + 7 * day.day}"))
    return sorted(rows, key=lambda row: (row[1], row[0]))


def one_file(folder: Path, rows: Rows) -> None:
    write(folder / "all.csv", rows)


def one_a_year(folder: Path, rows: Rows) -> None:
    for year in {day.year for _, day, _ in rows}:
        write(folder / f"{year}.csv", [row for row in rows if row[1].year == year])


def one_a_day(folder: Path, rows: Rows) -> None:
    for day in {day for _, day, _ in rows}:
        write(folder / f"{day}.csv", [row for row in rows if row[1] == day])


def write(path: Path, rows: Rows) -> None:
    path.write_text("\n".join([HEADER, *(line for _, _, line in rows)]) + "\n")


def release(
    folder: Path, sessions: Sequence[date], cut: Write, throughs: Sequence[date], basis: str, kind: str, catalog: Catalog
) -> Settings:
    """The market published on each of ``throughs``, its files as they were then."""
    market = folder / "market"
    (market / "prices").mkdir(parents=True)
    section = f'[[prices]]\nfiles = "prices/*.csv"\ncolumns = {{ session = "date" }}\nprice_basis = "{kind}"\n'
    section += f'basis_date = {basis}\ndividends = "implied"\nkind = "EQUITY"\n'
    (market / "rotation.toml").write_text(section + REST)
    (market / "splits.csv").write_text("symbol,ex_date,ratio\nEEE,2025-01-15,2\n")
    (market / "members.csv").write_text("symbol,valid_from,valid_to\n" + "".join(f"{symbol},2024-01-02,\n" for symbol in SYMBOLS))
    (market / "shares.csv").write_text("symbol,known_on,shares\n" + "".join(f"{symbol},2024-11-01,1e8\n" for symbol in SYMBOLS))
    settings = Settings(home=folder / "home", source="files", config=market / "rotation.toml")
    for n, through in enumerate(throughs):
        cut(market / "prices", [row for row in prices(sessions) if row[1] <= through])
        now = datetime(2025, 3, 3, 2, tzinfo=UTC) + timedelta(days=n)
        quiet = pipeline.Quiet()
        pipeline.fetch(settings, quiet, now, catalog)
        results = list(pipeline.build(settings, quiet, catalog=catalog))
        assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
        pipeline.publish(settings, quiet, now, catalog)
    return settings


def tables(settings: Settings, catalog: Catalog) -> dict[str, object]:
    found = content(settings.published / "rotation.duckdb", catalog)
    return {name: said for name, said in found.items() if name.startswith(("core.", "mart."))}


@pytest.fixture(scope="module")
def sessions(xnys: Sequence[date]) -> list[date]:
    return [day for day in xnys if FIRST <= day <= LAST]


@pytest.fixture(scope="module")
def whole(sessions: Sequence[date], tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Settings:
    return release(tmp_path_factory.mktemp("whole"), sessions, one_file, [LAST], FIXED, "split_adjusted", catalog)


def test_every_session_but_the_first_has_its_total_return(whole: Settings) -> None:
    def told(sql: str) -> list[tuple[Any, ...]]:
        return list(ask(whole.published / "rotation.duckdb", sql, 100).rows)

    missing = "select session, count(*) from core.daily_price where is_valid and total_return is null group by session"
    assert told(missing) == [(FIRST, len(SYMBOLS))]


@pytest.mark.parametrize("cut", [one_a_year, one_a_day])
def test_cut_by_time(cut: Write, whole: Settings, sessions: Sequence[date], tmp_path: Path, catalog: Catalog) -> None:
    found = release(tmp_path, sessions, cut, [LAST], FIXED, "split_adjusted", catalog)
    assert tables(found, catalog) == tables(whole, catalog)


@pytest.mark.parametrize(
    ("cut", "basis"),
    [(one_file, FIXED), (one_file, '"last_session"'), (one_a_day, FIXED)],
    ids=["appended to", "appended to, on the basis of its last session", "a new file a day"],
)
def test_growing_session_by_session(
    cut: Write, basis: str, whole: Settings, sessions: Sequence[date], tmp_path: Path, catalog: Catalog
) -> None:
    found = release(tmp_path, sessions, cut, sessions[-1 - N_GROWN :], basis, "split_adjusted", catalog)
    assert tables(found, catalog) == tables(whole, catalog)


def test_adjusted_closes_alone_that_grow(sessions: Sequence[date], tmp_path: Path, catalog: Catalog) -> None:
    grown = release(tmp_path / "grown", sessions, one_file, sessions[-1 - N_GROWN :], '"last_session"', "adjusted_only", catalog)
    whole = release(tmp_path / "whole", sessions, one_a_year, [LAST], FIXED, "adjusted_only", catalog)
    assert tables(grown, catalog) == tables(whole, catalog)
