"""Reading sql/bounds.csv: what no cell of a landed file can say, and what stands in the raw table instead."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from rotation_pipeline.errors import BadModel

INSTEAD = {"nothing": "null", "no number": "'nan'::double", "no row": None}


@dataclass(frozen=True)
class Bound:
    """One bound of one column. ``broken`` is the SQL condition under which a cell is out of it."""

    column: str
    instead: str  # nothing, no number, or no row
    reason: str
    broken: str


def read_bounds(path: Path) -> dict[str, tuple[Bound, ...]]:
    """The bounds of each raw table; none where there is no file. Raises BadModel."""
    if not path.is_file():
        return {}
    found: dict[str, tuple[Bound, ...]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["instead"] not in INSTEAD or not row["reason"] or "'" in row["reason"]:
                raise BadModel(f"{path}, {row['table']}.{row['column']}", "is no bound", f"give a reason, and one of {', '.join(INSTEAD)}")
            bound = Bound(row["column"], row["instead"], row["reason"], _broken(row))
            found[row["table"]] = (*found.get(row["table"], ()), bound)
    return found


def _broken(row: dict[str, str]) -> str:
    measure = f"({row['measure']})"
    within = [f"isfinite({measure})", f"{measure} >= {float(row['lowest'])!r}", f"{measure} <= {float(row['highest'])!r}"]
    if row["smallest"]:
        within.append(f"({measure} = 0 or abs({measure}) >= {float(row['smallest'])!r})")
    # Not a number is how files spell a cell without a value.
    return f"({measure} is not null and not isnan({measure}) and not ({' and '.join(within)}))"
