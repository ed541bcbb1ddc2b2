"""Telling someone that a run failed: a line in the home's alerts.log, and a POST to a webhook where one is set."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

from rotation_pipeline.errors import BadConfig
from rotation_pipeline.settings import Settings

SECONDS_TO_ANSWER = 10


@dataclass(frozen=True)
class Alert:
    """One failed run. ``text`` is one line for a chat, the other fields are for a machine."""

    text: str
    at: str  # UTC instant, ISO 8601
    run_id: str
    job: str
    steps: tuple[str, ...]  # what failed, with the reason
    home: str


def raise_alarm(settings: Settings, alert: Alert) -> Path:
    """Append the alert as one JSON line to alerts.log, then POST it to ROTATION_ALERT_WEBHOOK if that is set.

    Raises BadConfig for an address that is not http(s), OSError when the log or the webhook refuses; the line is written first.
    """
    body = json.dumps(asdict(alert))
    log = settings.home / "alerts.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file:
        file.write(body + "\n")
    if settings.alert_webhook:
        _post(settings.alert_webhook, body)
    return log


def _post(url: str, body: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise BadConfig("ROTATION_ALERT_WEBHOOK", f"{url} is no web address", "give one that begins with https://")
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER):
        pass
