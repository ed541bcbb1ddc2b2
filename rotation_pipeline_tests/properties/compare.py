"""What differs between two builds, column by column."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import polars as pl

from rotation_pipeline_tests.properties.market import Built, Numbers

SCALED = re.compile(r"_e(\d+)$")
# What loses digits however exact its inputs are: a z-score counts values in steps of 1e-11 (C.11), a dispersion is the root of a
# difference of nearly equal sums.
COARSE = {"z_5y": 1e-6, "dispersion_cw": 1e-7, "dispersion_ew": 1e-7}


def changed(before: pl.DataFrame, after: pl.DataFrame, key: Collection[str], tolerance: float = 0.0) -> list[str]:
    """One line for each column in which rows of one key differ, and one for keys that only one of the frames has.

    Numbers may differ by ``tolerance`` times the larger of 1 and their size, integers that stand for numbers (``_e9``: in 1e-9)
    too; 0 compares bits. All else must be equal.
    """
    both = before.join(after, on=list(key), how="full", suffix="_after", nulls_equal=True, coalesce=False)
    first = next(iter(key))
    lost, new = (both.filter(pl.col(name).is_null()) for name in (f"{first}_after", first))
    found = [f"{frame.height} rows {word}" for frame, word in ((lost, "lost"), (new, "new")) if frame.height]
    common = both.filter(pl.col(first).is_not_null() & pl.col(f"{first}_after").is_not_null())
    for name in before.columns:
        if name not in key:
            wrong = common.filter(~_same(name, before.schema[name], tolerance))
            if wrong.height:
                found.append(f"{name}: {wrong.height} of {common.height}, {wrong.select(*key, name, f'{name}_after').row(0)}")
    return found


def _same(name: str, kind: pl.DataType, tolerance: float) -> pl.Expr:
    old, new = pl.col(name), pl.col(f"{name}_after")
    scale = SCALED.search(name)
    if tolerance == 0 or (kind != pl.Float64 and not scale):
        return old.eq_missing(new)
    tolerance = max(tolerance, *(coarse for end, coarse in COARSE.items() if name.endswith(end)), 0.0)
    unit = 10.0 ** int(scale[1]) if scale else 1.0
    size = pl.max_horizontal(old.abs() / unit, new.abs() / unit, pl.lit(1.0))
    return old.eq_missing(new) | ((old - new).abs() / unit <= tolerance * size).fill_null(False)


def differences(
    before: Built,
    after: Built,
    tables: Iterable[str],
    tolerance: float = 0.0,
    meant: Mapping[str, Collection[str]] | None = None,
    numbers: Numbers | None = None,
) -> dict[str, list[str]]:
    """Per table of both builds what differs, tables without a difference left out.

    ``meant`` names per table the columns that the change is meant to change, ``numbers`` what the securities of ``after`` are
    called in ``before``.
    """
    found = {}
    for table in tables:
        left = (meant or {}).get(table, ())
        key = before.warehouse.catalog.models[table].key
        old, new = before.table(table).drop(left), after.table(table).drop(left)
        new = numbers.applied(new) if numbers else new
        lines = changed(old, new, [column for column in key if column not in left], tolerance)
        if lines:
            found[table] = lines
    return found
