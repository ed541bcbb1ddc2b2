"""`rotation quarantine`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rotation_pipeline.cli.options import Home, screen, settings_of

if TYPE_CHECKING:
    from rotation_pipeline.pipeline import Decision

app = typer.Typer(no_args_is_help=True, help="Rows that are not used, and deciding about them.")
MOST = 200  # rows listed

Symbol = Annotated[str, typer.Argument(help="Symbol of the row, as the list shows it.")]
Session = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Date of the bar, or ex-date of the action.")]
Reason = Annotated[str, typer.Argument(help="Reason of the row, as the list shows it.")]
Note = Annotated[str, typer.Option(help="Why, for whoever comes after you.")]


@app.command("list")
def list_rows(
    symbol: Annotated[str | None, typer.Option(help="Only of this symbol.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only of this reason.")] = None,
    only_open: Annotated[bool, typer.Option("--open/--all", help="Only what waits for a decision, or everything.")] = True,
    home: Home = None,
) -> None:
    """Rows of the release that are not used, the latest session first."""
    from rotation_pipeline import pipeline
    from rotation_pipeline.console import quarantine_table

    rows = pipeline.flagged(settings_of(home=home), symbol, reason, only_open=only_open, most=MOST + 1)
    out = screen()
    if not rows:
        out.print("nothing waits for a decision; see --all" if only_open else "nothing is quarantined")
        return
    out.print(quarantine_table(rows[:MOST]))
    if len(rows) > MOST:
        out.print(f'... more than {MOST} rows; narrow it down, or: rotation query "select * from ops.quarantine"', markup=False)


@app.command()
def release(symbol: Symbol, session: Session, reason: Reason, note: Note, home: Home = None) -> None:
    """Use the value of a quarantined row after all, from the next run on."""
    _decide(home, symbol, session, reason, "release", note)


@app.command()
def keep(symbol: Symbol, session: Session, reason: Reason, note: Note, home: Home = None) -> None:
    """Leave a quarantined row out for good, or take its release back, from the next run on."""
    _decide(home, symbol, session, reason, "keep", note)


def _decide(home: Home, symbol: str, session: datetime, reason: str, decision: Decision, note: str) -> None:
    from rotation_pipeline import pipeline

    row = pipeline.decide(settings_of(home=home), symbol, session.date(), reason, decision, note)
    what = "its value is used" if decision == "release" else "it stays out"
    print(f"{row}: {row.value}\n{what} from the next `rotation run` on")
