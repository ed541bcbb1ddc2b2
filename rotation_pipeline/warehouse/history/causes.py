"""What a release knows that the one before it did not: rows that landed, rows and loads that are gone, files that changed.

Each cause says from which session on it may matter. A value dated earlier cannot have moved because of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rotation_pipeline.models import Catalog, Fill, Model
from rotation_pipeline.warehouse.connection import Connection
from rotation_pipeline.warehouse.history.prior import Prior
from rotation_pipeline.warehouse.results import BEGINNING, NOT_YET

STAMPS = ("source", "load_id", "fetched_at")
# A raw row matters from the earliest of these dates on; without any of them, to all of history.
DATES = ("session", "ex_date", "changed_on", "valid_from", "known_on", "announced_on", "observed_on", "first_session")
SUBJECTS = ("symbol", "old_symbol", "name", "cohort_id", "spread_id", "cohort_a")
KINDS = {
    "raw.corporate_action": "ACTION",
    "raw.quarantine_decision": "DECISION",
    "raw.listing": "IDENTITY",
    "raw.symbol_change": "IDENTITY",
    "raw.issuer_line": "IDENTITY",
    "raw.membership": "MEMBERSHIP",
    "raw.cohort_rule": "MEMBERSHIP",
    "raw.cohort_pair": "MEMBERSHIP",
    "raw.method_param": "METHOD",
    "raw.restatement": "CORRECTION",
}
# A listing that gives a symbol up, and one that follows such a one (A.9).
GIVEN_UP_OR_BACK = """case
    when (
        select max(said.decided_on) from rotation.raw.listing as said where said.symbol = fresh.symbol and said.load_id = fresh.load_id
    ) is not null then 'DELISTED'
    when (
        select arg_max(said.decided_on is not null, said.load_id)
        from rotation.raw.listing as said
        where said.symbol = fresh.symbol and said.load_id < fresh.load_id
    ) then 'REVIVED'
    else 'IDENTITY'
end"""
# A load of these is the whole list again: what it does not repeat is gone.
WHOLE_LISTS = frozenset(
    {*KINDS, "raw.etf_spread", "raw.calendar_session"}
    - {"raw.corporate_action", "raw.quarantine_decision", "raw.listing", "raw.restatement"}
)
IDENTITY = "core.line_symbol"  # which security a symbol was on a date
BASIS, ACTIONS = "core.split_regime", "raw.corporate_action"
# Judgements that are made later than the row that they are about, and the column that says when (A.6, A.8).
JUDGED_LATER = {"core.price_correction": "decided_session", "core.listed_split": "refuted_on"}


def collect(con: Connection, catalog: Catalog, prior: Prior) -> None:
    """Fill temp.cause with everything that may move a value up to prior's last session."""
    con.execute("""
        create or replace temp table cause (
            kind varchar, table_name varchar, load_id varchar, subject varchar, security_id integer, first_session date, n_rows bigint
        )
    """)
    for model in catalog.models.values():
        if model.name not in prior.columns:
            continue
        if model.is_landed and model.schema == "raw":
            _landed(con, model, prior)
            _removed(con, model, prior)
        elif model.name in JUDGED_LATER:
            _judged(con, model, prior)
    _rewritten(con, catalog)
    if IDENTITY in catalog.models:
        _name_securities(con)
    if BASIS in catalog.models and ACTIONS in prior.columns:
        _date_back_splits(con)
    con.execute("""
        create or replace temp table cause as
        select row_number() over (order by first_session, table_name, load_id, subject, kind) as cause_no, * from temp.cause
    """)


