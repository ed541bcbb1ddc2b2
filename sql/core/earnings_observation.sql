-- One row is what the sources said on one date about one company's announcement, matched to its event (F.1) and to the calendar (F.3).
--
-- A source that does not tell when the fiscal period ended gets the latest period end of the issuer's own fiscal calendar, as
-- believed on that day (core.fiscal_calendar), 10 days or more before the announcement. Fast reporters: a period that ended less than 10 days before is meant when the issuer has already
-- announced something since the period before it ended.
-- seldom empty: the announcements may be of symbols that are not ours
-- key: event_id, observed_on
create table core.earnings_observation (
    event_id varchar not null,          -- issuer and month of the fiscal period end: 12-2025-12
    issuer_id integer not null,         -- the company
    security_id integer not null,       -- its primary line
    fiscal_period_end date not null,    -- month end nearest to the end of the fiscal quarter, which sources date differently
    observed_on date not null,          -- date on which the sources showed this
    announced_on date not null,         -- New York date shown
    announced_at timestamp,             -- UTC instant when known to the hour or better
    timing varchar not null,            -- BMO, DMH, AMC or UNKNOWN
    status varchar not null,            -- REPORTED, CONFIRMED (by a source in the last 21 days, or the same twice 5 to 21 days apart) or ESTIMATED (F.2)
    release_session date,               -- first session whose close comes after the release (0.3); NULL when past the calendar
    reaction_session date,              -- first session that can react (F.3), the first of two when timing is UNKNOWN
    disowned_from date,                 -- first date on which it was known to be another company's (core.symbol_predecessor); NULL while it is not
    owned_from date,                    -- first date on which a later count took that back; NULL while none does
    shown_session date,                 -- first session whose close comes at or after the observation; NULL when past the calendar
    eps_estimate_fwd double,            -- street estimate on the first share basis (EPS * share_factor), USD
    eps_actual_fwd double               -- reported street EPS on the first share basis, USD
);

