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
    planted: bool = Field(default=False, description="simulated: a market with planted events and faults, and the truth beside it")
    noisy: bool = Field(default=True, description="planted: companies have returns of their own; false: loadings times factors alone")
    keep_releases: int = Field(default=3, ge=1, description="how many releases are kept")
    alert_webhook: str | None = Field(default=None, description="web address that a failed Dagster run is posted to, as JSON")
    yahoo_market: Literal["members", "us"] = Field(
        default="members", description="yahoo: members of the known lists with funds and indices, or every US-listed company"
    )
    yahoo_requests_per_hour: int = Field(default=900, ge=50, le=2_000, description="yahoo: requests in any hour, over restarts")
    yahoo_requests_per_day: int = Field(default=2_000, ge=50, le=10_000, description="yahoo: requests in any 24 hours, over restarts")
    coverage_minimum: float = Field(
        default=0.98, ge=0, le=1, description="share of a universe's expected prices on the last session below which a release is not whole"
    )
    on_low_coverage: Literal["degraded", "fail"] = Field(
        default="degraded", description="below coverage_minimum: publish marked DEGRADED, or keep the last release and fail"
    )
    on_unexplained_change: Literal["refuse", "publish"] = Field(
        default="refuse",
        description="a published number of the past changed and nothing that landed since explains it: keep the last release, or publish",
    )
    memory_limit: str = Field(default="1536MiB", description="memory that DuckDB may use before it spills to disk")
    threads: int | None = Field(default=None, ge=1, le=256, description="threads that DuckDB may use; default: as many as there are cores")

    @property
    def landing(self) -> Path:
        """Folder of the immutable loads."""
        return self.home / "landing"

    @property
    def warehouse(self) -> Path:
        """The working DuckDB file, held by one writer."""
        return self.home / "warehouse" / "working.duckdb"

    @property
    def truth(self) -> Path:
        """Folder of the truth tables of a planted market."""
        return self.home / "truth"

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
