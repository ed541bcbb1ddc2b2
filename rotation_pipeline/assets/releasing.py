"""The publish step, and the checks whether what is published is as fresh and as complete as it could be."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from rotation_pipeline import pipeline
from rotation_pipeline.assets.failing import told
from rotation_pipeline.assets.keys import POOL, RELEASE, asset_key, last_tables
from rotation_pipeline.assets.progress import Log
from rotation_pipeline.freshness import Freshness, freshness
from rotation_pipeline.models import Catalog, load_questions
from rotation_pipeline.pipeline import Backlog
from rotation_pipeline.release import Release
from rotation_pipeline.settings import Settings, load_settings
from rotation_pipeline.warehouse import ask

HEADLINES = "headlines"  # the question of sql/queries whose answer a release shows
LIVE = "yahoo"  # the source that is expected to have every session the evening it is over

ABOUT = """The one file that people read: `$ROTATION_HOME/published/rotation.duckdb`.

The state of all tables is copied aside, audited and put in place with one rename, so a reader sees the old release or the
new one, never a mixture. It is last in line: a table that fails a blocking check keeps the old release in place. The copy
describes itself in `meta.release`, `meta.table_doc` and `meta.column_doc`."""


def release_assets(catalog: Catalog) -> list[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The release, after every table, and the checks whether it is fresh and complete."""

    @dg.asset(
        key=RELEASE,
        deps=[asset_key(name) for name in last_tables(catalog)],
        group_name="published",
        kinds={"duckdb"},
        pool=POOL,
        description=ABOUT,
        op_tags={"verb": "publish"},
    )
    def publish(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        settings = load_settings()
        with told(), pipeline.home_lock(settings):
            new = pipeline.publish(settings, Log(context.log))
            current = pipeline.releases(settings).current()
            assert current is not None  # publish has put one in place, or found one there
            return dg.MaterializeResult(
                metadata={
                    **release_metadata(current, is_new=new is not None),
                    **backlog_metadata(pipeline.backlog(settings)),
                    **headline_metadata(settings),
                },
                data_version=dg.DataVersion(current.signature),
            )

    @dg.asset_check(asset=RELEASE, blocking=False, description="The release holds the last session that is over (close + 4 hours).")
    def is_fresh() -> dg.AssetCheckResult:
        return freshness_result(freshness(load_settings(), datetime.now(UTC)))

    @dg.asset_check(asset=RELEASE, blocking=False, description="Every universe and kind has its prices of the last session.")
    def is_complete() -> dg.AssetCheckResult:
        settings = load_settings()
        return completeness_result(pipeline.releases(settings).current(), pipeline.backlog(settings))

    return [publish, is_fresh, is_complete]


def release_metadata(release: Release, is_new: bool) -> dict[str, Any]:
    """What the release says of itself."""
    metadata: dict[str, Any] = {
        "release": release.release_id,
        "status": "published now" if is_new else "nothing new: this state was already published",
        "quality": release.quality or "not judged",
        **({"missing": release.quality_reason} if release.quality_reason else {}),
        "source": release.source,
        "first session": str(release.first_session),
        "last session": str(release.last_session),
        "values of the past that changed": release.n_past_changes,
        "file": dg.MetadataValue.path(release.path),
        "megabytes": round(release.path.stat().st_size / 1e6, 1),
    }
    return {"SIMULATED": "every number in this release is made up", **metadata} if release.is_simulated else metadata


def backlog_metadata(backlog: Backlog) -> dict[str, Any]:
    """How much of what was due did not land, and is tried next."""
    return {"failed": backlog.count("failed"), "waiting": backlog.count("waiting")}


def headline_metadata(settings: Settings) -> dict[str, Any]:
    """The answer to the question of sql/queries/headlines.sql, as a table."""
    question = next((question for question in load_questions() if question.name == HEADLINES), None)
    if question is None:
        return {}
    answer = ask(settings.published / "rotation.duckdb", question.sql)
    records = [dg.TableRecord({name: _plain(value) for name, value in zip(answer.columns, row, strict=True)}) for row in answer.rows]
    return {"headlines": dg.MetadataValue.table(records)} if records else {}


def freshness_result(fresh: Freshness) -> dg.AssetCheckResult:
    """An error where every session should be there, a warning where a market may have ended on purpose."""
    return dg.AssetCheckResult(
        passed=fresh.is_fresh,
        severity=dg.AssetCheckSeverity.ERROR if fresh.source in (LIVE, None) else dg.AssetCheckSeverity.WARN,
        metadata={"last session of the release": str(fresh.held), "last session that is over": str(fresh.expected)},
    )


def completeness_result(release: Release | None, backlog: Backlog) -> dg.AssetCheckResult:
    """A warning where the release was published in spite of missing prices: what is there is right."""
    quality = release.quality if release else None
    metadata: dict[str, Any] = {"quality": quality or "not judged", **backlog_metadata(backlog)}
    if release and release.quality_reason:
        metadata["missing"] = release.quality_reason
    return dg.AssetCheckResult(passed=quality == "COMPLETE", severity=dg.AssetCheckSeverity.WARN, metadata=metadata)


def _plain(value: object) -> str | int | float | bool | None:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
