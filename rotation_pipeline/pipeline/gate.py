"""The gate before a release: is every universe, cohort and kind of security priced on the last session?

What a source failed to deliver, and what still waits for its turn, has no bar on that session; so has a member that was
asked for and never came. Neither needs a rule of its own. A market without any priced share is never complete, and a cohort that
never had a member is told by name: a misspelt sector must not look like a market without that sector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from rotation_pipeline.errors import PublishRefused
from rotation_pipeline.settings import Settings

LEAST_NAMES = 5  # expected names; a share of fewer says nothing
MOST_TOLD = 6  # shortfalls that a reason spells out

Rows = Callable[[str], Sequence[tuple[Any, ...]]]  # puts a query to a warehouse or a release

_UNIVERSES = """
    select session, universe_id, n_expected, n_valid, missing
    from ops.universe_coverage
    where session = (select max(session) from core.session)
    order by universe_id
"""
_KINDS = """
    with param as (
        select max(value) filter (where name = 'price.gap_max_sessions') as gap_max from meta.method_param
    ),
    absent as (
        select security.kind, array_to_string(list(security.symbol order by security.symbol)[:20], ' ') as missing
        from core.daily_price as price
        cross join param
        join core.security as security on security.security_id = price.security_id
        where price.session = (select max(session) from core.session) and not price.is_valid
            and price.session <= coalesce(security.delist_session, price.session)
            and (price.n_missing <= param.gap_max or price.quarantine_reason is not null)
        group by security.kind
    )
    select coverage.session, coverage.kind, coverage.n_expected, coverage.n_valid, absent.missing
    from ops.coverage as coverage
    left join absent on absent.kind = coverage.kind
    where coverage.session = (select max(session) from core.session)
    order by coverage.kind
"""

_SHARES = """
    select
        max(session.session), coalesce(sum(coverage.n_valid) filter (where coverage.kind = 'EQUITY'), 0),
        coalesce(sum(coverage.n_valid), 0)
    from (select max(session) as session from core.session) as session
    left join ops.coverage as coverage on coverage.session = session.session
"""
_NEVER_MATCHED = """
    select count.universe_id, coalesce(any_value(rule.kind), 'LIST'), max_by(count.null_reason, count.session)
    from core.member_count as count
    left join raw.cohort_rule as rule
        on rule.cohort_id = count.universe_id and rule.load_id = (select max(load_id) from raw.cohort_rule)
    group by count.universe_id
    having max(count.n_lines + count.n_gaps) = 0
    order by count.universe_id
"""


@dataclass(frozen=True)
class NeverMatched:
    """A list or cohort that never had a member: a warning of every run."""

    name: str
    kind: str  # LIST, or the kind of its rule
    null_reason: str  # of its rows on the last session (0.4)


@dataclass(frozen=True)
class Shortfall:
    """One universe, cohort or kind of security that misses prices on the last session."""

    name: str
    session: date
    n_expected: int
    n_valid: int
    missing: str  # symbols, alphabetical, the first 20

    @property
    def share(self) -> float:
        """Usable prices over expected ones."""
        return self.n_valid / self.n_expected

    def __str__(self) -> str:
        return f"{self.name} {self.n_valid} of {self.n_expected} ({self.share:.1%}), missing {self.missing}"


@dataclass(frozen=True)
class Quality:
    """What a release says of its completeness. ``reason`` is None when it is COMPLETE."""

    state: Literal["COMPLETE", "DEGRADED"]
    reason: str | None = None


def shortfalls(rows: Rows, minimum: float) -> tuple[Shortfall, ...]:
    """Universes, then kinds, of at least LEAST_NAMES expected names whose share of usable prices is below ``minimum``."""
    found = [Shortfall(name, session, n_expected, n_valid, missing or "") for session, name, n_expected, n_valid, missing in _counts(rows)]
    return tuple(one for one in found if one.n_expected >= LEAST_NAMES and one.n_valid < minimum * one.n_expected)


def never_matched(rows: Rows) -> tuple[NeverMatched, ...]:
    """Lists and cohorts that never had a member, by name: of a misspelt sector, of ranks beyond the size of the market."""
    if not rows("select table_name from duckdb_tables() where schema_name = 'core' and table_name = 'member_count'"):
        return ()
    return tuple(NeverMatched(*row) for row in rows(_NEVER_MATCHED))


def judge(rows: Rows, settings: Settings) -> Quality:
    """The quality that a release of this state would have. Raises PublishRefused where low coverage is to fail."""
    short = shortfalls(rows, settings.coverage_minimum)
    reason = _emptiness(rows)
    if not reason and not short:
        return Quality("COMPLETE")
    if not reason:
        told = [str(one) for one in short[:MOST_TOLD]] + ([f"and {len(short) - MOST_TOLD} more"] if len(short) > MOST_TOLD else [])
        reason = f"below {settings.coverage_minimum:.4g} of the expected prices on {short[0].session}: {'; '.join(told)}"
    if settings.on_low_coverage == "fail":
        way_out = (
            "run again when the source delivers (`rotation status` says what is tried next), or publish what there is, "
            "marked, with ROTATION_ON_LOW_COVERAGE=degraded or a lower ROTATION_COVERAGE_MINIMUM; the last release stays"
        )
        raise PublishRefused("coverage", reason, way_out)
    return Quality("DEGRADED", reason)


def _held(rows: Rows) -> set[str]:
    return {row[0] for row in rows("select table_name from duckdb_tables() where schema_name = 'ops'")}


def _emptiness(rows: Rows) -> str:
    """Why the market has nothing to measure; empty where a share is priced."""
    if "coverage" not in _held(rows):
        return ""
    ((session, n_shares, n_priced),) = rows(_SHARES)
    if n_shares:
        return ""
    if session is None:
        return "the market is empty: no bar of anything landed, so every table of the market is empty"
    others = f"{n_priced} funds and indices have" if n_priced else "nothing has"
    return f"the market is empty: no share has a usable price on {session}, {others}"


def _counts(rows: Rows) -> list[tuple[Any, ...]]:
    """A release of an older version, and a catalog of a few tables, may not count its members: then nothing is claimed."""
    held = _held(rows)
    asked = [sql for table, sql in (("universe_coverage", _UNIVERSES), ("coverage", _KINDS)) if table in held]
    return [row for sql in asked for row in rows(sql)]
