-- One row is one earnings announcement of one company as last seen, past or expected (F.1 to F.3).
-- seldom empty: the announcements may be of symbols that are not ours
-- key: event_id
create table core.earnings_event (
    event_id varchar not null,          -- issuer and month of the fiscal period end: 12-2025-12
    issuer_id integer not null,         -- the company
    security_id integer not null,       -- its primary line
    fiscal_period_end date not null,    -- month end nearest to the end of the fiscal quarter, which sources date differently
    calendar_quarter varchar not null,  -- calendar quarter in which most of the fiscal quarter lies: 2025Q4 (F.4)
    announced_on date not null,         -- New York date of the announcement
    announced_at timestamp,             -- UTC instant when known to the hour or better
    timing varchar not null,            -- BMO, DMH, AMC or UNKNOWN
    status varchar not null check (status in ('REPORTED', 'CONFIRMED', 'ESTIMATED')), -- F.2
    known_session date,                 -- first session whose close came after the release (0.3); NULL while expected
    reaction_session date,              -- first session that could react (F.3), the first of two when timing is UNKNOWN; NULL when past the calendar
    eps_estimate_fwd double,            -- last street estimate seen before the release, else the one stored with it, on the first share basis (EPS * share_factor), USD
    eps_actual_fwd double,              -- reported street EPS on the first share basis, USD; NULL while expected
    n_moves integer not null,           -- how often the date moved between observations
    pit_grade varchar not null          -- A observed before it happened, B back-filled with its real date
);

insert into core.earnings_event by name
with seen as (
    select
        *,
        coalesce(announced_on <> lag(announced_on) over (partition by event_id order by observed_on), false) as is_moved
    from core.earnings_observation
),
-- The row with an actual, else the latest observed (F.1).
last_seen as (
    select *
    from seen
    qualify row_number() over (partition by event_id order by eps_actual_fwd is not null desc, observed_on desc) = 1
),
history as (
    select
        seen.event_id,
        count(*) filter (where seen.is_moved) as n_moves,
        min(seen.observed_on) < min(last_seen.announced_on) as is_seen_before,
        max_by(seen.eps_estimate_fwd, seen.observed_on) filter (
            where seen.observed_on < last_seen.announced_on and seen.eps_estimate_fwd is not null
        ) as eps_estimate_fwd
    from seen
    join last_seen on last_seen.event_id = seen.event_id
    group by seen.event_id
)
select
    last_seen.event_id, last_seen.issuer_id, last_seen.security_id, last_seen.fiscal_period_end,
    year(last_seen.fiscal_period_end - 45) || 'Q' || quarter(last_seen.fiscal_period_end - 45) as calendar_quarter,
    last_seen.announced_on, last_seen.announced_at, last_seen.timing, last_seen.status,
    case
        when last_seen.status = 'REPORTED' then last_seen.release_session
        when last_seen.status = 'CONFIRMED' and last_seen.announced_on <= last_seen.observed_on then last_seen.release_session
    end as known_session,
    last_seen.reaction_session,
    coalesce(history.eps_estimate_fwd, last_seen.eps_estimate_fwd) as eps_estimate_fwd,
    last_seen.eps_actual_fwd,
    history.n_moves,
    case when history.is_seen_before then 'A' else 'B' end as pit_grade
from last_seen
join history on history.event_id = last_seen.event_id;
