"""Reads sql/ into models, checks, macros and questions. Nothing outside this package imports sqlglot; it only looks, DuckDB executes."""

from rotation_pipeline.models.bounds import INSTEAD, Bound
from rotation_pipeline.models.catalog import Catalog, load_question, load_questions, sql_root
from rotation_pipeline.models.model import HAS_ROWS, KEY_IS_UNIQUE, SCHEMAS, Check, Column, Fill, Lineage, Macro, Model, Question, Term

__all__ = [
    "HAS_ROWS",
    "INSTEAD",
    "KEY_IS_UNIQUE",
    "SCHEMAS",
    "Bound",
    "Catalog",
    "Check",
    "Column",
    "Fill",
    "Lineage",
    "Macro",
    "Model",
    "Question",
    "Term",
    "load_question",
    "load_questions",
    "sql_root",
]
