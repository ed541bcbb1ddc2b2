"""Which versions of DuckDB a warehouse may be opened with."""

from __future__ import annotations

import re

import duckdb

from rotation_pipeline.errors import UnsoundEngine

OLDEST = (2, 0, 1)
WAY_OUT = 'install a later one: pip install "duckdb>=2.0.1,<3"'
# Versions known to answer wrongly, and how. A resolver may still pick one: a lock file, another package's wish, a hand.
UNSOUND = {
    "2.0.0": "answers wrongly after a fill in pieces: with two threads, a first piece without a row leaves a table that looks empty",
}


def refuse_unsound(version: str = duckdb.__version__) -> None:
    """Raise UnsoundEngine for a DuckDB that is known to answer wrongly, or is older than the oldest that the tests were run with."""
    if version in UNSOUND:
        raise UnsoundEngine(f"DuckDB {version}", UNSOUND[version], WAY_OUT)
    if tuple(int(part) for part in re.findall(r"\d+", version)[:3]) < OLDEST:
        raise UnsoundEngine(f"DuckDB {version}", f"is older than {'.'.join(map(str, OLDEST))}, the oldest that was tried", WAY_OUT)
