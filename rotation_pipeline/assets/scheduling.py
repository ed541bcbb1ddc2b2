"""The daily job and when it runs: in the evening of New York, again when the day's session is final, and while something waits."""

import dagster as dg

from rotation_pipeline import pipeline
from rotation_pipeline.freshness import Freshness, freshness
from rotation_pipeline.settings import load_settings

TIME_ZONE = "America/New_York"

# One process for the whole run. A run that is killed is started again from what is missing; a failed check is not.
daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all(),
    description="Fetch what is new, redo what it touches, publish. Safe to repeat: with nothing new it changes nothing.",
    tags={"dagster/max_retries": "2", "dagster/retry_strategy": "FROM_ASSET_FAILURE", "dagster/max_runtime": "14400"},
)


@dg.schedule(
    job=daily,
    cron_schedule="30 18 * * *",
    execution_timezone=TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="18:30 New York: every session day, and any other day on which the release is behind.",
)
def evening(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Bring the warehouse to the last completed session, and take in what the day brought about other things than its bars."""
    fresh = freshness(load_settings(), context.scheduled_execution_time)
    if fresh.is_session_day or not fresh.is_fresh:
        return request(fresh)
    return dg.SkipReason(f"no session today, and the release already holds {fresh.held}, the last one that is over")


@dg.schedule(
    job=daily,
    cron_schedule="15 20 * * *",
    execution_timezone=TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="20:15 New York, when the session is final (its close + 4 hours): only if the release does not hold it yet.",
)
def session_final(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Take in the day's own session, which at 18:30 is not final except after an early close."""
    fresh = freshness(load_settings(), context.scheduled_execution_time)
    if not fresh.is_fresh:
        return request(fresh)
    return dg.SkipReason(f"the release already holds {fresh.held}, the last session that is over")


@dg.schedule(
    job=daily,
    cron_schedule="45 * * * *",
    execution_timezone=TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="A quarter to every hour: only if the last fetch left something waiting, and the source may be asked again.",
)
def resume(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Go on with what a spent budget, or a source that wanted a rest, left over."""
    settings = load_settings()
    n_waiting = pipeline.backlog(settings).count("waiting")
    if not n_waiting:
        return dg.SkipReason("nothing waits")
    requests = pipeline.requests(settings, context.scheduled_execution_time)
    if requests and requests.resume_at:
        return dg.SkipReason(f"{n_waiting} wait until {requests.resume_at:%Y-%m-%d %H:%M} UTC ({requests.left})")
    return dg.RunRequest(tags={"rotation/waiting": str(n_waiting)})


def request(fresh: Freshness) -> dg.RunRequest:
    """One run, whatever was missed: it brings the warehouse up to the last completed session by itself."""
    return dg.RunRequest(tags={"rotation/held": str(fresh.held), "rotation/expected": str(fresh.expected)})