def _landed(con: Connection, model: Model, prior: Prior) -> None:
    """Rows of new loads that are not what stood, and rows that a newer whole list does not repeat.

    What stood is told by load: of a list its last older load, of any other row its last older telling. So a value that comes back
    after it was corrected is a correction like any other, though an older load had it once.
    """
    values = [column.name for column in model.columns if column.name in prior.columns[model.name] and column.name not in STAMPS]
    if not con.rows(f"select 1 from ({_NEW_LOADS}) limit 1", {"name": model.name}):
        return
    listed, same = ", ".join(values), _same(values, "landed", "older")
    key = [name for name in model.key if name not in STAMPS]
    is_list = model.name in WHOLE_LISTS
    stood = _newest(model, values, "prior") if is_list else _last_told(model, key)
    vanished = _vanished(model, values) if is_list else f"select {listed}, '' as load_id from prior.{model.name} where false"
    kind = f"'{KINDS[model.name]}'" if model.name in KINDS else "case when known.is_known then 'CORRECTION' else 'LATE_ROW' end"
    kind = GIVEN_UP_OR_BACK if "decided_on" in (column.name for column in model.columns) else kind
    con.execute(
        f"""
        insert into temp.cause by name
        with new_load as ({_NEW_LOADS}),
        landed as (
            select {listed}, load_id from rotation.{model.name} where load_id in (from new_load) and {_effect(model)} <= $closed
        ),
        stood as ({stood}),
        fresh as (select landed.* from landed anti join stood as older on {same}),
        known as (
            select distinct {", ".join(f"older.{name}" for name in key)}, true as is_known
            from prior.{model.name} as older
            semi join fresh on {_same(key, "fresh", "older")}
        ),
        vanished as ({vanished}),
        moved as (
            select fresh.*, {kind} as cause_kind from fresh left join known on {_same(key, "fresh", "known")}
            union all
            select *, '{KINDS.get(model.name, "CORRECTION")}' from vanished
        ),
        dated as ({_dated(model, values)})
        select cause_kind as kind, '{model.name}' as table_name, load_id, {_subject(model)} as subject,
            min(effect_on) as first_session, count(*) as n_rows
        from dated
        where effect_on <= $closed
        group by all
        """,
        {"name": model.name, "closed": prior.last_session},
    )


_NEW_LOADS = """
    select load_id from rotation.ops.load where table_name = $name
    except
    select load_id from prior.ops.load where table_name = $name
"""


def _last_told(model: Model, key: Sequence[str]) -> str:
    """Rows of the older release that landed last under a key that lands again."""
    same = _same(key, "older", "landed")
    keys = ", ".join(key)
    return f"""
        select older.* from prior.{model.name} as older
        semi join (
            select {keys}, max(load_id) as load_id from prior.{model.name} as older semi join landed on {same} group by {keys}
        ) as landed on {same} and older.load_id = landed.load_id
    """


def _newest(model: Model, values: Sequence[str], side: str) -> str:
    """The last load of each list of a table: there is one list a source, and a universe."""
    last = f"max(load_id) over (partition by {_list(values)})"
    return f"select {', '.join(values)}, source, load_id from {side}.{model.name} qualify load_id = {last}"


def _list(values: Sequence[str]) -> str:
    return "source, universe_id" if "universe_id" in values else "source"


def _vanished(model: Model, values: Sequence[str]) -> str:
    """Rows of the last older load of a list that its newest load does not hold."""
    lists = _list(values)
    newest, older = _newest(model, values, "rotation"), _newest(model, values, "prior")
    return f"""
        select {", ".join(f"was.{name}" for name in values)}, newer.load_id
        from ({older}) as was
        join (select distinct {lists}, load_id from ({newest})) as newer using ({lists})
        anti join ({newest}) as held on {_same(values, "was", "held")}
    """


def _dated(model: Model, values: Iterable[str]) -> str:
    """From when on a moved row matters. A stay that only ends otherwise matters from the earlier of its two ends on."""
    end = model.clock_end
    if end is None:
        return f"select *, {_effect(model)} as effect_on from moved"
    others = ", ".join(name for name in values if name != end)
    return f"""
        select *, case
            when count(*) over same_stay > 1 then least(min(coalesce({end}, date '{NOT_YET}')) over same_stay, date '{NOT_YET}')
            else {_effect(model)}
        end as effect_on
        from moved
        window same_stay as (partition by {others})
    """


