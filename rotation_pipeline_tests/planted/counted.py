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


def breadth_scores(run: Run) -> Floats:
    """(advancing - expected) / sd by session, for the members whose prices of the session and the one before arrived: mean 0, sd 1."""
    sound, member = run.sound, run.planted.market.membership.is_member
    counts = np.zeros_like(member)
    counts[1:] = member[1:] & sound[1:] & sound[:-1]
    expected, variance = expected_advancing(run.planted, counts)
    is_open = variance > 0
    z: Floats = ((counted(run)["n_advancing"].to_numpy() - expected)[is_open]) / np.sqrt(variance[is_open])
    return z
