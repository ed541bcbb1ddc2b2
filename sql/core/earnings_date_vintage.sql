-- One row is one spell during which the sources showed one date and timing for one expected or past announcement (F.2).
--
-- The calendar as of any session is the rows with known_from <= session and (known_to is null or session < known_to). That an
-- announcement was made shows from its own session on, even where a source dated the observation earlier on the same day.
-- seldom empty: the announcements may be of symbols that are not ours
-- key: event_id, known_from
create table core.earnings_date_vintage (
    event_id varchar not null,          -- as in core.earnings_event
    issuer_id integer not null,         -- the company
    security_id integer not null,       -- its primary line
    known_from date not null,           -- first session at whose close this version was on show
    known_to date,                      -- first session of the next version; NULL for the latest
    announced_on date not null,         -- New York date shown
    timing varchar not null,            -- BMO, DMH, AMC or UNKNOWN
    reaction_session date,              -- first session that could react to it, the first of two when timing is UNKNOWN
    status varchar not null             -- REPORTED, CONFIRMED or ESTIMATED
);

insert into core.earnings_date_vintage by name
with shown as (
    select
        event_id, issuer_id, security_id, observed_on, announced_on, timing, reaction_session, status,
        case when status = 'REPORTED' then greatest(shown_session, release_session) else shown_session end as known_from
    from core.earnings_observation
    where shown_session is not null and (status <> 'REPORTED' or release_session is not null)
),
-- Several observations before one close: the last one counts.
of_session as (
    select *
    from shown
    qualify row_number() over (partition by event_id, known_from order by observed_on desc) = 1
),
changed as (
    select *
    from of_session
    qualify
        (announced_on, timing, status) is distinct from lag((announced_on, timing, status)) over (partition by event_id order by known_from)
)
select
    event_id, issuer_id, security_id, known_from,
    lead(known_from) over (partition by event_id order by known_from) as known_to,
    announced_on, timing, reaction_session, status
from changed;
