-- One row is one earnings report that a cohort's company is expected to make soon, as an investor saw it at the close of a session.
--
-- Soon: its reaction session lies within the next calendar.horizon_sessions sessions. Only the date on show at that close is
-- used, so a report that later moved stands here where it was expected then. Cohorts are those of raw.cohort_pair: every
-- company of a list of 500 makes about 80 rows a year and cohort. Sessions after the last priced one come from the calendar.
-- may be empty: nobody may be expected to report soon, as of any session
-- key: session, cohort_id, event_id
create table mart.earnings_calendar (
    session date not null,              -- session at whose close this was known
    cohort_id varchar not null,         -- cohort that the company is in that day
    event_id varchar not null,          -- as in core.earnings_event
    issuer_id integer not null,         -- the company
    symbol varchar not null,            -- latest symbol of its primary line
    name varchar,                       -- latest company name
    announced_on date not null,         -- New York date of the announcement as expected then
    timing varchar not null,            -- BMO before the open, DMH during the session, AMC after the close, UNKNOWN
    reaction_session date not null,     -- first session that can react to it (F.3)
    sessions_until integer not null check (sessions_until > 0), -- sessions from session to reaction_session; 1: the next one
    status varchar not null,            -- REPORTED, CONFIRMED or ESTIMATED, as known then (F.2)
    n_moves integer not null,           -- how often the date had moved by then
    market_cap_usd double,              -- market cap of the company; NULL when not known
    share_of_cohort_cap double,         -- market_cap_usd / cap of the cohort's companies, 0..1
    pit_grade varchar not null,         -- worst grade of the stay, of the company's cap and of that of the cohort
    bias_label varchar not null         -- of the cohort on the session (B.7); PIT_SPARSE at best before any market cap is known
);

insert into mart.earnings_calendar by name
with param as (
    select max(value) filter (where name = 'calendar.horizon_sessions') as horizon_sessions
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
calendar as (
    select session, row_number() over (order by session) as number
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
moved as (
    select
        event_id,
        known_from,
        announced_on <> lag(announced_on) over (partition by event_id order by known_from) as is_moved
    from core.earnings_date_vintage
),
shown as (
    select
        vintage.event_id,
        vintage.issuer_id,
        vintage.security_id,
        vintage.known_from,
        vintage.known_to,
        vintage.announced_on,
        vintage.timing,
        vintage.reaction_session,
        vintage.status,
        count(*) filter (where moved.is_moved) over (partition by vintage.event_id order by vintage.known_from) as n_moves
    from core.earnings_date_vintage as vintage
    join moved on moved.event_id = vintage.event_id and moved.known_from = vintage.known_from
),
-- One row for each number of sessions that a report may be away: a join on equal numbers is cheaper than one on a range.
distance as (
    select unnest(generate_series(1, cast(horizon_sessions as integer))) as sessions_until from param
),
-- Made first: otherwise members and sessions are joined before the few dates that were known then.
upcoming as materialized (
    select
        day.session,
        shown.event_id,
        shown.issuer_id,
        shown.security_id,
        shown.announced_on,
        shown.timing,
        shown.reaction_session,
        distance.sessions_until,
        shown.status,
        shown.n_moves
    from shown
    join calendar as reaction on reaction.session = shown.reaction_session
    cross join distance
    join calendar as today on today.number = reaction.number - distance.sessions_until
    join core.session as day on day.session = today.session
    where day.session >= $first
        and day.session <= $last
        and shown.known_from <= day.session
        and (shown.known_to is null or day.session < shown.known_to)
),
shown_cohort as (
    select cohort_a as cohort_id
    from raw.cohort_pair
    where load_id = (select max(load_id) from raw.cohort_pair)
    union
    select cohort_b as cohort_id
    from raw.cohort_pair
    where load_id = (select max(load_id) from raw.cohort_pair)
)
select
    upcoming.session,
    stay.universe_id as cohort_id,
    upcoming.event_id,
    upcoming.issuer_id,
    line.symbol,
    line.name,
    upcoming.announced_on,
    upcoming.timing,
    upcoming.reaction_session,
    cast(upcoming.sessions_until as integer) as sessions_until,
    upcoming.status,
    cast(upcoming.n_moves as integer) as n_moves,
    company.market_cap_usd,
    case
        when company.market_cap_usd > cohort.cap_usd then 1 -- the only company: its cap, against the same rounded to cents
        else company.market_cap_usd / nullif(cohort.cap_usd, 0)
    end as share_of_cohort_cap,
    greatest(stay.pit_grade, company.pit_grade, cohort.pit_grade) as pit_grade,
    case when of_stay.badness > of_cohort.badness then of_stay.bias_label else of_cohort.bias_label end as bias_label
from upcoming
join core.issuer_membership as stay
    on stay.issuer_id = upcoming.issuer_id
    and stay.valid_from <= upcoming.session
    and (stay.valid_to is null or upcoming.session < stay.valid_to)
join shown_cohort on shown_cohort.cohort_id = stay.universe_id
join core.security as line on line.security_id = upcoming.security_id
left join core.issuer_valuation as company
    on company.issuer_id = upcoming.issuer_id
    and company.session = upcoming.session
    and company.session >= $first
left join core.cohort_cap as cohort on cohort.cohort_id = stay.universe_id and cohort.session = upcoming.session
join core.bias_label as of_stay on of_stay.bias_label = stay.bias_label
join core.bias_label as of_cohort on of_cohort.bias_label = coalesce(cohort.bias_label, 'PIT_SPARSE');
