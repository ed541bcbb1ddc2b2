"""The failure sensor: a line in the home, a POST where one is wanted."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest

from rotation_pipeline.alert import Alert, raise_alarm
from rotation_pipeline.assets.alerting import alert_on_failure
from rotation_pipeline.errors import BadConfig
from rotation_pipeline.settings import Settings
from rotation_pipeline_tests.assets.toy import run_assets

ALERT = Alert("it failed", "2026-11-20T23:30:00+00:00", "run-1", "daily", ("build: mart.breadth failed",), "home")


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """A web address on loopback and what is posted to it."""
    heard: list[dict[str, object]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_failed_run_is_written_down_and_posted_with_its_reason(
    empty_toy: Path, home: Path, monkeypatch: pytest.MonkeyPatch, webhook: tuple[str, list[dict[str, object]]]
) -> None:
    monkeypatch.setenv("ROTATION_ALERT_WEBHOOK", webhook[0])
    failed = run_assets(empty_toy, "mart.level")
    instance = dg.DagsterInstance.ephemeral()
    failure = next(event for event in failed.all_events if event.event_type is dg.DagsterEventType.RUN_FAILURE)
    steps = [event for event in failed.all_events if event.is_step_failure]
    monkeypatch.setattr(dg.RunFailureSensorContext, "get_step_failure_events", lambda _self: steps)
    context = dg.build_run_status_sensor_context("alert_on_failure", failure, instance, failed.dagster_run)
    alert_on_failure(context.for_run_failure())
    lines = [json.loads(line) for line in (home / "alerts.log").read_text().splitlines()]
    assert lines == webhook[1]
    assert len(lines) == 1
    assert lines[0]["run_id"] == failed.run_id
    assert "build: mart.level was not built: core.daily_price has not been built" in lines[0]["text"]


def test_the_line_is_written_even_when_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="no web address"):
        raise_alarm(Settings(home=tmp_path, alert_webhook="file:///etc/passwd"), ALERT)
    with pytest.raises(OSError, match="refused"):
        raise_alarm(Settings(home=tmp_path, alert_webhook="http://127.0.0.1:9/"), ALERT)
    assert [json.loads(line)["text"] for line in (tmp_path / "alerts.log").read_text().splitlines()] == ["it failed", "it failed"]


def test_alerts_come_without_being_switched_on() -> None:
    assert alert_on_failure.default_status is dg.DefaultSensorStatus.RUNNING
