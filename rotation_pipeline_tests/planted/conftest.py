"""Two small planted markets through the real pipeline, each built once: noisy in one fetch, noise-free in many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.planted.bench import END, SESSIONS, Run, build, planted_source

BUILT = ("ops.quarantine", "ops.restatement", "mart.factor_holding", "mart.valuation", "mart.valuation_gap")


@pytest.fixture(scope="session", params=["at once", "in steps"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, xnys: Sequence[date]) -> Iterator[Run]:
    """A planted market, built. In steps: before, on and after the outage, on each session of a bar that is corrected, to the end."""
    source = planted_source(noisy=request.param == "at once")
    steps = [END]
    if request.param == "in steps":
        planted = source.planted_market(tuple(xnys))
        faults, outage = planted.faults, planted.faults.outage_at
        wrong_at = faults.at[(faults.corrected_at > 0) & (faults.corrected_at < SESSIONS)].tolist()
        at = {outage - 1, outage, outage + 1, SESSIONS - 1, *wrong_at}
        steps = [planted.market.clock.sessions[k].item() for k in sorted(at)]
    tables = frozenset(name for name in catalog.models if name.startswith("core.") or name in BUILT)
    done = build(tmp_path_factory.mktemp("planted"), catalog, xnys, source, steps, tables)
    yield done
    done.warehouse.close()
