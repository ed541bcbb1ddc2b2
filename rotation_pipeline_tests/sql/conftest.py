"""One warehouse for the tests of a module: creating its tables takes a second, emptying them does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.lab import Lab


@pytest.fixture(scope="module")
def bench(catalog: Catalog) -> Iterator[Lab]:
    """A bench that the tests of one module share; each begins by emptying it."""
    lab = Lab(catalog)
    yield lab
    lab.warehouse.close()
