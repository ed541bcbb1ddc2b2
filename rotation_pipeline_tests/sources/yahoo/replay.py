"""A Yahoo on loopback: an HTTP server that speaks the endpoints yfinance asks, from bodies it is given, with scripted faults."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from curl_cffi import requests

CRUMB = "aBcDeFgHiJk"
JSON, HTML, TEXT = "application/json;charset=utf-8", "text/html", "text/plain"
DELISTED = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"}}}
BAD_CRUMB = {"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}


@dataclass(frozen=True)
class Reply:
    """Status, content type, body and headers of one answer. ``is_dropped`` closes the connection instead."""

    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    is_dropped: bool = False


def forget_everything() -> None:
    """Singletons, caches and settings of yfinance as in a new process: call it after every test that used yfinance."""
    import yfinance
    import yfinance.base
    import yfinance.cache as disk
    from yfinance.data import SingletonMeta, YfData

    YfData.cache_get.cache_clear()
    SingletonMeta._instances.clear()
    for database in (disk._TzDBManager, disk._CookieDBManager, disk._ISINDBManager):
        database.close_db()
        database._db = None
    disk._TzCacheManager._tz_cache = disk._CookieCacheManager._Cookie_cache = disk._ISINCacheManager._isin_cache = None
    yfinance.base._tz_info_fetch_ctr = 0
    yfinance.config.debug.hide_exceptions = True


def said(body: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, JSON, json.dumps(body).encode())


FAULTS = {
    "429": Reply(429, HTML, b"Edge: Too Many Requests"),
    "429 for 7 s": Reply(429, HTML, b"Edge: Too Many Requests", {"Retry-After": "7"}),
    "500": Reply(500, HTML, b"<html><body>Internal Server Error</body></html>"),
    "down": Reply(200, HTML, b"<html><body>Will be right back...</body></html>"),
    "empty": Reply(200, JSON, b""),
    "cut": Reply(200, JSON, b'{"chart":{"result":[{"meta":{"curr'),
    "404": said(DELISTED, 404),
    "401": said(BAD_CRUMB, 401),
    "null": said({"chart": {"result": None, "error": None}}),
    "odd": said({"chart": {"result": [{"meta": {}, "indicators": {"quote": [{"close": [1.0]}]}}], "error": None}}),
    "drop": Reply(0, TEXT, b"", is_dropped=True),
}


class LoopbackYahoo:
    """What the server serves, by symbol, and what it was asked. Use as a context manager; ``session()`` leads yfinance to it.

    ``faults[endpoint, symbol]`` is a list of names of FAULTS, used up one a request before the real answer comes.
    """

    def __init__(self) -> None:
        self.charts: dict[str, dict[str, Any]] = {}
        self.quotes: dict[str, dict[str, Any]] = {}
        self.timeseries: dict[str, list[dict[str, Any]]] = {}
        self.share_counts: dict[str, dict[str, Any]] = {}
        self.summaries: dict[str, dict[str, Any]] = {}
        self.earnings_pages: dict[str, str] = {}
        self.calendar: dict[str, list[list[Any]]] = {}  # rows by UTC day
        self.calendar_columns: list[dict[str, str]] = []
        self.calendar_total: int | None = None  # to be told instead of the true one
        self.faults: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.log: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True

    def __enter__(self) -> LoopbackYahoo:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def session(self) -> RewritingSession:
        """A session whose every request ends at this server."""
        return RewritingSession(f"http://127.0.0.1:{self._server.server_port}")

    def asked(self, endpoint: str, subject: str | None = None) -> int:
        """How often an endpoint was asked, for one symbol (or day) or for all."""
        return sum(e == endpoint and subject in (None, s) for e, s in self.log)

    def answer(self, host: str, target: str, body: bytes) -> Reply:
        """The answer to one request, after the faults scripted for it."""
        url = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        last = unquote(url.path.rsplit("/", 1)[-1])
        endpoint, subject = _name_request(host, url.path, last, query, body)
        with self._lock:
            self.log.append((endpoint, subject))
            faults = self.faults.get((endpoint, subject))
            fault = faults.pop(0) if faults else None
        if fault:
            return FAULTS[fault]
        if endpoint in ("quote", "quoteSummary", "visualization") and query.get("crumb") != CRUMB:
            return FAULTS["401"]
        return self._reply(endpoint, subject, query, body)

    def _reply(self, endpoint: str, subject: str, query: Mapping[str, str], body: bytes) -> Reply:
        match endpoint:
            case "fc":
                return Reply(404, HTML, b"", {"Set-Cookie": "A3=d=x; Max-Age=31557600; Domain=.yahoo.com; Path=/"})
            case "getcrumb":
                return Reply(200, TEXT, CRUMB.encode())
            case "consent":
                return Reply(200, HTML, b"<html></html>")
            case "chart":
                return said(_between(self.charts[subject], query)) if subject in self.charts else FAULTS["404"]
            case "quote":
                found = [self.quotes[s] for s in query["symbols"].split(",") if s in self.quotes]
                return said({"quoteResponse": {"result": found, "error": None}})
            case "shares":
                unknown = {"timeseries": {"result": [{"meta": {"symbol": [subject]}}], "error": None}}
                return said(self.share_counts.get(subject, unknown))
            case "timeseries":
                return said({"timeseries": {"result": self._series(subject, query["type"].split(",")), "error": None}})
            case "quoteSummary":
                return self._summary(subject, query["modules"].split(","))
            case "earnings":
                return Reply(200, HTML, self.earnings_pages.get(subject, "<html><body>nothing</body></html>").encode())
            case "visualization":
                return said(self._calendar_page(subject, json.loads(body)))
        return Reply(404, HTML, b"no such endpoint")

    def _series(self, symbol: str, types: list[str]) -> list[dict[str, Any]]:
        known = {one["meta"]["type"][0]: one for one in self.timeseries.get(symbol, [])}
        return [known.get(name, {"meta": {"symbol": [symbol], "type": [name]}}) for name in types]

    def _summary(self, symbol: str, modules: list[str]) -> Reply:
        there = {name: self.summaries[symbol][name] for name in modules if name in self.summaries.get(symbol, {})}
        if there:
            return said({"quoteSummary": {"result": [there], "error": None}})
        return said({"quoteSummary": {"result": None, "error": {"code": "Not Found", "description": "No fundamentals data found"}}}, 404)

    def _calendar_page(self, day: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        rows = self.calendar.get(day, [])
        page = rows[asked["offset"] : asked["offset"] + asked["size"]]
        total = len(rows) if self.calendar_total is None else self.calendar_total
        documents = [{"columns": self.calendar_columns, "rows": page}]
        return {"finance": {"result": [{"total": total, "documents": documents}], "error": None}}


class RewritingSession(requests.Session):  # type: ignore[type-arg]
    """A curl_cffi session that sends every request to ``base`` and names the host it was meant for in a header."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        target = f"{self._base}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        headers = {**(kwargs.pop("headers", None) or {}), "X-Meant-For": parts.netloc}
        return super().request(method, target, *args, headers=headers, **kwargs)


