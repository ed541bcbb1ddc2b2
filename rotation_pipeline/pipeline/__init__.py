"""The three verbs: fetch writes landing files, build turns landing into tables, publish swaps the release that people read.

Each can be killed at any moment and run again. `rotation run` and Dagster's assets call the same functions.
"""

from rotation_pipeline.pipeline.building import build, build_in
from rotation_pipeline.pipeline.fetching import fetch, plan
from rotation_pipeline.pipeline.gate import LEAST_NAMES, NeverMatched, Shortfall, never_matched, shortfalls
from rotation_pipeline.pipeline.home import find_transform, home_lock, home_source, make_source, open_warehouse, releases
from rotation_pipeline.pipeline.pending import Backlog, Pending, backlog
from rotation_pipeline.pipeline.publishing import METHOD_VERSION, publish
from rotation_pipeline.pipeline.quarantine import Decision, Flagged, decide, flagged
from rotation_pipeline.pipeline.rebuilding import Rebuilt, rebuild
from rotation_pipeline.pipeline.reporting import FetchSummary, Quiet, Reporter, RunSummary
from rotation_pipeline.pipeline.request_log import Requests, requests, requests_since
from rotation_pipeline.pipeline.running import run

__all__ = [
    "LEAST_NAMES",
    "METHOD_VERSION",
    "Backlog",
    "Decision",
    "FetchSummary",
    "Flagged",
    "NeverMatched",
    "Pending",
    "Quiet",
    "Rebuilt",
    "Reporter",
    "Requests",
    "RunSummary",
    "Shortfall",
    "backlog",
    "build",
    "build_in",
    "decide",
    "fetch",
    "find_transform",
    "flagged",
    "home_lock",
    "home_source",
    "make_source",
    "never_matched",
    "open_warehouse",
    "plan",
    "publish",
    "rebuild",
    "releases",
    "requests",
    "requests_since",
    "run",
    "shortfalls",
]
