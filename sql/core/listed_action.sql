-- One row is one action of a security as its source lists it now, on the session from which on it counts.
--
-- The latest version of an action wins, unless its source took it back. An ex-date that is no session counts from the next one.
-- Splits after the last session held are here too, as far as the calendar goes: prices fetched later are on their basis.
-- What the amounts mean is told in core.listed_split and core.distribution.
-- may be empty: the actions may be of symbols that are not ours
-- key: security_id, ex_date, kind
create table core.listed_action (
    security_id integer not null,       -- the security
    ex_session date not null,           -- first session without the entitlement
    ex_date date not null,              -- ex-date as listed
    kind varchar not null,              -- as in raw.corporate_action
    amount double not null,             -- as listed: new shares per old share, or cash per share on basis_date
    currency varchar,                   -- currency of a cash amount; NULL: that of the prices
    basis_date date not null,           -- session whose share definition a cash amount uses, at least ex_session if it was listed after it
    is_sound boolean not null,          -- the amount is a positive number
    is_contradicted boolean not null    -- the adjusted closes of the same load say another amount
);

insert into core.listed_action by name
with known_session as (
    -- Not core.session, which is cut off where the prices end.
    select session, coalesce(lag(session) over (order by session), session - 1) as previous_session
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
-- A row a day, with the session on or after it: a join by the day, where one between two sessions meets every pair.
calendar as (
    select session, cast(unnest(generate_series(previous_session + interval 1 day, session, interval 1 day)) as date) as day
    from known_session
),
-- What the source took back, unless it lists it again later.
removed as (
    select line.security_id, said.first_session as ex_date, said.item as kind, max(said.load_id) as load_id
    from raw.restatement as said
    join core.line_symbol as line
        on line.symbol = said.symbol and line.valid_from <= said.first_session and said.first_session < line.valid_to
    where said.kind = 'ACTION_REMOVED'
    group by line.security_id, said.first_session, said.item
),
contradicted as (
    select distinct symbol, first_session as ex_date, item as kind, load_id from raw.restatement where kind = 'CONTRADICTED_DIVIDEND'
),
latest as (
    select
        line.security_id, action.ex_date, action.kind, action.amount, action.currency, action.basis_date,
        contradicted.symbol is not null as is_contradicted
    from raw.corporate_action as action
    join core.line_symbol as line
        on line.symbol = action.symbol and line.valid_from <= action.ex_date and action.ex_date < line.valid_to
    left join removed
        on removed.security_id = line.security_id and removed.ex_date = action.ex_date and removed.kind = action.kind
        and removed.load_id > action.load_id
    left join contradicted
        on contradicted.symbol = action.symbol and contradicted.ex_date = action.ex_date and contradicted.kind = action.kind
        and contradicted.load_id = action.load_id
    where removed.security_id is null
    qualify row_number() over (partition by line.security_id, action.ex_date, action.kind order by action.load_id desc, action.amount) = 1
)
select
    latest.security_id,
    calendar.session as ex_session,
    latest.ex_date,
    latest.kind,
    latest.amount,
    latest.currency,
    -- A basis on or after an ex-date that is no session is one on or after the session that stands for it.
    case when latest.basis_date >= latest.ex_date then greatest(latest.basis_date, calendar.session) else latest.basis_date end as basis_date,
    isfinite(latest.amount) and latest.amount > 0 as is_sound,
    latest.is_contradicted
from latest
join calendar on calendar.day = latest.ex_date
where latest.kind = 'split' or calendar.session <= (select max(session) from core.session)
order by ex_session, latest.security_id, latest.kind, latest.ex_date;
