"""Reading sql/macros: one table macro a file, its parameters and columns each with a comment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from sqlglot import exp

from rotation_pipeline.errors import BadModel
from rotation_pipeline.models.model import Macro, Term
from rotation_pipeline.models.parsing import statements_of, tables_read


def read_macro(path: Path) -> Macro:
    """A file of sql/macros: a first comment 'One row is ...', then ``create or replace macro <file name>(...) as table select ...``.

    Raises BadModel naming what is missing.
    """
    sql = path.read_text()
    statements = statements_of(path, sql)
    create = statements[0] if len(statements) == 1 else None
    if not isinstance(create, exp.Create) or not _is_table_macro(create) or not create.args.get("replace"):
        raise BadModel(str(path), "is not one table macro", f"write: create or replace macro {path.stem}(...) as table select ...")
    head, query = create.this, create.expression
    if head.this.name != path.stem:
        raise BadModel(str(path), f"creates {head.this.name}", f"a file holds the macro it is named after: {path.stem}")
    description = "\n".join(comment.strip() for comment in create.comments or []).strip()
    if not description.startswith("One row is"):
        raise BadModel(str(path), "has no first comment 'One row is ...'", "say what one row of its answer is")
    reads = frozenset(tables_read(path, query))
    version = hashlib.sha256(sql.encode()).hexdigest()[:12]
    terms = _terms(path, "parameter", head.expressions), _terms(path, "column", query.selects)
    return Macro(path.stem, description, *terms, reads, sql, version, path)


def _is_table_macro(create: exp.Create) -> bool:
    returns = create.find(exp.ReturnsProperty)
    is_table = returns is not None and bool(returns.args.get("is_table"))
    return create.kind == "MACRO" and is_table and isinstance(create.expression, exp.Query)


def _terms(path: Path, what: str, nodes: Iterable[exp.Expression]) -> tuple[Term, ...]:
    """Names with the comments behind them."""
    terms = tuple(Term(node.alias_or_name, " ".join(text.strip() for text in node.comments or [])) for node in nodes)
    for term in terms:
        if not term.meaning:
            raise BadModel(f"{path}, {what} {term.name}", "has no comment", "say its meaning and unit behind it")
    return terms
