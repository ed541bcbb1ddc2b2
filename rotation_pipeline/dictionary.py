"""The data dictionary out of the files of sql/: tables in `meta` for analysts, docs/tables.md for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rotation_pipeline.models import SCHEMAS, Catalog, Fill, Macro, Model, Term, load_questions
from rotation_pipeline.warehouse import Warehouse

if TYPE_CHECKING:
    import polars as pl

WHO_READS = {
    "raw": "every observation that a source made, append-only; builds read it",
    "core": "what we hold to be true; builds and curious analysts read it",
    "mart": "the public contract; everyone reads it",
    "meta": "the release, the dictionary, the parameters; everyone reads it",
    "ops": "fetches, coverage, quarantine, checks; data engineers read it",
}


def write(warehouse: Warehouse, catalog: Catalog) -> None:
    """Fill meta.table_doc, column_doc, macro_doc and query_example when a file of sql/ changed since they were written."""
    versions = {name: model.code_version for name, model in catalog.models.items()}
    questions = load_questions()
    asked = {question.name: question.sql for question in questions}
    written = dict(warehouse.rows("select table_name, code_version from meta.table_doc"))
    macros = {macro.name: macro.code_version for macro in catalog.macros}
    if (
        written == versions
        and asked == dict(warehouse.rows("select name, sql from meta.query_example"))
        and macros == dict(warehouse.rows("select macro_name, code_version from meta.macro_doc"))
    ):
        return
    tables, columns = _documents(catalog)
    warehouse.replace("meta.table_doc", tables)
    warehouse.replace("meta.column_doc", columns)
    warehouse.replace("meta.query_example", _frame([{"name": q.name, "question": q.text, "sql": q.sql} for q in questions]))
    if catalog.macros:
        warehouse.replace("meta.macro_doc", _frame([_macro_row(macro) for macro in catalog.macros]))


def one_row(row: Mapping[str, object]) -> pl.DataFrame:
    """A frame of one row."""
    return _frame([row])


def as_markdown(catalog: Catalog) -> str:
    """docs/tables.md: every table with its columns, in the order of the layers, the macros behind the tables that everyone reads."""
    parts = ["# Tables\n\nGenerated from the files under `sql/` by `python -m rotation_pipeline.dictionary`; do not edit.\n"]
    for schema in reversed(SCHEMAS[1:3]):
        parts.append(_section(catalog, schema))
    if catalog.macros:
        parts.append("## Macros: tables that take arguments\n\n" + "\n".join(_macro(macro) for macro in catalog.macros))
    parts.extend(_section(catalog, schema) for schema in ("meta", "ops", "raw"))
    return "\n".join(parts)


def _section(catalog: Catalog, schema: str) -> str:
    models = sorted((m for m in catalog.models.values() if m.schema == schema), key=lambda m: m.name)
    return f"## {schema}: {WHO_READS[schema]}\n\n" + "\n".join(_table(model) for model in models)


def _table(model: Model) -> str:
    lines = [f"### {model.name}\n", model.description, "", f"One row for each: `{', '.join(model.key)}`. {_filled_by(model)}", ""]
    lines += ["| column | type | meaning |", "| --- | --- | --- |"]
    for column in model.columns:
        meaning = column.comment.replace("|", "\\|")
        lines.append(f"| {column.name} | {column.type}{'' if column.is_nullable else ', not null'} | {meaning} |")
    return "\n".join([*lines, ""])


def _macro(macro: Macro) -> str:
    terms = [*(("parameter", term) for term in macro.parameters), *(("column", term) for term in macro.columns)]
    lines = [f"### {macro.call}\n", macro.description, "", f"Made from {', '.join(sorted(macro.reads))} whenever it is asked.", ""]
    lines += ["| | name | meaning |", "| --- | --- | --- |"]
    for what, term in terms:
        meaning = term.meaning.replace("|", "\\|")
        lines.append(f"| {what} | {term.name} | {meaning} |")
    return "\n".join([*lines, ""])


def _macro_row(macro: Macro) -> dict[str, object]:
    return {
        "macro_name": macro.name,
        "call": macro.call,
        "description": macro.description,
        "parameters": _in_lines(macro.parameters),
        "columns": _in_lines(macro.columns),
        "code_version": macro.code_version,
    }


def _in_lines(terms: Sequence[Term]) -> str:
    return "\n".join(f"{term.name}: {term.meaning}" for term in terms)


def _filled_by(model: Model) -> str:
    if model.is_landed:
        return "Filled from landing."
    if model.fill is Fill.KERNEL:
        return "Filled by the pipeline itself."
    how = "redone from the first changed session" if model.is_windowed else "rebuilt whole"
    return f"Filled from {', '.join(sorted(model.reads))}; {how}."


def _documents(catalog: Catalog) -> tuple[pl.DataFrame, pl.DataFrame]:
    tables: list[dict[str, object]] = []
    columns: list[dict[str, object]] = []
    for name, model in catalog.models.items():
        tables.append(
            {
                "table_name": name,
                "description": model.description,
                "key": ", ".join(model.key),
                "filled_by": _filled_by(model),
                "code_version": model.code_version,
            }
        )
        sources = {line.column: ", ".join(line.sources) for line in catalog.lineage(name)}
        for position, column in enumerate(model.columns, start=1):
            columns.append(
                {
                    "table_name": name,
                    "column_name": column.name,
                    "position": position,
                    "type": column.type,
                    "is_nullable": column.is_nullable,
                    "meaning": column.comment,
                    "derived_from": sources.get(column.name) or None,
                }
            )
    return _frame(tables), _frame(columns)


def _frame(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    import polars as pl

    return pl.DataFrame(rows, infer_schema_length=None)


def main() -> None:
    """Write docs/tables.md of this checkout."""
    (Path(__file__).parent.parent / "docs" / "tables.md").write_text(as_markdown(Catalog.load()))


if __name__ == "__main__":
    main()
