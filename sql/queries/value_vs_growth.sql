-- Is value beating growth? Fund spreads and our own value factors over the last month, quarter and year, side by side.
with last_session as (
    select max(session) as session from mart.style_spread
),
fund as (
    select
        spread_id as measure, spread.horizon_sessions, spread.session, spread.spread_pp as value_less_growth, spread.percentile_5y,
        spread.widest_since, spread.n_used, spread.n_missing, spread.pit_grade, spread.bias_label, spread.null_reason
    from mart.style_spread as spread
    join last_session using (session)
    where spread.spread_id in ('etf_value_large', 'etf_value_small', 'etf_value', 'etf_value_mom') and spread.horizon_sessions in (21, 63, 252)
),
numbered as (
    select factor_return.*, row_number() over (partition by factor_id order by session desc) as age
    from mart.factor_return as factor_return
    where factor_id in ('HML_EP', 'HML_BM') and variant = 'cap90'
),
factor as (
    select
        numbered.factor_id as measure,
        horizon.horizon_sessions,
        max(numbered.session) as session,
        case when count(numbered.ret) = count(*) and count(*) = horizon.horizon_sessions then sum(numbered.ret) end as value_less_growth,
        cast(null as double) as percentile_5y,
        cast(null as date) as widest_since,
        min(numbered.n_used) as n_used,
        max(numbered.n_missing) as n_missing,
        max(numbered.pit_grade) as pit_grade,
        max_by(label.bias_label, label.badness) as bias_label,
        coalesce(
            max(numbered.null_reason),
            case when count(*) < horizon.horizon_sessions then 'INSUFFICIENT_HISTORY' end
        ) as null_reason
    from numbered
    join (select unnest([21, 63, 252]) as horizon_sessions) as horizon on numbered.age <= horizon.horizon_sessions
    left join core.bias_label as label on label.bias_label = numbered.bias_label
    group by numbered.factor_id, horizon.horizon_sessions
)
select measure, horizon_sessions, session, value_less_growth, percentile_5y, widest_since, n_used, n_missing, pit_grade, bias_label, null_reason
from fund
union all by name
select measure, horizon_sessions, session, value_less_growth, percentile_5y, widest_since, n_used, n_missing, pit_grade, bias_label, null_reason
from factor
order by measure, horizon_sessions