def _removed(con: Connection, model: Model, prior: Prior) -> None:
    con.execute(
        f"""
        insert into temp.cause by name
        with gone as (
            select load_id from prior.ops.load where table_name = $name
            except
            select load_id from rotation.ops.load where table_name = $name
        )
        select 'REMOVED_LOAD' as kind, '{model.name}' as table_name, load_id, {_subject(model)} as subject,
            min({_effect(model)}) as first_session, count(*) as n_rows
        from prior.{model.name}
        where load_id in (from gone) and {_effect(model)} <= $closed
        group by all
        """,
        {"name": model.name, "closed": prior.last_session},
    )


def _judged(con: Connection, model: Model, prior: Prior) -> None:
    """Judgements that could only be made after the older release, and those that are withdrawn."""
    key = [name for name in model.key if name in prior.columns[model.name]]
    con.execute(
        f"""
        insert into temp.cause by name
        with moved as (
            select {", ".join(model.key)} from rotation.{model.name} where {JUDGED_LATER[model.name]} > $closed
            union
            select {", ".join(f"was.{name}" for name in key)} from prior.{model.name} as was
            anti join rotation.{model.name} as held on {_same(key, "was", "held")}
        )
        select 'CORRECTION' as kind, '{model.name}' as table_name, security_id, {model.clock} as first_session, count(*) as n_rows
        from moved where {model.clock} <= $closed group by all
        """,
        {"closed": prior.last_session},
    )


def _rewritten(con: Connection, catalog: Catalog) -> None:
    """Tables that are filled by another version of their file than they were."""
    before = dict(con.rows("select table_name, code_version from prior.ops.table_state"))
    for model in catalog.models.values():
        if model.fill is not Fill.KERNEL and before.get(model.name, model.code_version) != model.code_version:
            values = f"'METHOD' as kind, $name as table_name, date '{BEGINNING}' as first_session, 0 as n_rows"
            con.execute(f"insert into temp.cause by name select {values}", {"name": model.name})


def _name_securities(con: Connection) -> None:
    con.execute(f"""
        update temp.cause set security_id = line.security_id
        from rotation.{IDENTITY} as line
        where cause.security_id is null and line.symbol = cause.subject
            and line.valid_from <= cause.first_session and cause.first_session < line.valid_to
    """)


def _date_back_splits(con: Connection) -> None:
    """A split that is listed late rebases the bars of before it that came on a later basis: it matters from the first of them on."""
    con.execute(f"""
        update temp.cause set first_session = least(cause.first_session, basis.matters_from)
        from (
            select cause.security_id, cause.load_id, cause.first_session, min(regime.matters_from) as matters_from
            from temp.cause as cause
            join rotation.{ACTIONS} as action
                on action.load_id = cause.load_id and action.symbol = cause.subject and action.kind = 'split'
            join rotation.{BASIS} as regime on regime.security_id = cause.security_id and regime.valid_from >= action.ex_date
            where cause.table_name = '{ACTIONS}'
            group by cause.security_id, cause.load_id, cause.first_session
        ) as basis
        where cause.table_name = '{ACTIONS}' and cause.security_id = basis.security_id and cause.load_id = basis.load_id
            and cause.first_session = basis.first_session
    """)


def _effect(model: Model) -> str:
    names = [column.name for column in model.columns]
    dates = [name for name in DATES if name in names]
    fallback = ["fiscal_period_end"] if "fiscal_period_end" in names else []
    earliest = [f"least({', '.join(dates)})"] if dates else []
    beginning = f"date '{BEGINNING}'"
    return f"coalesce({', '.join([*earliest, *fallback, beginning])})"


def _subject(model: Model) -> str:
    return next((column.name for column in model.columns if column.name in SUBJECTS), "cast(null as varchar)")


def _same(names: Iterable[str], left: str, right: str) -> str:
    return " and ".join(f"{left}.{name} is not distinct from {right}.{name}" for name in names)
