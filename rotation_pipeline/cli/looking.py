"""`rotation status` and `rotation query`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer

from rotation_pipeline.cli.options import Home, answer_to, named_question, screen, settings_of
from rotation_pipeline.errors import BadConfig


def status(home: Home = None) -> None:
    """Is the data complete, what is missing, what is tried next, and which checks are broken."""
    from rotation_pipeline import console, pipeline
    from rotation_pipeline.completeness import completeness

    settings, now, out = settings_of(home=home), datetime.now(UTC), screen()
    current = pipeline.releases(settings).current()
    if current is None:
        out.print(f"nothing published in {settings.published}; run `rotation run`", highlight=False, markup=False, emoji=False)
        console.print_backlog(out, pipeline.backlog(settings), pipeline.requests(settings, now))
        raise typer.Exit(1)
    console.print_status(out, completeness(settings, current, now), answer_to(settings, "broken_checks"))


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
    published = settings_of(home=home).published / "rotation.duckdb"
    statement = named_question(sql) or sql
    if form == "table":
        answer = ask(published, statement, rows)
        out = screen(width=240)
        out.print(answer_table(answer))
        if answer.is_cut:
            out.print(f"... more than {rows} rows; see --rows")
        return
    if form == "parquet" and output is None:
        raise BadConfig("--format parquet", "needs a file", "add --output answer.parquet")
    export(published, statement, form, output or Path("/dev/stdout"))  # type: ignore[arg-type]
