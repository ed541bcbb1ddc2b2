"""The real client against a Yahoo whose cookies, crumbs and answers are not what they should be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.cookiejar import Cookie
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline.sources.yahoo.budget import Budget
from rotation_pipeline.sources.yahoo.client import Client, quiet
from rotation_pipeline.sources.yahoo.pace import Pace
from rotation_pipeline.sources.yahoo.session import PacedSession
from rotation_pipeline_tests.sources.yahoo.loopback.replies import CONSENT_FORM, FAULTS, HTML, TEXT, Reply, said
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart, quote
from rotation_pipeline_tests.sources.yahoo.test_session import START, Clock

FIRST, DAY, NEXT = date(2026, 11, 11), date(2026, 11, 12), date(2026, 11, 20)
HANDSHAKE = [("fc", ""), ("getcrumb", "")]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(yahoo: LoopbackYahoo, clock: Clock, tmp_path: Path) -> Iterator[Client]:
    yahoo.charts["KO"] = chart("KO", {DAY: 10.0})
    yahoo.quotes["KO"] = quote("KO")
    with quiet():
        yield make(yahoo, clock, tmp_path)


def make(yahoo: LoopbackYahoo, clock: Clock, folder: Path, patience: float = 30.0) -> Client:
    budget = Budget(folder / "requests.sqlite", 900, 2000, clock)
    return Client(folder, PacedSession(yahoo.session(), Pace(clock.wait, clock), budget, clock, patience), clock.wait)


@pytest.fixture
def script(yahoo: LoopbackYahoo, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts answers of a test's own before the real ones."""

    def answer(endpoint: str, subject: str, *replies: Reply) -> None:
        names = [f"{endpoint} {subject} {n}" for n in range(len(replies))]
        for name, reply in zip(names, replies, strict=True):
            monkeypatch.setitem(FAULTS, name, reply)
        yahoo.faults[endpoint, subject] = names

    return answer


def test_charts_cost_one_request_and_no_handshake(client: Client, yahoo: LoopbackYahoo) -> None:
    assert client.history("KO", FIRST, NEXT).outcome == "landed"
    assert client.history("KO", FIRST, NEXT).outcome == "landed"
    assert yahoo.log == [("chart", "KO")] * 2


def test_one_handshake_serves_all_questions(client: Client, yahoo: LoopbackYahoo) -> None:
    for _ in range(3):
        assert client.quotes(["KO"]).outcome == "landed"
    assert client.calendar_day(DAY).outcome == "landed"
    assert yahoo.log == [*HANDSHAKE, *[("quote", "KO")] * 3, ("visualization", str(DAY))]


def test_a_dead_symbol_costs_one_request(client: Client, yahoo: LoopbackYahoo) -> None:
    said_dead = client.history("GONE", FIRST, NEXT)
    assert (said_dead.outcome, said_dead.reason) == ("excused", "Yahoo: No data found, symbol may be delisted")
    assert yahoo.log == [("chart", "GONE")]


def test_an_unknown_company_costs_one_request(client: Client, yahoo: LoopbackYahoo) -> None:
    client.summary("GONE")
    assert yahoo.log == [*HANDSHAKE, ("quoteSummary", "GONE")]


def test_a_faulty_answer_about_the_past_is_not_served_again(client: Client, yahoo: LoopbackYahoo) -> None:
    past = date(2020, 8, 31)
    yahoo.charts["OLD"] = chart("OLD", {past: 10.0})
    yahoo.faults["chart", "OLD"] = ["cut"] * 3
    assert client.history("OLD", date(2020, 8, 1), date(2020, 9, 15)).outcome == "failed"
    assert client.history("OLD", date(2020, 8, 1), date(2020, 9, 15)).outcome == "landed"
    assert yahoo.asked("chart") == 4


def test_a_crumb_that_ran_out_is_renewed_at_the_cost_of_three_requests(client: Client, yahoo: LoopbackYahoo) -> None:
    client.quotes(["KO"])
    before = client.session.n_requests
    yahoo.faults["quote", "KO"] = ["401"]
    assert client.quotes(["KO"]).outcome == "landed"
    assert client.session.n_requests - before == 4
    assert yahoo.log[-4:] == [("quote", "KO"), *HANDSHAKE, ("quote", "KO")]
    assert client.session.counts == {"fc.yahoo.com": 2, "getcrumb": 2, "quote": 3}


