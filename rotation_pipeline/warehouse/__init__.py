"""The one door to DuckDB. Nothing outside this package imports duckdb."""

from rotation_pipeline.warehouse.asking import Answer, Format, ask, export
from rotation_pipeline.warehouse.build import Transform, Warehouse
from rotation_pipeline.warehouse.connection import STORAGE_VERSION, open_release
from rotation_pipeline.warehouse.engine import refuse_unsound
from rotation_pipeline.warehouse.history import Recorded
from rotation_pipeline.warehouse.results import BEGINNING, BuildResult, CheckResult

__all__ = [
    "BEGINNING",
    "STORAGE_VERSION",
    "Answer",
    "BuildResult",
    "CheckResult",
    "Format",
    "Recorded",
    "Transform",
    "Warehouse",
    "ask",
    "export",
    "open_release",
    "refuse_unsound",
]
