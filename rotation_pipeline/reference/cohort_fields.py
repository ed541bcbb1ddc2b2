"""The fields of a cohort file and the kinds of rules that use them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

LABELS = ("PIT_FULL", "CURRENT_LIST")  # from best to worst (B.7); hindsight has a date: hindsight_before
ELSEWHERE = "list:"  # before the name of a list that only a market source brings
MEASURES = ("earnings_yield",)


@dataclass(frozen=True)
class Field:
    """One field: its column in raw.cohort_rule, what it may hold, what it means. ``between`` joins the texts of a list."""

    column: str
    type: str  # text, texts, number, count or day
    meaning: str
    choices: tuple[str, ...] = ()
    between: str = " "
    default: Any = None

    def fault(self, value: object) -> str | None:
        """What is wrong with a value; None when nothing is."""
        if (wrong := _IS_WRONG[self.type](value)) is not None:
            return wrong
        if self.choices and value not in self.choices:
            return f"not one of {', '.join(self.choices)}"
        if isinstance(value, list) and any(self.between in text for text in value):
            return f"and an entry holds {self.between!r}"
        return None

    def landed(self, value: Any) -> Any:
        """The value as it is landed."""
        if value is None:
            return self.default
        if isinstance(value, list):
            return self.between.join(text.removeprefix(ELSEWHERE) for text in value)
        if self.type == "text":
            return value.removeprefix(ELSEWHERE)
        return float(value) if self.type == "number" else value

    def dtype(self) -> pl.DataType:
        """The type of the column."""
        import polars as pl

        types = {"number": pl.Float64(), "count": pl.Int32(), "day": pl.Date()}
        return types.get(self.type, pl.String())


@dataclass(frozen=True)
class Kind:
    """One kind of rule: what its file must say and may say, and of which kinds the cohort under it may be."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that means something to it."""
        return (*self.required, *self.optional, "hindsight_before", "bias")


FIELDS = {
    "kind": Field("kind", "text", "how members are found"),
    "label": Field("label", "text", "what to call the cohort on a chart"),
    "symbols": Field("symbols", "texts", "its symbols, Yahoo style"),
    "base": Field("base_cohort_id", "text", "the list or universe that it is chosen from; without one all eligible companies"),
    "operands": Field("other_cohort_id", "texts", "the cohorts and lists that are combined, the one that gives the lines first"),
    "sectors": Field("sectors", "texts", "vendor sectors that are in", between=";"),
    "industries": Field("industries", "texts", "vendor industries that are in", between=";"),
    "cap_from_usd": Field("cap_from_usd", "number", "smallest cap of a company at the month end, USD"),
    "cap_below_usd": Field("cap_below_usd", "number", "cap of a company at the month end from which it is out, USD"),
    "above_median": Field("above_median", "text", "characteristic that must be above the median of the base", choices=MEASURES),
    "rank_from": Field("rank_from", "count", "first rank by cap that is in; the largest is 1"),
    "rank_to": Field("rank_to", "count", "last rank that is in"),
    "cap_share_from": Field("cap_share_from", "number", "in from this cumulative share of all cap, 0..1"),
    "cap_share_to": Field("cap_share_to", "number", "up to this cumulative share of all cap, 0..1"),
    "band": Field("band", "number", "half width of the band in which a member keeps its side, share of all cap", default=0.0),
    "hindsight_before": Field("hindsight_before", "day", "the date on which the set was chosen, for what it had done by then"),
    "bias": Field("bias_label", "text", "label that its rows have at best", choices=LABELS, default="PIT_FULL"),
}

TESTS = {"sectors", "industries", "cap_from_usd", "cap_below_usd", "above_median"}

KINDS = {
    "FIXED": Kind(("kind", "label", "symbols")),
    "TOP_N": Kind(("kind", "label", "base", "rank_from", "rank_to"), bases=("FIXED",)),
    "RANK": Kind(("kind", "label", "rank_from", "rank_to"), ("band",)),
    "CAP_SHARE": Kind(("kind", "label", "cap_share_from", "cap_share_to"), ("band",)),
    "SCREEN": Kind(("kind", "label"), ("base", *sorted(TESTS)), bases=("FIXED", "TOP_N", "RANK", "CAP_SHARE")),
    "MINUS": Kind(("kind", "label", "operands")),
    "AND": Kind(("kind", "label", "operands")),
    "OR": Kind(("kind", "label", "operands")),
}


def _text_fault(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else "not a text in quotes"


def _texts_fault(value: object) -> str | None:
    if not isinstance(value, list) or not value or any(_text_fault(text) for text in value):
        return 'not a list of texts: ["A", "B"]'
    return "and names an entry twice" if len(set(value)) < len(value) else None


def _number_fault(value: object) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return None if is_number else "not a number from 0 on"


def _count_fault(value: object) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else "not a whole number from 1 on"


def _day_fault(value: object) -> str | None:
    return None if isinstance(value, date) and not isinstance(value, datetime) else "not a date: 2023-06-01, without quotes"


_IS_WRONG: dict[str, Callable[[object], str | None]] = {
    "text": _text_fault,
    "texts": _texts_fault,
    "number": _number_fault,
    "count": _count_fault,
    "day": _day_fault,
}
