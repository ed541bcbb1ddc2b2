"""Planted markets through the real pipeline, each built once: two small ones always, twenty seeds and the full size in the long run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import pytest

from rotation_pipeline.models import Catalog
from rotation_pipeline_tests.planted.bench import END, SESSIONS, Run, build, built_tables, full_source, planted_source

N_SEEDS = 20
LONG = [*(f"seed {seed}" for seed in range(1, N_SEEDS + 1)), "full", "full noise-free"]
SMALL = ("at once", "in steps")
KINDS = [*SMALL, *(pytest.param(kind, marks=pytest.mark.long) for kind in LONG)]


@pytest.fixture(scope="session")
def built() -> Iterator[dict[str, Run]]:
    """The two small markets, once they are built: files of tests come one by one, and the parameter changes with each."""
    runs: dict[str, Run] = {}
    yield runs
    for run in runs.values():
        run.warehouse.close()


@pytest.fixture(scope="session", params=KINDS)
def run(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    catalog: Catalog,
    xnys: Sequence[date],
    built: dict[str, Run],
) -> Iterator[Run]:
    """A planted market, built: noisy in one fetch, or noise-free in steps.

    In steps: before, on and after the outage, on each session of a bar that is corrected, to the end.
    """
    kind: str = request.param
    if kind in built:
        yield built[kind]
        return
    seed = int(kind.removeprefix("seed ")) if kind.startswith("seed ") else 7
    is_noisy = kind not in ("in steps", "full noise-free")
    source = full_source(is_noisy) if kind.startswith("full") else planted_source(is_noisy, seed)
    steps = [END]
    if kind == "in steps":
        planted = source.planted_market(tuple(xnys))
        faults, outage = planted.faults, planted.faults.outage_at
        wrong_at = faults.at[(faults.corrected_at > 0) & (faults.corrected_at < SESSIONS)].tolist()
        at = {outage - 1, outage, outage + 1, SESSIONS - 1, *wrong_at}
        steps = [planted.market.clock.sessions[k].item() for k in sorted(at)]
    done = build(tmp_path_factory.mktemp("planted"), catalog, xnys, source, steps, built_tables(catalog), on_disk=kind.startswith("full"))
    if kind in SMALL:
        built[kind] = done
    yield done
    if kind not in SMALL:
        done.warehouse.close()
