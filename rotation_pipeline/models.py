"""Reads sql/ into models and checks: what each table is, reads and promises. The only module that imports sqlglot.

A table is a file, ``sql/<schema>/<table>.sql``: a first comment that says what one row is, a ``create table`` with a comment
a column, then at most one more statement that fills it. Dependencies are read out of the SQL; nothing is declared twice.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from rotation_pipeline.errors import BadModel

SCHEMAS = ("raw", "core", "mart", "meta", "ops")
CLOCKS = (
    "session",
    "formation_session",
    "ex_session",
    "valid_from",
    "known_from",
    "known_session",
    "first_session",
    "ex_date",
    "known_on",
    "observed_on",
    "changed_on",
)
_PACKAGE = Path(__file__).parent


class Fill(Enum):
    """Who fills a table."""

    KERNEL = "kernel"  # landing (raw) or the warehouse and release themselves (ops, meta)
    SQL = "sql"  # the file's own insert
    POLARS = "polars"  # the file's bare select, through the transform of the same name


@dataclass(frozen=True)
class Column:
    """One column of a contract. ``type`` is DuckDB's spelling, lower case; ``default`` a literal as text."""

    name: str
    type: str
    is_nullable: bool
    comment: str
    default: str | None = None


@dataclass(frozen=True)
class Check:
    """One claim about a table: ``query`` finds the offending rows after ``sabotage`` or after a bad build."""

    model: str
    claim: str
    sentence: str
    is_blocking: bool
    sabotage: str
    query: str
    path: Path


@dataclass(frozen=True)
class Model:
    """One table as its file describes it."""

    name: str  # schema.table
    path: Path
    sql: str
    description: str  # the first comment, without the key line
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    fill: Fill
    reads: frozenset[str]  # tables it reads, itself left out
    is_windowed: bool  # the fill uses $first
    code_version: str  # changes when the file or its transform changes
    checks: tuple[Check, ...] = ()

    @property
    def schema(self) -> str:
        """The schema part of the name."""
        return self.name.partition(".")[0]

    @property
    def table(self) -> str:
        """The table part of the name."""
        return self.name.partition(".")[2]

    @property
    def is_landed(self) -> bool:
        """Whether its rows come from landing."""
        return self.fill is Fill.KERNEL and (self.schema == "raw" or self.name == "ops.fetch_ledger")

    @property
    def summary(self) -> str:
        """The first paragraph of the description on one line."""
        return " ".join(self.description.split("\n\n")[0].split())

    @cached_property
    def clock(self) -> str | None:
        """The column that says from which session on a row matters; None when a change matters to all of history."""
        return next((column.name for column in self.columns if column.name in CLOCKS), None)

    @cached_property
    def clock_end(self) -> str | None:
        """The column that closes the interval which the clock opens, if there is one."""
        end = self.clock.replace("_from", "_to") if self.clock and self.clock.endswith("_from") else None
        return end if any(column.name == end for column in self.columns) else None


