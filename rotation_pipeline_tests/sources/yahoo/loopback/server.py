"""A Yahoo on loopback: an HTTP server that speaks the endpoints yfinance asks, from bodies it is given, with scripted faults."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from curl_cffi import requests

from rotation_pipeline_tests.sources.yahoo.loopback.cutting import cut_calendar, cut_chart, cut_counts, cut_series
from rotation_pipeline_tests.sources.yahoo.loopback.naming import name_request
from rotation_pipeline_tests.sources.yahoo.loopback.replies import CONSENT_FORM, FAULTS, HTML, NO_SUMMARY, TEXT, Reply, said
from rotation_pipeline_tests.sources.yahoo.loopback.screening import screen

__all__ = ["CONSENT_FORM", "CRUMB", "FAULTS", "LoopbackYahoo", "Reply", "RewritingSession", "forget_everything", "said"]

CRUMB = "aBcDeFgHiJk"
ASK_A_CRUMB = ("quote", "quoteSummary", "visualization", "splits", "screener")


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


class LoopbackYahoo:
    """What the server serves, by symbol, and what it was asked. Use as a context manager; ``session()`` leads yfinance to it.

    ``faults[endpoint, subject]`` is a list of names of FAULTS, used up one a request before the real answer comes; an empty name
    lets one request pass, and the subject "*" stands for every one. ``verbatim[endpoint, subject]`` is served as it is.
    """

    def __init__(self) -> None:
        self.charts: dict[str, Mapping[str, Any]] = {}
        self.quotes: dict[str, dict[str, Any]] = {}
        self.screened: list[dict[str, Any]] = []  # quotes, with the sector and industry that Yahoo knows of them
        self.timeseries: dict[str, list[dict[str, Any]]] = {}
        self.share_counts: dict[str, dict[str, Any]] = {}
        self.summaries: dict[str, dict[str, Any]] = {}
        self.earnings_pages: dict[str, str] = {}
        self.calendar: dict[str, list[list[Any]]] = {}  # rows by UTC day
        self.calendar_columns: list[dict[str, str]] = []
        self.calendar_total: int | None = None  # to be told instead of the true one
        self.split_calendar: dict[str, list[list[Any]]] = {}  # rows by UTC day
        self.split_columns: list[dict[str, str]] = []
        self.patience: float | None = None  # seconds that sessions wait for an answer unless they say otherwise
        self.consent_page = b"<html></html>"  # CONSENT_FORM: the form that asks for agreement
        self.verbatim: dict[tuple[str, str], Reply] = {}
        self.faults: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.log: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False  # a held answer must not hold up the end

    def __enter__(self) -> LoopbackYahoo:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._server.server_close()

    def session(self, patience: float | None = None) -> RewritingSession:
        """A session whose every request ends at this server, and which waits at most ``patience`` seconds for an answer."""
        return RewritingSession(f"http://127.0.0.1:{self._server.server_port}", patience or self.patience)

    def asked(self, endpoint: str, subject: str | None = None) -> int:
        """How often an endpoint was asked, for one symbol (or day) or for all."""
        return sum(e == endpoint and subject in (None, s) for e, s in self.log)

    def wait_until_over(self) -> None:
        """Returns when the server is closed."""
        self._is_over.wait()

    def answer(self, host: str, target: str, body: bytes) -> Reply:
        """The answer to one request, after the faults scripted for it."""
        endpoint, subject, query = name_request(host, target, body)
        with self._lock:
            self.log.append((endpoint, subject))
            faults = self.faults.get((endpoint, subject)) or self.faults.get((endpoint, "*"))
            fault = faults.pop(0) if faults else None
        if fault:
            return FAULTS[fault]
        if endpoint in ASK_A_CRUMB and query.get("crumb") != CRUMB:
            return FAULTS["401"]
        if (endpoint, subject) in self.verbatim:
            return self.verbatim[endpoint, subject]
        return self._reply(endpoint, subject, query, body)

    def _reply(self, endpoint: str, subject: str, query: Mapping[str, str], body: bytes) -> Reply:
        match endpoint:
            case "fc":
                return Reply(404, HTML, b"", {"Set-Cookie": "A3=d=x; Max-Age=31557600; Domain=.yahoo.com; Path=/"})
            case "getcrumb":
                return Reply(200, TEXT, CRUMB.encode())
            case "consent":
                return Reply(200, HTML, self.consent_page)
            case "chart":
                return said(cut_chart(self.charts[subject], query)) if subject in self.charts else FAULTS["404"]
            case "quote":
                found = [self.quotes[s] for s in query["symbols"].split(",") if s in self.quotes]
                return said({"quoteResponse": {"result": found, "error": None}})
            case "shares":
                return said(cut_counts(self.share_counts.get(subject), subject, query))
            case "timeseries":
                series = cut_series(subject, self.timeseries.get(subject, []), query["type"].split(","))
                return said({"timeseries": {"result": series, "error": None}})
            case "quoteSummary":
                return self._summary(subject, query["modules"].split(","))
            case "earnings":
                return Reply(200, HTML, self.earnings_pages.get(subject, "<html><body>nothing</body></html>").encode())
            case "visualization":
                rows = self.calendar.get(subject, [])
                return said(cut_calendar(rows, self.calendar_columns, json.loads(body), self.calendar_total))
            case "screener":
                return said(screen(self.screened, json.loads(body)))
            case "splits":
                return said(cut_calendar(self.split_calendar.get(subject, []), self.split_columns, json.loads(body), None))
        return Reply(404, HTML, b"no such endpoint")

    def _summary(self, symbol: str, modules: list[str]) -> Reply:
        there = {name: self.summaries[symbol][name] for name in modules if name in self.summaries.get(symbol, {})}
        return said({"quoteSummary": {"result": [there], "error": None}}) if there else said(NO_SUMMARY, 404)


class RewritingSession(requests.Session):  # type: ignore[type-arg]
    """A curl_cffi session that sends every request to ``base`` and names the host it was meant for in a header."""

    def __init__(self, base: str, patience: float | None = None) -> None:
        super().__init__()
        self._base, self._patience = base, patience

    def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        target = f"{self._base}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        kwargs["headers"] = {**(kwargs.get("headers") or {}), "X-Meant-For": parts.netloc}
        if self._patience is not None:
            kwargs["timeout"] = self._patience
        return super().request(method, target, *args, **kwargs)


def _handler(yahoo: LoopbackYahoo) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else a small answer waits for the acknowledgement of its headers

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = yahoo.answer(self.headers["X-Meant-For"], self.path, body)
            if reply.is_held:
                yahoo.wait_until_over()
            if reply.is_dropped or reply.is_held:
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