def test_a_crumb_that_is_always_refused_is_given_up_for_a_while(client: Client, yahoo: LoopbackYahoo, clock: Clock) -> None:
    yahoo.faults["quote", "KO"] = ["401"] * 9
    refused = client.quotes(["KO"])
    assert (refused.outcome, refused.reason) == ("failed", "NoCrumb: Yahoo refuses the crumb it has just given (HTTP 401)")
    assert len(yahoo.log) == 6
    again = client.quotes(["KO"])
    assert (again.outcome, again.reason) == ("failed", "NoCrumb: not asked: Yahoo gave no usable crumb a few minutes ago")
    assert client.history("KO", FIRST, NEXT).outcome == "landed"  # charts need none
    assert len(yahoo.log) == 7
    clock.wait(900)
    yahoo.faults.clear()
    assert client.quotes(["KO"]).outcome == "landed"


def test_a_401_that_is_not_about_the_crumb_is_an_answer(client: Client, yahoo: LoopbackYahoo, script: Any) -> None:
    script("quote", "KO", said({"finance": {"error": {"code": "Unauthorized", "description": "User is not logged in"}}}, 401))
    assert "HTTP Error 401" in str(client.quotes(["KO"]).reason)
    assert yahoo.log == [*HANDSHAKE, ("quote", "KO")]


@pytest.mark.parametrize(
    "junk",
    [
        Reply(200, HTML, CONSENT_FORM),
        Reply(200, TEXT, b""),
        Reply(401, TEXT, b'{"finance":{"result":null,"error":{"code":"Unauthorized"}}}'),
    ],
)
def test_what_is_no_crumb_is_not_used_as_one(client: Client, yahoo: LoopbackYahoo, script: Any, junk: Reply) -> None:
    yahoo.consent_page = CONSENT_FORM
    script("getcrumb", "", junk)
    assert client.quotes(["KO"]).outcome == "landed"  # by way of yfinance's other handshake
    assert yahoo.asked("quote") == 1
    script("getcrumb", "", *[junk] * 9)
    client.session.cookies.clear()
    yahoo.faults["quote", "KO"] = ["401"]
    none = client.quotes(["KO"])
    assert (none.outcome, none.reason) == ("failed", "NoCrumb: Yahoo gave no usable crumb")
    assert yahoo.asked("quote") == 2
    before = len(yahoo.log)
    client.quotes(["KO"])
    assert len(yahoo.log) == before


def test_too_many_requests_for_a_crumb_is_a_429_whatever_its_status(
    client: Client, yahoo: LoopbackYahoo, script: Any, clock: Clock
) -> None:
    busy = Reply(200, TEXT, b"Too Many Requests\r\n")
    script("getcrumb", "", busy)
    assert client.quotes(["KO"]).outcome == "landed"
    assert clock.passed >= 30
    script("getcrumb", "", *[busy] * 9)
    yahoo.faults["quote", "KO"] = ["401"]
    waiting = client.quotes(["KO"])
    assert waiting.outcome == "waiting"
    assert str(waiting.reason).startswith("Yahoo limits the rate (HTTP 429); asked for again after 2026-11-13 2")
    assert yahoo.asked("getcrumb") == 2 + 3


def stored(domain: str, name: str, expires: float | None) -> dict[str, Any]:
    """A cookie as yfinance keeps it."""
    cookie = Cookie(0, name, "d=x", None, False, domain, True, True, "/", True, True, expires, False, None, None, {})  # type: ignore[arg-type]
    return {domain: {"/": {name: cookie}}}


def test_a_stored_cookie_saves_a_request(client: Client, yahoo: LoopbackYahoo) -> None:
    from yfinance import cache

    cache.get_cookie_cache().store("curlCffi", stored(".yahoo.com", "A3", 1_990_000_000))
    assert client.quotes(["KO"]).outcome == "landed"
    assert yahoo.log == [("getcrumb", ""), ("quote", "KO")]


@pytest.mark.parametrize(
    "cookie",
    [stored(".yahoo.com", "B", START), stored(".yahoo.com", "A3", None), {}, {".yahoo.com": {}}, "no cookie at all"],
    ids=["without A3", "without an end", "empty", "without a path", "of another kind"],
)
def test_a_stored_cookie_that_cannot_be_used_is_dropped(client: Client, yahoo: LoopbackYahoo, cookie: Any) -> None:
    from yfinance import cache

    cache.get_cookie_cache().store("curlCffi", cookie)
    assert client.quotes(["KO"]).outcome == "landed"
    assert yahoo.log == [*HANDSHAKE, ("quote", "KO")]
    assert cache.get_cookie_cache().lookup("curlCffi") is None


