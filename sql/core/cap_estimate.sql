-- One row is what one company without a believed market cap is probably worth at the close of one session (0.4).
--
-- An estimate decides only whether a sum over companies may be published and how much of it is unknown; it enters no value. Two ways,
-- the better one that can be had: the last believed cap, moved with the price of the line that made it; or what companies of
-- the same dollar volume are worth that session, by a line through the logs of all that have both, fitted anew after those that
-- lie more than three robust standard deviations off are left out. A company with neither has no row: core.universe_weight gives
-- it the median of its universe. Rows are the companies of the lists, and those whose cap was believed up to 450 days before: what is
-- chosen by size has its companies from there. There are none on sessions without any market cap. Fits run over whole numbers.
-- may be empty: every company may have a cap
-- key: session, issuer_id
create table core.cap_estimate (
    issuer_id integer not null,         -- the company
    session date not null,              -- session of the close
    method varchar not null check (method in ('LAST_CAP', 'VOLUME')), -- the last believed cap moved with the price; the fit on dollar volume
    cap_usd double not null             -- estimated market cap of the company, USD
);

insert into core.cap_estimate by name
with param as (
    select
        max(value) filter (where name = 'estimate.min_names') as min_names,
        max(value) filter (where name = 'estimate.trim_sd') as trim_sd,
        cast(max(value) filter (where name = 'estimate.remembered_days') as integer) as remembered_days,
        max(value) filter (where name = 'estimate.min_volume_sessions') as min_volume_sessions,
        max(value) filter (where name = 'company.max_usd') as max_usd
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
capped_session as (
    select day.session, day.session_no
    from core.session as day
    semi join core.market_cap as cap on cap.session = day.session and cap.session >= $first and cap.session <= $last
    where day.session >= $first and day.session <= $last
),
company_line as (
    select issuer_id, max(coalesce(valid_to, date '9999-12-31')) as ended_on from core.line where kind = 'EQUITY' group by issuer_id
),
-- When a company is looked for: while a list names it, and once it has had a cap until its lines end.
listed as (
    select distinct issuer_id, valid_from, coalesce(valid_to, date '9999-12-31') as valid_to from core.list_membership
),
remembered as (
    select cap.issuer_id, min(cap.session) as valid_from, any_value(company_line.ended_on) as valid_to
    from core.market_cap as cap
    cross join param
    join company_line on company_line.issuer_id = cap.issuer_id
    where cap.is_primary and cap.session <= $last
        and cap.session >= $first - param.remembered_days
    group by cap.issuer_id
),
sought as (
    select issuer_id, valid_from, valid_to, true as is_listed from listed
    union all
    select issuer_id, valid_from, valid_to, false from remembered
),
-- Most companies have a cap on every session: they are told by counting, so that only the others are looked at day by day.
reach as (
    select issuer_id, min(valid_from) as valid_from, max(valid_to) as valid_to from sought group by issuer_id
),
held as (
    select reach.issuer_id, count(cap.session) as n_held
    from reach
    left join core.market_cap as cap
        on cap.issuer_id = reach.issuer_id and cap.is_primary and cap.session >= $first and cap.session <= $last
        and cap.session >= reach.valid_from and cap.session < reach.valid_to
    group by reach.issuer_id
),
incomplete as (
    select reach.issuer_id
    from reach
    join held on held.issuer_id = reach.issuer_id
    where held.n_held < (select count(*) from capped_session where capped_session.session >= reach.valid_from and capped_session.session < reach.valid_to)
),
lacking as (
    select wanted.issuer_id, wanted.session, wanted.session_no, wanted.is_listed
    from (
        select sought.issuer_id, day.session, any_value(day.session_no) as session_no, bool_or(sought.is_listed) as is_listed
        from sought
        semi join incomplete on incomplete.issuer_id = sought.issuer_id
        join capped_session as day on day.session >= sought.valid_from and day.session < sought.valid_to
        group by sought.issuer_id, day.session
    ) as wanted
    anti join core.market_cap as cap
        on cap.issuer_id = wanted.issuer_id and cap.session = wanted.session and cap.session >= $first and cap.session <= $last
),
-- The last cap before each of these sessions, as spells between two caps.
last_cap as (
    select
        issuer_id, security_id, session, issuer_cap_usd,
        coalesce(lead(session) over (partition by issuer_id order by session), date '9999-12-31') as next_session
    from core.market_cap
    where is_primary and session < $last and issuer_id in (select issuer_id from lacking)
),
known_once as (
    select
        lacking.issuer_id, lacking.session, lacking.session_no, last_cap.security_id, last_cap.session as capped_on, last_cap.issuer_cap_usd,
        lacking.is_listed, lacking.session <= last_cap.session + param.remembered_days as is_remembered
    from lacking
    cross join param
    left join last_cap
        on last_cap.issuer_id = lacking.issuer_id and last_cap.session < lacking.session and lacking.session < last_cap.next_session
),
-- A line that is silent for longer than its rows go on stands at its last cap.
quote as (
    select
        known_once.issuer_id, known_once.session, known_once.security_id,
        case when today.is_valid then today.session_no else today.session_no - today.n_missing end as priced_no
    from known_once
    join core.daily_price as today
        on today.security_id = known_once.security_id and today.session = known_once.session and today.session >= $first and today.session <= $last
),
mark as (
    select distinct security_id, capped_on as session from known_once where security_id is not null
    union
    select distinct quote.security_id, day.session from quote join core.session as day on day.session_no = quote.priced_no
),
price as (
    select mark.security_id, mark.session, price.session_no, price.close_fwd_e9
    from mark
    join core.daily_price as price on price.security_id = mark.security_id and price.session = mark.session
    where price.close_fwd_e9 > 0
),
by_last_cap as (
    select
        known_once.issuer_id, known_once.session, 'LAST_CAP' as method,
        known_once.issuer_cap_usd * coalesce(cast(price_now.close_fwd_e9 as double) / nullif(price_then.close_fwd_e9, 0), 1) as cap_usd
    from known_once
    left join quote on quote.issuer_id = known_once.issuer_id and quote.session = known_once.session
    left join price as price_now on price_now.security_id = quote.security_id and price_now.session_no = quote.priced_no
    left join price as price_then on price_then.security_id = known_once.security_id and price_then.session = known_once.capped_on
    where known_once.security_id is not null and (known_once.is_listed or known_once.is_remembered)
),
never_capped as (
    select issuer_id, session, session_no from known_once where security_id is null and is_listed
),
-- Every fifth session of the last 60 is looked at, which is enough for a median (as in core.month_end_volume): no volume of a line is
-- more than four sessions old.
volume_span as (
    select min(session_no) - min(session_no) % 5 - 55 as first_no, max(session_no) as last_no from never_capped
),
traded_line as (
    select line.security_id, line.issuer_id
    from core.line as line
    where line.kind = 'EQUITY'
        and (line.issuer_id in (select issuer_id from never_capped) or line.issuer_id in (select issuer_id from core.market_cap where session >= $first and session <= $last))
),
line_volume as (
    select
        traded_line.issuer_id, quote.session_no,
        case when count(quote.dollar_volume_usd) over last_60 >= param.min_volume_sessions
            then quantile_disc(quote.dollar_volume_usd, 0.5) over last_60
        end as volume_usd
    from core.daily_price as quote
    cross join param
    join traded_line on traded_line.security_id = quote.security_id
    join volume_span on quote.session_no >= volume_span.first_no and quote.session_no <= volume_span.last_no
    where quote.session_no % 5 = 0
    window last_60 as (partition by quote.security_id order by quote.session_no rows between 11 preceding and current row)
),
company_volume as (
    select issuer_id, session_no, cast(round(ln(sum(cast(round(volume_usd * 100) as hugeint)) / 100.0) * 1e6) as bigint) as x_e6
    from line_volume
    where volume_usd >= 1 and session_no in (select session_no - session_no % 5 from never_capped)
    group by issuer_id, session_no
),
sample as (
    select cap.session, volume.x_e6, cast(round(ln(cap.issuer_cap_usd) * 1e6) as bigint) as y_e6
    from core.market_cap as cap
    join (select distinct session, session_no - session_no % 5 as looked_at_no from never_capped) as day on day.session = cap.session
    join company_volume as volume on volume.issuer_id = cap.issuer_id and volume.session_no = day.looked_at_no
    where cap.is_primary and cap.issuer_cap_usd >= 1 and cap.session >= $first and cap.session <= $last
),
first_moment as (
    select
        session, cast(count(*) as hugeint) as n, sum(x_e6) as x, sum(y_e6) as y,
        sum(cast(x_e6 as hugeint) * x_e6) as xx, sum(cast(x_e6 as hugeint) * y_e6) as xy
    from sample
    group by session
),
first_line as (
    select
        first_moment.session,
        cast(n * xy - x * y as double) / nullif(cast(n * xx - x * x as double), 0) as slope,
        cast(x as double) / cast(n as double) as mean_x,
        cast(y as double) / cast(n as double) as mean_y
    from first_moment
    cross join param
    where n >= param.min_names
),
residual as (
    select
        sample.session, sample.x_e6, sample.y_e6,
        cast(round(abs(sample.y_e6 - first_line.mean_y - first_line.slope * (sample.x_e6 - first_line.mean_x))) as bigint) as off_e6
    from sample
    join first_line on first_line.session = sample.session
    where first_line.slope is not null
),
-- 1.4826 times the median distance is the standard deviation of a normal distribution.
spread as (
    select session, 1.4826 * quantile_disc(off_e6, 0.5) as sd_e6 from residual group by session
),
second_moment as (
    select
        residual.session, cast(count(*) as hugeint) as n, sum(x_e6) as x, sum(y_e6) as y,
        sum(cast(x_e6 as hugeint) * x_e6) as xx, sum(cast(x_e6 as hugeint) * y_e6) as xy
    from residual
    cross join param
    join spread on spread.session = residual.session
    where residual.off_e6 <= param.trim_sd * spread.sd_e6
    group by residual.session
),
second_line as (
    select
        session,
        cast(n * xy - x * y as double) / nullif(cast(n * xx - x * x as double), 0) as slope,
        cast(x as double) / cast(n as double) as mean_x,
        cast(y as double) / cast(n as double) as mean_y
    from second_moment
),
by_volume as (
    select
        never_capped.issuer_id, never_capped.session, 'VOLUME' as method,
        exp((second_line.mean_y + second_line.slope * (volume.x_e6 - second_line.mean_x)) / 1e6) as cap_usd
    from never_capped
    join company_volume as volume
        on volume.issuer_id = never_capped.issuer_id and volume.session_no = never_capped.session_no - never_capped.session_no % 5
    join second_line on second_line.session = never_capped.session
    where second_line.slope is not null
),
estimated as (
    select issuer_id, session, method, cap_usd from by_last_cap
    union all
    select issuer_id, session, method, cap_usd from by_volume
)
select estimated.issuer_id, estimated.session, estimated.method, least(estimated.cap_usd, param.max_usd) as cap_usd
from estimated
cross join param
where estimated.cap_usd > 0
order by estimated.session, estimated.issuer_id;
