-- One row is one unbroken stay of a line in a universe, in sessions: in on t iff valid_from <= t < valid_to.
--
-- Stays of core.membership that follow one another are one: a new label is no change of hands. A list may name a day without
-- trading; what counts is the first session from there on, and what has not come yet is not here.
-- key: universe_id, security_id, valid_from
create table core.universe_stay (
    universe_id varchar not null,       -- the universe or cohort
    security_id integer not null,       -- the member line
    issuer_id integer not null,         -- its company
    valid_from date not null,           -- first session in
    valid_to date                       -- first session out; NULL while in
);

insert into core.universe_stay by name
with day as (
    select valid_from as day from core.membership
    union
    select valid_to as day from core.membership where valid_to is not null
),
effective as (
    select day.day, session.session
    from day
    asof join core.session as session on session.session >= day.day
),
in_sessions as (
    select
        stay.universe_id, stay.security_id, stay.issuer_id,
        entered.session as valid_from,
        coalesce(gone.session, date '9999-12-31') as valid_to
    from core.membership as stay
    join effective as entered on entered.day = stay.valid_from
    left join effective as gone on gone.day = stay.valid_to
    where entered.session < coalesce(gone.session, date '9999-12-31')
),
started as (
    select in_sessions.*, valid_from > max(valid_to) over before is not false as is_start
    from in_sessions
    window before as (
        partition by universe_id, security_id order by valid_from, valid_to rows between unbounded preceding and 1 preceding
    )
),
numbered as (
    select started.*, count_if(is_start) over (partition by universe_id, security_id order by valid_from, valid_to rows unbounded preceding) as stay_no
    from started
)
select
    universe_id,
    security_id,
    max(issuer_id) as issuer_id,
    min(valid_from) as valid_from,
    case when max(valid_to) < date '9999-12-31' then max(valid_to) end as valid_to
from numbered
group by universe_id, security_id, stay_no
order by universe_id, security_id, valid_from;
