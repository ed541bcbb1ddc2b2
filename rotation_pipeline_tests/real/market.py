"""Questions to the published file of the real market."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from rotation_pipeline.warehouse import ask


def frame(release: Path, sql: str) -> pl.DataFrame:
    """Rows of a query."""
    answer = ask(release, sql, most_rows=1_000_000)
    return pl.DataFrame(answer.rows, schema=list(answer.columns), orient="row", infer_schema_length=None)
