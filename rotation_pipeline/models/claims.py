"""Reading sql/checks (a claim, a sabotage, a query for the offending rows) and sql/queries (a question, a query)."""

from __future__ import annotations

from pathlib import Path

import sqlglot
from sqlglot import exp

from rotation_pipeline.errors import BadModel
from rotation_pipeline.models.model import Check, Question
from rotation_pipeline.models.parsing import statements_of, tables_read


def read_check(path: Path) -> Check:
    """A check file: a sentence, optional 'severity: warn', '-- fails after:' with a statement, the query for offending rows."""
    text = path.read_text()
    head, _, rest = text.partition("-- fails after:")
    sentence = " ".join(line.lstrip("- ") for line in head.splitlines() if line.startswith("--") and "severity:" not in line)
    statements = statements_of(path, rest)
    if not sentence or len(statements) != 2 or not isinstance(statements[1], exp.Query):
        raise BadModel(str(path), "is no check", "write: -- a sentence; -- fails after: a statement; a query for the offending rows")
    tables_read(path, statements[1])
    split = _split_at_query(path, rest)
    name = f"{path.parent.parent.name}.{path.parent.name}"
    return Check(name, path.stem, sentence, "severity: warn" not in head, split[0], split[1], path)


def read_question(path: Path) -> Question:
    sql = path.read_text()
    statements = statements_of(path, sql)
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise BadModel(str(path), "is not one select", "write one question a file")
    tables_read(path, statements[0])
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
