"""A small simulated market published on two evenings, made once a test run, with what there was of it on the way."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from rotation_pipeline import pipeline
from rotation_pipeline.settings import Settings
from rotation_pipeline_tests.killer import EFFECTS

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EVENINGS = (NOW - timedelta(hours=1), NOW)
STEPS = (date(2025, 12, 31), date(2026, 1, 2))  # the last session of each evening


def simulated(home: Path, through: date) -> Settings:
    """The settings of such a home through a session."""
    return Settings(home=home, source="simulated", names=60, years=2, through=through)


@dataclass(frozen=True)
class TwoEvenings:
    """Homes to be copied, and what the last evening did."""

    first: Path  # after the first evening
    built: Path  # when all of the second evening was built and nothing of it published
    second: Path  # after both
    last: pipeline.RunSummary
    n_effects: int  # of the second evening on the disk (killer.EFFECTS)


class Copying(pipeline.Quiet):
    """Copies a home as it is when a run begins to publish."""

    def __init__(self, home: Path, copy: Path) -> None:
        self.home, self.copy = home, copy

    def stage(self, name: str, total: int | None = None) -> None:
        """Copy before the stage of publishing."""
        super().stage(name, total)
        if name == "publish":
            shutil.copytree(self.home, self.copy)


def two_evenings(folder: Path) -> TwoEvenings:
    """The homes in ``folder``: made by whoever comes first."""
    with FileLock(f"{folder}.lock"):
        told = folder / "told.pickle"
        if not told.exists():
            made = _make(folder)
            told.write_bytes(pickle.dumps(made))
        found: TwoEvenings = pickle.loads(told.read_bytes())
        return found


def _make(folder: Path) -> TwoEvenings:
    first, built, second = (folder / name for name in ("first", "built", "second"))
    summary = pipeline.run(simulated(first, STEPS[0]), pipeline.Quiet(), EVENINGS[0])
    assert summary.failures == ()
    shutil.copytree(first, second)
    n_effects = 0

    def counted(effect: Callable[..., Any]) -> Callable[..., Any]:
        def before(*args: Any, **kwargs: Any) -> Any:
            nonlocal n_effects
            n_effects += 1
            return effect(*args, **kwargs)

        return before

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in EFFECTS:
            patch.setattr(owner, name, counted(getattr(owner, name)))
        last = pipeline.run(simulated(second, STEPS[1]), Copying(second, built), EVENINGS[1])
    assert last.failures == ()
    assert last.release is not None
    return TwoEvenings(first, built, second, last, n_effects)
