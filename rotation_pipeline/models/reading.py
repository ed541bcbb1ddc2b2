"""Reading sql/<schema>/<table>.sql: the contract, then at most one statement that fills it.

A first comment says what one row is, a comment behind each column its meaning and unit. Dependencies are read out of the
SQL; nothing is declared twice.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from sqlglot import exp

from rotation_pipeline.errors import BadModel
from rotation_pipeline.models.bounds import Bound
from rotation_pipeline.models.model import Check, Column, Fill, Model
from rotation_pipeline.models.parsing import qualified_name, statements_of, tables_read

PACKAGE = Path(__file__).parent.parent
MAY_BE_EMPTY = "may be empty:"
SELDOM_EMPTY = "seldom empty:"


def transform_path(table: str) -> Path:
    """The module that fills a Polars table of this name (without its schema)."""
    return PACKAGE / "transforms" / f"{table}.py"


def read_model(path: Path, checks: tuple[Check, ...], bounds: tuple[Bound, ...] = ()) -> Model:
    name = f"{path.parent.name}.{path.stem}"
    sql = path.read_text()
    statements = statements_of(path, sql)
    create = statements[0] if statements else None
    if not isinstance(create, exp.Create) or not isinstance(create.this, exp.Schema):
        raise BadModel(str(path), "does not begin with a create table", "write the contract first")
    if qualified_name(create.this.this) != name:
        raise BadModel(str(path), f"creates {qualified_name(create.this.this)}", f"a file describes the table it is named after: {name}")
    if len(statements) > 2:
        raise BadModel(str(path), f"has {len(statements)} statements", "one contract and at most one statement that fills it")
    description, key, may_be_empty, seldom_empty = _head(path, create.comments or [])
    columns = tuple(_column(path, definition) for definition in create.this.find_all(exp.ColumnDef))
    for part in set(key) - {column.name for column in columns}:
        raise BadModel(str(path), f"key names {part}, which is no column", "correct the key line")
    fill, reads, is_windowed = _fill(path, name, statements[1:])
    digest = hashlib.sha256(sql.encode())
    for bound in bounds:
        if bound.column not in {column.name for column in columns}:
            raise BadModel(f"{path}, {bound.column}", "has a bound in bounds.csv, and is no column", "correct the row of bounds.csv")
        digest.update(repr(bound).encode())
    if fill is Fill.POLARS:
        transform = transform_path(path.stem)
        if not transform.is_file():
            raise BadModel(str(path), "ends in a bare select, but has no transform", f"add rotation_pipeline/transforms/{path.stem}.py")
        for module in _transform_modules(transform):
            digest.update(module.read_bytes())
    version = digest.hexdigest()[:12]
    return Model(name, path, sql, description, key, columns, fill, reads, is_windowed, version, checks, may_be_empty, bounds, seldom_empty)


def _transform_modules(path: Path) -> list[Path]:
    """The transform and the modules beside it that it imports, directly or not."""
    found, queue = [], [path]
    while queue:
        module = queue.pop()
        found.append(module)
        names = re.findall(r"rotation_pipeline\.transforms(?:\.(\w+)| import (\w+))", module.read_text())
        beside = (path.with_name(f"{a or b}.py") for a, b in names)
        queue.extend(other for other in beside if other not in found and other.is_file())
    return sorted(set(found))


def _head(path: Path, comments: list[str]) -> tuple[str, tuple[str, ...], str | None, str | None]:
    """What one row is, the key, why the table may be empty, why it seldom is."""
    lines = [comment.strip() for comment in comments]
    said = {
        word: [line.removeprefix(word).strip() for line in lines if line.startswith(word)] for word in ("key:", MAY_BE_EMPTY, SELDOM_EMPTY)
    }
    description = "\n".join(line for line in lines if not line.startswith(tuple(said))).strip()
    if not description.startswith("One row is") or len(said["key:"]) != 1:
        raise BadModel(
            str(path), "has no first comment 'One row is ...' with a '-- key: a, b' line", "say what one row is and what identifies it"
        )
    empty = said[MAY_BE_EMPTY] + said[SELDOM_EMPTY]
    if len(empty) > 1 or "" in empty:
        raise BadModel(str(path), "says twice, or without a reason, that it may be empty", "write one line, with the reason")
    key = tuple(part.strip() for part in said["key:"][0].split(","))
    return description, key, next(iter(said[MAY_BE_EMPTY]), None), next(iter(said[SELDOM_EMPTY]), None)


def _column(path: Path, definition: exp.ColumnDef) -> Column:
    comment = " ".join(text.strip() for node in definition.walk() for text in node.comments or [])
    if not comment:
        raise BadModel(f"{path}, column {definition.name}", "has no comment", "say its meaning and unit behind it")
    kinds = [constraint.kind for constraint in definition.constraints]
    default = next((kind.this for kind in kinds if isinstance(kind, exp.DefaultColumnConstraint)), None)
    is_nullable = not any(isinstance(kind, exp.NotNullColumnConstraint) for kind in kinds)
    spelled = definition.args["kind"].sql("duckdb").lower()
    type_name = {"text": "varchar", "int": "integer"}.get(spelled, spelled)
    return Column(definition.name, type_name, is_nullable, comment, default.name if default is not None else None)


def _fill(path: Path, name: str, statements: list[exp.Expression]) -> tuple[Fill, frozenset[str], bool]:
    if not statements:
        return Fill.KERNEL, frozenset(), False
    statement = statements[0]
    if isinstance(statement, exp.Insert):
        target = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
        if qualified_name(target) != name or not statement.args.get("by_name"):
            raise BadModel(str(path), "fills another table, or by position", f"write: insert into {name} by name select ...")
        fill = Fill.SQL
    elif isinstance(statement, exp.Query):
        fill = Fill.POLARS
    else:
        raise BadModel(str(path), "has a second statement that is neither insert nor select", "fill the table with one of the two")
    window = {node.name for node in statement.find_all(exp.Placeholder)}
    # $last is the last row of core.session, so using it is reading it.
    reads = frozenset(tables_read(path, statement) | ({"core.session"} if "last" in window else set())) - {name}
    return fill, reads, "first" in window
