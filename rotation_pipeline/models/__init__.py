"""Reads sql/ into models, checks, macros and questions. Nothing outside this package imports sqlglot; it only looks, DuckDB executes."""

from rotation_pipeline.models.catalog import Catalog, load_question, load_questions, sql_root
from rotation_pipeline.models.model import SCHEMAS, Check, Column, Fill, Lineage, Macro, Model, Question, Term

__all__ = [
    "SCHEMAS",
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
