"""The `rotation` command: run, fetch, status, query, rebuild, quarantine, release."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.text import Text

from rotation_pipeline.cli import deciding, looking, rebuilding, releasing, running
from rotation_pipeline.errors import RotationError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(running.run)
app.command()(running.fetch)
app.command()(looking.status)
app.command()(looking.query)
app.command()(rebuilding.rebuild)
app.add_typer(deciding.app, name="quarantine")
app.add_typer(releasing.app, name="release")


def main() -> None:
    """Run the command; a failure that the user can act on becomes one message and exit code 1."""
    try:
        app()
    except RotationError as error:
        Console(stderr=True).print(Text.assemble(("error", "red"), " ", str(error)), soft_wrap=True)
        sys.exit(1)
