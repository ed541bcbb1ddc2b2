"""`rotation rebuild`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rotation_pipeline.cli.options import Config, Home, reporter_of, screen, settings_of
from rotation_pipeline.errors import BadConfig


def rebuild(
    as_of: Annotated[str, typer.Option("--as-of", help="Instant with its zone: 2026-01-14T22:00Z is UTC.")],
    out: Annotated[Path, typer.Option(help="DuckDB file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    config: Config = None,
    home: Home = None,
) -> None:
    """Build a file of its own from only what had been fetched by an instant (STRICT), offline.

    Knowledge is that of the instant: prices, actions, lists, earnings, a person's decisions. Method is that of today: SQL, checks
    and parameters of this version. The home is only read. A failed check keeps nothing.
    """
    from rotation_pipeline import console, pipeline

    instant = _instant(as_of)
    with reporter_of(Console(stderr=True)) as reporter:
        rebuilt = pipeline.rebuild(settings_of(home=home, config=config), instant, out, reporter, force)
    console.print_rebuilt(screen(), rebuilt)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadConfig("--as-of", f"{text} is no instant ({error})", "write date, time and zone: 2026-01-14T22:00Z") from error
