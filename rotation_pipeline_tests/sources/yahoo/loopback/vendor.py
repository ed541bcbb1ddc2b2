"""A small market as Yahoo shows it on an evening: what traded, what was paid and split, and what Yahoo makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from math import prod
from typing import Any

import numpy as np

from rotation_pipeline_tests.sources.yahoo.loopback.quoting import full_quote
from rotation_pipeline_tests.sources.yahoo.loopback.server import LoopbackYahoo
from rotation_pipeline_tests.sources.yahoo.loopback.wire import chart, quote

RANGE = 0.01  # high and low of a session lie so far from its close, USD


@dataclass
class Line:
    """One line as it traded: closes in USD, volumes in shares, dividends in USD a share, splits as (new, old), each on its own day."""

    kind: str
    closes: dict[date, float]
    volumes: dict[date, int]
    dividends: dict[date, float] = field(default_factory=dict)
    splits: dict[date, tuple[int, int]] = field(default_factory=dict)
    missing: set[date] = field(default_factory=set)  # sessions that Yahoo does not show

    def split(self, day: date, new: int, old: int) -> None:
        """From ``day`` on there are ``new`` shares for ``old``."""
        self.splits[day] = (new, old)
        for session in self.closes:
            if session >= day:
                self.closes[session] = round(self.closes[session] * old / new, 2)
                self.volumes[session] = self.volumes[session] * new // old

    def later_splits(self, day: date, evening: date) -> float:
        """New shares for one of ``day``, through ``evening``."""
        return prod(new / old for ex_date, (new, old) in self.splits.items() if day < ex_date <= evening)


@dataclass
class Vendor:
    """The market by today's symbols."""

    lines: dict[str, Line]

    @classmethod
    def make(cls, sessions: Sequence[date], kinds: dict[str, str]) -> Vendor:
        """Random walks over ``sessions``, the same ones every time; ``kinds`` are by symbol."""
        return cls({symbol: _walk(nth, sessions, kind) for nth, (symbol, kind) in enumerate(kinds.items())})

    def rename(self, old: str, new: str) -> None:
        """The line goes on under another symbol, with its whole history."""
        self.lines[new] = self.lines.pop(old)

    def show(self, server: LoopbackYahoo, evening: date) -> None:
        """Serve the charts and quotes of ``evening``: prices, volumes and dividends on the share basis of that day."""
        server.charts.clear()
        server.quotes.clear()
        server.screened = []
        for symbol, line in self.lines.items():
            server.charts[symbol] = _chart(symbol, line, evening)
            if line.kind == "EQUITY":
                server.screened.append(_quote(symbol, line, evening))
            else:
                server.quotes[symbol] = quote(symbol, kind=line.kind)


def _walk(seed: int, sessions: Sequence[date], kind: str) -> Line:
    rng = np.random.default_rng(seed)
    closes = np.round(60 * np.exp(np.cumsum(rng.normal(0.0003, 0.012, len(sessions)))), 2)
    volumes = rng.integers(200_000, 900_000, len(sessions)) // 10 * 10
    return Line(kind, dict(zip(sessions, closes.tolist(), strict=True)), dict(zip(sessions, volumes.tolist(), strict=True)))


def _shown(line: Line, evening: date) -> list[date]:
    return [day for day in line.closes if day <= evening and day not in line.missing]


def _chart(symbol: str, line: Line, evening: date) -> dict[str, Any]:
    days = _shown(line, evening)
    rescaled = {day: line.later_splits(day, evening) for day in days}
    body = chart(
        symbol,
        {day: line.closes[day] / rescaled[day] for day in days},
        volumes={day: line.volumes[day] * rescaled[day] for day in days},
        dividends={day: paid / line.later_splits(day, evening) for day, paid in line.dividends.items() if day <= evening},
        splits={day: ratio for day, ratio in line.splits.items() if day <= evening},
        instrumentType=line.kind,
    )
    bars = body["chart"]["result"][0]["indicators"]["quote"][0]
    bars["high"] = [(line.closes[day] + RANGE) / rescaled[day] for day in days]
    bars["low"] = [(line.closes[day] - RANGE) / rescaled[day] for day in days]
    return body


def _quote(symbol: str, line: Line, evening: date) -> dict[str, Any]:
    before, last = _shown(line, evening)[-2:]
    close = line.closes[last]
    return full_quote(
        symbol,
        last,
        close,
        line.closes[before] / line.later_splits(before, last),
        regularMarketDayHigh=close + RANGE,
        regularMarketDayLow=close - RANGE,
        regularMarketVolume=line.volumes[last],
        trailingAnnualDividendRate=sum(line.dividends.values()),
    )
