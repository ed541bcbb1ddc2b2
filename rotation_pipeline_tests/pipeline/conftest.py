"""Homes that a test may spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rotation_pipeline.settings import Settings


@pytest.fixture
def own_home(demo_home: Settings, tmp_path: Path) -> Settings:
    """A copy of the demo home: a small simulated market, published."""
    shutil.copytree(demo_home.home, tmp_path / "home", copy_function=shutil.copy)
    return demo_home.model_copy(update={"home": tmp_path / "home"})
