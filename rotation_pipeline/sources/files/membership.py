"""Stays in a given-list universe: from intervals, or from a seed list and the changes since (methodology B.1, B.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from rotation_pipeline.sources.files.declaration import FileGroup, Memberships
from rotation_pipeline.sources.files.reader import read
from rotation_pipeline.sources.files.vocabulary import SECTIONS

Change = tuple[date, str, str]  # effective date, removed or added, symbol
_COLUMNS = SECTIONS["memberships"].columns


@dataclass
class _Stays:
    """Half-open stays of one universe while its changes are replayed."""

    open_since: dict[str, date] = field(default_factory=dict)
    closed: list[tuple[str, date, date]] = field(default_factory=list)
    n_void: int = 0  # additions of members and removals of others

    def apply(self, day: date, action: str, symbol: str) -> None:
        since = self.open_since.get(symbol)
        if (action == "added") == (since is not None):
            self.n_void += 1
        elif since is None:
            self.open_since[symbol] = day
        else:
            del self.open_since[symbol]
            self.closed.append((symbol, since, day))


def membership_rows(files: list[Path], seeds: list[Path], memberships: Memberships) -> tuple[pl.DataFrame, dict[str, int]]:
    """raw.membership of one entry, valid_to being the first day out; and how many changes are void, by reason.

    Changes are replayed over the seed in date order, removals of a day before its additions. A seed of stays (one with a valid_to)
    already holds the changes up to the last date in it; a plain seed those up to its own date.
    """
    if memberships.form == "intervals":
        columns = {name: _COLUMNS[name] for name in ("universe_id", "symbol", "valid_from", "valid_to")}
        if memberships.universe_id is not None:
            del columns["universe_id"]
        stays = pl.concat([_ends(read(file, memberships.group, columns), memberships) for file in files], how="diagonal")
        n_void = 0
    else:
        stays, n_void = _replay(seeds, files, memberships)
    if memberships.universe_id is not None:
        stays = stays.with_columns(pl.lit(memberships.universe_id).alias("universe_id"))
    stays = stays.with_columns(pl.lit(memberships.bias_label).alias("bias_label"))
    return stays, {"changes of what was so already": n_void}


def _ends(stays: pl.DataFrame, memberships: Memberships) -> pl.DataFrame:
    if "valid_to" not in stays.columns:
        return stays.with_columns(pl.lit(None, dtype=pl.Date).alias("valid_to"))
    return stays.with_columns(pl.col("valid_to").dt.offset_by("1d")) if memberships.end_means == "last_day_in" else stays


def _replay(seeds: list[Path], files: list[Path], memberships: Memberships) -> tuple[pl.DataFrame, int]:
    assert memberships.seed is not None
    columns = {name: _COLUMNS[name] for name in ("symbol", "valid_from", "valid_to")}
    seed = pl.concat([_ends(read(file, memberships.seed, columns), memberships) for file in seeds], how="diagonal")
    state = _Stays()
    for symbol, since, until in seed.select("symbol", "valid_from", "valid_to").iter_rows():
        if until is None:
            state.open_since[symbol] = since
        else:
            state.closed.append((symbol, since, until))
    days = [day for day in (seed["valid_from"].max(), seed["valid_to"].max()) if isinstance(day, date)]
    start = max(days, default=date.min)
    for day, action, symbol in sorted(_changes(files, memberships), key=lambda change: (change[0], change[1] == "added", change[2])):
        if day > start:
            state.apply(day, action, symbol)
    opened = [(symbol, since, None) for symbol, since in state.open_since.items()]
    schema = {"symbol": pl.String(), "valid_from": pl.Date(), "valid_to": pl.Date()}
    return pl.DataFrame(sorted([*state.closed, *opened], key=lambda stay: stay[:2]), schema=schema, orient="row"), state.n_void


def _changes(files: list[Path], memberships: Memberships) -> Iterable[Change]:
    group = memberships.group
    for file in files:
        if memberships.form == "changes":
            rows = read(file, group, {name: _COLUMNS[name] for name in ("date", "action", "symbol")})
            yield from rows.select("date", "action", "symbol").iter_rows()
            continue
        rows = read(file, group, {name: _COLUMNS[name] for name in ("date", "added", "removed")})
        for day, added, removed in rows.select("date", "added", "removed").iter_rows():
            yield from ((day, "removed", symbol) for symbol in _symbols(removed, group))
            yield from ((day, "added", symbol) for symbol in _symbols(added, group))


def _symbols(listed: str | None, group: FileGroup) -> list[str]:
    """The symbols of a cell such as ``"IEX, LDOS"``."""
    symbols = [symbol.strip().strip("\"'") for symbol in (listed or "").replace(";", ",").split(",")]
    return [symbol.replace(".", "-") if group.symbol_style == "dots" else symbol for symbol in symbols if symbol]
