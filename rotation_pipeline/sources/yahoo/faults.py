"""What a failed question means: to be asked again, not to be believed, or an answer in itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from curl_cffi.requests.exceptions import RequestException
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential
from yfinance.exceptions import YFDataException, YFException, YFPricesMissingError, YFRateLimitError

from rotation_pipeline.landing import Outcome
from rotation_pipeline.sources.yahoo.budget import Closed

T = TypeVar("T")

# yfinance picks an unexpected body apart with plain indexing, so a body of another form ends as one of the last four.
VENDOR_FAULTS = (YFException, RequestException, ValueError, LookupError, TypeError, AttributeError)
N_ATTEMPTS = 3
_OWN_WORDS = ("no data found, symbol may be delisted", "data doesn't exist for startdate")  # Yahoo's reasons that are answers


class ServerFault(RequestException):
    """Yahoo's server failed (HTTP 5xx) more often than we are ready to ask."""


class SessionClosed(YFRateLimitError):  # type: ignore[misc]
    """Nothing leaves now: the budget is spent, or Yahoo wants a rest. ``closed`` says which, and until when."""

    def __init__(self, closed: Closed) -> None:
        super().__init__()
        self.closed = closed


class ShiftedDates(ValueError):
    """The answer's bars lie on the wrong days: nothing of it is believed (methodology A.8)."""


class NoCrumb(YFDataException):  # type: ignore[misc]
    """Yahoo gave no crumb that can be used, or refuses the one it gave; the endpoints that need one cannot be asked."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What came of one question; ``value`` is there exactly when ``outcome`` is landed. Waiting: never answered, asked again later."""

    value: T | None
    outcome: Outcome
    reason: str | None
    n_attempts: int


def ask(call: Callable[[], T], pause: Callable[[float], None]) -> Answer[T]:
    """Call, and call again after a cut or empty answer."""
    retrying = Retrying(
        stop=stop_after_attempt(N_ATTEMPTS),
        wait=wait_exponential(multiplier=2),
        retry=retry_if_exception(_may_pass),
        sleep=pause,
        reraise=True,
    )
    try:
        value = retrying(call)
    except VENDOR_FAULTS as error:
        outcome, reason = judge(error)
        return Answer(None, outcome, reason, retrying.statistics["attempt_number"])
    return Answer(value, "landed", None, retrying.statistics["attempt_number"])


def judge(error: BaseException) -> tuple[Outcome, str]:
    """Excused only on Yahoo's own word that the symbol has no data; "possibly delisted" without a reason is yfinance's guess."""
    words = " ".join(str(error).split())[:200]
    if isinstance(error, SessionClosed):
        return "waiting", str(error.closed)
    if isinstance(error, ShiftedDates):
        return "failed", f"{words}: nothing of it is believed, asked again in the next run"
    if isinstance(error, YFRateLimitError):
        return "failed", "Yahoo limits the rate (HTTP 429): asked again in the next run"
    if isinstance(error, YFPricesMissingError):
        said = error.yahoo_reason
        if said is None:
            return "failed", "an answer without rows and without a reason; not believed, asked again in the next run"
        return ("excused" if said.lower().startswith(_OWN_WORDS) else "failed"), f"Yahoo: {said}"
    if isinstance(error, json.JSONDecodeError):
        return "failed", _page(error.doc) or f"a cut or empty answer ({words})"
    if isinstance(error, YFException | RequestException):
        return "failed", f"{type(error).__name__}: {words}"
    return "failed", f"an answer of another form ({type(error).__name__}: {words})"


def _page(body: str) -> str | None:
    """What to say of an HTML page where JSON was due: most often a request for consent, or a block."""
    if not body.lstrip().startswith("<"):
        return None
    title = re.search(r"<title[^>]*>([^<]{1,80})", body, re.IGNORECASE)
    return f"an HTML page in place of data ({title[1].strip()})" if title else "an HTML page in place of data"


def _may_pass(error: BaseException) -> bool:
    """Cut bodies and Yahoo's 'Will be right back'. 429, 5xx and dropped connections were already asked again by the session."""
    if isinstance(error, json.JSONDecodeError):
        return True
    return isinstance(error, YFDataException) and not isinstance(error, YFRateLimitError | YFPricesMissingError | NoCrumb)
