"""Sector and industry of companies from the screener: the industries take turns, so that each is read about monthly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import polars as pl
from yfinance.const import SECTOR_INDUSTY_MAPPING

from rotation_pipeline.landing import LedgerEntry
from rotation_pipeline.sources.base import FetchRequest
from rotation_pipeline.sources.yahoo.client import Client
from rotation_pipeline.sources.yahoo.standing import LABELS
from rotation_pipeline.sources.yahoo.sweep.pages import read_pages
from rotation_pipeline.sources.yahoo.sweep.screen import MAIN_EXCHANGES

TURN = 20  # sessions in which every industry is read once
MOST_REQUESTS = 9  # pages a turn after which no further industry is begun; one has up to three
LISTING = "raw.listing"
N_INDUSTRIES = sum(len(industries) for industries in SECTOR_INDUSTY_MAPPING.values())
_SCHEMA = pl.Schema({"symbol": pl.String(), "sector": pl.String(), "industry": pl.String()})


@dataclass(frozen=True)
class Labels:
    """Sector and industry by symbol of the industries that were read, their ledger entries and cursor."""

    frame: pl.DataFrame  # symbol, sector, industry
    entries: tuple[LedgerEntry, ...] = ()
    cursor: Mapping[str, str] = field(default_factory=dict)


def no_labels() -> Labels:
    """Nothing was read."""
    return Labels(pl.DataFrame(schema=_SCHEMA))


def label_key(industry: str) -> str:
    """Cursor key: the session of the fetch that last read the industry whole."""
    return f"label:{industry}"


def label_turns(cursor: Mapping[str, str], n_companies: int) -> int:
    """How many turns to read at once: all in a new home that is worth it, since labels that trickle in redo tables day after day."""
    return TURN if LABELS not in cursor and n_companies >= N_INDUSTRIES else 1


def industries_due(cursor: Mapping[str, str], through: date, n_turns: int = 1) -> list[str]:
    """The industries of the next ``n_turns`` turns, in the screener's spelling: a TURNth of all each, not read for longest first."""
    spelled = sorted(industry for industries in SECTOR_INDUSTY_MAPPING.values() for industry in industries)
    read = {industry: cursor.get(label_key(_plain(industry)), "") for industry in spelled}
    due = sorted((industry for industry in spelled if read[industry] < through.isoformat()), key=lambda one: read[one])
    n_read = len(spelled) - len(due)  # by an earlier run of the session
    return due[: max(0, n_turns * -(-len(spelled) // TURN) - n_read)]


def read_labels(client: Client, request: FetchRequest, n_turns: int = 1) -> Labels:
    """Read the industries whose turn it is, a further one only within ``n_turns`` * MOST_REQUESTS pages. Use inside ``client.quiet()``.

    An industry that could not be read whole keeps its turn. With ``n_turns`` = TURN a new home has all its labels in its first
    session, for about 170 requests.
    """
    sectors = {industry: sector for sector, industries in SECTOR_INDUSTY_MAPPING.items() for industry in industries}
    rows: list[tuple[str, str, str]] = []
    entries: list[LedgerEntry] = []
    cursor: dict[str, str] = {}
    for industry in industries_due(request.cursor, request.through, n_turns):
        if len(entries) >= n_turns * MOST_REQUESTS:
            break
        ask = partial(client.screen, exchanges=MAIN_EXCHANGES, industry=industry)
        pages = read_pages(ask, f"industry {_plain(industry)}", LISTING)
        entries += pages.entries
        rows += [(symbol, sectors[industry], _plain(industry)) for symbol in pages.quotes]
        if pages.is_answered and not pages.n_missing:
            cursor[label_key(_plain(industry))] = request.through.isoformat()
        if any(entry.outcome == "waiting" for entry in pages.entries):
            break
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row").unique("symbol", keep="last", maintain_order=True)
    return Labels(frame, tuple(entries), cursor)


def _plain(industry: str) -> str:
    """The spelling of the company profile ("Banks - Regional"), where the screener wants a dash of its own."""
    return " - ".join(part.strip() for part in industry.split("\N{EM DASH}"))
