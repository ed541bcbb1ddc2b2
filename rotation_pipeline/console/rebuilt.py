"""What a rebuild says when it is over."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rotation_pipeline.console.summary import SIMULATED

if TYPE_CHECKING:
    from rotation_pipeline.pipeline import Rebuilt


def print_rebuilt(console: Console, rebuilt: Rebuilt) -> None:
    """Mode and instant, of how much it was made, its sessions, the checks that warn, its quality."""
    release = rebuilt.release
    if release.is_simulated:
        console.print(Text(SIMULATED, "bold yellow"))
    checks = [check for build in rebuilt.builds for check in build.checks]
    broken = [check for check in checks if not check.is_passed]
    facts = [
        ("file", str(release.path)),
        ("mode", f"{release.mode}, as of {rebuilt.as_of.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"),
        ("made of", f"{rebuilt.n_loads} loads, the last one fetched at {rebuilt.last_fetch.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"),
        ("sessions", f"{release.first_session} to {release.last_session}"),
        ("checks", f"{len(checks)} run, {len(broken)} broken" + "".join(f"; {c.table}: {c.claim} ({c.n_offending})" for c in broken[:5])),
        ("quality", f"{release.quality}: {release.quality_reason}" if release.quality_reason else str(release.quality)),
    ]
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in facts:
        table.add_row(Text(name, "bold"), Text(value))
    console.print(table)
