"""The listing of one company with the sector and industry of its profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from rotation_pipeline.sources.yahoo.company.summary import Summary, module
from rotation_pipeline.sources.yahoo.sweep.listing import listing_frame, shape_listing


def labelled_listing(symbol: str, quote: Mapping[str, Any], summary: Summary) -> pl.DataFrame | None:
    """One raw.listing row with Yahoo's labels of today; None when it has no label, or no quote tells the kind and the currency."""
    profile = module(summary, "assetProfile")
    labels = {name: profile.get(name) or None for name in ("sector", "industry")}
    listing = shape_listing(symbol, quote, {})
    if isinstance(listing, str) or not any(labels.values()):
        return None
    return listing_frame([listing]).with_columns(pl.lit(label, dtype=pl.String).alias(name) for name, label in labels.items())
