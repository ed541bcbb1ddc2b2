"""3,000 symbols through a storm, with the fetching process killed three times: nothing is lost, asked twice, or landed twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from rotation_pipeline.landing import LEDGER, Batch, Landing, LedgerEntry
from rotation_pipeline.models import Catalog, sql_root
from rotation_pipeline.sources.yahoo.plan import CHUNK, day_key
from rotation_pipeline.sources.yahoo.standing import bars_key, whole_key
from rotation_pipeline.sources.yahoo.sweep.labels import label_key
from rotation_pipeline_tests.sources.yahoo.loopback.wire import CALENDAR_COLUMNS, chart, opening, quote
from rotation_pipeline_tests.sources.yahoo.storm import (
    BROKEN,
    COMPANIES,
    DEAD,
    FUNDS,
    HELD,
    PER_DAY,
    PER_HOUR,
    START,
    SYMBOLS,
    THROUGH,
    Asked,
    StormyYahoo,
    weather,
)

SEED = 20261113
WEDNESDAY, THURSDAY = date(2026, 11, 11), date(2026, 11, 12)
LIVING = (*FUNDS, *COMPANIES, *HELD)
N_KILLS = 3
NEVER = float("inf")


@dataclass
class Storm:
    """What is left of one: the server's log, what landed, and how each fetching process ended."""

    asked: list[Asked]
    landing: Landing
    ends: list[int] = field(default_factory=list)

    def rows(self, table: str) -> pl.DataFrame:
        return pl.concat([pl.read_parquet(file.path) for load in self.landing.loads() for file in load.files if file.table == table])


def serve(yahoo: StormyYahoo) -> None:
    """Three flat sessions of every symbol; companies are in the screener, funds are asked for by name."""
    for n, symbol in enumerate((*LIVING, *BROKEN)):
        last = 12 + n / 100
        kind = "EQUITY" if symbol in COMPANIES else "ETF"
        yahoo.charts[symbol] = chart(symbol, {WEDNESDAY: last - 2, THURSDAY: last - 1, THROUGH: last}, instrumentType=kind)
        prices = {"Price": last, "Open": last, "DayHigh": last + 0.01, "DayLow": last - 0.01, "Volume": 1000, "PreviousClose": last - 1}
        told = {f"regularMarket{name}": value for name, value in prices.items()} | {"regularMarketTime": opening(THROUGH) + 23400}
        said = quote(symbol, kind, region="US", marketCap=1e9, trailingAnnualDividendRate=0.0, **told)
        if kind == "EQUITY":
            yahoo.screened.append(said)
        else:
            yahoo.quotes[symbol] = said
    yahoo.calendar_columns = CALENDAR_COLUMNS


def land_thursday(landing: Landing, yahoo: StormyYahoo) -> None:
    """What a fetch on Thursday evening would have left of HELD."""
    closes = {symbol: yahoo.charts[symbol]["chart"]["result"][0]["indicators"]["quote"][0]["close"] for symbol in HELD}
    rows = [(symbol, day, close) for symbol in HELD for day, close in zip((WEDNESDAY, THURSDAY), closes[symbol], strict=False)]
    bars = pl.DataFrame(rows, schema=["symbol", "session", "close"], orient="row").with_columns(
        open="close", high=pl.col("close") + 0.01, low=pl.col("close") - 0.01, volume=1000.0, adj_close="close", currency=pl.lit("USD"),
        price_basis=pl.lit("split_adjusted"), basis_date=THURSDAY, dividend_basis=pl.lit("listed"),
    )  # fmt: skip
    ledger = tuple(LedgerEntry("raw.price_bar", symbol, "landed", 2, WEDNESDAY, THURSDAY) for symbol in HELD)
    cursor = {key(symbol): THURSDAY.isoformat() for symbol in HELD for key in (bars_key, whole_key)}
    landing.write("yahoo", Batch({"raw.price_bar": bars}, ledger, cursor), datetime(2026, 11, 12, 23, 30, tzinfo=UTC))


