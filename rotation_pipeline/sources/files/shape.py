"""The part of a section entry that says how to read its files: paths, columns, constants, value maps and formats."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from rotation_pipeline.errors import BadConfig, BadInput
from rotation_pipeline.sources.files.declaration import Choices, FileGroup, Pairs, Scalar
from rotation_pipeline.sources.files.vocabulary import TIME_ZONES, Section

SUFFIXES = (".csv", ".parquet")


def read_group(name: str, where: str, section: Section, raw: dict[str, Any]) -> FileGroup:
    """The FileGroup of one entry. Raises BadConfig naming the key that is wrong."""
    known = list(section.columns)
    columns = read_pairs(f"{where}, columns", raw.get("columns", {}), known)
    constants = _constants(f"{where}, constants", raw.get("constants", {}), section)
    twice = sorted(dict(columns).keys() & dict(constants).keys())
    if twice:
        raise BadConfig(where, f"{twice[0]} is both a column and a constant", "keep one of the two")
    return FileGroup(
        section=name,
        where=where,
        files=_patterns(where, raw),
        columns=columns,
        constants=constants,
        values=_values(f"{where}, values", raw.get("values", {}), known),
        chosen=_choices(f"{where}, where", raw.get("where", {})),
        date_format=_text(where, raw, "date_format"),
        time_zone=_time_zone(where, raw),
        symbol_style=_style(where, raw),
        separator=_separator(where, raw),
    )


def read_pairs(where: str, raw: Any, known: Iterable[str] | None = None) -> Pairs:
    """A TOML table of texts. Raises BadConfig for anything else, or for a key that is not ``known``."""
    if not isinstance(raw, dict):
        raise BadConfig(where, f"cannot be {raw!r}", 'use a table: { ours = "theirs" }')
    for key, value in raw.items():
        if known is not None and key not in known:
            close = difflib.get_close_matches(key, list(known), n=1)
            raise BadConfig(where, f"has an unknown key {key}", f"did you mean {close[0]}?" if close else f"known are: {', '.join(known)}")
        if not isinstance(value, str):
            raise BadConfig(f"{where}.{key}", f"cannot be {value!r}", "use a text in quotes")
    return tuple(raw.items())


def expand(base: Path, group: FileGroup) -> list[Path]:
    """The files of a group, sorted by path. Raises BadConfig for other suffixes, BadInput when a pattern matches nothing."""
    found: list[Path] = []
    for pattern in group.files:
        matches = sorted(glob.glob(pattern, root_dir=base, recursive=True))
        if not matches:
            problem = "matches no file" if glob.has_magic(pattern) else "does not exist"
            fix = "correct the path (it is relative to the rotation.toml), or put the files there"
            raise BadInput(f"{group.where}, {pattern}", f"{problem} in {base}", fix)
        found += [Path(os.path.normpath(base / match)) for match in matches]
    for path in found:
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            raise BadConfig(group.where, f"{path} is no CSV or Parquet file", _way_out(path))
    return list(dict.fromkeys(found))


def _way_out(path: Path) -> str:
    if path.is_dir():
        return f'it is a folder: files = "{path.name}/*.csv" or "{path.name}/**/*.parquet"'
    if path.suffix.lower() in (".gz", ".zip", ".bz2", ".xz", ".zst"):
        return "unpack it, and declare the unpacked files"
    return "narrow files to *.csv or *.parquet; a table in text with another name is read when it is called .csv"


def _patterns(where: str, raw: dict[str, Any]) -> tuple[str, ...]:
    files = raw.get("files")
    if files is None:
        raise BadConfig(where, "has no files", 'add files = "prices/*.csv"')
    patterns = [files] if isinstance(files, str) else files
    if not isinstance(patterns, list) or not patterns or not all(isinstance(item, str) and item for item in patterns):
        raise BadConfig(f"{where}, files", f"cannot be {files!r}", 'use a path, a glob or a list of them: files = "prices/*.csv"')
    return tuple(patterns)


def _constants(where: str, raw: Any, section: Section) -> tuple[tuple[str, Scalar], ...]:
    if not isinstance(raw, dict):
        raise BadConfig(where, f"cannot be {raw!r}", 'use a table: { currency = "USD" }')
    types: dict[str, tuple[type, ...]] = {"symbol": (str,), "text": (str,), "date": (date,), "number": (int, float)}
    for key, value in raw.items():
        read_pairs(where, {key: ""}, section.columns)
        column = section.columns[key]
        if isinstance(value, bool) or not isinstance(value, types[column.type]):
            raise BadConfig(f"{where}.{key}", f"cannot be {value!r}", f"{key} is a {column.type}")
        if column.choices and value not in column.choices:
            raise BadConfig(f"{where}.{key}", f"cannot be {value!r}", f"use one of: {', '.join(column.choices)}")
    return tuple(raw.items())


def _values(where: str, raw: Any, known: Iterable[str]) -> tuple[tuple[str, Pairs], ...]:
    if not isinstance(raw, dict):
        raise BadConfig(where, f"cannot be {raw!r}", 'use a table a column: values.timing = { pre = "BMO" }')
    read_pairs(where, dict.fromkeys(raw, ""), known)
    return tuple((key, read_pairs(f"{where}.{key}", pairs)) for key, pairs in raw.items())


def _choices(where: str, raw: Any) -> Choices:
    fix = 'use a table, a word or a list of words a column of the file: where = { action = "split" }'
    if not isinstance(raw, dict):
        raise BadConfig(where, f"cannot be {raw!r}", fix)
    return tuple((column, _words(f"{where}.{column}", said, fix)) for column, said in raw.items())


def _words(where: str, said: Any, fix: str) -> tuple[str, ...]:
    words = said if isinstance(said, list) else [said]
    if not words or not all(isinstance(word, str | int) and not isinstance(word, bool) and str(word).strip() for word in words):
        raise BadConfig(where, f"cannot be {said!r}", fix)
    return tuple(str(word).strip() for word in words)


def _time_zone(where: str, raw: dict[str, Any]) -> Any:
    zone = raw.get("time_zone")
    if zone is not None and zone not in TIME_ZONES:
        fix = 'use "America/New_York" or "UTC" for instants (the session is the day in New York), "date" for midnights that mean their day'
        raise BadConfig(f"{where}, time_zone", f"cannot be {zone!r}", fix)
    return zone


def _text(where: str, raw: dict[str, Any], key: str) -> str | None:
    value = raw.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise BadConfig(f"{where}, {key}", f"cannot be {value!r}", "use a text in quotes")
    return value


def _style(where: str, raw: dict[str, Any]) -> Any:
    style = raw.get("symbol_style", "dashes")
    if style not in ("dashes", "dots"):
        raise BadConfig(f"{where}, symbol_style", f"cannot be {style!r}", 'use "dashes" (BRK-B) or "dots" (BRK.B)')
    return style


def _separator(where: str, raw: dict[str, Any]) -> str:
    value = raw.get("separator", ",")
    if not isinstance(value, str) or len(value) != 1 or not value.isascii():
        raise BadConfig(f"{where}, separator", f"cannot be {value!r}", 'use one character: ";"')
    return value
