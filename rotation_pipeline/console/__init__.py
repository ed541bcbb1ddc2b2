"""What a person sees in a terminal or a log."""

from rotation_pipeline.console.progress import Bars, Lines
from rotation_pipeline.console.rebuilt import print_rebuilt
from rotation_pipeline.console.status import print_backlog, print_status
from rotation_pipeline.console.summary import SIMULATED, print_fetch, print_summary
from rotation_pipeline.console.tables import answer_table, print_plan, quarantine_table, releases_table

__all__ = [
    "SIMULATED",
    "Bars",
    "Lines",
    "answer_table",
    "print_backlog",
    "print_fetch",
    "print_plan",
    "print_rebuilt",
    "print_status",
    "print_summary",
    "quarantine_table",
    "releases_table",
]
