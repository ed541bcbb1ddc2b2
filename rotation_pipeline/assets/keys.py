"""Which tables are assets, what they are called, and what the release waits for."""

import dagster as dg

from rotation_pipeline.models import Catalog, Fill, Model

RELEASE = dg.AssetKey(["published", "rotation"])
POOL = "home"  # one step at a time works in a home; the home's own lock is what enforces it


def asset_key(table: str) -> dg.AssetKey:
    """The key of a table ``schema.table``."""
    return dg.AssetKey(table.split("."))


def table_name(key: dg.AssetKey) -> str:
    """The table of a key."""
    return ".".join(key.path)


def landed_models(catalog: Catalog) -> list[Model]:
    """Tables that fetch fills, in order."""
    return [model for model in catalog.models.values() if model.is_landed]


def built_models(catalog: Catalog) -> list[Model]:
    """Tables that build fills, each after its inputs. The kernel's own books belong to no asset but the release."""
    return [model for model in catalog.models.values() if model.fill is not Fill.KERNEL]


def asset_tables(catalog: Catalog) -> set[str]:
    """Every table that is an asset."""
    return {model.name for model in [*landed_models(catalog), *built_models(catalog)]}


def last_tables(catalog: Catalog) -> list[str]:
    """Tables that no other table reads: when they are there, everything is."""
    read = {name for model in catalog.models.values() for name in model.reads}
    return sorted(asset_tables(catalog) - read)
