"""What a release holds, as something two releases can be compared by."""

from __future__ import annotations

from pathlib import Path

from rotation_pipeline.models import Catalog, Fill
from rotation_pipeline.warehouse import open_release


def content(release: Path, catalog: Catalog) -> dict[str, object]:
    """Per built table the number of rows and an order-free digest of their values, stamps of the load left out."""
    con = open_release(release)
    try:
        found: dict[str, object] = {}
        for name, model in catalog.models.items():
            if model.fill is not Fill.KERNEL:
                columns = ", ".join(f'"{column.name}"' for column in model.columns if column.name not in ("load_id", "fetched_at"))
                found[name] = con.execute(f"select count(*), sum(hash({columns})::hugeint) from {name}").fetchone()
        return found
    finally:
        con.close()