@dataclass(frozen=True)
class Lineage:
    """Where one output column's values come from, as ``schema.table.column``."""

    column: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question that an analyst asks, with the query over the published tables that answers it."""

    name: str
    text: str
    sql: str
    path: Path


def load_questions(root: Path | None = None) -> tuple[Question, ...]:
    """Every file of sql/queries: a first comment that asks, then one select. Raises BadModel."""
    return tuple(_read_question(path) for path in sorted(((root or sql_root()) / "queries").glob("*.sql")))


class Catalog:
    """All models, each after the tables it reads."""

    def __init__(self, models: Iterable[Model]) -> None:
        by_name = {model.name: model for model in models}
        for model in by_name.values():
            for name in sorted(model.reads - by_name.keys()):
                raise BadModel(
                    str(model.path), f"reads {name}, which no file describes", f"add sql/{name.replace('.', '/')}.sql or correct it"
                )
        graph = TopologicalSorter({name: sorted(by_name[name].reads) for name in sorted(by_name)})
        try:
            order = list(graph.static_order())
        except CycleError as error:
            raise BadModel("sql/", f"tables read each other in a circle: {' -> '.join(error.args[1])}", "break the circle") from error
        self.models: Mapping[str, Model] = {name: by_name[name] for name in order}

    @classmethod
    def load(cls, root: Path | None = None) -> Catalog:
        """Read every file under ``root`` (default: the sql/ folder that belongs to this package).

        Raises BadModel naming the file and what to change.
        """
        root = root or sql_root()
        paths = [path for schema in SCHEMAS for path in sorted((root / schema).glob("*.sql"))]
        checks: dict[str, list[Check]] = {}
        for path in sorted((root / "checks").glob("*/*/*.sql")):
            check = _read_check(path)
            checks.setdefault(check.model, []).append(check)
        models = [_read_model(path, tuple(checks.pop(f"{path.parent.name}.{path.stem}", ()))) for path in paths]
        for name, orphans in checks.items():
            raise BadModel(str(orphans[0].path), f"checks {name}, which no file describes", "rename its folder after the table")
        return cls(models)

    def upstream(self, name: str) -> set[str]:
        """Every table that ``name`` depends on, directly or not."""
        found: set[str] = set()
        queue = list(self.models[name].reads)
        while queue:
            table = queue.pop()
            if table not in found:
                found.add(table)
                queue.extend(self.models[table].reads)
        return found

    def lineage(self, name: str) -> tuple[Lineage, ...]:
        """For each column of a SQL-filled table the source columns its value flows from (joins and filters left out)."""
        from sqlglot.lineage import lineage
        from sqlglot.optimizer.qualify import qualify
        from sqlglot.optimizer.scope import build_scope

        model = self.models[name]
        if model.fill is not Fill.SQL:
            return ()
        statement = _statements(model.path, model.sql)[1]
        select = statement.expression if isinstance(statement, exp.Insert) else statement
        if isinstance(statement, exp.Insert) and (ctes := statement.args.get("with_") or statement.args.get("with")):
            select.set("with_" if "with_" in statement.args else "with", ctes)
        schema: dict[str, object] = {}
        for table in {*model.reads, name}:
            upstream = self.models[table]
            schema.setdefault(upstream.schema, {})[upstream.table] = {c.name: c.type for c in upstream.columns}  # type: ignore[index]
        qualified = cast(
            "exp.Query", qualify(select.copy(), schema=schema, dialect="duckdb", validate_qualify_columns=False, identify=False)
        )
        _align_unions_by_name(qualified)
        scope = build_scope(qualified)
        found = []
        for column in [projection.alias_or_name for projection in qualified.selects]:
            # Copying and trimming the query for every column would take ten times as long and find the same.
            node = lineage(column, qualified, scope=scope, schema=schema, dialect="duckdb", trim_selects=False, copy=False)
            leaves = (leaf for leaf in node.walk() if not leaf.downstream)
            tables = {
                f"{leaf.source.db}.{leaf.source.name}.{leaf.name.split('.')[-1]}"
                for leaf in leaves
                if isinstance(leaf.source, exp.Table) and leaf.source.db
            }
            found.append(Lineage(column, tuple(sorted(tables))))
        return tuple(found)


def sql_root() -> Path:
    """The sql/ folder: inside the installed package, or beside it in a checkout."""
    inside = _PACKAGE / "sql"
    return inside if inside.is_dir() else _PACKAGE.parent / "sql"


def transform_path(table: str) -> Path:
    """The module that fills a Polars table of this name (without its schema)."""
    return _PACKAGE / "transforms" / f"{table}.py"


def _statements(path: Path, sql: str) -> list[exp.Expression]:
    try:
        return [statement for statement in sqlglot.parse(sql, dialect="duckdb") if isinstance(statement, exp.Expression)]
    except SqlglotError as error:
        raise BadModel(str(path), f"cannot be read: {str(error).splitlines()[0]}", "write it in the SQL that sqlglot knows") from error


def _read_model(path: Path, checks: tuple[Check, ...]) -> Model:
    name = f"{path.parent.name}.{path.stem}"
    sql = path.read_text()
    statements = _statements(path, sql)
    create = statements[0] if statements else None
    if not isinstance(create, exp.Create) or not isinstance(create.this, exp.Schema):
        raise BadModel(str(path), "does not begin with a create table", "write the contract first")
    if _qualified(create.this.this) != name:
        raise BadModel(str(path), f"creates {_qualified(create.this.this)}", f"a file describes the table it is named after: {name}")
    if len(statements) > 2:
        raise BadModel(str(path), f"has {len(statements)} statements", "one contract and at most one statement that fills it")
    description, key = _head(path, create.comments or [])
    columns = tuple(_column(path, definition) for definition in create.this.find_all(exp.ColumnDef))
    for part in set(key) - {column.name for column in columns}:
        raise BadModel(str(path), f"key names {part}, which is no column", "correct the key line")
    fill, reads, is_windowed = _fill(path, name, statements[1:])
    digest = hashlib.sha256(sql.encode())
    if fill is Fill.POLARS:
        transform = transform_path(path.stem)
        if not transform.is_file():
            raise BadModel(str(path), "ends in a bare select, but has no transform", f"add rotation_pipeline/transforms/{path.stem}.py")
        for module in _transform_modules(transform):
            digest.update(module.read_bytes())
    return Model(name, path, sql, description, key, columns, fill, reads, is_windowed, digest.hexdigest()[:12], checks)


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


def _head(path: Path, comments: list[str]) -> tuple[str, tuple[str, ...]]:
    lines = [comment.strip() for comment in comments]
    keys = [line.removeprefix("key:") for line in lines if line.startswith("key:")]
    description = "\n".join(line for line in lines if not line.startswith("key:")).strip()
    if not description.startswith("One row is") or len(keys) != 1:
        raise BadModel(
            str(path), "has no first comment 'One row is ...' with a '-- key: a, b' line", "say what one row is and what identifies it"
        )
    return description, tuple(part.strip() for part in keys[0].split(","))


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
        if _qualified(target) != name or not statement.args.get("by_name"):
            raise BadModel(str(path), "fills another table, or by position", f"write: insert into {name} by name select ...")
        fill = Fill.SQL
    elif isinstance(statement, exp.Query):
        fill = Fill.POLARS
    else:
        raise BadModel(str(path), "has a second statement that is neither insert nor select", "fill the table with one of the two")
    window = {node.name for node in statement.find_all(exp.Placeholder)}
    # $last is the last row of core.session, so using it is reading it.
    reads = frozenset(_tables_read(path, statement) | ({"core.session"} if "last" in window else set())) - {name}
    return fill, reads, "first" in window


def _tables_read(path: Path, statement: exp.Expression) -> set[str]:
    ctes = {cte.alias for cte in statement.find_all(exp.CTE)}
    found = set()
    for table in statement.find_all(exp.Table):
        if table.db:
            found.add(_qualified(table))
        elif table.name and table.name not in ctes:
            raise BadModel(str(path), f"reads {table.name}, which is neither schema.table nor a cte", "name the schema")
    return found


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


def _qualified(table: exp.Expression) -> str:
    return f"{table.text('db')}.{table.name}"


def _read_check(path: Path) -> Check:
    """A check file: a sentence, optional 'severity: warn', '-- fails after:' with a statement, the query for offending rows."""
    text = path.read_text()
    head, _, rest = text.partition("-- fails after:")
    sentence = " ".join(line.lstrip("- ") for line in head.splitlines() if line.startswith("--") and "severity:" not in line)
    statements = _statements(path, rest)
    if not sentence or len(statements) != 2 or not isinstance(statements[1], exp.Query):
        raise BadModel(str(path), "is no check", "write: -- a sentence; -- fails after: a statement; a query for the offending rows")
    _tables_read(path, statements[1])
    split = _split_at_query(path, rest)
    name = f"{path.parent.parent.name}.{path.parent.name}"
    return Check(name, path.stem, sentence, "severity: warn" not in head, split[0], split[1], path)


def _read_question(path: Path) -> Question:
    sql = path.read_text()
    statements = _statements(path, sql)
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise BadModel(str(path), "is not one select", "write one question a file")
    _tables_read(path, statements[0])
    lines = sql.splitlines()
    n_head = next(n for n, line in enumerate(lines) if not line.startswith("--"))
    text = " ".join(line.lstrip("- ") for line in lines[:n_head] if line.strip("- ")).strip()
    if "?" not in text:
        raise BadModel(str(path), "does not ask a question in its first comment", "begin with the question, ending in '?'")
    return Question(path.stem, text, "\n".join(lines[n_head:]).strip(), path)


def _split_at_query(path: Path, text: str) -> tuple[str, str]:
    """The two statements as written; the first ends where the tokenizer sees its semicolon."""
    for token in sqlglot.tokenize(text, dialect="duckdb"):
        if token.token_type.name == "SEMICOLON":
            return text[: token.start].strip(), text[token.end + 1 :].strip().rstrip(";")
    raise BadModel(str(path), "has no ';' after the sabotage", "end it with one")