insert into core.earnings_observation by name
with param as (
    select
        max(value) filter (where name = 'ttm.match_min_days')::integer as match_days,
        max(value) filter (where name = 'fiscal.year_report_max_days')::integer as named_days,
        max(value) filter (where name = 'earnings.confirm_spread_days')::integer as spread_days,
        max(value) filter (where name = 'earnings.confirm_lookback_days')::integer as lookback_days,
        max(value) filter (where name = 'earnings.settled_days')::integer as settled_days
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
calendar as (
    select
        session, close_at,
        lag(session, 1, date '1900-01-01') over (order by session) as previous_session,
        lag(close_at, 1, timestamp '1900-01-01') over (order by session) as previous_close_at
    from raw.calendar_session
    where load_id = (select max(load_id) from raw.calendar_session)
),
primary_line as (
    select issuer_id, min(security_id) as security_id from core.security where is_primary group by issuer_id
),
heard as (
    select
        event.*,
        line.issuer_id, line.is_primary, primary_line.security_id, line.security_id as line_id,
        case when event.observed_on < other.known_from then other.known_from end as disowned_from,
        case when event.observed_on < other.known_from then other.known_to end as owned_from
    from raw.earnings_event as event
    -- Whose symbol it was when the row was shown: an expected date may lie beyond a rename, and a page of today tells of days before it.
    join core.line_symbol as holder
        on holder.symbol = event.symbol and holder.valid_from <= event.observed_on and event.observed_on < holder.valid_to
    join core.security as line on line.security_id = holder.security_id
    join primary_line on primary_line.issuer_id = line.issuer_id
    -- What had been shown before it was known to be another company's stays, and is believed until then.
    left join core.symbol_predecessor as other
        on other.symbol = event.symbol and other.security_id = holder.security_id and event.announced_on < other.changed_on
    where other.symbol is null or event.observed_on < other.known_from or other.known_to <= event.observed_on
),
-- A label that counts as the issuer's others do tells when the quarter ended, by what was believed on that day.
labelled as (
    select
        heard.*, coalesce(calendar.phase, 0) as phase,
        case when heard.fiscal_label is not null then 3 * (
            4 * cast(right(heard.fiscal_label, 4) as integer)
            + case when starts_with(heard.fiscal_label, 'FY') then 4 else cast(substr(heard.fiscal_label, 2, 1) as integer) end
        ) + calendar.label_shift end as month_no
    from heard
    left join core.fiscal_calendar as calendar
        on calendar.issuer_id = heard.issuer_id and calendar.known_from <= least(heard.announced_on, heard.observed_on)
        and (calendar.known_to is null or least(heard.announced_on, heard.observed_on) < calendar.known_to)
),
said as (
    select
        labelled.* exclude (fiscal_period_end, fiscal_label, month_no),
        case
            when labelled.fiscal_label is null then labelled.fiscal_period_end
            when labelled.announced_on - last_day(make_date(labelled.month_no // 12, labelled.month_no % 12 + 1, 1)) between 0 and param.named_days
                then last_day(make_date(labelled.month_no // 12, labelled.month_no % 12 + 1, 1))
        end as fiscal_period_end
    from labelled
    cross join param
),
unnamed as (
    select distinct
        said.issuer_id, said.announced_on, least(said.announced_on, said.observed_on) as day, said.phase, param.match_days
    from said
    cross join param
    where said.fiscal_period_end is null
),
candidate as (
    select
        issuer_id, announced_on, day,
        last_day(announced_on - match_days + 1 - to_months(1 + (month(announced_on - match_days + 1) + 11 - phase) % 3)) as period_end,
        last_day(announced_on - to_months(1 + (month(announced_on) + 11 - phase) % 3)) as newest_end
    from unnamed
),
-- Quarters of 12 and 16 weeks end days before their reports, by months after them. What a company reported after a quarter's end settles
-- that quarter: its next report, seven weeks later or more, tells of one that ended with the month before it.
settled as (
    select candidate.issuer_id, candidate.announced_on, candidate.day
    from candidate
    cross join param
    join (select distinct issuer_id, announced_on from said where eps_actual is not null) as earlier
        on earlier.issuer_id = candidate.issuer_id
        and earlier.announced_on >= candidate.newest_end and earlier.announced_on <= candidate.announced_on - param.settled_days
        and earlier.announced_on <= candidate.day
    group by candidate.issuer_id, candidate.announced_on, candidate.day
),
matched as (
    select
        candidate.issuer_id, candidate.announced_on, candidate.day,
        case
            when settled.issuer_id is not null then cast(date_trunc('month', candidate.announced_on) as date) - 1
            when count(earlier.announced_on) > 0 then candidate.newest_end
            else candidate.period_end
        end as period_end
    from candidate
    left join settled
        on settled.issuer_id = candidate.issuer_id and settled.announced_on = candidate.announced_on and settled.day = candidate.day
    left join candidate as earlier
        on earlier.issuer_id = candidate.issuer_id and candidate.newest_end > candidate.period_end
        and earlier.announced_on > candidate.period_end and earlier.announced_on <= candidate.newest_end
    group by candidate.issuer_id, candidate.announced_on, candidate.day, candidate.newest_end, candidate.period_end, settled.issuer_id
),
observed as (
    select
        said.issuer_id, said.security_id, coalesce(last_day(said.fiscal_period_end - 15), matched.period_end) as fiscal_period_end,
        said.observed_on, said.announced_on,
        case when said.announced_precision <> 'date' then said.announced_at end as announced_at,
        said.timing, said.is_confirmed,
        said.eps_estimate * coalesce(regime.share_factor, 1) as eps_estimate_fwd,
        said.eps_actual * coalesce(regime.share_factor, 1) as eps_actual_fwd,
        said.is_primary, said.load_id, said.disowned_from, said.owned_from
    from said
    left join matched
        on matched.issuer_id = said.issuer_id and matched.announced_on = said.announced_on
        and matched.day = least(said.announced_on, said.observed_on) and said.fiscal_period_end is null
    left join core.split_regime as regime
        on regime.security_id = said.line_id and regime.valid_from <= said.basis_date
        and (regime.valid_to is null or said.basis_date < regime.valid_to)
),
-- One announcement an event and observation: the row with an actual, else the primary line's, else the latest landed (F.1). Of
-- several rows of its date the most exact tells the time: a page of whole hours takes nothing from a calendar of minutes.
told as (
    select
        * exclude (is_confirmed, timing, announced_at), issuer_id || '-' || strftime(fiscal_period_end, '%Y-%m') as event_id,
        bool_or(is_confirmed) over (partition by issuer_id, fiscal_period_end, observed_on, announced_on) as is_confirmed,
        first_value(timing) over of_date as timing,
        first_value(announced_at) over of_date as announced_at
    from observed
    window of_date as (
        partition by issuer_id, fiscal_period_end, observed_on, announced_on
        order by timing = 'UNKNOWN', announced_at is null, minute(announced_at) = 0, is_primary desc, load_id desc
    )
    qualify row_number() over (
        partition by issuer_id, fiscal_period_end, observed_on
        order by eps_actual_fwd is not null desc, is_primary desc, load_id desc, announced_on, eps_estimate_fwd nulls last
    ) = 1
),
-- A page that does not say whether a date is sure takes nothing back from one that did.
repeated as (
    select distinct told.event_id, told.observed_on
    from told
    cross join param
    join told as earlier
        on earlier.event_id = told.event_id and earlier.announced_on = told.announced_on
        and earlier.observed_on < told.observed_on and earlier.observed_on >= told.observed_on - param.lookback_days
    where earlier.is_confirmed or (earlier.timing = told.timing and earlier.observed_on <= told.observed_on - param.spread_days)
),
day as (
    select date_of.day, at_or_after.session as at_or_after, next.session as after
    from (select announced_on as day from told union select observed_on from told) as date_of
    left join calendar as at_or_after on at_or_after.previous_session < date_of.day and date_of.day <= at_or_after.session
    left join calendar as next on next.previous_session <= date_of.day and date_of.day < next.session
),
instant as (
    select at_of.announced_at, calendar.session
    from (select distinct announced_at from told where announced_at is not null) as at_of
    join calendar on calendar.previous_close_at <= at_of.announced_at and at_of.announced_at < calendar.close_at
)
select
    told.event_id, told.issuer_id, told.security_id, told.fiscal_period_end, told.observed_on, told.announced_on, told.announced_at, told.timing,
    case
        when told.eps_actual_fwd is not null then 'REPORTED'
        when told.is_confirmed or repeated.event_id is not null then 'CONFIRMED'
        else 'ESTIMATED'
    end as status,
    case
        when told.announced_at is not null then instant.session
        when told.timing in ('BMO', 'DMH') then release.at_or_after
        else release.after
    end as release_session,
    case
        when told.announced_at is not null then instant.session
        when told.timing = 'AMC' then release.after
        else release.at_or_after
    end as reaction_session,
    told.disowned_from, told.owned_from,
    shown.at_or_after as shown_session,
    told.eps_estimate_fwd, told.eps_actual_fwd
from told
join day as release on release.day = told.announced_on
join day as shown on shown.day = told.observed_on
left join instant on instant.announced_at = told.announced_at
left join repeated on repeated.event_id = told.event_id and repeated.observed_on = told.observed_on;