def _name_request(host: str, path: str, last: str, query: Mapping[str, str], body: bytes) -> tuple[str, str]:
    if host.startswith("fc."):
        return "fc", ""
    if host.startswith(("guce.", "consent.")):
        return "consent", ""
    if "/finance/timeseries/" in path:
        return ("timeseries" if "type" in query else "shares"), last
    if last == "visualization":
        bounds = [part["operands"] for part in json.loads(body)["query"]["operands"] if part["operator"] == "GTE"]
        return last, str(bounds[0][1])
    if last == "earnings":
        return last, query["symbol"]
    if last == "quote":
        return last, query["symbols"]
    if "/chart/" in path or "/quoteSummary/" in path:
        return path.split("/")[-2], last
    return last, ""


def _between(chart: dict[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """The rows and events from period1 up to before period2, as Yahoo cuts them."""
    result = chart["chart"]["result"][0]
    if "period1" not in query or "timestamp" not in result:
        return chart
    first, end = int(query["period1"]), int(query["period2"])
    keep = [n for n, stamp in enumerate(result["timestamp"]) if first <= stamp < end]
    cut = {
        block: [{name: [column[n] for n in keep] for name, column in result["indicators"][block][0].items()}]
        for block in result["indicators"]
    }
    events = {
        kind: {key: event for key, event in entries.items() if first <= event["date"] < end}
        for kind, entries in result.get("events", {}).items()
    }
    inside = {**result, "timestamp": [result["timestamp"][n] for n in keep], "indicators": cut, "events": events}
    return {"chart": {"result": [inside], "error": None}}


def _handler(yahoo: LoopbackYahoo) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else a small answer waits for the acknowledgement of its headers

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = yahoo.answer(self.headers["X-Meant-For"], self.path, body)
            if reply.is_dropped:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": reply.kind, "Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """The server keeps its own log."""

    return Handler
