"""Cohort rules: one TOML file a cohort in ``data/cohorts/``, named after it (methodology B.2, B.4).

Every file is checked on its own, then all of them together: what a cohort is cut from exists, and no two are cut from each other.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rotation_pipeline.errors import BadInput
from rotation_pipeline.reference.cohort_fields import ELSEWHERE, FIELDS, KINDS, LABELS, TESTS

if TYPE_CHECKING:
    import polars as pl

LISTS = ("SP500", "SP400", "SP600", "NDX100", "DOW30")  # lists that may be named without "list:"
SPANS = (("rank_from", "rank_to"), ("cap_share_from", "cap_share_to"), ("cap_from_usd", "cap_below_usd"))


@dataclass(frozen=True)
class Rule:
    """One cohort file: what it says."""

    path: Path
    said: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """A key of KINDS."""
        return str(self.said["kind"])

    @property
    def cut_from(self) -> tuple[str, ...]:
        """The cohorts and lists that it is made of, as the file spells them."""
        return (*([self.said["base"]] if "base" in self.said else []), *self.said.get("operands", []))

    def row(self) -> dict[str, Any]:
        """Its row of raw.cohort_rule. The first operand is the base: it gives the lines."""
        first, *others = self.said.get("operands", [self.said.get("base")])
        said = {**self.said, "base": first, "operands": others or None}
        return {"cohort_id": self.path.stem} | {field.column: field.landed(said.get(name)) for name, field in FIELDS.items()}


def read_rules(folder: Path) -> pl.DataFrame:
    """The rules of a folder as rows of raw.cohort_rule less the stamps, by cohort_id.

    A label or a hindsight date is never better than those of what the cohort is cut from. Raises BadInput naming the file.
    """
    import polars as pl

    rules = {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    if not rules:
        raise BadInput(str(folder), "holds no cohort", "reinstall the package to restore its files, or add NAME.toml")
    for rule in rules.values():
        _check_cut_from(rule, rules)
    for cohort_id in _in_order(rules):
        rules[cohort_id] = _inherit(rules[cohort_id], [rules[name] for name in rules[cohort_id].cut_from if name in rules])
    schema = {"cohort_id": pl.String(), **{field.column: field.dtype() for field in FIELDS.values()}}
    return pl.DataFrame([rules[name].row() for name in sorted(rules)], schema=schema, orient="row")


def _read(path: Path) -> Rule:
    said = _parse(path)
    kind_id = said.get("kind")
    if kind_id not in KINDS:
        problem = f"its kind is {kind_id!r}" if kind_id is not None else "says no kind"
        raise BadInput(str(path), problem, f'write kind = "..." with one of {", ".join(KINDS)}')
    kind = KINDS[kind_id]
    for name in said:
        if name not in kind.fields:
            raise BadInput(str(path), f"{name} means nothing to {kind_id}", f"its fields are {', '.join(kind.fields)}")
    for name in kind.required:
        if name not in said:
            raise BadInput(str(path), f"says no {name}", f"{kind_id} needs {name}: {FIELDS[name].meaning}")
    for name, value in said.items():
        if (wrong := FIELDS[name].fault(value)) is not None:
            raise BadInput(str(path), f"{name} is {value!r}, {wrong}", f"{name}: {FIELDS[name].meaning}")
    _check_sense(path, said)
    return Rule(path, said)


def _parse(path: Path) -> Mapping[str, Any]:
    if re.fullmatch(r"[A-Z][A-Z0-9_]*", path.stem) is None or path.stem in LISTS:
        problem = "has the name of a list" if path.stem in LISTS else "has no name for a cohort"
        raise BadInput(str(path), problem, "name the file after the cohort: capitals, digits and _, as SMALL_BANKS.toml")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(str(path), f"cannot be read ({error})", "correct the line, or reinstall the package to restore the file") from error


def _check_sense(path: Path, said: Mapping[str, Any]) -> None:
    """What fits field by field can still say nothing together."""
    kind, n_operands = said["kind"], len(said.get("operands", []))
    if kind == "SCREEN" and not TESTS & said.keys():
        raise BadInput(str(path), "tests nothing", f"write one of {', '.join(sorted(TESTS))}")
    if n_operands == 1 or (kind == "MINUS" and n_operands > 2):
        raise BadInput(str(path), f"{kind} has {n_operands} operands", "MINUS takes two, AND and OR two or more")
    for first, last in SPANS:
        if first in said and last in said and not said[first] < said[last] + (first == "rank_from"):
            raise BadInput(str(path), f"{first} is {said[first]} and {last} is {said[last]}: nothing lies between", "correct the two")


def _check_cut_from(rule: Rule, rules: Mapping[str, Rule]) -> None:
    for name in rule.cut_from:
        if name not in rules and name not in LISTS and not name.startswith(ELSEWHERE):
            way_out = f"name a cohort of this folder, one of {', '.join(LISTS)}, or {ELSEWHERE}NAME for a list of a market source"
            raise BadInput(str(rule.path), f"is cut from {name}, which is no cohort and no list", way_out)
    base, bases = rules.get(rule.said.get("base", "")), KINDS[rule.kind].bases
    if base is not None and base.kind not in bases:
        way_out = f"take a list or a cohort of kind {', '.join(bases)}; AND combines the outcome with others"
        raise BadInput(str(rule.path), f"its base {base.path.stem} is a cohort of kind {base.kind}", way_out)


def _in_order(rules: Mapping[str, Rule]) -> Iterable[str]:
    """Every cohort after those that it is cut from."""
    sorter = TopologicalSorter({name: [other for other in rule.cut_from if other in rules] for name, rule in rules.items()})
    try:
        return list(sorter.static_order())
    except CycleError as error:
        circle = error.args[1]
        problem = f"cohorts are cut from each other: {' -> '.join(circle)}"
        raise BadInput(str(rules[circle[0]].path), problem, "take one of them out of the circle") from error


def _inherit(rule: Rule, cut_from: Iterable[Rule]) -> Rule:
    """The rule with the worst label and the latest hindsight date of itself and of what it is cut from."""
    family = [rule, *cut_from]
    label = max((member.said.get("bias", LABELS[0]) for member in family), key=LABELS.index)
    days: list[date] = [member.said["hindsight_before"] for member in family if "hindsight_before" in member.said]
    return replace(rule, said={**rule.said, "bias": label, **({"hindsight_before": max(days)} if days else {})})
