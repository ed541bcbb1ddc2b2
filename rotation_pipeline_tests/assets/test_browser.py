"""What a person sees: the web server started as a user starts it, looked at through a real Chromium."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from rotation_pipeline_tests.assets import browser
from rotation_pipeline_tests.assets.conftest import REPOSITORY, SMALL, DailyRun

pytestmark = pytest.mark.skipif(browser.what_is_missing() is not None, reason=browser.what_is_missing() or "")


@pytest.fixture(scope="module")
def server(daily_run: DailyRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `dagster-webserver -w workspace.yaml` over the Dagster home of the daily run."""
    port = browser.free_port()
    # A signal that the parent ignores stays ignored in the child, and Dagster would never end.
    command = ["env", "--default-signal=INT,TERM", str(Path(sys.executable).parent / "dagster-webserver")]
    homes = {"DAGSTER_HOME": str(daily_run.dagster_home), "ROTATION_HOME": str(daily_run.home)}
    env = {**os.environ, **SMALL, **homes, "PYTHONPATH": str(REPOSITORY)}
    log = tmp_path_factory.mktemp("webserver") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "-w", "workspace.yaml", "-h", "127.0.0.1", "-p", str(port)],
            cwd=REPOSITORY, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            wait_until_it_serves(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(process)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    """A browser that has never been here."""
    with browser.Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def wait_until_it_serves(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)  # it says nowhere that it is ready


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server; its code server goes with it, as they are one group."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def look(chromium: browser.Browser, url: str, *words: str) -> str:
    """The text of a page that shows the words, with no error and nothing loaded from elsewhere."""
    chromium.open(url)
    text = chromium.wait_for(*words)
    assert chromium.errors() == []
    assert [address for address in chromium.requested() if not address.startswith((url[:22], "data:", "blob:"))] == []
    return text


def test_the_graph_shows_the_groups_from_raw_to_published(server: str, chromium: browser.Browser) -> None:
    text = look(chromium, f"{server}/asset-groups", "raw", "core", "mart", "published", "Materialize all")
    assert "Join the Dagster community" not in text


def test_the_catalog_lists_the_tables_of_a_schema(server: str, chromium: browser.Browser) -> None:
    look(chromium, f"{server}/assets/mart", "breadth", "style_spread", "factor_return", "valuation_gap")


def test_an_asset_page_shows_what_the_table_is_and_its_chart(server: str, chromium: browser.Browser) -> None:
    look(chromium, f"{server}/assets/mart/breadth", "One row is", "Row count", "pct_above_200", "Show Markdown", "daily")
    pictures = "return [...document.images].filter(i => i.src.startsWith('data:image/svg') && i.naturalWidth > 0).length"
    assert chromium.run(pictures) >= 1


def test_the_checks_tab_shows_every_check_with_its_result(server: str, chromium: browser.Browser) -> None:
    look(chromium, f"{server}/assets/core/session?view=checks", "key_is_unique", "blocking", "Passed", "offending rows")


def test_the_release_says_what_it_is(server: str, chromium: browser.Browser) -> None:
    look(chromium, f"{server}/assets/published/rotation", "every number in this release is made up", "2026-06-30")


def test_the_schedules_and_the_sensor_are_on(server: str, chromium: browser.Browser) -> None:
    look(chromium, f"{server}/automation", "evening", "session_final", "resume", "alert_on_failure", "At 06:30 PM")
