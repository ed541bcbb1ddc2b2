"""What breadth counted in a planted market, against what the factors let expect."""

from __future__ import annotations

import numpy as np
import polars as pl

from rotation_pipeline.sources.simulated.clock import Floats
from rotation_pipeline.sources.simulated.planted.truth_prices import expected_advancing
from rotation_pipeline_tests.planted.bench import Run


def counted(run: Run) -> pl.DataFrame:
    """The breadth of the list as built, by session."""
    return run.frame("select * from core.universe_breadth where universe_id = 'SP500' and basis = 'price' order by session")


def usual_sessions(run: Run, reach: int) -> Floats:
    """1 (T) where no member is touched by a leap that stands, on the session or in the ``reach`` sessions before; else 0."""
    clock, member = run.planted.market.clock, run.planted.market.membership.is_member
    usual = np.ones(clock.n)
    for security, session in run.blurred.iter_rows():
        at = clock.last_by(np.datetime64(session))
        usual[at : at + reach + 1] *= ~member[at : at + reach + 1, security]
    return usual


def breadth_scores(run: Run) -> Floats:
    """(advancing - expected) / sd by session, for the members whose prices of the session and the one before arrived: mean 0, sd 1."""
    sound, member = run.sound, run.planted.market.membership.is_member
    counts = np.zeros_like(member)
    counts[1:] = member[1:] & sound[1:] & sound[:-1]
    expected, variance = expected_advancing(run.planted, counts)
    usual = (usual_sessions(run, reach=1) > 0) & (variance > 0)
    z: Floats = ((counted(run)["n_advancing"].to_numpy() - expected)[usual]) / np.sqrt(variance[usual])
    return z
