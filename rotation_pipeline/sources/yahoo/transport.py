"""yfinance's way to the network with four of its habits replaced, so that no request is wasted and no bad answer kept."""

from __future__ import annotations

import pickle
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from curl_cffi.requests import Response
from peewee import PeeweeException
from yfinance import cache
from yfinance.data import SingletonMeta, YfData

from rotation_pipeline.sources.yahoo.faults import NoCrumb
from rotation_pipeline.sources.yahoo.pace import endpoint_of
from rotation_pipeline.sources.yahoo.session import PacedSession

NEEDS_CRUMB = frozenset({"quote", "quoteSummary", "screener", "visualization"})  # the others answer without cookie and crumb
REST_AFTER_REFUSAL = 900.0  # seconds without another handshake after one that came to nothing
_CRUMB = re.compile(r"[^\s<>{}]{1,64}")  # neither a page, nor JSON, nor "Too Many Requests"
_BAD_COOKIE = (LookupError, AttributeError, TypeError, ValueError, pickle.PickleError, EOFError, PeeweeException)


class Transport(YfData):  # type: ignore[misc]
    """The singleton through which all of yfinance asks.

    As yfinance has it: the handshakes (fc.yahoo.com, and the consent form). Replaced: answers are never cached; a cookie and a crumb
    are fetched for the endpoints that need them only; whatever came as a crumb is looked at before it is used; an answer
    of 400 or above is not asked a second time, but for a crumb that has run out, which is renewed once.
    """

    _cookie: object  # yfinance's: a cookie, True for one that lives in the session's jar alone, or None
    _crumb: str | None  # yfinance's

    def __init__(self, session: PacedSession) -> None:
        super().__init__(session)
        self._now = session.clock
        self._handshake_lock = threading.Lock()
        self._no_handshake_before = float("-inf")

    @classmethod
    def install(cls, session: PacedSession) -> Transport:
        """Put a new one in the place of yfinance's singleton."""
        SingletonMeta._instances.pop(cls, None)
        transport = cls(session)
        SingletonMeta._instances[YfData] = transport
        return transport

    @property
    def fundamentals_use_chunked(self) -> bool:
        """False: one cut answer is no reason to ask for every later statement in three requests."""
        return False

    @fundamentals_use_chunked.setter
    def fundamentals_use_chunked(self, _is_wanted: bool) -> None:
        pass

    def cache_get(self, url: str, params: Mapping[str, Any] | None = None, timeout: float = 30) -> Response:
        """A plain ``get``: yfinance's own keeps answers of any status and hands the bad one out again."""
        response: Response = self.get(url, params, timeout)
        return response

    def _make_request(
        self,
        url: str,
        request_method: Callable[..., Response],
        body: object = None,
        params: Mapping[str, Any] | None = None,
        timeout: float = 30,
        data: object = None,
    ) -> Response:
        arguments: dict[str, Any] = {"url": url, "timeout": timeout}
        if body:
            arguments["json"] = body
        if data:
            arguments |= {"data": data, "headers": {"Content-Type": "application/json"}}
        asked = dict(params or {})
        if endpoint_of(url) not in NEEDS_CRUMB:
            return request_method(**arguments, params=asked)
        crumb = self._crumb_other_than(None)
        response = request_method(**arguments, params={**asked, "crumb": crumb})
        if _is_crumb_refused(response):
            crumb = self._crumb_other_than(crumb)
            response = request_method(**arguments, params={**asked, "crumb": crumb})
            if _is_crumb_refused(response):
                self._no_handshake_before = self._now() + REST_AFTER_REFUSAL
                self._crumb = None
                raise NoCrumb("Yahoo refuses the crumb it has just given (HTTP 401)")
        return response

    def _crumb_other_than(self, refused: str | None) -> str:
        """The crumb at hand, or a new one when there is none or it was refused. Raises NoCrumb, SessionClosed, or what curl says."""
        with self._handshake_lock:
            if self._crumb is not None and self._crumb != refused:
                return self._crumb
            if self._now() < self._no_handshake_before:
                raise NoCrumb("not asked: Yahoo gave no usable crumb a few minutes ago")
            if refused is not None:
                self._forget_cookie()
            crumb, _ = self._get_cookie_and_crumb()
            if not _is_crumb(crumb) and self._cookie_strategy == "basic":
                self._set_cookie_strategy("csrf")  # yfinance takes this way by itself only when nothing came
                crumb, _ = self._get_cookie_and_crumb()
            if not _is_crumb(crumb):
                self._forget_cookie()
                self._no_handshake_before = self._now() + REST_AFTER_REFUSAL
                raise NoCrumb("Yahoo gave no usable crumb")
            return str(crumb)

    def _forget_cookie(self) -> None:
        self._session.cookies.clear()
        self._cookie, self._crumb = None, None
        self._cookie_strategy = "basic"
        self._drop_stored_cookie()

    def _get_cookie_basic(self, timeout: float = 30) -> bool:
        """yfinance remembers a new cookie by its store alone, and asks for another where that cannot be written."""
        is_there = bool(super()._get_cookie_basic(timeout))
        if is_there and self._cookie is None:
            self._cookie = True
        return is_there

    def _load_cookie_curlCffi(self) -> bool:  # noqa: N802
        """yfinance trusts what it finds; a stored cookie that cannot be used would fail every request until somebody deletes the file."""
        try:
            return bool(super()._load_cookie_curlCffi())
        except _BAD_COOKIE:
            self._drop_stored_cookie()
            return False

    def _save_cookie_curlCffi(self) -> bool:  # noqa: N802
        try:
            return bool(super()._save_cookie_curlCffi())
        except PeeweeException:
            return False  # the cookie serves this process from memory

    def _drop_stored_cookie(self) -> None:
        try:
            cache.get_cookie_cache().store("curlCffi", None)
        except PeeweeException:
            return  # a store that cannot be written cannot be read the next time either


def _is_crumb(text: str | None) -> bool:
    return text is not None and _CRUMB.fullmatch(text) is not None


def _is_crumb_refused(response: Response) -> bool:
    return response.status_code == 401 and "crumb" in response.text.lower()
