"""core.cohort_membership: cohorts that are combined of others by company, evaluated over stays (methodology B.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from graphlib import TopologicalSorter
from itertools import pairwise
from operator import attrgetter

import polars as pl

SCHEMA = {
    "universe_id": pl.String(),
    "security_id": pl.Int32(),
    "issuer_id": pl.Int32(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "bias_label": pl.String(),
    "pit_grade": pl.String(),
}


@dataclass(frozen=True)
class Stay:
    """A line that is in from ``valid_from`` to before ``valid_to`` (date.max: still in), and how well that is known."""

    security_id: int
    issuer_id: int
    valid_from: date
    valid_to: date
    bias_label: str | None  # None: chosen from all lines, so PIT_FULL or CURRENT_LIST, whatever core.membership finds
    badness: int
    pit_grade: str

    @property
    def doubt(self) -> tuple[int, bool]:
        """The larger, the worse the label; what may still turn out worse comes after what is as bad."""
        return self.badness, self.bias_label is None

    def part(self, valid_from: date, valid_to: date, proof: Iterable[Stay] = ()) -> Stay:
        """The stay on a part of its span, as well known as the worst of itself and of the stays that prove it."""
        joined = [self, *proof]
        worst = max(joined, key=attrgetter("doubt"))
        grade = max(stay.pit_grade for stay in joined)
        return replace(self, valid_from=valid_from, valid_to=valid_to, bias_label=worst.bias_label, badness=worst.badness, pit_grade=grade)


Stays = Sequence[Stay]


def cohort_membership(rows: pl.DataFrame) -> pl.DataFrame:
    """Stays of lines in each combined cohort.

    ``rows`` has one row a rule (kind not null; operands, and those ``needed``, separated by a space) and one a stay of the cohorts that
    are not combined. An operand that nothing is known of has no members; while a needed one has none the cohort has none either.
    """
    known: dict[str, Stays] = defaultdict(list)
    columns = ["security_id", "issuer_id", "valid_from", "valid_to", "bias_label", "badness", "pit_grade"]
    stays = rows.filter(pl.col("kind").is_null()).with_columns(pl.col("valid_to").fill_null(date.max))
    for (universe_id,), group in stays.group_by("universe_id", maintain_order=True):
        known[str(universe_id)] = [Stay(*row) for row in group.select(columns).iter_rows()]
    said = rows.drop_nulls("kind").select("universe_id", "kind", "operands", "needed")
    rules = {name: (kind, operands.split(), needed.split()) for name, kind, operands, needed in said.iter_rows()}
    for name in TopologicalSorter({name: operands for name, (_, operands, _) in rules.items()}).static_order():
        if name in rules:
            kind, operands, needed = rules[name]
            combined = _COMBINE[kind]([known[operand] for operand in operands])
            known[name] = _joined(_while_held(combined, [known[operand] for operand in needed]))
    found = [
        (name, stay.security_id, stay.issuer_id, stay.valid_from, None if stay.valid_to == date.max else stay.valid_to, stay.bias_label,
         stay.pit_grade)
        for name in sorted(rules)
        for stay in known[name]
    ]  # fmt: skip
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def _both(operands: Sequence[Stays]) -> Iterable[Stay]:
    """Lines of the first while their company is in every other."""
    return reduce(lambda base, other: [part for part, proof in _parts(base, other) if proof], operands)


def _without(operands: Sequence[Stays]) -> Iterable[Stay]:
    """Lines of the first while their company is in no other."""
    return reduce(lambda base, other: [part for part, proof in _parts(base, other) if not proof], operands)


def _either(operands: Sequence[Stays]) -> Iterator[Stay]:
    """Lines of any."""
    by_line = _grouped((stay for stays in operands for stay in stays), "security_id")
    for stays in by_line.values():
        for start, end in pairwise(sorted({edge for stay in stays for edge in (stay.valid_from, stay.valid_to)})):
            if held := [stay for stay in stays if stay.valid_from <= start < stay.valid_to]:
                yield held[0].part(start, end, held)


def _while_held(stays: Iterable[Stay], needed: Sequence[Stays]) -> Iterable[Stay]:
    """The parts of stays during which every needed cohort has a member."""
    return reduce(_within, (_spans(other) for other in needed), stays)


def _within(stays: Iterable[Stay], spans: Sequence[tuple[date, date]]) -> Iterable[Stay]:
    return [
        stay.part(max(stay.valid_from, start), min(stay.valid_to, end))
        for stay in stays
        for start, end in spans
        if stay.valid_from < end and start < stay.valid_to
    ]


def _spans(stays: Stays) -> Sequence[tuple[date, date]]:
    """When anybody is in."""
    spans: list[tuple[date, date]] = []
    for start, end in sorted((stay.valid_from, stay.valid_to) for stay in stays):
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], end)
        else:
            spans.append((start, end))
    return spans


_COMBINE = {"AND": _both, "MINUS": _without, "OR": _either}


def _parts(base: Stays, other: Stays) -> Iterator[tuple[Stay, Stays]]:
    """The stays of ``base``, cut where their company enters or leaves ``other``, each part with the stays of ``other`` over it."""
    by_company = _grouped(other, "issuer_id")
    for stay in base:
        near = [one for one in by_company.get(stay.issuer_id, ()) if one.valid_from < stay.valid_to and stay.valid_from < one.valid_to]
        edges = {edge for one in near for edge in (one.valid_from, one.valid_to) if stay.valid_from < edge < stay.valid_to}
        for start, end in pairwise(sorted({stay.valid_from, stay.valid_to, *edges})):
            proof = [one for one in near if one.valid_from <= start < one.valid_to]
            yield stay.part(start, end, proof), proof


def _joined(stays: Iterable[Stay]) -> Stays:
    """Parts that touch and are known equally well as one stay; by line and session."""
    found: list[Stay] = []
    for stay in sorted(stays, key=attrgetter("security_id", "valid_from")):
        last = found[-1] if found else None
        if (
            last is not None
            and replace(last, valid_from=stay.valid_from, valid_to=stay.valid_to) == stay
            and last.valid_to == stay.valid_from
        ):
            found[-1] = replace(last, valid_to=stay.valid_to)
        else:
            found.append(stay)
    return found


def _grouped(stays: Iterable[Stay], key: str) -> Mapping[int, list[Stay]]:
    groups: dict[int, list[Stay]] = defaultdict(list)
    for stay in stays:
        groups[getattr(stay, key)].append(stay)
    return groups
