"""The bodies that were recorded from Yahoo, by what they answer, and what they say when they are read without our source."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("ROTATION_SHARED_DATA", Path(__file__).resolve().parents[5] / "shared" / "data")) / "yahoo_recorded"


@dataclass(frozen=True)
class Recorded:
    """One recorded body: the file, and the endpoint and symbol that it answers, as its manifest says."""

    file: str
    endpoint: str
    symbol: str

    @property
    def raw(self) -> bytes:
        """As it was served."""
        return (FOLDER / self.file).read_bytes()

    @property
    def body(self) -> Any:
        """Read as JSON."""
        return json.loads(self.raw)


def manifest() -> list[Recorded]:
    """Every recorded body, by file; none where the data are absent."""
    path = FOLDER / "manifest.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as lines:
        return [Recorded(row["file"], row["endpoint"], row["symbol"]) for row in csv.DictReader(lines)]


@dataclass(frozen=True)
class ChartSays:
    """What a chart body says: days that have a price or a volume, events by kind, currency, step and the error's words."""

    days: frozenset[date]
    n_events: Mapping[str, int]
    currency: str | None
    step: str | None
    is_sound: bool  # its columns have one value for each stamp


def read_chart(body: Mapping[str, Any]) -> ChartSays:
    """Days are in the exchange's zone, and of several rows of one day one counts."""
    result = body["chart"]["result"][0]
    meta, stamps, quote = result["meta"], result.get("timestamp") or [], result["indicators"]["quote"][0]
    columns = [quote[name] for name in ("open", "high", "low", "close", "volume") if name in quote]
    filled = [n for n in range(len(stamps)) if any(column[n] for column in columns)]
    days = frozenset(_local_day(stamps[n], meta) for n in filled)
    events = {kind: len({_local_day(e["date"], meta) for e in entries.values()}) for kind, entries in result.get("events", {}).items()}
    return ChartSays(days, events, meta.get("currency"), meta.get("dataGranularity"), all(len(column) == len(stamps) for column in columns))


def _local_day(stamp: int, meta: Mapping[str, Any]) -> date:
    return datetime.fromtimestamp(stamp + meta.get("gmtoffset", 0), UTC).date()


def reported_values(body: Mapping[str, Any]) -> Iterator[tuple[str, date, float, str]]:
    """Type, period end, figure and currency of every value of a timeseries body."""
    for series in body["timeseries"]["result"]:
        for name in series["meta"].get("type", ()):
            for value in series.get(name) or ():
                if isinstance(value, Mapping):
                    yield name, date.fromisoformat(value["asOfDate"]), float(value["reportedValue"]["raw"]), value["currencyCode"]


def share_counts(body: Mapping[str, Any]) -> set[tuple[date, float]]:
    """Day and count of every point of a share-count body, each once."""
    (result,) = body["timeseries"]["result"]
    stamps, counts = result.get("timestamp") or (), result.get("shares_out") or ()
    return {(datetime.fromtimestamp(stamp, UTC).date(), float(count)) for stamp, count in zip(stamps, counts, strict=True)}


def raw_number(value: object) -> float | None:
    """A figure served as itself or as {raw, fmt}."""
    found = value.get("raw") if isinstance(value, Mapping) else value
    return float(found) if isinstance(found, int | float) else None
