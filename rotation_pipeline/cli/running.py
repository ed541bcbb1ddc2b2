"""`rotation run` and `rotation fetch`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console

from rotation_pipeline.cli.options import Config, Home, answer_to, reporter_of, screen, settings_of

Source = Annotated[str | None, typer.Option(help="simulated, files or yahoo [ROTATION_SOURCE; default: the home's own, else simulated].")]
Through = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last session to fetch [ROTATION_THROUGH].")]


def run(
    home: Home = None,
    source: Source = None,
    config: Config = None,
    through: Through = None,
    names: Annotated[int | None, typer.Option(help="Simulated: how many companies [ROTATION_NAMES; 500].")] = None,
    years: Annotated[int | None, typer.Option(help="Simulated: how many years [ROTATION_YEARS; 10].")] = None,
    seed: Annotated[int | None, typer.Option(help="Simulated: seed of the market [ROTATION_SEED; 7].")] = None,
    planted: Annotated[
        bool | None, typer.Option("--planted", help="Simulated: a market whose truth is written to the home [ROTATION_PLANTED].")
    ] = None,
    noisy: Annotated[
        bool | None, typer.Option("--noisy/--noise-free", help="Planted: companies have returns of their own or not [ROTATION_NOISY].")
    ] = None,
) -> None:
    """Fetch what is new, build the tables it touches, publish. Safe to repeat and to kill."""
    from rotation_pipeline import console, pipeline

    market = {"names": names, "years": years, "seed": seed, "planted": planted, "noisy": noisy}
    settings = settings_of(home=home, source=source, config=config, through=_date(through), **market)
    with reporter_of(Console(stderr=True)) as reporter:
        summary = pipeline.run(settings, reporter)
    headlines = answer_to(settings, "headlines") if summary.current else None
    renames = answer_to(settings, "suspected_renames") if summary.release else None
    console.print_summary(Console(), summary, headlines, renames)
    if summary.failures:
        raise typer.Exit(1)


def fetch(
    home: Home = None,
    source: Source = None,
    config: Config = None,
    through: Through = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the plan: what would be asked for, and what it costs.")] = False,
) -> None:
    """Fetch what is new and land it; the tables take it in with the next run."""
    from rotation_pipeline import console, pipeline

    settings = settings_of(home=home, source=source, config=config, through=_date(through))
    if dry_run:
        with pipeline.home_lock(settings):
            plan = pipeline.plan(settings)
        console.print_plan(screen(), plan)
        return
    with reporter_of(Console(stderr=True)) as reporter, pipeline.home_lock(settings):
        summary = pipeline.fetch(settings, reporter)
    console.print_fetch(screen(), summary)


def _date(given: datetime | None) -> date | None:
    return given.date() if given else None
