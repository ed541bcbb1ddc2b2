"""The three verbs: fetch writes landing files, build turns landing into tables, publish swaps the release that people read.

Each can be killed at any moment and run again. `rotation run` and Dagster's assets call the same functions.
"""

from rotation_pipeline.pipeline.building import build, build_in
from rotation_pipeline.pipeline.fetching import fetch
from rotation_pipeline.pipeline.home import find_transform, home_lock, home_source, make_source, open_warehouse, releases
from rotation_pipeline.pipeline.publishing import METHOD_VERSION, publish
from rotation_pipeline.pipeline.reporting import FetchSummary, Quiet, Reporter, RunSummary
from rotation_pipeline.pipeline.running import run

__all__ = [
    "METHOD_VERSION",
    "FetchSummary",
    "Quiet",
    "Reporter",
    "RunSummary",
    "build",
    "build_in",
    "fetch",
    "find_transform",
    "home_lock",
    "home_source",
    "make_source",
    "open_warehouse",
    "publish",
    "releases",
    "run",
]
