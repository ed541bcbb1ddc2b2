"""Fixtures shared by all tests: the catalog of sql/, a bench for one table, the real calendar, the shared data."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.lab import Lab

os.environ["TZ"] = "Asia/Kolkata"  # no test may depend on the machine's zone; this one has a half-hour offset
time.tzset()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Every model of sql/."""
    return Catalog.load()


@pytest.fixture
def lab(catalog: Catalog) -> Iterator[Lab]:
    """An empty warehouse in memory."""
    bench = Lab(catalog)
    yield bench
    bench.warehouse.close()


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
