"""Ready answers of the loopback Yahoo, and the scripted faults by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

JSON, HTML, TEXT = "application/json;charset=utf-8", "text/html", "text/plain"
DELISTED = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}}
BAD_CRUMB = {"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}
NO_SUMMARY = {"quoteSummary": {"result": None, "error": {"code": "Not Found", "description": "No fundamentals data found"}}}
CONSENT_FORM = (
    b"<!DOCTYPE html><html><head><title>Yahoo is part of the Yahoo family of brands</title></head><body>"
    b'<form method="post" action="/v2/collectConsent"><input name="csrfToken" value="tOkEn"><input name="sessionId" value="3_cc-session">'
    b"</form></body></html>"
)


@dataclass(frozen=True)
class Reply:
    """Status, content type, body and headers of one answer.

    ``is_dropped`` closes the connection instead; ``is_held`` never answers: whoever asked has to give up.
    """

    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    is_dropped: bool = False
    is_held: bool = False


def said(body: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, JSON, json.dumps(body).encode())


FAULTS = {
    "429": Reply(429, HTML, b"Edge: Too Many Requests"),
    "429 for 7 s": Reply(429, HTML, b"Edge: Too Many Requests", {"Retry-After": "7"}),
    "429 for 2 h": Reply(429, HTML, b"Edge: Too Many Requests", {"Retry-After": "7200"}),
    "500": Reply(500, HTML, b"<html><body>Internal Server Error</body></html>"),
    "503": Reply(503, HTML, b"<html><body>Service Unavailable</body></html>"),
    "down": Reply(200, HTML, b"<html><body>Will be right back...</body></html>"),
    "empty": Reply(200, JSON, b""),
    "cut": Reply(200, JSON, b'{"chart":{"result":[{"meta":{"curr'),
    "consent": Reply(200, HTML, CONSENT_FORM),
    "404": said(DELISTED, 404),
    "401": said(BAD_CRUMB, 401),
    "null": said({"chart": {"result": None, "error": None}}),
    "odd": said({"chart": {"result": [{"meta": {}, "indicators": {"quote": [{"close": [1.0]}]}}], "error": None}}),
    "drop": Reply(0, TEXT, b"", is_dropped=True),
    "torn": Reply(200, JSON, b'{"chart":{"result":[{"me', {"Content-Length": "9000", "Connection": "close"}),  # dropped half way
    "slow": Reply(0, TEXT, b"", is_held=True),
}
