"""The real market data beside the checkout, described as a rotation.toml."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_toml(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rotation.toml over the shared data."""
    template = (Path(__file__).parent / "shared_data.toml").read_text()
    config = tmp_path_factory.mktemp("shared") / "rotation.toml"
    config.write_text(template.replace("{shared_data}", str(shared_data)))
    return config
