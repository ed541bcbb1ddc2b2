"""What the tables hold, as something two builds can be compared by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rotation_pipeline.models import Catalog, Fill
from rotation_pipeline.warehouse import Warehouse, open_release


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
