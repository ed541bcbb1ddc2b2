"""Fixtures shared by all tests: the catalog of sql/, a bench for one table, the real calendar, the shared data."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from filelock import FileLock

from rotation_pipeline import pipeline
from rotation_pipeline.models import Catalog
from rotation_pipeline.settings import Settings
from rotation_pipeline_tests.evenings import TwoEvenings, two_evenings
from rotation_pipeline_tests.lab import Lab
from rotation_pipeline_tests.turns import pytest_collection_modifyitems, pytest_xdist_make_scheduler

__all__ = ["pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]  # hooks, which pytest finds here

os.environ["TZ"] = "Asia/Kolkata"  # no test may depend on the machine's zone; this one has a half-hour offset
time.tzset()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Every model of sql/."""
    return Catalog.load()


@pytest.fixture(scope="session")
def empty_lab(catalog: Catalog) -> Iterator[Lab]:
    """A warehouse in memory with every table, made once."""
    bench = Lab(catalog)
    yield bench
    bench.warehouse.close()


@pytest.fixture
def lab(empty_lab: Lab) -> Iterator[Lab]:
    """An empty warehouse in memory; whatever a test does to it is rolled back."""
    empty_lab.warehouse.rows("begin")
    yield empty_lab
    empty_lab.warehouse.rows("rollback")


@pytest.fixture(scope="session")
def xnys() -> Sequence[date]:
    """Real XNYS sessions 1990-2027."""
    from rotation_pipeline.reference.calendar import session_rows

    return session_rows(datetime(2026, 11, 22, tzinfo=UTC))["session"].to_list()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real market data beside the checkout; tests that need it skip where it is absent."""
    root = Path(os.environ.get("ROTATION_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not root.is_dir():
        pytest.skip(f"real market data not found at {root}; set ROTATION_SHARED_DATA")
    return root


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the workers of one test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def demo_home(shared_folder: Path) -> Settings:
    """The settings of a home with a small simulated market, published; only to be read. Workers of one test run share it."""
    settings = Settings(home=shared_folder / "demo_home", source="simulated", names=120, years=6)
    with FileLock(shared_folder / "demo_home.lock"):
        if pipeline.releases(settings).current() is None:
            summary = pipeline.run(settings, pipeline.Quiet())
            assert not summary.failures, [f"{result.table}: {result.reason}" for result in summary.failures]
    return settings


@pytest.fixture(scope="session")
def evenings(shared_folder: Path) -> TwoEvenings:
    """A smaller market published on two evenings; only to be read or copied. Workers of one test run share it."""
    return two_evenings(shared_folder / "evenings")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The report of the mutation suite: every deliberate bug and the test that caught it."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    told = sorted({str(value) for report in reports for name, value in report.user_properties if name == "mutation"})
    if told:
        terminalreporter.section("deliberate bugs")
        for line in told:
            terminalreporter.write_line(line)
