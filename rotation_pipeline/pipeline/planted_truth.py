"""The truth of a planted market, kept in its home beside what the market serves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import date

from rotation_pipeline.landing import disk_error
from rotation_pipeline.settings import Settings
from rotation_pipeline.sources.base import Source
from rotation_pipeline.sources.simulated import Simulated


def keep_truth(settings: Settings, source: Source, sessions: Sequence[date], is_new: bool) -> None:
    """Write the truth tables of a planted market when a fetch brought something new, or when they are not there.

    They are of the whole horizon, however far the fetch went. They appear whole or not at all. Raises NoSpace or HomeUnusable.
    """
    if not isinstance(source, Simulated) or not source.planted or not (is_new or not settings.truth.exists()):
        return
    from rotation_pipeline.sources.simulated.planted.truth import truth_of

    aside = settings.home / ".truth"
    try:
        shutil.rmtree(aside, ignore_errors=True)
        truth_of(source.planted_market(tuple(sessions))).write(aside)
        shutil.rmtree(settings.truth, ignore_errors=True)
        os.replace(aside, settings.truth)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise disk_error(settings.truth, error) from error
