-- One row is one exit: a security that left a universe or cohort on a session, and why.
--
-- A table of its own so that an exit changes a row of its session, and not the stay that began long before. A stay that only goes on
-- under another label or grade has none, nor has one that ends after the last session. A HALT is no exit but a note: the line fell
-- silent on that session (core.halt), and is a member and expected all the same.
-- may be empty: nobody may have left
-- key: session, universe_id, security_id, exit_reason
create table core.membership_exit (
    session date not null,              -- first session out; of a HALT the one that completes the silence
    universe_id varchar not null,       -- as in core.membership
    security_id integer not null,       -- the line
    issuer_id integer not null,         -- its company
    exit_reason varchar not null check (exit_reason in ('DELISTED', 'HALT', 'LIST', 'RANK', 'RULE')) -- it ended and its return is booked; no bar for more than 10 sessions, still in; dropped by the list; by its size; by the tests or operands of its cohort
);

insert into core.membership_exit by name
with calendar as (
    select session, lead(session, 2) over (order by session) as after_next
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
line_end as (
    select line.security_id, calendar.after_next as session
    from core.security as line
    join calendar on calendar.session = line.delist_session
),
rule as (
    select cohort_id, kind
    from raw.cohort_rule
    where load_id = (select max(load_id) from raw.cohort_rule)
)
select
    stay.valid_to as session,
    stay.universe_id,
    stay.security_id,
    stay.issuer_id,
    case
        when line_end.security_id is not null then 'DELISTED'
        when rule.kind in ('TOP_N', 'RANK', 'CAP_SHARE') then 'RANK'
        when rule.kind in ('SCREEN', 'MINUS', 'AND', 'OR') then 'RULE'
        else 'LIST'
    end as exit_reason
from core.membership as stay
join core.session as session on session.session = stay.valid_to
anti join core.membership as onward
    on onward.universe_id = stay.universe_id and onward.security_id = stay.security_id and onward.valid_from = stay.valid_to
left join line_end on line_end.security_id = stay.security_id and line_end.session = stay.valid_to
left join rule on rule.cohort_id = stay.universe_id
union all
select halt.valid_from, stay.universe_id, stay.security_id, stay.issuer_id, 'HALT'
from core.halt as halt
join core.membership as stay
    on stay.security_id = halt.security_id
    and stay.valid_from <= halt.valid_from and (stay.valid_to is null or halt.valid_from < stay.valid_to)
order by session, universe_id, security_id, exit_reason;
