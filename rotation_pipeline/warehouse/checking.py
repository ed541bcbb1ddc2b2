"""Running the checks of a table and keeping what they found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

import duckdb

from rotation_pipeline.errors import BadModel
from rotation_pipeline.models import HAS_ROWS, KEY_IS_UNIQUE, Catalog, Model
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.results import CheckResult

MOST_OFFENDERS = 10_000


def run_checks(con: Connection, model: Model, first: date, last: date | None) -> tuple[CheckResult, ...]:
    """Every check of the table, its key first; a windowed table is only looked at from ``first`` on."""
    results = [_key_is_unique(con, model, first)]
    for check in model.checks:
        statement = con.statements(check.query)[0]
        params = window_params(statement.named_parameters, first, last)
        results.append(_offenders(con, check.model, check.claim, check.is_blocking, statement, params))
    return tuple(results)


def has_rows(con: Connection, catalog: Catalog, model: Model) -> CheckResult:
    """Whether the table has a row, or one of the inputs that its rows rest on has none.

    Those are the inputs that may not be empty by themselves; all of them where each may.
    """
    if con.rows(f"select 1 from {model.name} limit 1"):
        return CheckResult(model.name, HAS_ROWS, True, not model.seldom_empty, 0, None)
    inputs = [name for name in sorted(model.reads) if not catalog.models[name].may_be_empty] or sorted(model.reads)
    given = "".join(f" and exists (select 1 from {name})" for name in inputs)
    query = f"""
        select '{model.name}' as empty_table, '{" ".join(inputs)}' as although_there_are_rows_in
        where not exists (select 1 from {model.name}){given}
    """
    return _offenders(con, model.name, HAS_ROWS, not model.seldom_empty, query, {})


def window_params(wanted: set[str], first: date, last: date | None) -> dict[str, object]:
    """The window under the names that a statement asks for. Raises BadModel for any other name."""
    unknown = wanted - {"first", "last"}
    if unknown:
        raise BadModel(", ".join(sorted(unknown)), "is no parameter of a model or check", "use $first and $last only")
    return {name: value for name, value in {"first": first, "last": last}.items() if name in wanted}


def keep_results(con: Connection, checks: Iterable[CheckResult], now: datetime) -> None:
    """Replace the latest result of each check in ops.check_result."""
    kept = list(checks)
    if not kept:
        return
    keys = {"names": [check.table for check in kept], "claims": [check.claim for check in kept]}
    con.execute("delete from ops.check_result where (table_name, claim) in (select unnest($names), unnest($claims))", keys)
    values = {
        "passed": [check.is_passed for check in kept],
        "blocking": [check.is_blocking for check in kept],
        "n": [check.n_offending for check in kept],
        "samples": [check.sample for check in kept],
        "now": now,
    }
    columns = ", ".join(f"unnest(${name})" for name in ("names", "claims", "passed", "blocking", "n", "samples"))
    con.execute(f"insert into ops.check_result select {columns}, $now", {**keys, **values})


def _key_is_unique(con: Connection, model: Model, first: date) -> CheckResult:
    key = ", ".join(model.key)
    where = f"where {model.clock} >= $first" if model.is_windowed else ""
    query = f"select {key}, count(*) as n from {model.name} {where} group by {key} having count(*) > 1"
    return _offenders(con, model.name, KEY_IS_UNIQUE, True, query, {"first": first} if model.is_windowed else {})


def _offenders(
    con: Connection, table: str, claim: str, is_blocking: bool, query: str | duckdb.Statement, params: Mapping[str, object]
) -> CheckResult:
    result = con.execute(query, params)
    names = [column[0] for column in result.description or []]
    rows = result.fetchmany(MOST_OFFENDERS)
    sample = ", ".join(f"{name} = {value}" for name, value in zip(names, rows[0], strict=True)) if rows else None
    return CheckResult(table, claim, not rows, is_blocking, len(rows), sample)
