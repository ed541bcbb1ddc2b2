"""core.rank_membership: who is in a universe that is made by size, with a band in which members keep their side (methodology B.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate, groupby
from typing import Any

import polars as pl

SCHEMA = {
    "universe_id": pl.String(),
    "security_id": pl.Int32(),
    "issuer_id": pl.Int32(),
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "known_from": pl.Date(),
    "bias_label": pl.String(),
    "pit_grade": pl.String(),
}

Row = dict[str, Any]
Caps = list[tuple[int, float]]  # issuer and its cap, largest first


def rank_membership(ranked: pl.DataFrame) -> pl.DataFrame:
    """Stays of lines in each cohort.

    ``ranked`` has one row a cohort, event (valid_from, is_joining) and line, in the order cohort, valid_from, cap descending, issuer:
    the columns of the SQL's select. Caps in USD, band and cap shares as shares of 1. An event that ``is_undecided`` is one row without
    a line: nobody is in until the next one.
    """
    rows = [stay for _, group in groupby(ranked.iter_rows(named=True), key=lambda row: row["cohort_id"]) for stay in _stays(list(group))]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("universe_id", "security_id", "valid_from")


@dataclass(frozen=True)
class Cut:
    """A border in the ranking: the first ``rank`` issuers, or those before which less than ``cap_share`` of all cap comes, are above."""

    rank: int | None = None
    cap_share: float | None = None

    def above(self, caps: Caps) -> list[bool]:
        """Strictly by the border, largest issuer first."""
        if self.rank is not None:
            return [place < self.rank for place in range(len(caps))]
        assert self.cap_share is not None
        total = sum(cap for _, cap in caps)
        before = accumulate((cap for _, cap in caps), initial=0.0)
        return [so_far < self.cap_share * total for so_far, _ in zip(before, caps, strict=False)]


@dataclass
class Border:
    """A cut with its memory: on which side each issuer was, and how large the last one above it was."""

    cut: Cut
    band: float
    sides: dict[int, bool] = field(default_factory=dict)
    breakpoint_cap: float = 0.0

    def divide(self, caps: Caps) -> dict[int, bool]:
        """Whether each issuer is above. Within the band around the breakpoint a known issuer keeps its side; the others follow the cut."""
        strict = self.cut.above(caps)
        shares = _cumulative_shares(caps)
        last_above = max((place for place, is_above in enumerate(strict) if is_above), default=None)
        middle = shares[last_above] if last_above is not None else 0.0
        self.breakpoint_cap = caps[last_above][1] if last_above is not None else float("inf")
        self.sides = {
            issuer: self.sides.get(issuer, is_above) if 0 < self.band >= abs(share - middle) else is_above
            for (issuer, _), share, is_above in zip(caps, shares, strict, strict=True)
        }
        return self.sides

    def join(self, caps: Caps) -> dict[int, bool]:
        """The side of newcomers between two reconstitutions: above when larger than the last one that was."""
        joined = {issuer: cap > self.breakpoint_cap for issuer, cap in caps}
        self.sides |= joined
        return joined


@dataclass(frozen=True)
class Stay:
    """A line that is in: since when, until when at the latest, and how well that is known."""

    issuer_id: int
    valid_from: date
    delist_session: date | None
    out_session: date | None
    bias_label: str | None
    pit_grade: str

    def close(self, universe_id: str, security_id: int, on: date | None) -> tuple[Any, ...]:
        """The finished row. A line that is in on its last trading session is in for the session that books its delisting return."""
        outlives_line = self.delist_session is not None and (on is None or on > self.delist_session)
        valid_to = self.out_session if outlives_line else on
        return universe_id, security_id, self.issuer_id, self.valid_from, valid_to, self.valid_from, self.bias_label, self.pit_grade


def _stays(rows: list[Row]) -> Iterator[tuple[Any, ...]]:
    """Every stay of one cohort, event by event."""
    cohort, upper, lower = rows[0]["cohort_id"], *_borders(rows[0])
    members: dict[int, Stay] = {}
    for (valid_from, is_joining), group in groupby(rows, key=lambda row: (row["valid_from"], row["is_joining"])):
        lines = [row for row in group if not row["is_undecided"]]
        caps = list({row["issuer_id"]: row["issuer_cap_usd"] for row in lines}.items())
        above_upper, above_lower = (border.join(caps) if is_joining else border.divide(caps) for border in (upper, lower))
        inside = {row["security_id"]: row for row in lines if above_lower[row["issuer_id"]] and not above_upper[row["issuer_id"]]}
        for security_id in list(members) if not is_joining else []:
            if security_id not in inside or _has_ended(members[security_id], valid_from):
                yield members.pop(security_id).close(cohort, security_id, valid_from)
        for security_id, row in inside.items():
            if security_id not in members:  # label and grade are those of the entry: a later event may not rewrite what was known
                ends = row["delist_session"], row["out_session"]
                members[security_id] = Stay(row["issuer_id"], valid_from, *ends, row["bias_label"], row["pit_grade"])
    for security_id, stay in members.items():
        yield stay.close(cohort, security_id, None)


def _borders(rule: Row) -> tuple[Border, Border]:
    """The border over and the one under a cohort. The band is around the one that another cohort begins at; the bottom is strict."""
    if rule["kind"] == "CAP_SHARE":
        over, under = Cut(cap_share=rule["cap_share_from"]), Cut(cap_share=rule["cap_share_to"])
        is_topmost = rule["cap_share_from"] <= 0
    else:
        over, under = Cut(rank=rule["rank_from"] - 1), Cut(rank=rule["rank_to"])
        is_topmost = rule["rank_from"] <= 1
    return Border(over, 0.0 if is_topmost else rule["band"]), Border(under, rule["band"] if is_topmost else 0.0)


def _cumulative_shares(caps: Caps) -> list[float]:
    total = sum(cap for _, cap in caps)
    return [so_far / total for so_far in accumulate(cap for _, cap in caps)]


def _has_ended(stay: Stay, on: date) -> bool:
    return stay.out_session is not None and stay.out_session <= on
