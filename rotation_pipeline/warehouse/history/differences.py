"""Rows of closed history that are not what they were."""

from __future__ import annotations

from datetime import date

from rotation_pipeline.models import Catalog, Fill, Model
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.history.prior import Prior
from rotation_pipeline.warehouse.results import BEGINNING, NOT_YET

OF_A_SESSION = ("session", "formation_session", "ex_session")


def in_scope(model: Model) -> bool:
    """Tables of core and mart whose rows belong to a session, and stays of members."""
    is_derived = model.schema in ("core", "mart") and model.fill is not Fill.KERNEL
    is_stay = model.clock_end is not None and "universe_id" in model.key
    return is_derived and (model.clock in OF_A_SESSION or is_stay)


def touched(con: Connection, catalog: Catalog, prior: Prior) -> dict[str, date]:
    """Tables that were rebuilt somewhere in closed history since the release, and from which session on."""
    found: dict[str, date] = {}
    for name, model in catalog.models.items():
        if in_scope(model) and name in prior.columns:
            first = _changed_from(con, name)
            if first is not None and first <= prior.last_session:
                found[name] = first
    return found


def _changed_from(con: Connection, name: str) -> date | None:
    """The books know it, unless the working warehouse is not the one that the release was copied from."""
    is_heir = """
        select count(*) from prior.ops.table_state as state
        join prior.ops.table_change as was using (table_name, build_no)
        join rotation.ops.table_change as held using (table_name, build_no, changed_at)
        where table_name = $name
    """
    if not con.rows(is_heir, {"name": name})[0][0]:
        return BEGINNING
    since = """
        select min(change.changed_from) from rotation.ops.table_change as change
        join prior.ops.table_state as state on state.table_name = change.table_name and change.build_no > state.build_no
        where change.table_name = $name
    """
    first: date | None = con.rows(since, {"name": name})[0][0]
    return first


def compare(con: Connection, model: Model, prior: Prior, first: date) -> int:
    """Fill temp.pair with the rows from ``first`` to the end of closed history that differ, both sides. Returns how many.

    Its columns: changed_on (session of the change), security_id, row_key, is_now, is_before, and a now_ and a before_ column for each
    value that both releases have.
    """
    names = compared(model, prior)
    clock = model.clock
    assert clock is not None
    window = {"first": first, "closed": prior.last_session}
    within = f"{clock} >= $first and {clock} <= $closed"
    if model.clock_end is None:
        _differing_sessions(con, model, names, within, window)
        within = f"{clock} in (select clock from temp.differing)"
        window = {}
    sides = {
        side: f"select {_values(model, names, prior)}, true as is_there from {side}.{model.name} where {within}"
        for side in ("rotation", "prior")
    }
    key = ", ".join(model.key)
    paired = ", ".join(f'now."{name}" as "now_{name}", before."{name}" as "before_{name}"' for name in names)
    moved = " or ".join(["now.is_there is distinct from before.is_there", *(f'now."{n}" is distinct from before."{n}"' for n in names)])
    row_key = ", ".join(f'"{name}" := coalesce(now."{name}", before."{name}")' for name in model.key)
    security = "coalesce(now.security_id, before.security_id)" if "security_id" in names else "cast(null as integer)"
    con.execute(
        f"""
        create or replace temp table pair as
        select
            {_changed_on(model, names)} as changed_on, {security} as security_id,
            cast(to_json(struct_pack({row_key})) as varchar) as row_key,
            now.is_there is not null as is_now, before.is_there is not null as is_before, {paired}
        from ({sides["rotation"]}) as now
        full join ({sides["prior"]}) as before using ({key})
        where {moved}
        """,
        window,
    )
    return int(con.rows("select count(*) from temp.pair")[0][0])


def compared(model: Model, prior: Prior) -> list[str]:
    """Columns that both releases have."""
    return [column.name for column in model.columns if column.name in prior.columns[model.name]]


def _differing_sessions(con: Connection, model: Model, names: list[str], within: str, window: dict[str, date]) -> None:
    listed = ", ".join(f'"{name}"' for name in names)
    content = f"{model.clock} as clock, count(*) as n_rows, sum(hash({listed})::hugeint) as content"
    side = f"select {content} from {{}}.{model.name} where {within} group by 1"
    con.execute(
        f"""
        create or replace temp table differing as
        select clock from ({side.format("rotation")}) as now full join ({side.format("prior")}) as before using (clock)
        where now.n_rows is distinct from before.n_rows or now.content is distinct from before.content
        """,
        window,
    )


def _values(model: Model, names: list[str], prior: Prior) -> str:
    """A stay that ends after closed history is one that has not ended."""
    end = model.clock_end
    cut = f"case when {end} <= date '{prior.last_session}' then {end} end as {end}"
    return ", ".join(cut if name == end else f'"{name}"' for name in names)


def _changed_on(model: Model, names: list[str]) -> str:
    clock = f"coalesce(now.{model.clock}, before.{model.clock})"
    if model.clock_end is None:
        return clock
    others = " and ".join(
        ["now.is_there and before.is_there", *(f'now."{n}" is not distinct from before."{n}"' for n in names if n != model.clock_end)]
    )
    ends = f"least(coalesce(now.{model.clock_end}, date '{NOT_YET}'), coalesce(before.{model.clock_end}, date '{NOT_YET}'))"
    return f"case when {others} then {ends} else {clock} end"
