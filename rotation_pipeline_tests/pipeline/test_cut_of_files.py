"""How a user cuts his files changes no number: one market as one file, one a year, one a day, and growing session by session."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline_tests.content import content_of
from rotation_pipeline_tests.narrow import with_inputs

FIXED = "2025-02-14"  # the day of the download
FIRST, LAST = date(2024, 12, 2), date(2025, 1, 31)
N_GROWN = 2  # sessions that come one by one
LINES = ("A", "B", "C", "D", "E", "F")
PAID = {"A": (date(2025, 1, 2), 0.02), "B": (date(2025, 1, 29), 0.01), "C": (LAST, 0.03)}  # on the first session of a file
VENDORS = ("V", "W", "X", "Y")  # each with prices of its own of the six lines
ADJUSTED_ONLY = "Y"
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
Rows = list[tuple[str, date, str]]  # name, session, line
Write = Callable[[Path, Rows], None]


def prices(vendor: str, sessions: Sequence[date]) -> Rows:
    """Split-adjusted and adjusted closes of a download after the last session; D is silent before the last three, E halves."""
    dice = random.Random(f"20250131 {vendor}")
    rows: Rows = []
    for name in LINES:
        close, bars = 50.0, []
        for day in sessions:
            close = round(close * (1 + dice.gauss(0, 0.01)), 2)
            bars.append((day, close))
        ex_date, share = PAID.get(name, (date.max, 0.0))
        for day, close in bars:
            if name == "D" and sessions[-6] < day < sessions[-2]:
                continue
            adjusted = close * (1 - share) if day < ex_date else close
            span = f"{close},{close * 1.01:.4f},{close * 0.99:.4f},{close}"
            rows.append((name, day, f"{vendor}{name},{day},{span},{adjusted!r},{1000 + 7 * day.day}"))
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


@dataclass(frozen=True)
class Cut:
    """How the files of a vendor are cut, and the basis that is told of them."""

    write: Write
    basis: str = FIXED


def built(
    folder: Path,
    sessions: Sequence[date],
    cuts: Mapping[str, Cut],
    throughs: Sequence[date],
    catalog: Catalog,
    schemas: tuple[str, ...] = ("core", "mart"),
) -> Settings:
    """The tables of ``schemas`` of the market of all vendors, fetched and built on each of ``throughs``, the files as they were then."""
    market = folder / "market"
    sections = []
    for vendor, cut in cuts.items():
        (market / vendor).mkdir(parents=True)
        kind = "adjusted_only" if vendor == ADJUSTED_ONLY else "split_adjusted"
        section = f'[[prices]]\nfiles = "{vendor}/*.csv"\ncolumns = {{ session = "date" }}\nprice_basis = "{kind}"\n'
        sections.append(section + f'basis_date = {cut.basis}\ndividends = "implied"\nkind = "EQUITY"\n')
    (market / "rotation.toml").write_text("".join(sections) + REST)
    symbols = [vendor + name for vendor in cuts for name in LINES]
    (market / "splits.csv").write_text("symbol,ex_date,ratio\n" + "".join(f"{vendor}E,2025-01-15,2\n" for vendor in cuts))
    (market / "members.csv").write_text("symbol,valid_from,valid_to\n" + "".join(f"{symbol},2024-01-02,\n" for symbol in symbols))
    (market / "shares.csv").write_text("symbol,known_on,shares\n" + "".join(f"{symbol},2024-11-01,1e8\n" for symbol in symbols))
    settings = Settings(home=folder / "home", source="files", config=market / "rotation.toml")
    for n, through in enumerate(throughs):
        for vendor, cut in cuts.items():
            cut.write(market / vendor, [row for row in prices(vendor, sessions) if row[1] <= through])
        now = datetime(2025, 3, 3, 2, tzinfo=UTC) + timedelta(days=n)
        quiet = pipeline.Quiet()
        pipeline.fetch(settings, quiet, now, catalog)
        results = list(pipeline.build(settings, quiet, with_inputs(catalog, *named(catalog, *schemas)), catalog))
        assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
    return settings


def named(catalog: Catalog, *schemas: str) -> list[str]:
    return [name for name, model in catalog.models.items() if model.schema in schemas]


def tables(settings: Settings, catalog: Catalog, *schemas: str) -> dict[str, object]:
    with pipeline.open_warehouse(settings, catalog) as warehouse:
        found = content_of(warehouse)
    return {name: found[name] for name in named(catalog, *schemas)}


@pytest.fixture(scope="module")
def sessions(xnys: Sequence[date]) -> list[date]:
    return [day for day in xnys if FIRST <= day <= LAST]


@pytest.fixture(scope="module")
def whole(sessions: Sequence[date], tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Settings:
    return built(tmp_path_factory.mktemp("whole"), sessions, dict.fromkeys(VENDORS, Cut(one_file)), [LAST], catalog)


def test_every_session_but_the_first_has_its_total_return(whole: Settings, catalog: Catalog) -> None:
    missing = "select session, count(*) from core.daily_price where is_valid and total_return is null group by session"
    with pipeline.open_warehouse(whole, catalog) as warehouse:
        assert warehouse.rows(missing) == [(FIRST, len(VENDORS) * len(LINES))]


def test_cut_by_time(whole: Settings, sessions: Sequence[date], tmp_path: Path, catalog: Catalog) -> None:
    """Marts are made of core tables and of what the pipeline itself lands: where those are the same, so are they."""
    of_files = {"raw.price_bar", "raw.corporate_action", "raw.membership", "raw.share_count", "raw.listing"}
    assert not [name for name in named(catalog, "mart") if catalog.models[name].reads & of_files]
    cuts = {"V": Cut(one_a_year), "W": Cut(one_a_day), "X": Cut(one_file), "Y": Cut(one_a_year)}
    found = built(tmp_path, sessions, cuts, [LAST], catalog, ("core",))
    assert tables(found, catalog, "core") == tables(whole, catalog, "core")


def test_growing_session_by_session(whole: Settings, sessions: Sequence[date], tmp_path: Path, catalog: Catalog) -> None:
    """Appended to; on the basis of its last session; a new file a day; adjusted closes alone, on the basis of their last session."""
    cuts = {"V": Cut(one_file), "W": Cut(one_file, '"last_session"'), "X": Cut(one_a_day), "Y": Cut(one_file, '"last_session"')}
    found = built(tmp_path, sessions, cuts, sessions[-1 - N_GROWN :], catalog)
    assert tables(found, catalog, "core", "mart") == tables(whole, catalog, "core", "mart")