def test_a_damaged_cookie_store_costs_a_handshake_and_no_more(yahoo: LoopbackYahoo, clock: Clock, tmp_path: Path) -> None:
    yahoo.quotes["KO"] = quote("KO")
    (tmp_path / "cookies.db").write_bytes(b"no database" * 1000)
    client = make(yahoo, clock, tmp_path)
    with quiet():
        for _ in range(3):
            assert client.quotes(["KO"]).outcome == "landed"
    assert yahoo.log == [*HANDSHAKE, *[("quote", "KO")] * 3]


def test_a_cookie_store_that_cannot_be_written_costs_a_handshake_and_no_more(yahoo: LoopbackYahoo, clock: Clock, tmp_path: Path) -> None:
    import yfinance

    yahoo.quotes["KO"] = quote("KO")
    client = make(yahoo, clock, tmp_path)
    (tmp_path / "a file").touch()
    yfinance.set_tz_cache_location(str(tmp_path / "a file" / "folder"))
    with quiet():
        for _ in range(3):
            assert client.quotes(["KO"]).outcome == "landed"
    assert yahoo.log == [*HANDSHAKE, *[("quote", "KO")] * 3]


def test_a_page_in_place_of_data_is_named(client: Client, yahoo: LoopbackYahoo) -> None:
    yahoo.faults["quote", "KO"] = ["consent"]
    assert client.quotes(["KO"]).outcome == "landed"
    yahoo.faults["quote", "KO"] = ["consent"] * 3
    page = client.quotes(["KO"])
    assert (page.outcome, page.n_attempts) == ("failed", 3)
    assert page.reason == "an HTML page in place of data (Yahoo is part of the Yahoo family of brands)"


@pytest.mark.parametrize("fault", ["slow", "drop", "torn"])
def test_lost_answers_are_failures_of_the_network_not_of_the_symbol(yahoo: LoopbackYahoo, clock: Clock, tmp_path: Path, fault: str) -> None:
    yahoo.charts["KO"] = chart("KO", {DAY: 10.0})
    client = make(yahoo, clock, tmp_path, patience=0.2)
    yahoo.faults["chart", "KO"] = [fault]
    with quiet():
        assert client.history("KO", FIRST, NEXT).outcome == "landed"
        yahoo.faults["chart", "KO"] = [fault] * 40
        lost = client.history("KO", FIRST, NEXT)
    assert lost.outcome == "failed"
    assert "delisted" not in str(lost.reason)
    assert "curl" in str(lost.reason)


def test_a_cut_statement_does_not_make_every_later_one_cost_three_requests(client: Client, yahoo: LoopbackYahoo) -> None:
    import yfinance

    yahoo.faults["timeseries", "KO"] = ["cut"]
    ticker = yfinance.Ticker("KO", session=client.session)
    ticker.get_income_stmt(freq="quarterly")
    before = yahoo.asked("timeseries")
    yfinance.Ticker("KO", session=client.session).get_balance_sheet(freq="quarterly")
    assert yahoo.asked("timeseries") == before + 1


def test_yfinance_asks_through_our_transport_whoever_asks(client: Client) -> None:
    import yfinance
    from yfinance.data import YfData

    from rotation_pipeline.sources.yahoo.transport import Transport

    assert type(YfData()) is Transport
    assert yfinance.Ticker("KO")._data is YfData()
    assert YfData()._session is client.session


def test_a_closed_session_says_waiting_and_until_when(client: Client, yahoo: LoopbackYahoo, clock: Clock) -> None:
    client.session.budget.open_breaker(clock.now + 2700)
    hit = client.history("KO", FIRST, NEXT)
    later = client.quotes(["KO"])
    until = datetime.fromtimestamp(START + 2700, UTC)
    reason = f"Yahoo limits the rate (HTTP 429); asked for again after {until:%Y-%m-%d %H:%M} UTC"
    assert (hit.outcome, hit.reason, hit.value) == ("waiting", reason, None)
    assert (later.outcome, later.reason, later.n_attempts) == ("waiting", reason, 0)
    assert yahoo.log == []
