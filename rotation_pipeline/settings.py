"""Where everything lives and which market is fetched: ROTATION_* variables, optional rotation.toml, one frozen object."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rotation_pipeline.errors import BadConfig

SourceName = Literal["simulated", "files", "yahoo"]


class Settings(BaseSettings):
    """Every knob of a run. Each field can be set as ROTATION_<FIELD> in the environment."""

    model_config = SettingsConfigDict(env_prefix="ROTATION_", frozen=True, extra="forbid")

    home: Path = Field(default=Path("rotation_home"), description="folder that holds landing, warehouse and releases")
    source: SourceName | None = Field(default=None, description="which market; the home's own market, else simulated")
    config: Path | None = Field(
        default=None, description="rotation.toml of the files source; default: in the working folder, then in the home"
    )
    through: date | None = Field(default=None, description="last session to fetch; default: the last completed one")
    names: int = Field(default=500, ge=60, le=20_000, description="simulated: how many companies")
    years: int = Field(default=10, ge=1, le=30, description="simulated: how many years")
    seed: int = Field(default=7, ge=0, description="simulated: seed of the market")
    keep_releases: int = Field(default=3, ge=1, description="how many releases are kept")
    alert_webhook: str | None = Field(default=None, description="web address that a failed Dagster run is posted to, as JSON")
    memory_limit: str = Field(default="1536MiB", description="memory that DuckDB may use before it spills to disk")

    @property
    def landing(self) -> Path:
        """Folder of the immutable loads."""
        return self.home / "landing"

    @property
    def warehouse(self) -> Path:
        """The working DuckDB file, held by one writer."""
        return self.home / "warehouse" / "working.duckdb"

    @property
    def published(self) -> Path:
        """Folder of the releases; rotation.duckdb in it is what analysts open."""
        return self.home / "published"


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with ``overrides`` (those that are not None) on top. Raises BadConfig."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        wrong = f"{first['msg']} (got {first.get('input')!r})"
        raise BadConfig(f"--{name} / ROTATION_{name.upper()}", wrong, "see `rotation run --help` for what it may be") from error
