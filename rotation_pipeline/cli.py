"""The `rotation` command: run, status, query, release."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.console import Console

from rotation_pipeline.errors import BadConfig, RotationError

if TYPE_CHECKING:
    from rotation_pipeline.settings import Settings
    from rotation_pipeline.warehouse import Answer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
release_app = typer.Typer(no_args_is_help=True, help="What was published, and going back to it.")
app.add_typer(release_app, name="release")

Home = Annotated[Path | None, typer.Option(help="Folder where everything lives [ROTATION_HOME; default rotation_home].")]


@app.command()
def run(
    home: Home = None,
    source: Annotated[
        str | None, typer.Option(help="simulated, files or yahoo [ROTATION_SOURCE; default: the home's own, else simulated].")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="rotation.toml of the files source [ROTATION_CONFIG].")] = None,
    through: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last session to fetch [ROTATION_THROUGH].")] = None,
    names: Annotated[int | None, typer.Option(help="Simulated: how many companies [ROTATION_NAMES; 500].")] = None,
    years: Annotated[int | None, typer.Option(help="Simulated: how many years [ROTATION_YEARS; 10].")] = None,
    seed: Annotated[int | None, typer.Option(help="Simulated: seed of the market [ROTATION_SEED; 7].")] = None,
) -> None:
    """Fetch what is new, build the tables it touches, publish. Safe to repeat and to kill."""
    from rotation_pipeline import console, pipeline

    last: date | None = through.date() if through else None
    settings = _settings(home=home, source=source, config=config, through=last, names=names, years=years, seed=seed)
    screen = Console(stderr=True)
    reporter = console.Bars(screen) if screen.is_terminal else console.Lines(screen)
    with reporter:
        summary = pipeline.run(settings, reporter)
    console.print_summary(Console(), summary, _question(settings, "headlines") if summary.current else None)
    if summary.failures:
        raise typer.Exit(1)


@app.command()
def status(home: Home = None) -> None:
    """What is published, how fresh and how complete it is, and what failed."""
    from rotation_pipeline import pipeline
    from rotation_pipeline.console import SIMULATED, answer_table

    settings = _settings(home=home)
    screen = Console(width=None if sys.stdout.isatty() else 160)
    current = pipeline.releases(settings).current()
    if current is None:
        screen.print(f"nothing published in {settings.published}; run `rotation run`", highlight=False)
        raise typer.Exit(1)
    if current.is_simulated:
        screen.print(f"[bold yellow]{SIMULATED}[/bold yellow]")
    screen.print(
        f"release {current.release_id}, {current.source}, sessions {current.first_session} to {current.last_session}", highlight=False
    )
    for name in ("coverage_of_last_sessions", "failed_fetches", "broken_checks"):
        answer = _question(settings, name)
        screen.print(f"\n[bold]{name.replace('_', ' ')}[/bold]")
        screen.print(answer_table(answer) if answer.rows else "none")


@app.command()
def query(
    sql: Annotated[
        str, typer.Argument(help='One SQL statement, e.g. "select * from mart.breadth limit 5", or the name of a file in sql/queries.')
    ],
    home: Home = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, json or parquet.")] = "table",
    output: Annotated[Path | None, typer.Option(help="File to write to; default: standard output.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Most rows of a table.")] = 200,
) -> None:
    """Ask the published file a question. It is read-only, and never blocks a run."""
    from rotation_pipeline.console import answer_table
    from rotation_pipeline.warehouse import Format, ask, export

    if form not in get_args(Format):
        raise BadConfig("--format", f"{form} is not known", f"use one of {', '.join(get_args(Format))}")
    published = _settings(home=home).published / "rotation.duckdb"
    statement = _named_question(sql) or sql
    if form == "table":
        answer = ask(published, statement, rows)
        screen = Console(width=None if sys.stdout.isatty() else 240)
        screen.print(answer_table(answer))
        if answer.is_cut:
            screen.print(f"... more than {rows} rows; see --rows")
        return
    if form == "parquet" and output is None:
        raise BadConfig("--format parquet", "needs a file", "add --output answer.parquet")
    export(published, statement, form, output or Path("/dev/stdout"))  # type: ignore[arg-type]


@release_app.command("list")
def list_releases(home: Home = None) -> None:
    """Every release on disk, oldest first."""
    from rotation_pipeline import pipeline
    from rotation_pipeline.console import releases_table

    releases = pipeline.releases(_settings(home=home))
    Console(width=None if sys.stdout.isatty() else 160).print(releases_table(releases.all(), releases.current()))


@release_app.command()
def rollback(
    release_id: Annotated[str | None, typer.Argument(help="Which; default: the one before the current.")] = None, home: Home = None
) -> None:
    """Show an older release to analysts again. Builds go on from the working warehouse as before."""
    from rotation_pipeline import pipeline

    settings = _settings(home=home)
    with pipeline.home_lock(settings):
        chosen = pipeline.releases(settings).roll_back(release_id)
    print(f"analysts now see {chosen.release_id}, sessions to {chosen.last_session}")


def main() -> None:
    """Run the command; a failure that the user can act on becomes one message and exit code 1."""
    try:
        app()
    except RotationError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)


def _settings(**given: object) -> Settings:
    from rotation_pipeline.settings import load_settings

    return load_settings(**given)


def _named_question(name: str) -> str | None:
    from rotation_pipeline.models import load_question

    question = load_question(name) if name.isidentifier() else None
    return question.sql if question else None


def _question(settings: Settings, name: str) -> Answer:
    from rotation_pipeline.warehouse import ask

    sql = _named_question(name)
    assert sql is not None, name
    return ask(settings.published / "rotation.duckdb", sql)
