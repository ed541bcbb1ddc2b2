"""What the tables hold, as something two builds can be compared by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rotation_pipeline.models import Catalog, Fill
from rotation_pipeline.warehouse import Warehouse, open_release

HISTORY = ("ops.change_log", "ops.change_cause")  # what a release changed against the one before it; a rebuild has none before it
# What a file says of its own making; everything else is the same.
OWN = {
    "meta.release": {"release_id", "created_at", "signature", "mode", "as_of", "n_past_changes"},
    "ops.check_result": {"checked_at"},
    "ops.table_state": {"build_no", "built_at"},
    "ops.table_input": {"build_no"},
    "ops.table_change": {"build_no", "changed_from", "changed_at"},
}


def content(release: Path, catalog: Catalog) -> dict[str, object]:
    """Per built table of a release the number of rows and an order-free digest of their values, stamps of the load left out."""
    con = open_release(release)
    try:
        return _digests(lambda sql: con.execute(sql).fetchall(), catalog)
    finally:
        con.close()


def content_of(warehouse: Warehouse) -> dict[str, object]:
    """The same of a working warehouse, of the tables that have been built."""
    return _digests(warehouse.rows, warehouse.catalog, warehouse.exists)


def _digests(
    rows: Callable[[str], list[tuple[Any, ...]]], catalog: Catalog, is_there: Callable[[str], bool] = lambda _: True
) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, model in catalog.models.items():
        if model.fill is not Fill.KERNEL and is_there(name):
            columns = ", ".join(f'"{column.name}"' for column in model.columns if not column.name.endswith(("load_id", "fetched_at")))
            found[name] = rows(f"select count(*), sum(hash({columns})::hugeint) from {name}")[0]
    return found


def everything(path: Path, catalog: Catalog) -> dict[str, object]:
    """Per table the distinct rows, as their number and an order-free digest of all columns but those of OWN."""
    con = open_release(path)
    try:
        found: dict[str, object] = {}
        for name, model in catalog.models.items():
            if name in HISTORY:
                continue
            columns = ", ".join(f'"{column.name}"' for column in model.columns if column.name not in OWN.get(name, set()))
            rows = f"select {'distinct ' if name == 'ops.table_change' else ''}{columns} from {name}"
            found[name] = con.execute(f"select count(*), sum(hash(row)::hugeint) from ({rows}) as row").fetchone()
        return found
    finally:
        con.close()
