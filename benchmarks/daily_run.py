"""What a run costs: the first one, one more session, nothing new, and a rebuild from landing as the peer of the increment.

    python benchmarks/daily_run.py [--write]

Each figure is one whole process of the `rotation` command on the default simulated market; with --write they become a section
of docs/performance.md. Seconds depend on the machine: compare rows, not machines.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from page import write_section

ROTATION = Path(sys.executable).with_name("rotation")
HEADING = "The default simulated market, day by day"
BEFORE, LAST = "2026-06-29", "2026-06-30"


@dataclass(frozen=True)
class Cost:
    """One process: wall and CPU seconds, peak memory in megabytes."""

    what: str
    wall: float
    cpu: float
    megabytes: float


def measure(what: str, home: Path, *arguments: str) -> Cost:
    """Run the command once. Raises CalledProcessError when it fails."""
    command = [str(ROTATION), "run", "--home", str(home), *arguments]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if status != 0:
        raise subprocess.CalledProcessError(status, command)
    return Cost(what, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def run_all(home: Path) -> list[Cost]:
    """The four runs, in the one order in which they make sense."""
    costs = [measure("first run: ten years, 500 companies", home, "--through", BEFORE)]
    costs.append(measure("one new session", home, "--through", LAST))
    costs.append(measure("nothing new", home, "--through", LAST))
    shutil.rmtree(home / "warehouse")
    costs.append(measure("rebuild of all tables from landing", home, "--through", LAST))
    return costs


def as_markdown(costs: list[Cost]) -> str:
    """The section of docs/performance.md."""
    peer = costs[-1]
    rows = [f"| {c.what} | {c.wall:.1f} | {c.cpu:.1f} | {c.megabytes:.0f} | {c.cpu / peer.cpu:.2f} |" for c in costs]
    head = [
        f"Written by `python benchmarks/daily_run.py --write` on {os.cpu_count()} cores, Python {platform.python_version()}.",
        "Each row is one whole process of `rotation run`, imports included. Seconds depend on the machine; the last column",
        "compares CPU with a rebuild of everything in the same session.",
        "",
        "| run of the default simulated market | wall s | CPU s | peak MB | CPU / rebuild |",
        "| --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, ""])


def main() -> None:
    """Measure in a temporary home and print, or write, the table."""
    with tempfile.TemporaryDirectory() as folder:
        section = as_markdown(run_all(Path(folder) / "home"))
    if "--write" in sys.argv:
        write_section(HEADING, section)
    print(section)


if __name__ == "__main__":
    main()
