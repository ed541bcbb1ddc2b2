"""The sensor that tells someone about a failed run."""

from datetime import UTC, datetime

import dagster as dg

from rotation_pipeline.alert import Alert, raise_alarm
from rotation_pipeline.settings import load_settings

LONGEST = 500  # characters of a reason


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes every failed run to $ROTATION_HOME/alerts.log, and posts it to ROTATION_ALERT_WEBHOOK where that is set.",
)
def alert_on_failure(context: dg.RunFailureSensorContext) -> None:
    """One alert a failed run."""
    settings = load_settings()
    run = context.dagster_run
    steps = tuple(f"{event.step_key}: {_reason(event)}" for event in context.get_step_failure_events())
    first = (steps or (context.failure_event.message or "it was stopped",))[0].splitlines()[0]
    text = f"rotation_pipeline: run {run.run_id[:8]} of {run.job_name} failed: {first}"
    path = raise_alarm(settings, Alert(text, datetime.now(UTC).isoformat(), run.run_id, run.job_name, steps, str(settings.home)))
    context.log.info(f"written to {path}")


def _reason(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    told = data.user_failure_data.description if data.user_failure_data else None
    return (told or (data.error.message if data.error else None) or "no reason given").strip()[:LONGEST]
