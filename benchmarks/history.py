"""What a long history costs: built whole, a session more, nothing new, published; and its breadth by plain pandas as the peer.

    python benchmarks/history.py [--names 8000] [--years 25] [--memory 6GiB] [--home FOLDER] [--write]

The market of benchmarks/long_market.py is landed the real way, a load a year, then two loads of one session; on the second a line
is new and another is gone. Each step is a process of its own: wall and CPU seconds, peak memory, most bytes spilled to disk.
Seconds depend on the machine: compare rows. The peer runs up to 16 million rows: beyond, pandas
needs more memory than most machines have. With --write a section of docs/performance.md is replaced.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # the neighbours, also for a test

from page import write_section

LAST = date(2026, 6, 30)
MOST_PEER_ROWS = 16_000_000
PRICE_CHAIN = ("core.price_bar", "core.daily_price", "core.share_count", "core.market_cap")
BREADTH_CHAIN = (
    "core.membership_set",
    "core.member_count",
    "core.universe_breadth",
    "core.universe_return",
    "core.equal_weight_holding",
    "core.universe_equal_weight",
    "core.universe_concentration",
    "core.universe_dispersion",
    "mart.breadth",
)
BREADTH = "core.universe_breadth"
N_OTHERS = 8
PLAIN, BUSY = "one new session", "one more, with a listing and a delisting"


@dataclass(frozen=True)
class Cost:
    """One process: wall and CPU seconds, peak memory and most spilled bytes in megabytes, and what it printed."""

    what: str
    wall: float
    cpu: float
    megabytes: float
    spilled: float
    said: Any

    @property
    def row(self) -> str:
        """A line of a table."""
        return f"| {self.what} | {self.wall:.1f} | {self.cpu:.1f} | {self.megabytes:.0f} | {self.spilled:.0f} |"


# --- the steps, each in its own process ------------------------------------------------------------------------------------


def land(home: Path, n_names: int, n_years: int) -> object:
    """Land the history; the two later sessions wait beside landing."""
    from long_market import N_LATER, YEAR, LongMarket

    from rotation_pipeline import reference
    from rotation_pipeline.landing import Batch, Landing
    from rotation_pipeline.models import Catalog

    days = [day for day in reference.session_rows(evening(LAST))["session"].to_list() if day <= LAST]
    market = LongMarket(n_names, days[-n_years * YEAR :])
    models = Catalog.load().models
    landing, later = Landing(home / "landing", models), Landing(home / "later", models)
    snapshot = reference.batch(evening(LAST), {})
    assert snapshot is not None
    lists = {table: frame for table, frame in snapshot.frames.items() if table != "raw.membership"}
    landing.write("reference", Batch(lists, snapshot.ledger, snapshot.cursor), evening(market.sessions[0]))
    seconds, n_rows = 0.0, 0
    for last, frames in market.batches():
        started = time.perf_counter()
        (later if last > market.sessions[-1 - N_LATER] else landing).write("yahoo", Batch(frames), evening(last))
        seconds += time.perf_counter() - started
        n_rows += sum(frame.height for frame in frames.values())
    return {"rows": n_rows, "seconds": seconds, "lines": market.lines.height}


def build_home(home: Path, memory: str) -> object:
    """Take in and build: table -> wall seconds, CPU seconds, rows, first session redone. Raises SystemExit when a table failed."""
    from rotation_pipeline.pipeline import Quiet, build

    tables: dict[str, list[Any]] = {}
    cpu = time.process_time()
    for result in build(settings_of(home, memory), Quiet()):
        if result.status in ("failed", "skipped"):
            raise SystemExit(f"{result.table}: {result.reason}")
        cpu, before = time.process_time(), cpu
        if result.status != "unchanged" or result.seconds:
            tables[result.table] = [result.seconds, cpu - before, result.n_rows, str(result.first)]
    return tables


def day(home: Path, memory: str) -> object:
    """As build_home, after the next of the later sessions has come."""
    load = min((home / "later").iterdir())
    os.replace(load, home / "landing" / load.name)
    return build_home(home, memory)


def publish_home(home: Path, memory: str) -> object:
    """Publish what is built; the megabytes of the released file."""
    from rotation_pipeline.pipeline import Quiet, publish

    release = publish(settings_of(home, memory), Quiet(), evening(LAST + timedelta(days=1)))
    assert release is not None
    return {"megabytes": release.path.stat().st_size / 2**20}


def rebuild_breadth(home: Path, memory: str) -> object:
    """The counts of breadth, whole, with their checks."""
    from rotation_pipeline.models import Catalog
    from rotation_pipeline.pipeline import open_warehouse

    with open_warehouse(settings_of(home, memory), Catalog.load()) as warehouse:
        result = warehouse.build(BREADTH, full=True)
    assert result.status in ("built", "unchanged"), result
    return result.seconds


def pandas_breadth(home: Path, memory: str) -> object:
    """The peer; how many of its counts differ."""
    import pandas_breadth as peer

    path = settings_of(home, memory).published / "rotation.duckdb"
    started = time.perf_counter()
    counts = peer.breadth(path)
    return {"seconds": time.perf_counter() - started, "counts": int(counts.size), "differing": peer.differing(path, counts)}


STEPS = {step.__name__: step for step in (build_home, day, publish_home, rebuild_breadth, pandas_breadth)}


def settings_of(home: Path, memory: str) -> Any:
    """Settings of the home."""
    from rotation_pipeline.settings import load_settings

    return load_settings(home=home, source="yahoo", memory_limit=memory)


def evening(session: date) -> datetime:
    """When a session is final."""
    return datetime(session.year, session.month, session.day, 1, tzinfo=UTC) + timedelta(days=1)


# --- measuring -------------------------------------------------------------------------------------------------------------


def measure(what: str, home: Path, *step: str) -> Cost:
    """Run one step. Raises CalledProcessError when it fails."""
    command = [sys.executable, __file__, "--home", str(home), *step]
    spill, most = home / "warehouse" / "working.duckdb.tmp", 0
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(command, stdout=printed)
        while True:
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            most = max(most, _folder_size(spill))
            time.sleep(0.1)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        printed.seek(0)
        said = json.loads(printed.read())
    cost = Cost(what, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, most / 2**20, said)
    print(cost.row, file=sys.stderr, flush=True)
    return cost


def _folder_size(folder: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in os.scandir(folder))
    except OSError:  # gone between two looks
        return 0


def run_all(home: Path, n_names: int, n_years: int, memory: str) -> list[Cost]:
    """All steps, in the one order in which they make sense."""

    def step(what: str, name: str) -> Cost:
        return measure(what, home, "--memory", memory, "--step", name)

    costs = [measure("made up and landed", home, "--names", str(n_names), "--years", str(n_years), "--step", "land")]
    costs += [
        step("taken in, all tables built", "build_home"),
        step("published for the first time", "publish_home"),
        step("nothing new", "build_home"),
        step(PLAIN, "day"),
        step("published again", "publish_home"),
        step(BUSY, "day"),
        step("counts of breadth alone, whole", "rebuild_breadth"),
    ]
    if costs[1].said["core.daily_price"][2] <= MOST_PEER_ROWS:
        costs.append(step("published a third time", "publish_home"))
        costs.append(step("peer: counts of two universes by pandas", "pandas_breadth"))
    return costs


# --- the page --------------------------------------------------------------------------------------------------------------


def as_markdown(costs: list[Cost], n_names: int, n_years: int, memory: str) -> str:
    """The section of one size."""
    by = {cost.what: cost for cost in costs}
    whole, plain, busy = by["taken in, all tables built"].said, by[PLAIN].said, by[BUSY].said
    landed = costs[0].said
    lines = [
        f"Written by `python benchmarks/history.py --names {n_names} --years {n_years} --memory {memory} --write` on {os.cpu_count()}"
        f" cores, Python {platform.python_version()}.",
        f"{n_names} names alive each day, {landed['lines']} lines, {whole['core.daily_price'][2]:,} rows of core.daily_price."
        f" Landing writes {landed['rows'] / landed['seconds'] / 1e6:.2f} million rows/s;"
        f" raw.price_bar takes in {whole['raw.price_bar'][2] / whole['raw.price_bar'][0] / 1e6:.2f}.",
        "Seconds depend on the machine: compare rows. Each row of the first table is one whole process, imports included.",
        "",
        "| step | wall s | CPU s | peak MB | spilled MB |",
        "| --- | --- | --- | --- | --- |",
        *(cost.row for cost in costs),
        "",
        "| table | rows | whole: wall s | CPU s | new session: wall s | CPU / whole | with a listing: wall s | redone from |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *_chain("price chain", PRICE_CHAIN, whole, plain, busy),
        *_chain("breadth chain", BREADTH_CHAIN, whole, plain, busy),
        *_chain("most costly of the others", _costly(whole), whole, plain, busy),
        *_chain("all tables", tuple(whole), whole, plain, busy)[-1:],
    ]
    return "\n".join([*lines, "", *_verdict(by), ""])


def _costly(whole: Mapping[str, Any]) -> list[str]:
    """The tables outside the chains that took most CPU."""
    others = [table for table in whole if table not in (*PRICE_CHAIN, *BREADTH_CHAIN)]
    return sorted(others, key=lambda table: -whole[table][1])[:N_OTHERS]


def _chain(name: str, tables: Iterable[str], whole: Mapping[str, Any], plain: Mapping[str, Any], busy: Mapping[str, Any]) -> list[str]:
    """A row a table, and their sum."""
    nothing = [0.0, 0.0, 0, ""]
    rows = [(table, whole[table], plain.get(table, nothing), busy.get(table, nothing)) for table in tables if table in whole]
    lines = [_row(table, first, one, other, other[3]) for table, first, one, other in rows]
    first, one, other = ([sum(row[n][k] for row in rows) for k in range(3)] for n in (1, 2, 3))
    return [*lines, _row(f"**{name}**", first, one, other, "")]


def _row(name: str, whole: list[Any], one: list[Any], other: list[Any], redone_from: str) -> str:
    ratio = f"{one[1] / whole[1]:.3f}" if whole[1] else ""
    return (
        f"| {name} | {whole[2]:,} | {whole[0]:.2f} | {whole[1]:.2f} | {one[0]:.2f} | {ratio} | {other[0]:.2f} |"
        f" {'' if redone_from == 'None' else redone_from} |"
    )


def _verdict(by: Mapping[str, Cost]) -> list[str]:
    """The peer against the warehouse."""
    peer = by.get("peer: counts of two universes by pandas")
    if peer is None:
        return ["The peer was not run: too many rows for pandas."]
    assert peer.said["differing"] == 0, peer.said
    ours = by["counts of breadth alone, whole"]
    return [
        f"Peer: pandas takes {peer.wall / ours.wall:.1f} times the wall time, {peer.cpu / ours.cpu:.1f} times the CPU and"
        f" {peer.megabytes / ours.megabytes:.1f} times the memory of the whole process that redoes {BREADTH}, for two of its universes."
        f" All {peer.said['counts']:,} values are equal."
    ]


def main() -> None:
    """Measure and print, or write, the section; or run one step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--names", type=int, default=8_000, help="how many names are alive each day")
    parser.add_argument("--years", type=int, default=25, help="how many years of 252 sessions")
    parser.add_argument("--memory", default="6GiB", help="ROTATION_MEMORY_LIMIT of the builds")
    parser.add_argument("--home", type=Path, help="folder to work in, kept; else a temporary one")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.step == "land":
        print(json.dumps(land(said.home, said.names, said.years)))
    elif said.step:
        print(json.dumps(STEPS[said.step](said.home, said.memory)))
    else:
        home = said.home or Path(tempfile.mkdtemp())
        try:
            section = as_markdown(run_all(home, said.names, said.years, said.memory), said.names, said.years, said.memory)
        finally:
            if said.home is None:
                shutil.rmtree(home)
        if said.write:
            write_section(f"{said.names:,} names over {said.years} years", section)
        print(section)


if __name__ == "__main__":
    main()