def contracts(folder: Path) -> Catalog:
    """The raw tables alone: all that a fetch needs, and quickly read."""
    shutil.copytree(sql_root() / "raw", folder / "raw")
    (folder / "ops").mkdir()
    shutil.copy(sql_root() / "ops" / "fetch_ledger.sql", folder / "ops")
    return Catalog.load(folder)


def survive(yahoo: StormyYahoo, home: Path, die_at: list[int]) -> Storm:
    """Process after process until one ends by itself; each begins a second after the last request of the one before."""
    storm = Storm(yahoo.asked_log, Landing(home / "landing", contracts(home / "contracts").models))
    land_thursday(storm.landing, yahoo)
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}  # the frames are tiny
    while storm.ends[-1:] != [0]:
        start = max((asked.at + 1 for asked in yahoo.asked_log), default=START)
        arguments = [yahoo.address, str(home), repr(start), str(die_at.pop(0) if die_at else 0)]
        command = [sys.executable, "-m", "rotation_pipeline_tests.sources.yahoo.storm", *arguments]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        yahoo.victim = process.pid
        errors = process.communicate(timeout=300)[1]
        yahoo.victim = None
        assert process.returncode in (0, -signal.SIGKILL), errors
        storm.ends.append(process.returncode)
        yahoo.life += 1
    return storm


def screener_key(subject: str) -> str:
    """Cursor key of a page of the sweep ("250") or of an industry ("Copper 0")."""
    industry = subject.rpartition(" ")[0]
    return label_key(industry.replace("\N{EM DASH}", " - ")) if industry else "sweep"


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    """Killed at two requests and at one load, all three chosen by the seed."""
    rng = random.Random(SEED)
    kill_at = frozenset({rng.randrange(100, 450), rng.randrange(800, 1200)})
    sky = weather(SEED, 20_000)
    sky[25:32] = ["429 "] * 7  # cuts the sweep short
    with StormyYahoo(sky, kill_at) as yahoo:
        serve(yahoo)
        yield survive(yahoo, tmp_path_factory.mktemp("storm"), [0, rng.randrange(4, 10)])


def test_it_was_a_storm(storm: Storm) -> None:
    assert storm.ends == [-signal.SIGKILL] * N_KILLS + [0]
    assert len(SYMBOLS) == 3000
    said = Counter(asked.said.split(" ")[0] for asked in storm.asked if asked.subject not in BROKEN)
    assert said["429"] / said.total() == pytest.approx(0.20, abs=0.02)
    assert said["500"] / said.total() == pytest.approx(0.02, abs=0.01)
    assert said["cut"] / said.total() == pytest.approx(0.01, abs=0.005)


def test_every_symbol_ends_landed_excused_or_failed_with_its_reason(storm: Storm) -> None:
    ledger = storm.rows(LEDGER).filter(pl.col("dataset") == "raw.price_bar").sort("load_id")
    last = ledger.unique("subject", keep="last").select("subject", "outcome", "reason")
    ends = {subject: (outcome, reason) for subject, outcome, reason in last.iter_rows()}
    assert set(ends) == set(SYMBOLS)
    assert {ends[symbol][0] for symbol in LIVING} == {"landed"}
    assert {ends[symbol] for symbol in DEAD} == {("excused", "Yahoo: No data found, symbol may be delisted")}
    assert {ends[symbol][0] for symbol in BROKEN} == {"failed"}
    said = {
        "500": "HTTP 500 from chart, 4 times",
        "null": "not believed",
        "torn": "curl",
        "cut": "a cut or empty",
        "odd": "of another form",
    }
    for symbol, fault in BROKEN.items():  # the weather may have had the last word
        assert any(said[fault] in (reason or "") for reason in ledger.filter(pl.col("subject") == symbol)["reason"]), symbol


