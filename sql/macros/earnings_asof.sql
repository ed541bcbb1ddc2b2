-- One row is one earnings announcement, past or expected, as the calendar stood at an instant.
--
-- Of what had been fetched by then the row with an actual, else the one observed last. To which event a row belongs is what this
-- release holds to be true; only a STRICT rebuild forgets that too. What was fetched long after it was announced is grade B.
create or replace macro earnings_asof(
    ts -- UTC instant, a timestamp (or a timestamptz): nothing fetched later is used
) as table
with asked as (
    select make_timestamp(epoch_us(ts)) as known_at
),
param as (
    select
        cast(max(value) filter (where name = 'ttm.match_min_days') as integer) as match_days,
        cast(max(value) filter (where name = 'earnings.confirm_spread_days') as integer) as spread_days,
        cast(max(value) filter (where name = 'earnings.confirm_lookback_days') as integer) as lookback_days
    from meta.method_param
),
primary_line as (
    select issuer_id, min(security_id) as security_id from core.security where is_primary group by issuer_id
),
said as (
    select
        event.symbol, event.fiscal_period_end, event.announced_on, event.timing, event.eps_estimate, event.eps_actual,
        event.is_confirmed, event.observed_on, event.basis_date, event.load_id, event.fetched_at,
        case when event.announced_precision <> 'date' then event.announced_at end as announced_at,
        line.issuer_id, line.is_primary
    from raw.earnings_event as event
    join asked on event.fetched_at <= asked.known_at
    join core.line_symbol as holder
        on holder.symbol = event.symbol and holder.valid_from <= event.announced_on and event.announced_on < holder.valid_to
    join core.security as line on line.security_id = holder.security_id
),
-- The period of a date whose source does not name one: the one it was matched to, else the latest that was over.
matched as (
    select issuer_id, announced_on, max(fiscal_period_end) as period_end
    from core.earnings_observation
    group by issuer_id, announced_on
),
over as (
    select day.issuer_id, day.announced_on, max(event.fiscal_period_end) as period_end
    from (select distinct issuer_id, announced_on from said where fiscal_period_end is null) as day
    cross join param
    join core.earnings_event as event
        on event.issuer_id = day.issuer_id and event.fiscal_period_end <= day.announced_on - param.match_days
    group by day.issuer_id, day.announced_on
),
placed as (
    select
        said.symbol, said.issuer_id, said.is_primary, said.announced_on, said.timing, said.announced_at, said.eps_estimate, said.eps_actual,
        said.is_confirmed, said.observed_on, said.basis_date, said.load_id, said.fetched_at,
        coalesce(last_day(said.fiscal_period_end - 15), matched.period_end, over.period_end) as period_end
    from said
    left join matched on matched.issuer_id = said.issuer_id and matched.announced_on = said.announced_on
    left join over on over.issuer_id = said.issuer_id and over.announced_on = said.announced_on
),
-- Of several rows of one date the most exact tells the time, as in core.earnings_observation.
seen as (
    select
        symbol, issuer_id, is_primary, announced_on, eps_estimate, eps_actual, is_confirmed, observed_on, basis_date, load_id, fetched_at,
        period_end, issuer_id || '-' || strftime(period_end, '%Y-%m') as event_id,
        first_value(timing) over of_date as timing,
        first_value(announced_at) over of_date as announced_at
    from placed
    where period_end is not null
    window of_date as (
        partition by issuer_id, period_end, observed_on, announced_on
        order by timing = 'UNKNOWN', announced_at is null, minute(announced_at) = 0, is_primary desc, load_id desc
    )
),
latest as (
    select *, min(fetched_at) over (partition by event_id) as first_fetched_at
    from seen
    qualify row_number() over (
        partition by event_id
        order by eps_actual is not null desc, observed_on desc, is_primary desc, load_id desc, announced_on, eps_estimate nulls last
    ) = 1
),
-- A page that does not say whether a date is sure takes nothing back from one that did (F.2).
sure as (
    select distinct latest.event_id
    from latest
    cross join param
    join seen
        on seen.event_id = latest.event_id and seen.announced_on = latest.announced_on
        and seen.observed_on <= latest.observed_on and seen.observed_on >= latest.observed_on - param.lookback_days
    where seen.is_confirmed or (seen.timing = latest.timing and seen.observed_on <= latest.observed_on - param.spread_days)
)
select
    latest.event_id, -- issuer and month of the fiscal period end, as in core.earnings_event
    primary_line.security_id, -- primary line of the company
    latest.symbol, -- symbol that the source gave with it
    latest.period_end as fiscal_period_end, -- month end nearest to the end of the fiscal quarter
    latest.announced_on, -- New York date that was shown
    latest.announced_at, -- UTC instant when it was shown to the hour or better
    latest.timing, -- BMO, DMH, AMC or UNKNOWN
    case
        when latest.eps_actual is not null then 'REPORTED'
        when sure.event_id is not null then 'CONFIRMED'
        else 'ESTIMATED'
    end as status, -- REPORTED, CONFIRMED or ESTIMATED (F.2)
    latest.eps_estimate, -- street estimate shown with it, USD per share on basis_date
    latest.eps_actual, -- reported street EPS, USD per share on basis_date; NULL while expected
    latest.basis_date, -- session whose share definition the EPS use
    latest.observed_on, -- date on which the source showed this
    latest.fetched_at, -- UTC instant at which this was fetched
    case when cast(latest.first_fetched_at as date) < latest.announced_on then 'A' else 'B' end as pit_grade -- A first fetched before it happened, B back-filled (0.3)
from latest
join primary_line on primary_line.issuer_id = latest.issuer_id
left join sure on sure.event_id = latest.event_id;
