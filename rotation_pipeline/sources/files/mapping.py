"""Reads and validates a rotation.toml: TOML in, frozen declarations out, or a BadConfig that names the entry and the key.

The format is documented in ``docs/files.md``; its words are in ``vocabulary``.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rotation_pipeline.errors import BadConfig
from rotation_pipeline.sources.files.declaration import (
    Dividends,
    Earnings,
    Entry,
    Listings,
    Mapping,
    Memberships,
    Prices,
    Shares,
    Splits,
    Statements,
    SymbolChanges,
)
from rotation_pipeline.sources.files.shape import read_group, read_pairs
from rotation_pipeline.sources.files.vocabulary import SECTIONS, SHAPE, Section, Setting

Raw = dict[str, Any]


def read_mapping(config: Path) -> Mapping:
    """The declarations of ``config``. Raises BadConfig for TOML errors, unknown keys, wrong types and contradictions."""
    content = _parse(config)
    _known(str(config), content, ["source", *SECTIONS])
    source = content.pop("source", {})
    where = f"{config}, [source]"
    if not isinstance(source, dict):
        raise BadConfig(where, "is not a table", 'write:  [source]  and below it  kind = "files"')
    _known(where, source, ["kind", "description"])
    if source.get("kind", "files") != "files":
        raise BadConfig(where, f"kind is {source['kind']!r}", 'a rotation.toml describes files: kind = "files"')
    entries = tuple(_entry(config, name, number, raw) for name, number, raw in _entries(config, content))
    if not any(isinstance(entry, Prices) for entry in entries):
        raise BadConfig(str(config), "has no [[prices]]", "declare at least one set of price files; docs/files.md has a minimal example")
    _no_universe_twice(entries)
    _dividends_are_listed(entries)
    return Mapping(str(source.get("description", f"files described by {config.name}")), entries)


def _parse(config: Path) -> Raw:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadConfig(str(config), "does not exist", "write one (docs/files.md), or point --config / ROTATION_CONFIG at it") from error
    except OSError as error:
        raise BadConfig(str(config), f"cannot be read ({error.strerror})", "make it a readable text file") from error
    except UnicodeDecodeError as error:
        raise BadConfig(str(config), f"is not UTF-8 text (byte {error.start})", "save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(str(config), f"is not valid TOML: {error}", "correct it at that line and column") from error


def _entries(config: Path, content: Raw) -> Iterable[tuple[str, int, Raw]]:
    for name, items in content.items():
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadConfig(f"{config}, {name}", "is no list of entries", f"use double brackets: [[{name}]]")
        for number, raw in enumerate(items, start=1):
            yield name, number, raw


def _entry(config: Path, name: str, number: int, raw: Raw) -> Entry:
    section = SECTIONS[name]
    where = f"{config}, [[{name}]] no. {number}"
    _known(where, raw, [*SHAPE, *section.settings])
    settings = {key: _setting(f"{where}, {key}", setting, raw[key]) for key, setting in section.settings.items() if key in raw}
    for key, setting in section.settings.items():
        if setting.is_required and key not in raw:
            raise BadConfig(where, f"has no {key}", f"add {key} = {_allowed(setting)}")
    shape = {key: raw[key] for key in SHAPE if key in raw}
    return _BUILDERS[name](where, section, shape, settings)


def _setting(where: str, setting: Setting, value: Any) -> Any:
    is_right = isinstance(value, setting.types) and not isinstance(value, bool) and not hasattr(value, "hour")
    if not is_right or (isinstance(value, str) and setting.choices and value not in setting.choices):
        raise BadConfig(where, f"cannot be {value!r}", f"use {_allowed(setting)}")
    return value


def _allowed(setting: Setting) -> str:
    words = [f'"{choice}"' for choice in setting.choices]
    names = {"date": "a date (2024-03-09, without quotes)", "int": "a whole number", "dict": 'a table { a = "b" }'}
    words += [names[kind.__name__] for kind in setting.types if kind is not str]
    return " or ".join(words) or "a text in quotes"


def _known(where: str, given: Iterable[str], known: list[str]) -> None:
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are: {', '.join(known)}"
            raise BadConfig(where, f"has an unknown key {key}", hint)


def _prices(where: str, section: Section, shape: Raw, settings: Raw) -> Prices:
    group = read_group("prices", where, section, shape)
    if settings["price_basis"] == "as_traded" and "basis_date" in settings:
        raise BadConfig(where, "an as_traded price needs no basis_date", 'drop basis_date, or say price_basis = "split_adjusted"')
    if settings["price_basis"] != "as_traded" and "basis_date" not in settings:
        raise BadConfig(
            where,
            f"a price that is {settings['price_basis']} needs the date up to which splits are in it",
            'add basis_date = <date of the download>, or "last_session" for files that are downloaded anew every day',
        )
    _kind_once(where, settings, dict(group.columns), dict(group.constants))
    for name, setting in (("dividend", "dividends"), ("split", "splits")):
        if name in dict(group.columns) and settings.get(setting) != "column":
            raise BadConfig(where, f"maps a column {name} that {setting} does not use", f'say {setting} = "column"')
    return Prices(group, **settings)


def _listings(where: str, section: Section, shape: Raw, settings: Raw) -> Listings:
    group = read_group("listings", where, section, shape)
    _kind_once(where, settings, dict(group.columns), dict(group.constants))
    return Listings(group, **settings)


def _kind_once(where: str, settings: Raw, *named: dict[str, Any]) -> None:
    if "kind" in settings and any("kind" in names for names in named):
        raise BadConfig(where, "says twice what its symbols are", 'keep kind = "EQUITY", or the column kind')


def _memberships(where: str, section: Section, shape: Raw, settings: Raw) -> Memberships:
    group = read_group("memberships", where, section, shape)
    if ("universe_id" in settings) == ("universe_id" in dict(group.columns)):
        raise BadConfig(where, "must say once which universe it is", 'add universe_id = "SP500", or map a column universe_id, not both')
    form, seed, seed_columns = settings["form"], settings.pop("seed", None), settings.pop("seed_columns", {})
    if form == "intervals" and (seed or seed_columns):
        raise BadConfig(where, "intervals need no seed", 'drop seed, or say form = "changes"')
    if form != "intervals" and (seed is None or "universe_id" not in settings):
        raise BadConfig(where, f"{form} need a universe_id and a seed", 'add seed = "start.csv", the members before the first change')
    if (form == "intervals" or "valid_to" in seed_columns) and "end_means" not in settings:
        raise BadConfig(where, "does not say what the end of a stay means", 'add end_means = "first_day_out" or "last_day_in"')
    if seed is not None:
        seed_shape: Raw = {key: shape[key] for key in ("date_format", "time_zone", "symbol_style", "separator") if key in shape}
        seed_shape.update(files=seed, columns=seed_columns)
        settings["seed"] = read_group("memberships", f"{where}, seed", section, seed_shape)
    return Memberships(group, **settings)


def _symbol_changes(where: str, section: Section, shape: Raw, settings: Raw) -> SymbolChanges:
    group = read_group("symbol_changes", where, section, shape)
    extract = read_pairs(f"{where}, extract", settings.get("extract", {}), ["old_symbol", "new_symbol"])
    for name, pattern in extract:
        try:
            n_groups = re.compile(pattern).groups
        except re.error as error:
            raise BadConfig(f"{where}, extract.{name}", f"is no regular expression ({error})", "correct it") from error
        if n_groups != 1:
            raise BadConfig(f"{where}, extract.{name}", f"has {n_groups} groups", "put one pair of brackets around the symbol")
    return SymbolChanges(group, extract)


def _no_universe_twice(entries: tuple[Entry, ...]) -> None:
    seen: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, Memberships) and entry.universe_id is not None:
            if entry.universe_id in seen:
                problem = f"declares {entry.universe_id} again, after {seen[entry.universe_id]}"
                raise BadConfig(entry.group.where, problem, "keep one of the two")
            seen[entry.universe_id] = entry.group.where


def _dividends_are_listed(entries: tuple[Entry, ...]) -> None:
    if any(isinstance(entry, Dividends) for entry in entries):
        return
    for entry in entries:
        if isinstance(entry, Prices) and entry.dividends == "listed":
            fix = 'add [[dividends]], or say dividends = "column", "implied" or "none"'
            raise BadConfig(entry.group.where, 'says dividends = "listed", but no [[dividends]] lists them', fix)


_BUILDERS: dict[str, Callable[[str, Section, Raw, Raw], Entry]] = {
    "prices": _prices,
    "listings": _listings,
    "memberships": _memberships,
    "symbol_changes": _symbol_changes,
    "splits": lambda where, section, shape, settings: Splits(read_group("splits", where, section, shape), **settings),
    "dividends": lambda where, section, shape, settings: Dividends(read_group("dividends", where, section, shape), **settings),
    "shares": lambda where, section, shape, settings: Shares(read_group("shares", where, section, shape), **settings),
    "earnings": lambda where, section, shape, settings: Earnings(read_group("earnings", where, section, shape), **settings),
    "statements": lambda where, section, shape, settings: Statements(read_group("statements", where, section, shape), **settings),
}
