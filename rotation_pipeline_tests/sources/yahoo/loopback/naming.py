"""Which endpoint and subject a request to the loopback Yahoo means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, urlsplit

from rotation_pipeline_tests.sources.yahoo.loopback.screening import screen_subject


def name_request(host: str, target: str, body: bytes) -> tuple[str, str, dict[str, str]]:
    """Endpoint, subject and query of a request that was meant for ``host``.

    The subject is the symbol, the symbols of a quote, the first UTC day of a calendar, the offset of a screener page, or for the
    consent pages the last part of their path.
    """
    url = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(url.query).items()}
    last = unquote(url.path.rsplit("/", 1)[-1])
    return (*_endpoint_and_subject(host, url.path, last, query, body), query)


def _endpoint_and_subject(host: str, path: str, last: str, query: Mapping[str, str], body: bytes) -> tuple[str, str]:
    if host.startswith("fc."):
        return "fc", ""
    if host.startswith(("guce.", "consent.")):
        return "consent", last
    if "/finance/timeseries/" in path:
        return ("timeseries" if "type" in query else "shares"), last
    match last:
        case "visualization":
            asked = json.loads(body)
            bounds = [part["operands"] for part in asked["query"]["operands"] if part["operator"] == "GTE"]
            return ("splits" if asked["entityIdType"] == "splits" else last), str(bounds[0][1])
        case "screener":
            return last, screen_subject(json.loads(body))
        case "earnings":
            return last, query["symbol"]
        case "quote":
            return last, query["symbols"]
    if "/chart/" in path or "/quoteSummary/" in path:
        return path.split("/")[-2], last
    return last, ""
