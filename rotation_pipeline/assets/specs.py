"""What Dagster shows of a table before any run: description, columns with their origin, dependencies, checks."""

import dagster as dg

from rotation_pipeline.assets.keys import asset_key, asset_tables
from rotation_pipeline.models import HAS_ROWS, KEY_IS_UNIQUE, Catalog, Column, Fill, Model

KINDS = {Fill.SQL: {"duckdb", "sql"}, Fill.POLARS: {"duckdb", "polars"}, Fill.KERNEL: {"duckdb", "parquet"}}
MOST_SOURCES = 6  # of a column, in its description


def table_spec(catalog: Catalog, model: Model, is_skippable: bool) -> dg.AssetSpec:
    """The asset of one table. The origin of columns is in their descriptions, as the open-source UI shows no column lineage."""
    known = asset_tables(catalog)
    metadata = {"dagster/column_schema": column_schema(catalog, model), "dagster/table_name": model.name, "key": ", ".join(model.key)}
    return dg.AssetSpec(
        key=asset_key(model.name),
        deps=[asset_key(name) for name in sorted(model.reads & known)],
        group_name=model.schema,
        kinds=KINDS[model.fill],
        description=description(model),
        code_version=model.code_version,
        metadata=metadata,
        skippable=is_skippable,
    )


def description(model: Model) -> str:
    """What one row is, how the table is filled, and the statement that does it."""
    return f"{model.description}\n\n{_filled_by(model)}\n\n```sql\n{_statements(model)}\n```"


def column_schema(catalog: Catalog, model: Model) -> dg.TableSchema:
    """The columns of the contract, with type, nullability, meaning and origin."""
    origin = {line.column: line.sources for line in catalog.lineage(model.name)}
    return dg.TableSchema([_column(model, column, origin.get(column.name, ())) for column in model.columns])


def check_specs(model: Model) -> list[dg.AssetCheckSpec]:
    """The checks of one table: its key, that it has rows, and every claim of sql/checks."""
    key = asset_key(model.name)
    unique = f"No two rows have the same {', '.join(model.key)}."
    claims = [
        dg.AssetCheckSpec(check.claim, asset=key, blocking=check.is_blocking, description=f"{check.sentence}\n\n```sql\n{check.query}\n```")
        for check in model.checks
    ]
    rows = "The table has rows, or an input that its rows rest on has none."
    own = {KEY_IS_UNIQUE: (unique, True), HAS_ROWS: (rows, not model.seldom_empty)}
    kernel = [
        dg.AssetCheckSpec(claim, asset=key, blocking=is_blocking, description=sentence)
        for claim, (sentence, is_blocking) in own.items()
        if claim in model.claims
    ]
    return [*kernel, *claims]


def _column(model: Model, column: Column, sources: tuple[str, ...]) -> dg.TableColumn:
    shown = ", ".join(sources[:MOST_SOURCES]) + (f" and {len(sources) - MOST_SOURCES} more" if len(sources) > MOST_SOURCES else "")
    meaning = f"{column.comment} (from {shown})" if sources else column.comment
    constraints = dg.TableColumnConstraints(nullable=column.is_nullable, unique=model.key == (column.name,))
    return dg.TableColumn(column.name, column.type, meaning, constraints)


def _filled_by(model: Model) -> str:
    if model.is_landed:
        return "Filled from landing: every load that a source delivered is appended."
    how = "Redone from the first session whose inputs changed" if model.is_windowed else "Rebuilt whole when an input changed"
    polars = f", through `rotation_pipeline/transforms/{model.table}.py`" if model.fill is Fill.POLARS else ""
    return f"{how}{polars}."


def _statements(model: Model) -> str:
    """The statement that fills the table: the contract before it is what the columns say already."""
    lines = model.sql.splitlines()
    end = lines.index(");") + 1 if ");" in lines and model.fill is not Fill.KERNEL else 0
    return "\n".join(lines[end:]).strip()
