-- One row is how much of a cohort reports within the next sessions, as seen at the close of one session (methodology F.8).
--
-- Only the dates on show at that close are used. A company without any expected date counts in the denominator and as unknown.
-- Cap is issuer cap known that day; counts, grade and label of the cohort are those of core.cohort_cap.
-- seldom empty: no company of a cohort may have told a date
-- key: cohort_id, session, horizon_sessions
create table mart.earnings_exposure (
    cohort_id varchar not null,         -- cohort or universe, as in core.membership
    session date not null,              -- session at whose close this was known
    horizon_sessions integer not null,  -- N: reports whose reaction session lies in (session, session + N]
    exposure double,                    -- cap of the companies that report within N sessions / cap of the cohort, 0..1
    null_reason varchar,                -- why exposure is NULL (methodology 0.4)
    count_share double,                 -- the same counted in companies with a market cap, 0..1; NULL when exposure is
    confirmed_share double,             -- cap of those whose date is CONFIRMED or REPORTED / cap of those that report; NULL when none does
    unknown_w double,                   -- cap of companies without an expected date / cap of the cohort, 0..1
    n_reporting integer not null,       -- companies with a market cap that report within N sessions
    n_members integer not null,         -- companies in the cohort, those without a price line included
    n_used integer not null,            -- companies with a market cap and an expected date
    n_missing integer not null,         -- n_members - n_used
    coverage_n double,                  -- n_used / n_members, 0..1
    coverage_w double,                  -- cap of the used / cap of the cohort: 1 - unknown_w
    pit_grade varchar not null,         -- worst grade of membership and cap that weighs enough
    bias_label varchar not null,        -- PIT_FULL, PIT_PARTIAL, PIT_SPARSE, CURRENT_LIST or HINDSIGHT_SELECTED (B.7)
    method_version varchar not null     -- version of the methodology
);

insert into mart.earnings_exposure by name
with param as (
    select
        max(value) filter (where name = 'exposure.max_unknown_w') as max_unknown_w,
        max(value) filter (where name = 'exposure.horizon_short') as horizon_short,
        max(value) filter (where name = 'exposure.horizon_medium') as horizon_medium,
        max(value) filter (where name = 'exposure.horizon_long') as horizon_long
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
calendar as (
    select session, row_number() over (order by session) as number
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
-- A date counts while it is on show and before it comes: one interval.
shown as (
    select
        vintage.issuer_id,
        vintage.status,
        vintage.known_from,
        least(coalesce(vintage.known_to, vintage.reaction_session), vintage.reaction_session) as shown_until,
        reaction.number as reaction_number
    from core.earnings_date_vintage as vintage
    join calendar as reaction on reaction.session = vintage.reaction_session
),
expected as (
    select
        shown.issuer_id,
        today.session,
        min(shown.reaction_number - today.number) as sessions_until,
        min(shown.reaction_number - today.number) filter (where shown.status <> 'ESTIMATED') as sessions_until_confirmed
    from shown
    join calendar as today on today.session >= shown.known_from and today.session < shown.shown_until
    where today.session >= $first and today.session <= $last
    group by shown.issuer_id, today.session
),
company as (
    select
        issuer_id,
        session,
        cast(round(market_cap_usd * 100) as bigint) as cap -- cents: sums of integers are the same in any order
    from core.issuer_valuation
    where session >= $first and session <= $last
),
reporting as (
    select
        stay.universe_id as cohort_id,
        expected.session,
        expected.sessions_until,
        expected.sessions_until_confirmed = expected.sessions_until as is_confirmed,
        company.cap
    from expected
    join company on company.issuer_id = expected.issuer_id and company.session = expected.session
    join core.issuer_membership as stay
        on stay.issuer_id = expected.issuer_id
        and stay.valid_from <= expected.session
        and (stay.valid_to is null or expected.session < stay.valid_to)
),
tally as (
    select
        reporting.cohort_id,
        reporting.session,
        count(*) as n,
        sum(cap) as cap,
        count(*) filter (where sessions_until <= horizon_short) as n_short,
        sum(cap) filter (where sessions_until <= horizon_short) as cap_short,
        sum(cap) filter (where sessions_until <= horizon_short and is_confirmed) as sure_short,
        count(*) filter (where sessions_until <= horizon_medium) as n_medium,
        sum(cap) filter (where sessions_until <= horizon_medium) as cap_medium,
        sum(cap) filter (where sessions_until <= horizon_medium and is_confirmed) as sure_medium,
        count(*) filter (where sessions_until <= horizon_long) as n_long,
        sum(cap) filter (where sessions_until <= horizon_long) as cap_long,
        sum(cap) filter (where sessions_until <= horizon_long and is_confirmed) as sure_long
    from reporting
    cross join param
    group by reporting.cohort_id, reporting.session
),
by_horizon as (
    select tally.cohort_id, tally.session, param.horizon_short as horizon, n_short as n, cap_short as cap, sure_short as sure
    from tally cross join param
    union all
    select tally.cohort_id, tally.session, param.horizon_medium, n_medium, cap_medium, sure_medium
    from tally cross join param
    union all
    select tally.cohort_id, tally.session, param.horizon_long, n_long, cap_long, sure_long
    from tally cross join param
),
horizon as (
    select horizon_short as horizon from param
    union
    select horizon_medium as horizon from param
    union
    select horizon_long as horizon from param
),
measured as (
    select
        cohort.cohort_id,
        cohort.session,
        horizon.horizon,
        coalesce(cast(part.cap as double) / 100, 0) / nullif(cohort.cap_usd, 0) as exposure,
        cast(coalesce(part.n, 0) as double) / nullif(cohort.n_priced, 0) as count_share,
        cast(coalesce(part.sure, 0) as double) / nullif(part.cap, 0) as confirmed_share,
        -- A company without a believed cap has no known date either: it counts with what it is probably worth.
        (1 - cohort.unknown_w) * (coalesce(cast(tally.cap as double) / 100, 0) / nullif(cohort.cap_usd, 0)) as known_w,
        cohort.member_reason,
        coalesce(part.n, 0) as n_reporting,
        coalesce(tally.n, 0) as n_used,
        cohort.n_members,
        cohort.pit_grade,
        cohort.bias_label
    from core.cohort_cap as cohort
    cross join horizon
    left join tally on tally.cohort_id = cohort.cohort_id and tally.session = cohort.session
    left join by_horizon as part
        on part.cohort_id = cohort.cohort_id and part.session = cohort.session and part.horizon = horizon.horizon
    where cohort.session >= $first and cohort.session <= $last
),
judged as (
    select
        measured.*,
        case
            when member_reason is not null then member_reason
            when known_w is null or n_used = 0 then 'UNAVAILABLE'
            when 1 - known_w > param.max_unknown_w then 'LOW_COVERAGE'
        end as null_reason
    from measured
    cross join param
)
select
    cohort_id,
    session,
    cast(horizon as integer) as horizon_sessions,
    case when null_reason is null then exposure end as exposure,
    null_reason,
    case when null_reason is null then count_share end as count_share,
    case when null_reason is null then confirmed_share end as confirmed_share,
    1 - known_w as unknown_w,
    cast(n_reporting as integer) as n_reporting,
    n_members,
    cast(n_used as integer) as n_used,
    cast(n_members - n_used as integer) as n_missing,
    cast(n_used as double) / nullif(n_members, 0) as coverage_n,
    known_w as coverage_w,
    pit_grade,
    bias_label,
    '1.0' as method_version
from judged;
