"""A real Chromium, driven over the WebDriver protocol with nothing but the standard library."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,1100",
]
SEVERE = "SEVERE"


def what_is_missing() -> str | None:
    """Why no browser can be driven here, None when one can."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"{' and '.join(missing)} not installed (Debian: apt-get install chromium chromium-driver)" if missing else None


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Browser:
    """One headless Chromium. Use as a context manager."""

    def __init__(self, profile: Path) -> None:
        port = free_port()
        self._base = f"http://127.0.0.1:{port}"
        self._driver = subprocess.Popen(
            ["chromedriver", f"--port={port}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        options = {"binary": shutil.which("chromium"), "args": [*ARGUMENTS, f"--user-data-dir={profile}"]}
        wanted = {"alwaysMatch": {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}
        try:
            session = self._until_it_listens(wanted)
        except BaseException:
            self._stop()
            raise
        self._base += f"/session/{session['sessionId']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ask("DELETE", "")
        self._stop()

    def open(self, url: str) -> None:
        """Go to a page."""
        self._ask("POST", "/url", {"url": url})

    def run(self, script: str) -> Any:
        """What the body of a JavaScript function returns in the page."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": []})

    def text(self) -> str:
        """All text that the page shows."""
        return str(self.run("return document.body ? document.body.innerText : ''"))

    def wait_for(self, *words: str, seconds: float = 20) -> str:
        """The page's text as soon as it holds all the words. Fails with what it shows when they do not come."""
        end = time.monotonic() + seconds
        while True:
            shown = self.text()
            missing = [word for word in words if word not in shown]
            if not missing:
                return shown
            assert time.monotonic() < end, f"{missing} did not appear; the page shows:\n{shown[:2000]}"
            time.sleep(0.1)  # the browser works meanwhile; there is nothing to wait on

    def errors(self) -> list[str]:
        """Errors in the console since the last call."""
        entries = self._ask("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] == SEVERE]

    def requested(self) -> list[str]:
        """Addresses that the page has loaded."""
        return [str(name) for name in self.run("return performance.getEntriesByType('resource').map(entry => entry.name)")]

    def screenshot(self, path: Path) -> None:
        """Write what is visible as PNG."""
        path.write_bytes(base64.b64decode(self._ask("GET", "/screenshot")))

    def _until_it_listens(self, wanted: dict[str, Any]) -> Any:
        end = time.monotonic() + 20
        while True:
            try:
                return self._ask("POST", "/session", {"capabilities": wanted})
            except urllib.error.URLError as error:
                if isinstance(error, urllib.error.HTTPError) or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _ask(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._base + path, data, {"Content-Type": "application/json"}, method=verb)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def _stop(self) -> None:
        self._driver.terminate()
        self._driver.wait(timeout=10)
