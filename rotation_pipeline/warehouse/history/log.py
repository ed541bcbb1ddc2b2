"""Differences and causes put together: ops.change_cause and ops.change_log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rotation_pipeline.models import Catalog, Model
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.history import causes, differences
from rotation_pipeline.warehouse.history.prior import attached
from rotation_pipeline.warehouse.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Sequence

LOG, CAUSE = "ops.change_log", "ops.change_cause"
MOST_ROWS = 2_000  # changed rows of one table that are told value by value


@dataclass(frozen=True)
class Recorded:
    """What changed in closed history since the older release. ``unexplained`` are a few examples in words."""

    n_changes: int = 0
    n_unexplained: int = 0
    unexplained: tuple[str, ...] = ()


def record(con: Connection, catalog: Catalog, release: Path, release_id: str) -> Recorded:
    """Write what ``release_id`` changes against the published file ``release`` into the two tables, behind what that file holds of them.

    Nothing else is written. Repeating it gives the same.
    """
    with attached(con, release) as prior, Transaction(con):
        for table in (LOG, CAUSE):
            con.execute(f"delete from {table}")
            if prior and table in prior.columns:
                con.execute(f"insert into {table} by name select * from prior.{table}")
        if prior is None:
            return Recorded()
        touched = differences.touched(con, catalog, prior)
        if touched:
            con.execute(_NO_CHANGE)
            causes.collect(con, catalog, prior)
            for name, first in touched.items():
                model = catalog.models[name]
                if differences.compare(con, model, prior, first):
                    _tell(con, catalog, model, differences.compared(model, prior))
            _keep(con, release_id)
        recorded = _summary(con, release_id)
        for table in ("cause", "change", "pair", "differing"):
            con.execute(f"drop table if exists temp.{table}")
    return recorded


_NO_CHANGE = """
    create or replace temp table change (
        table_name varchar, session date, row_key varchar, change varchar, column_name varchar, old_value varchar, new_value varchar,
        n_changes bigint, cause varchar, cause_no integer, n_causes bigint
    )
"""


def _tell(con: Connection, catalog: Catalog, model: Model, names: Sequence[str]) -> None:
    """Give the rows of temp.pair their causes and append them to temp.change, value by value up to MOST_ROWS rows."""
    _explain(con, catalog, model)
    told = f"select * from temp.explained where row_no <= {MOST_ROWS}"
    shared = f"'{model.name}' as table_name, changed_on as session, row_key"
    cause = "1 as n_changes, cause, cause_no, n_causes"
    values = "".join(
        f"""
        select {shared}, 'CHANGED' as change, '{name}' as column_name,
            cast("before_{name}" as varchar) as old_value, cast("now_{name}" as varchar) as new_value, {cause}
        from told where is_now and is_before and "now_{name}" is distinct from "before_{name}" union all"""
        for name in names
        if name not in model.key
    )
    rows = {side: ", ".join(f'"{name}" := "{side}_{name}"' for name in names) for side in ("now", "before")}
    con.execute(f"""
        insert into temp.change by name
        with told as ({told})
        {values}
        select {shared}, 'APPEARED' as change, null as column_name, null as old_value,
            cast(to_json(struct_pack({rows["now"]})) as varchar) as new_value, {cause}
        from told where not is_before union all
        select {shared}, 'VANISHED' as change, null as column_name,
            cast(to_json(struct_pack({rows["before"]})) as varchar) as old_value, null as new_value, {cause}
        from told where not is_now union all
        select '{model.name}' as table_name, min(changed_on) as session, null as row_key, 'MORE' as change, null as column_name,
            null as old_value, null as new_value, count(*) as n_changes, cause, min(cause_no) as cause_no, min(n_causes) as n_causes
        from temp.explained where row_no > {MOST_ROWS} group by cause
    """)


def _explain(con: Connection, catalog: Catalog, model: Model) -> None:
    """A change may be due to what its table is made of, dated on or before it: its own security first, then the latest."""
    upstream = ", ".join(f"'{name}'" for name in sorted({model.name, *catalog.upstream(model.name)}))
    con.execute(f"""
        create or replace temp table explained as
        with possible as (select * from temp.cause where table_name in ({upstream})),
        day as (select distinct changed_on from temp.pair),
        near as (
            select day.changed_on, count(*) as n_causes,
                arg_max(struct_pack(kind := kind, no := cause_no), (first_session, -cause_no)) as cause
            from day join possible on possible.first_session <= day.changed_on group by day.changed_on
        ),
        own_day as (select distinct changed_on, security_id from temp.pair where security_id is not null),
        own as (
            select own_day.changed_on, own_day.security_id,
                arg_max(struct_pack(kind := kind, no := cause_no), (first_session, -cause_no)) as cause
            from own_day join possible on possible.security_id = own_day.security_id and possible.first_session <= own_day.changed_on
            group by own_day.changed_on, own_day.security_id
        )
        select pair.*,
            coalesce(own.cause.kind, near.cause.kind, 'UNEXPLAINED') as cause,
            coalesce(own.cause.no, near.cause.no) as cause_no,
            coalesce(near.n_causes, 0) as n_causes,
            row_number() over (order by near.n_causes is not null, pair.changed_on, pair.row_key) as row_no
        from temp.pair as pair
        left join near on near.changed_on = pair.changed_on
        left join own on own.changed_on = pair.changed_on and own.security_id = pair.security_id
    """)


def _keep(con: Connection, release_id: str) -> None:
    """Number the changes, and keep the causes if anything changed."""
    con.execute(
        f"""
        insert into {LOG} by name
        select $release_id as release_id,
            row_number() over (order by table_name, session, row_key, column_name, change, cause) as change_no, *
        from temp.change
        """,
        {"release_id": release_id},
    )
    sql = f"insert into {CAUSE} by name select $release_id as release_id, * from temp.cause where exists (from temp.change)"
    con.execute(sql, {"release_id": release_id})


def _summary(con: Connection, release_id: str) -> Recorded:
    of_release = {"release_id": release_id}
    n_changes, n_unexplained = con.rows(
        f"""
        select coalesce(sum(n_changes), 0), coalesce(sum(n_changes) filter (where cause = 'UNEXPLAINED'), 0)
        from {LOG} where release_id = $release_id
        """,
        of_release,
    )[0]
    examples = con.rows(
        f"""
        select table_name || ' on ' || coalesce(cast(session as varchar), 'any session') || ' ' || coalesce(row_key, '') || ' '
            || case change when 'CHANGED' then column_name || ': ' || coalesce(old_value, 'NULL') || ' -> ' || coalesce(new_value, 'NULL')
            else lower(change) end
        from {LOG} where release_id = $release_id and cause = 'UNEXPLAINED' order by change_no limit 3
        """,
        of_release,
    )
    return Recorded(int(n_changes), int(n_unexplained), tuple(row[0] for row in examples))
