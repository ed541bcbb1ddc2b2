"""The loopback Yahoo speaks as Yahoo does, so far as the real client can tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yfinance
from yfinance import EquityQuery
from yfinance.data import YfData

from rotation_pipeline.sources.yahoo.client import quiet
from rotation_pipeline_tests.sources.yahoo.loopback.quoting import full_quote
from rotation_pipeline_tests.sources.yahoo.loopback.server import CONSENT_FORM, CRUMB, LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.wire import SPLIT_COLUMNS, chart

MON, TUE, WED = (date(2026, 11, day) for day in (16, 17, 18))


@pytest.fixture
def session(yahoo: LoopbackYahoo, tmp_path: Path) -> Iterator[Any]:
    yfinance.set_tz_cache_location(str(tmp_path))
    yfinance.config.debug.hide_exceptions = False
    with quiet():
        yield yahoo.session()


def test_a_chart_of_one_day_is_its_last_row(yahoo: LoopbackYahoo, session: Any) -> None:
    yahoo.charts["KO"] = chart("KO", {MON: 50.0, TUE: 51.0, WED: 52.0}, dividends={TUE: 0.5})
    history = yfinance.Ticker("KO", session=session).history(period="1d", auto_adjust=False)
    assert [(stamp.date(), close) for stamp, close in history["Close"].items()] == [(WED, 52.0)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (EquityQuery("eq", ["region", "us"]), ["BAC", "KO", "PEP"]),
        (EquityQuery("is-in", ["exchange", "NYQ", "NMS"]), ["BAC", "KO", "PEP"]),
        (EquityQuery("eq", ["exchange", "NMS"]), ["PEP"]),
        (EquityQuery("and", [EquityQuery("eq", ["region", "us"]), EquityQuery("eq", ["sector", "Financial Services"])]), ["BAC"]),
        (EquityQuery("btwn", ["intradayprice", 40, 60]), ["KO"]),
        (EquityQuery("gte", ["intradaymarketcap", 60e8]), ["PEP"]),
    ],
)
def test_the_screener_answers_queries_and_keeps_labels_to_itself(
    yahoo: LoopbackYahoo, session: Any, query: EquityQuery, found: list[str]
) -> None:
    yahoo.screened = [
        full_quote("PEP", WED, 150.0, exchange="NMS", sector="Consumer Defensive"),
        full_quote("BAC", WED, 30.0, sector="Financial Services"),
        full_quote("KO", WED, 50.0, sector="Consumer Defensive"),
    ]
    said = yfinance.screen(query, size=250, sortField="ticker", sortAsc=True, session=session)
    assert ([quote["symbol"] for quote in said["quotes"]], said["total"]) == (found, len(found))
    assert not any("sector" in quote for quote in said["quotes"])


def test_the_calendar_of_splits(yahoo: LoopbackYahoo, session: Any) -> None:
    yahoo.split_columns = SPLIT_COLUMNS
    yahoo.split_calendar = {str(TUE): [["KO", "KO Inc.", f"{TUE}T04:00:00Z", True, 1, 2]]}
    splits = yfinance.Calendars(session=session).get_splits_calendar(start=TUE, end=WED)
    assert splits[["Old Share Worth", "Share Worth"]].to_numpy().tolist() == [[1, 2]]
    assert splits.index.to_list() == ["KO"]


def test_agreement_on_the_consent_page_leads_to_a_crumb(yahoo: LoopbackYahoo, session: Any) -> None:
    yahoo.consent_page = CONSENT_FORM
    data = YfData(session=session)
    assert data._get_crumb_csrf() == CRUMB
    assert [subject for endpoint, subject in yahoo.log if endpoint == "consent"] == ["consent", "collectConsent", "copyConsent"]


def test_a_question_without_the_crumb_is_refused(session: Any) -> None:
    for endpoint in ("v7/finance/quote?symbols=KO", "v10/finance/quoteSummary/KO?modules=assetProfile"):
        assert session.get(f"https://query2.finance.yahoo.com/{endpoint}").status_code == 401


def test_an_empty_name_lets_a_request_pass_and_a_star_stands_for_every_subject(yahoo: LoopbackYahoo, session: Any) -> None:
    yahoo.charts = {symbol: chart(symbol, {WED: 50.0}) for symbol in ("KO", "PEP")}
    yahoo.faults["chart", "*"] = ["", "500", "404"]
    asked = ("KO", "PEP", "KO", "KO")
    statuses = [session.get(f"https://query2.finance.yahoo.com/v8/finance/chart/{symbol}").status_code for symbol in asked]
    assert statuses == [200, 500, 404, 200]
