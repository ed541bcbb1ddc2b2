"""A small simulated market, fetched whole once a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from rotation_pipeline.landing import Batch
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.sources.simulated.market import Market
from rotation_pipeline_tests.sources.simulated.bench import END, NOW, Fetch


@pytest.fixture(scope="session")
def small() -> Simulated:
    """Sixty names over two years."""
    return Simulated(n_names=60, n_years=2)


@pytest.fixture(scope="session")
def market(small: Simulated, xnys: Sequence[date]) -> Market:
    return small.market(tuple(xnys))


@pytest.fixture(scope="session")
def fetch(small: Simulated, xnys: Sequence[date]) -> Fetch:
    def one(through: date, cursor: Mapping[str, str] | None = None) -> Batch:
        (batch,) = small.fetch(FetchRequest(through, tuple(xnys), NOW, cursor or {}))
        return batch

    return one


@pytest.fixture(scope="session")
def whole(fetch: Fetch) -> Batch:
    """Everything the small market has."""
    return fetch(END)
