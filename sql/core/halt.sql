-- One row is one spell in which a line did not trade: from the session that completes the silence to the one it trades again on.
--
-- The silence is more than price.gap_max_sessions sessions of core.observed_session without a bar (0.6): an outage of the source
-- halts nobody. A bar that cannot be used says that the line trades, unless it is stale: a close that repeats without volume is a
-- price that is missing. The session of the 11th missing bar is the first of the spell, so nothing depends on what came later.
-- may be empty: every line may trade on every session
-- key: security_id, valid_from
create table core.halt (
    security_id integer not null,       -- the line
    valid_from date not null,           -- session that completes the silence: the line has no return until it trades again; it stays a member
    valid_to date                       -- session of the next bar; NULL while there is none
);

insert into core.halt by name
with param as (
    select cast(max(value) filter (where name = 'price.gap_max_sessions') as integer) as gap_max
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
observed as (
    select session.session, session.session_no, row_number() over (order by session.session) as observed_no
    from core.observed_session as observed
    join core.session as session on session.session = observed.session
),
silent as (
    select distinct price.security_id
    from core.daily_price as price
    cross join param
    where price.n_missing = param.gap_max + 1
),
sign as (
    select price.security_id, price.session, price.session_no
    from core.daily_price as price
    join silent on silent.security_id = price.security_id
    where price.n_missing = 0 or (price.quarantine_reason is not null and not price.is_stale)
),
silence as (
    select
        security_id, session_no as last_no,
        lead(session_no) over line as next_no,
        lead(session) over line as next_session
    from sign
    window line as (partition by security_id order by session_no)
),
counted as (
    select silence.security_id, silence.next_no, silence.next_session, observed.observed_no
    from silence
    asof join observed on silence.last_no >= observed.session_no
    cross join param
    where silence.next_no is null or silence.next_no - silence.last_no > param.gap_max + 1
)
select counted.security_id, completed.session as valid_from, counted.next_session as valid_to
from counted
cross join param
join observed as completed on completed.observed_no = counted.observed_no + param.gap_max + 1
join core.security as line on line.security_id = counted.security_id
where (counted.next_no is null or completed.session_no < counted.next_no)
    and (line.delist_session is null or completed.session <= line.delist_session)
order by counted.security_id, completed.session;
