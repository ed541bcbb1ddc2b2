"""What is true whatever the market source: sessions, parameters, cohorts, fund pairs, share classes, dated index lists.

``data/`` holds cited files, one a raw table or one a cohort; ``reader`` is the one reader of them. Sessions come from
exchange_calendars, index lists from index-constitution. ``batch`` hands all of it over as one load.
"""

from rotation_pipeline.reference.calendar import last_completed_session, session_rows
from rotation_pipeline.reference.lists import memberships, symbol_changes, symbols_for_vendor
from rotation_pipeline.reference.reader import parameter_names, read
from rotation_pipeline.reference.snapshot import batch, version

__all__ = [
    "batch",
    "last_completed_session",
    "memberships",
    "parameter_names",
    "read",
    "session_rows",
    "symbol_changes",
    "symbols_for_vendor",
    "version",
]
