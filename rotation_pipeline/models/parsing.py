"""The little that is asked of sqlglot everywhere: statements, and the tables that one reads."""

from __future__ import annotations

from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from rotation_pipeline.errors import BadModel


def statements_of(path: Path, sql: str) -> list[exp.Expression]:
    try:
        return [statement for statement in sqlglot.parse(sql, dialect="duckdb") if isinstance(statement, exp.Expression)]
    except SqlglotError as error:
        raise BadModel(str(path), f"cannot be read: {str(error).splitlines()[0]}", "write it in the SQL that sqlglot knows") from error


def tables_read(path: Path, statement: exp.Expression) -> set[str]:
    ctes = {cte.alias for cte in statement.find_all(exp.CTE)}
    found = set()
    for table in statement.find_all(exp.Table):
        if table.db:
            found.add(qualified_name(table))
        elif table.name and table.name not in ctes:
            raise BadModel(str(path), f"reads {table.name}, which is neither schema.table nor a cte", "name the schema")
    return found


def qualified_name(table: exp.Expression) -> str:
    return f"{table.text('db')}.{table.name}"
