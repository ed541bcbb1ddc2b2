-- Was breadth in January 2026 at its healthiest in half a decade?
with asked as (
    select date '2026-01-02' as first_session, date '2026-01-30' as last_session
),
long as (
    select universe_id, session, basis, 'pct_above_20' as measure, pct_above_20 as value, pct_above_20_percentile_5y as percentile, pct_above_20_is_5y_high as is_5y_high,
        null_reason['pct_above_20_percentile_5y'] as null_reason, bias_label, history_label, pit_grade
    from mart.breadth
    union all
    select universe_id, session, basis, 'pct_above_50' as measure, pct_above_50 as value, pct_above_50_percentile_5y as percentile, pct_above_50_is_5y_high as is_5y_high,
        null_reason['pct_above_50_percentile_5y'] as null_reason, bias_label, history_label, pit_grade
    from mart.breadth
    union all
    select universe_id, session, basis, 'pct_above_100' as measure, pct_above_100 as value, pct_above_100_percentile_5y as percentile, pct_above_100_is_5y_high as is_5y_high,
        null_reason['pct_above_100_percentile_5y'] as null_reason, bias_label, history_label, pit_grade
    from mart.breadth
    union all
    select universe_id, session, basis, 'pct_above_200' as measure, pct_above_200 as value, pct_above_200_percentile_5y as percentile, pct_above_200_is_5y_high as is_5y_high,
        null_reason['pct_above_200_percentile_5y'] as null_reason, bias_label, history_label, pit_grade
    from mart.breadth
    union all
    select universe_id, session, basis, 'nh_share' as measure, nh_share as value, nh_share_percentile_5y as percentile, nh_share_is_5y_high as is_5y_high,
        null_reason['nh_share_percentile_5y'] as null_reason, bias_label, history_label, pit_grade
    from mart.breadth
    union all
    select universe_id, session, basis, 'net_new_high_share' as measure, net_new_high_share as value, net_new_high_share_percentile_5y as percentile, net_new_high_share_is_5y_high as is_5y_high,
        null_reason['net_new_high_share_percentile_5y'] as null_reason, bias_label, history_label, pit_grade
    from mart.breadth
    union all
    select universe_id, session, basis, 'summation_index' as measure, summation_index as value, summation_index_percentile_5y as percentile, summation_index_is_5y_high as is_5y_high,
        null_reason['summation_index_percentile_5y'] as null_reason, bias_label, history_label, pit_grade
    from mart.breadth
    union all
    select universe_id, session, basis, 'adv_share_21' as measure, adv_share_21 as value, adv_share_21_percentile_5y as percentile, adv_share_21_is_5y_high as is_5y_high,
        null_reason['adv_share_21_percentile_5y'] as null_reason, bias_label, history_label, pit_grade
    from mart.breadth
),
best as (
    select
        universe_id,
        basis,
        measure,
        max(value) as best_value,
        arg_max(session, value) as best_session,
        arg_max(percentile, value) as percentile_then,
        bool_or(is_5y_high) as is_5y_high,
        max(null_reason) as null_reason,
        arg_max(history_label, value) as bias_label,
        arg_max(pit_grade, value) as pit_grade
    from long
    join asked on session between first_session and last_session
    group by universe_id, basis, measure
),
earlier as (
    select universe_id, basis, measure, max(value) as highest_before, arg_max(session, value) as highest_before_session, count(value) as n_before
    from long
    join asked on session < first_session and session > cast(first_session - interval 5 year as date)
    -- Sparse sessions may not be compared over time.
    where bias_label <> 'PIT_SPARSE'
    group by universe_id, basis, measure
)
select
    best.universe_id,
    best.basis,
    best.measure,
    best.best_value,
    best.best_session,
    earlier.highest_before,
    earlier.highest_before_session,
    earlier.n_before,
    best.percentile_then,
    best.is_5y_high,
    case when best.is_5y_high is null then best.null_reason end as null_reason,
    best.bias_label,
    best.pit_grade
from best
left join earlier using (universe_id, basis, measure)
order by best.universe_id, best.basis, best.measure
