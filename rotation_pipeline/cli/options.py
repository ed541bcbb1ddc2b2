"""What the commands share: the home, its settings, the screen, the questions of sql/queries."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from rotation_pipeline.console import Bars, Lines
    from rotation_pipeline.settings import Settings
    from rotation_pipeline.warehouse import Answer

Home = Annotated[Path | None, typer.Option(help="Folder where everything lives [ROTATION_HOME; default rotation_home].")]
Config = Annotated[Path | None, typer.Option(help="rotation.toml of the files source [ROTATION_CONFIG].")]
WIDTH = 160  # columns where the output is no terminal


def settings_of(**given: object) -> Settings:
    """The settings with what the user gave on top. Raises BadConfig."""
    from rotation_pipeline.settings import load_settings

    return load_settings(**given)


def screen(width: int = WIDTH) -> Console:
    """Where tables go: as wide as the terminal, ``width`` columns in a file or pipe."""
    return Console(width=None if sys.stdout.isatty() else width)


def reporter_of(console: Console) -> Bars | Lines:
    """What shows progress there: bars on a terminal, lines in a log. Use as a context manager."""
    from rotation_pipeline import console as shown

    return shown.Bars(console) if console.is_terminal else shown.Lines(console)


def named_question(name: str) -> str | None:
    """The SQL of a file of sql/queries; None when there is none of this name."""
    from rotation_pipeline.models import load_question

    question = load_question(name) if name.isidentifier() else None
    return question.sql if question else None


def answer_to(settings: Settings, name: str) -> Answer:
    """What the release answers to a question of sql/queries. Raises UnknownRelease."""
    from rotation_pipeline.warehouse import ask

    sql = named_question(name)
    assert sql is not None, name
    return ask(settings.published / "rotation.duckdb", sql)
