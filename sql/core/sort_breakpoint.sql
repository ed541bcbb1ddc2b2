-- One row is one sort of one month-end session: the caps and values that part its portfolios (D.1).
--
-- cap90 (headline): big is the first 90 % of the universe's cap, values part at the 30th and 70th percentile of the big names;
-- nyse: median cap and percentiles of the NYSE names; univ: of all names. Quantiles are Hyndman-Fan type 7, taken from ranks
-- in integers, so that every engine finds the same one. Loss-makers and unknown values set no percentile, but do count for size.
-- seldom empty: the history may be too short for a sort
-- key: formation_session, factor_id, variant
create table core.sort_breakpoint (
    formation_session date not null,    -- last session of a month
    factor_id varchar not null,         -- UMD (12-2 momentum), HML_EP (earnings yield), HML_BM (book to market)
    variant varchar not null check (variant in ('cap90', 'nyse', 'univ')), -- whose caps and values count
    size_breakpoint_usd double,         -- small up to this issuer cap, USD; NULL when every name is big
    low_breakpoint double not null,     -- low up to this value
    high_breakpoint double not null,    -- high above this value
    n_sized integer not null,           -- names of the universe that count for size
    n_sorted integer not null           -- names whose values set the percentiles
);

insert into core.sort_breakpoint by name
with param as (
    select
        cast(round(1000000 * max(value) filter (where name = 'factor.bp_big_share')) as bigint) as big_ppm,
        cast(round(1000000 * max(value) filter (where name = 'factor.bp_low')) as bigint) as low_ppm,
        cast(round(1000000 * max(value) filter (where name = 'factor.bp_high')) as bigint) as high_ppm
    from raw.method_param
    where load_id = (select max(load_id) from raw.method_param)
),
name as (
    select
        formation_session,
        case characteristic when 'momentum' then 'UMD' when 'earnings_yield' then 'HML_EP' else 'HML_BM' end as factor_id,
        security_id,
        case when is_eligible then value end as value,
        cast(round(me_usd) as bigint) as me,
        coalesce(exchange in ('NYQ', 'NYSE'), false) as is_nyse
    from core.characteristic
    where is_screened and formation_session >= $first
),
ranked as (
    select
        name.*,
        row_number() over (partition by formation_session, factor_id order by me, security_id) - 1 as k,
        count(*) over (partition by formation_session, factor_id) as n,
        row_number() over (partition by formation_session, factor_id, is_nyse order by me, security_id) - 1 as k_nyse,
        count(*) over (partition by formation_session, factor_id, is_nyse) as n_nyse,
        sum(me) over (partition by formation_session, factor_id) as total_cap,
        sum(me) over (
            partition by formation_session, factor_id order by me desc, security_id desc rows between unbounded preceding and current row
        ) - me as cap_before
    from name
),
size_point as (
    select formation_session, factor_id, 'cap90' as variant, cast(max(n) as integer) as n_sized,
        cast(max(me) filter (where 1000000 * cap_before >= param.big_ppm * total_cap) as double) as size_breakpoint_usd
    from ranked
    cross join param
    group by formation_session, factor_id
    union all
    select formation_session, factor_id, 'nyse', cast(max(n_nyse) as integer),
        (max(me) filter (where k_nyse = (n_nyse - 1) // 2) + max(me) filter (where k_nyse = n_nyse // 2)) / 2.0
    from ranked
    where is_nyse
    group by formation_session, factor_id
    union all
    select formation_session, factor_id, 'univ', cast(max(n) as integer),
        (max(me) filter (where k = (n - 1) // 2) + max(me) filter (where k = n // 2)) / 2.0
    from ranked
    group by formation_session, factor_id
),
sorted as (
    select
        formation_session, factor_id, size_point.variant, name.value, size_point.size_breakpoint_usd, size_point.n_sized,
        row_number() over w - 1 as k,
        count(*) over (partition by formation_session, factor_id, size_point.variant) - 1 as last_k
    from name
    join size_point using (formation_session, factor_id)
    where name.value is not null
        and case size_point.variant
            when 'cap90' then name.me > coalesce(size_point.size_breakpoint_usd, 0)
            when 'nyse' then name.is_nyse
            else true
        end
    window w as (partition by formation_session, factor_id, size_point.variant order by name.value, name.security_id)
),
around as (
    select
        formation_session, factor_id, variant,
        max(size_breakpoint_usd) as size_breakpoint_usd,
        max(value) filter (where k = last_k * low_ppm // 1000000) as low_0,
        max(value) filter (where k = least(last_k, last_k * low_ppm // 1000000 + 1)) as low_1,
        max(last_k * low_ppm % 1000000) / 1e6 as low_part,
        max(value) filter (where k = last_k * high_ppm // 1000000) as high_0,
        max(value) filter (where k = least(last_k, last_k * high_ppm // 1000000 + 1)) as high_1,
        max(last_k * high_ppm % 1000000) / 1e6 as high_part,
        max(n_sized) as n_sized,
        cast(count(*) as integer) as n_sorted
    from sorted
    cross join param
    group by formation_session, factor_id, variant
)
select
    formation_session,
    factor_id,
    variant,
    size_breakpoint_usd,
    low_0 + low_part * (low_1 - low_0) as low_breakpoint,
    high_0 + high_part * (high_1 - high_0) as high_breakpoint,
    n_sized,
    n_sorted
from around
order by formation_session, factor_id, variant;