def test_nothing_waits_or_fails_in_any_table_but_what_is_broken(storm: Storm) -> None:
    ledger = storm.rows(LEDGER).sort("load_id").unique(["dataset", "subject"], keep="last", maintain_order=True)
    left = ledger.filter(pl.col("outcome").is_in(["waiting", "failed"])).select("dataset", "subject", "outcome", "reason")
    assert set(left["subject"]) == set(BROKEN), left.rows()


def test_nothing_is_asked_for_again_once_its_answer_is_on_disk(storm: Storm) -> None:
    keys = {
        "chart": bars_key,
        "visualization": lambda day: day_key(date.fromisoformat(day)),
        "screener": screener_key,
        "quote": lambda _: "sweep",
    }
    landed = {
        key: load.fetched_at.timestamp() + 1e-6  # a load's stamp is cut to microseconds
        for load in reversed(storm.landing.loads())
        for key, value in load.cursor.items()
        if value == THROUGH.isoformat()
    }
    assert {symbol for symbol in SYMBOLS if bars_key(symbol) not in landed} == {*BROKEN, *HELD}
    n_days = sum(key.startswith("calendar:") for key in landed)
    assert n_days == len({asked.subject for asked in storm.asked if asked.endpoint == "visualization"})  # else the next line proves nothing
    late = [asked for asked in storm.asked if asked.endpoint in keys and asked.at > landed.get(keys[asked.endpoint](asked.subject), NEVER)]
    assert late == []


def test_only_what_was_in_flight_at_a_kill_is_asked_twice(storm: Storm) -> None:
    handshakes_and_pages = ("fc", "getcrumb", "consent", "screener")  # pages of the screener are of one moment, so they are read together
    answers = [
        (asked.life, asked.endpoint, subject)
        for asked in storm.asked
        if asked.said in ("ok", "404") and asked.endpoint not in handshakes_and_pages
        for subject in asked.subject.split(",")
        if subject not in BROKEN or asked.endpoint != "chart"
    ]
    twice = [answer for answer, n in Counter(answers).items() if n > 1]  # in one life
    assert [answer for answer in twice if answer[1:] not in {("quote", symbol) for symbol in DEAD}] == []  # no quote of theirs can land
    lives = Counter((endpoint, subject) for _, endpoint, subject in answers)
    assert {subject for endpoint, subject in lives if endpoint == "chart"} == {
        *FUNDS,
        *COMPANIES,
        *DEAD,
    }  # the sweep brought the bars of HELD
    assert sum(n - 1 for n in lives.values()) <= N_KILLS * CHUNK
    assert [subject for (endpoint, subject), n in lives.items() if endpoint == "quote" and n > 1 and subject not in DEAD] == []


def test_no_fact_is_landed_twice(storm: Storm) -> None:
    bars = storm.rows("raw.price_bar").drop("source", "load_id", "fetched_at")
    assert bars.height == bars.unique().height
    facts = bars.unique(["symbol", "session"])
    assert set(facts["symbol"]) == set(LIVING) | set(BROKEN)
    assert set(facts.filter(pl.col("symbol").is_in(LIVING)).group_by("symbol").len()["len"]) == {3}
    quotes = storm.rows("raw.quote").drop("source", "load_id", "fetched_at")
    assert quotes.height == quotes.unique().height


def test_no_hour_and_no_day_had_more_than_its_budget(storm: Storm) -> None:
    stamps = sorted(asked.at for asked in storm.asked)
    busiest = {seconds: max(n + 1 - bisect_right(stamps, at - seconds) for n, at in enumerate(stamps)) for seconds in (3600, 86400)}
    assert busiest[3600] <= PER_HOUR
    assert busiest[86400] <= PER_DAY
    reasons = " ".join(set(storm.rows(LEDGER).filter(pl.col("outcome") == "waiting")["reason"]))
    for limit in (f"the budget of {PER_HOUR} requests in any hour", f"the budget of {PER_DAY:,} requests in any day", "HTTP 429"):
        assert limit in reasons
