"""A planted market fetched in steps, landed and built by the real pipeline, beside its truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from rotation_pipeline import reference
from rotation_pipeline.landing import Held, Landing
from rotation_pipeline.models import Catalog
from rotation_pipeline.pipeline import find_transform
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.simulated import Simulated
from rotation_pipeline.sources.simulated.clock import Flags, Floats
from rotation_pipeline.sources.simulated.planted.design import FULL_SIZE
from rotation_pipeline.sources.simulated.planted.market import Planted
from rotation_pipeline.sources.simulated.planted.truth import Truth, truth_of
from rotation_pipeline.warehouse import Warehouse

END = date(2026, 6, 30)
NAMES, SESSIONS = 100, 300
NOT_PLANTED = ("raw.membership", "raw.symbol_change")  # the reference's lists are of the real market


def planted_source(noisy: bool = True, seed: int = 7) -> Simulated:
    """The small planted market of the tests."""
    return Simulated(NAMES, seed=seed, planted=True, noisy=noisy, n_sessions=SESSIONS)


def full_source(noisy: bool = True, seed: int = 7) -> Simulated:
    """The planted market at the size of V.3."""
    return Simulated(FULL_SIZE, seed=seed, planted=True, noisy=noisy)


def built_tables(catalog: Catalog) -> frozenset[str]:
    """What the tests look at: everything derived from the market."""
    return frozenset(
        name for name in catalog.models if name.startswith(("core.", "mart.")) or name in ("ops.quarantine", "ops.restatement")
    )


@dataclass(frozen=True)
class Run:
    """What was planted and what was built of it. ``number`` maps the security of the truth to the one of the warehouse."""

    planted: Planted
    truth: Truth
    warehouse: Warehouse
    number: pl.DataFrame  # security, security_id

    def frame(self, sql: str) -> pl.DataFrame:
        """Rows of a query; security_id is replaced by the security of the truth, other lines are left out."""
        found = self.warehouse.frame(sql)
        return (
            found.join(self.number, on="security_id", maintain_order="left").drop("security_id")
            if "security_id" in found.columns
            else found
        )

    @cached_property
    def unheard(self) -> pl.DataFrame:
        """Bars (security, session) of which no fetch ever brought the right prices."""
        fault = self.truth.true_fault.drop_nulls("security")
        stands = ~pl.col("kind").is_in(["MISSING", "LATE", "DUPLICATE"]) & pl.col("corrected_on").is_null()
        return fault.filter(pl.col("served_on").is_null() | stands).select("security", "session", "kind")

    @cached_property
    def sound(self) -> Flags:
        """True (T, N) where a right bar arrived in the end."""
        flags = ~np.isnan(self.planted.market.companies.close)
        at = self.planted.market.clock.at_or_after(self.unheard["session"].to_numpy().astype("datetime64[D]"))
        flags[at, self.unheard["security"].to_numpy()] = False
        return flags

    @cached_property
    def booked(self) -> Floats:
        """Delisting returns (T, N) on the session after the last trade of a line that ended; NaN elsewhere (A.5)."""
        returns = np.full(self.sound.shape, np.nan)
        ended = self.truth.true_identity.drop_nulls("delist_return").unique("security")
        at = self.planted.market.clock.after(ended["last_session"].to_numpy().astype("datetime64[D]"))
        in_time = at < len(returns)
        returns[at[in_time], ended["security"].to_numpy()[in_time]] = ended["delist_return"].to_numpy()[in_time]
        return returns

    @cached_property
    def member(self) -> Flags:
        """Members (T, N) of the list; a line that ends in it stays for the session that books its delisting return."""
        listed = self.planted.market.membership.is_member
        stays = listed.copy()
        stays[1:] |= listed[:-1] & ~np.isnan(self.booked[1:])
        return stays

    @cached_property
    def level(self) -> Floats:
        """Closes (T, N) adjusted for splits and spin-offs, from the first basis on; NaN where no right bar arrived."""
        factor = np.cumprod(self.planted.plan.split * self.planted.roles.spin_ratio, axis=0)
        return np.where(self.sound, self.planted.market.companies.close * factor, np.nan)


def build(
    folder: Path,
    catalog: Catalog,
    xnys: Sequence[date],
    source: Simulated,
    steps: Sequence[date],
    tables: frozenset[str],
    *,
    on_disk: bool = False,
) -> Run:
    """Fetch ``source`` up to each of ``steps`` in turn, each in the evening of its session, then build ``tables``.

    A warehouse in memory spills into the working folder when it is large: then hold it ``on_disk``.
    """
    landing = Landing(folder / "landing", catalog.models)
    for through in steps:
        now = datetime(through.year, through.month, through.day, 23, 30, tzinfo=UTC)
        known = reference.batch(now, landing.cursor("reference"))
        if known is not None:
            frames = {table: frame for table, frame in known.frames.items() if table not in NOT_PLANTED}
            landing.write("reference", replace(known, frames=frames, ledger=()), now)
        request = FetchRequest(through, tuple(xnys), now, landing.cursor(source.name), held=Held(landing, source.name))
        for batch in source.fetch(request):
            landing.write(source.name, batch, now)
    warehouse = Warehouse(folder / "warehouse" / "working.duckdb" if on_disk else None, catalog, find_transform)
    results = [*warehouse.take_in(landing.loads()), *warehouse.build_stale(tables)]
    assert [(result.table, result.reason) for result in results if result.status in ("failed", "skipped")] == []
    planted = source.planted_market(tuple(xnys))
    truth = truth_of(planted)
    latest = truth.true_identity.filter(pl.col("valid_to").is_null()).select("security", "symbol")
    held = warehouse.frame("select symbol, security_id from core.security")
    return Run(planted, truth, warehouse, latest.join(held, on="symbol").select("security", "security_id"))
