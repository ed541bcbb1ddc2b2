"""Column lineage: which source columns the value of a column flows from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlglot import exp

from rotation_pipeline.models.model import Fill, Lineage, Model
from rotation_pipeline.models.parsing import statements_of


def lineage_of(model: Model, models: Mapping[str, Model]) -> tuple[Lineage, ...]:
    """For each column of a SQL-filled table the source columns its value flows from (joins and filters left out)."""
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope
    from sqlglot.schema import MappingSchema

    if model.fill is not Fill.SQL:
        return ()
    statement = statements_of(model.path, model.sql)[1]
    select = statement.expression if isinstance(statement, exp.Insert) else statement
    if isinstance(statement, exp.Insert) and (ctes := statement.args.get("with_") or statement.args.get("with")):
        select.set("with_" if "with_" in statement.args else "with", ctes)
    tables: dict[str, dict[str, dict[str, str]]] = {}
    for table in {*model.reads, model.name}:
        upstream = models[table]
        tables.setdefault(upstream.schema, {})[upstream.table] = {c.name: c.type for c in upstream.columns}
    schema = MappingSchema(cast("dict[str, object]", tables), dialect="duckdb")
    qualified = cast("exp.Query", qualify(select.copy(), schema=schema, dialect="duckdb", validate_qualify_columns=False, identify=False))
    _align_unions_by_name(qualified)
    scope = build_scope(qualified)
    found = []
    for column in [projection.alias_or_name for projection in qualified.selects]:
        # Copying and trimming the query for every column would take ten times as long and find the same.
        node = lineage(column, qualified, scope=scope, schema=schema, dialect="duckdb", trim_selects=False, copy=False)
        leaves = (leaf for leaf in node.walk() if not leaf.downstream)
        sources = {
            f"{leaf.source.db}.{leaf.source.name}.{leaf.name.split('.')[-1]}"
            for leaf in leaves
            if isinstance(leaf.source, exp.Table) and leaf.source.db
        }
        found.append(Lineage(column, tuple(sorted(sources))))
    return tuple(found)


def _align_unions_by_name(query: exp.Query) -> None:
    """Give every branch of a `union by name` the same columns in the same order, because sqlglot traces unions by position."""
    for union in reversed([node for node in query.find_all(exp.SetOperation) if node.args.get("by_name")]):
        branches = [*_branches(union.left), *_branches(union.right)]
        names = list(dict.fromkeys(select.alias_or_name for branch in branches for select in branch.selects))
        for branch in branches:
            known = {select.alias_or_name: select for select in branch.selects}
            branch.set("expressions", [known.get(name) or exp.alias_(exp.null(), name) for name in names])


def _branches(query: exp.Query) -> list[exp.Select]:
    if isinstance(query, exp.SetOperation):
        return [*_branches(query.left), *_branches(query.right)]
    return [query] if isinstance(query, exp.Select) else []
