"""`rotation release`."""

from __future__ import annotations

from typing import Annotated

import typer

from rotation_pipeline.cli.options import Home, screen, settings_of

app = typer.Typer(no_args_is_help=True, help="What was published, and going back to it.")


@app.command("list")
def list_releases(home: Home = None) -> None:
    """Every release on disk, oldest first."""
    from rotation_pipeline import pipeline
    from rotation_pipeline.console import releases_table

    releases = pipeline.releases(settings_of(home=home))
    screen().print(releases_table(releases.all(), releases.current()))


@app.command()
def rollback(
    release_id: Annotated[str | None, typer.Argument(help="Which; default: the one before the current.")] = None, home: Home = None
) -> None:
    """Show an older release to analysts again. Builds go on from the working warehouse as before."""
    from rotation_pipeline import pipeline

    settings = settings_of(home=home)
    with pipeline.home_lock(settings):
        chosen = pipeline.releases(settings).roll_back(release_id)
    print(f"analysts now see {chosen.release_id}, sessions to {chosen.last_session}")
