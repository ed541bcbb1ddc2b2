"""Immutable Parquet loads: what a source said, when, never changed.

A load is one folder, ``landing/<load_id>/``, with one Parquet file a raw table and a ``load.json`` that names them. It is
written beside under a hidden name and put in place with one rename, so a load is there whole or not at all.
"""

from rotation_pipeline.landing.batch import Batch, LedgerEntry, Outcome
from rotation_pipeline.landing.contract import LEDGER, STAMPS
from rotation_pipeline.landing.disk import disk_error
from rotation_pipeline.landing.folder import LandedFile, Landing, Load
from rotation_pipeline.landing.held import Held

__all__ = ["LEDGER", "STAMPS", "Batch", "Held", "LandedFile", "Landing", "LedgerEntry", "Load", "Outcome", "disk_error"]
