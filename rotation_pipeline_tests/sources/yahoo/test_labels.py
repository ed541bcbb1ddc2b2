"""Sector and industry by turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo import Yahoo
from rotation_pipeline.sources.yahoo.client import Client, quiet
from rotation_pipeline.sources.yahoo.sweep.labels import MOST_REQUESTS, TURN, Labels, industries_due, label_key, no_labels, read_labels
from rotation_pipeline_tests.sources.yahoo.loopback.quoting import full_quote
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo

FRI = date(2026, 11, 13)
NOW = datetime(2026, 11, 14, 3, tzinfo=UTC)
EVERY = industries_due({}, FRI, TURN)


@pytest.fixture
def client(yahoo: LoopbackYahoo, tmp_path: Path) -> Client:
    return Yahoo(tmp_path / "cache", yahoo.session(), lambda _seconds: None, 1000.0)._one_client()


@pytest.fixture
def request_(xnys: Sequence[date]) -> FetchRequest:
    """Only the regional banks and copper have not been read yet."""
    plain = [name.replace("\N{EM DASH}", " - ") for name in EVERY]
    return FetchRequest(
        FRI, xnys, NOW, cursor={label_key(name): "2026-11-13" for name in plain if name not in ("Banks - Regional", "Copper")}
    )


def company(symbol: str, industry: str) -> dict[str, Any]:
    return {**full_quote(symbol, FRI), "industry": industry}


def read(client: Client, request: FetchRequest, n_turns: int = TURN) -> Labels:
    with quiet():
        return read_labels(client, request, n_turns)


def test_every_industry_has_its_turn_within_twenty_sessions() -> None:
    cursor: dict[str, str] = {}
    for n in range(3 * TURN):
        day = FRI + timedelta(days=n)
        due = [name.replace("\N{EM DASH}", " - ") for name in industries_due(cursor, day)]
        assert len(due) == 8
        cursor |= {label_key(name): day.isoformat() for name in due}
    assert len(EVERY) == len(cursor) == 145
    assert min(cursor.values()) > (FRI + timedelta(days=2 * TURN - 1)).isoformat()


def test_labels_have_the_spelling_of_the_company_profile(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    yahoo.screened = [company("KEY", "Banks - Regional"), company("FCX", "Copper"), company("XOM", "Oil & Gas Integrated")]
    labels = read(client, request_)
    assert labels.frame.rows() == [("KEY", "Financial Services", "Banks - Regional"), ("FCX", "Basic Materials", "Copper")]
    assert labels.cursor == {"label:Banks - Regional": "2026-11-13", "label:Copper": "2026-11-13"}
    assert [(entry.dataset, entry.subject, entry.n_rows) for entry in labels.entries] == [
        ("raw.listing", "industry Banks - Regional page 1", 1),
        ("raw.listing", "industry Copper page 1", 1),
    ]


def test_an_industry_that_fails_keeps_its_turn(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    yahoo.screened = [company("KEY", "Banks - Regional"), company("FCX", "Copper")]
    yahoo.faults["screener", "Copper 0"] = ["500"] * 99
    labels = read(client, request_)
    assert labels.frame["symbol"].to_list() == ["KEY"]
    assert labels.cursor == {"label:Banks - Regional": "2026-11-13"}
    assert labels.entries[1].outcome == "failed"


def test_labels_that_were_read_today_are_not_read_again(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    done = replace(request_, cursor={**request_.cursor, "label:Banks - Regional": "2026-11-13", "label:Copper": "2026-11-13"})
    assert read(client, done).entries == ()
    assert yahoo.asked("screener") == 0
    assert no_labels().frame.is_empty()


def test_a_turn_that_was_cut_short_goes_on_and_no_further() -> None:
    first = industries_due({}, FRI)
    read_before = {label_key(name.replace("\N{EM DASH}", " - ")): "2026-11-13" for name in first[:5]}
    assert industries_due(read_before, FRI) == first[5:]


def test_crowded_industries_end_the_turn_early(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    first = EVERY[:3]
    yahoo.screened = [company(f"S{n:04d}", first[n % 3]) for n in range(3 * 900)]
    labels = read(client, replace(request_, cursor={}), 1)
    assert yahoo.asked("screener") == 4 + 4 + 4
    assert len(labels.cursor) == 3
    assert yahoo.asked("screener") >= MOST_REQUESTS


def test_a_closed_session_ends_the_turn(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    yahoo.faults["screener", "*"] = ["429 for 2 h"]
    labels = read(client, request_)
    assert [entry.outcome for entry in labels.entries] == ["waiting"]
    assert labels.cursor == {}


def test_a_new_home_may_read_all_at_once(yahoo: LoopbackYahoo, client: Client, request_: FetchRequest) -> None:
    yahoo.screened = [company(f"S{n:03d}", name) for n, name in enumerate(EVERY)]
    labels = read(client, replace(request_, cursor={}), TURN)
    assert (labels.frame.height, yahoo.asked("screener")) == (145, 145)
