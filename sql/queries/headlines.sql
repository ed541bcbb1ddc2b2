-- What are the headline readings of the last session, and where do they stand in their own last five years?
-- Decimals: 0.01 is one percent or point. Returns of factors are summed; the last two are a ratio and a share of S&P 500 market cap.
with last_session as (
    select max(session) as session from core.daily_price
),

breadth as (
    select
        'S&P 500 above 200-day' as reading, b.pct_above_200 as value,
        b.pct_above_200_percentile_5y as percentile_5y, b.null_reason['pct_above_200'] as null_reason, b.pit_grade, b.bias_label
    from mart.breadth as b
    inner join last_session as t on b.session = t.session
    where b.universe_id = 'SP500'
    -- the exchanges' convention where it is known, with dividends where only adjusted closes are
    qualify row_number() over (order by b.pct_above_200 is null, b.basis) = 1
),

spread as (
    select
        'IWM less QQQ, 21 days' as reading, s.spread_pp as value,
        s.percentile_5y, s.null_reason, s.pit_grade, s.bias_label
    from mart.style_spread as s
    inner join last_session as t on s.session = t.session
    where s.spread_id = 'etf_small_tech' and s.horizon_sessions = 21
),

factor as (
    select
        case f.factor_id when 'UMD' then 'momentum' when 'SMB' then 'size' else 'value' end || ', year to date' as reading,
        -- a sum of the sessions that happen to be there would be no year
        case when count(f.ret) = count(*) then sum(f.ret) end as value,
        cast(null as double) as percentile_5y, max_by(f.null_reason, f.session) as null_reason,
        max(f.pit_grade) as pit_grade, max_by(l.bias_label, l.badness) as bias_label
    from mart.factor_return as f
    inner join last_session as t on f.session >= date_trunc('year', t.session) and f.session <= t.session
    left join core.bias_label as l on f.bias_label = l.bias_label
    where f.factor_id in ('UMD', 'SMB', 'HML_EP') and f.variant = 'cap90'
    group by f.factor_id
),

gap as (
    select
        'P/E of SP493 / MAG7' as reading, g.ratio as value,
        g.log_gap_percentile_5y as percentile_5y, g.null_reason, g.pit_grade, g.bias_label
    from mart.valuation_gap as g
    inner join last_session as t on g.session = t.session
    where g.cohort_a = 'SP493' and g.cohort_b = 'MAG7' and g.measure = 'pe_incl'
    -- street earnings where there are any
    qualify row_number() over (order by g.ratio is null, g.basis desc) = 1
),

exposure as (
    select
        'cap to report, 10 days' as reading, e.exposure as value,
        cast(null as double) as percentile_5y, e.null_reason, e.pit_grade, e.bias_label
    from mart.earnings_exposure as e
    inner join last_session as t on e.session = t.session
    where e.cohort_id = 'SP500' and e.horizon_sessions = 10
),

readings as (
    select reading, value, percentile_5y, null_reason, pit_grade, bias_label from breadth
    union all by name
    select reading, value, percentile_5y, null_reason, pit_grade, bias_label from spread
    union all by name
    select reading, value, percentile_5y, null_reason, pit_grade, bias_label from factor
    union all by name
    select reading, value, percentile_5y, null_reason, pit_grade, bias_label from gap
    union all by name
    select reading, value, percentile_5y, null_reason, pit_grade, bias_label from exposure
)

select
    reading,
    round(value, 3) as value,
    round(percentile_5y, 3) as percentile_5y,
    null_reason,
    pit_grade || ' ' || bias_label as grade
from readings
