-- As many measures are NULL as have a reason, and every reason is one of the list (0.4).
-- fails after:
update mart.breadth set null_reason = map() where session = (select max(session) from mart.breadth);
with tally as (
    select
        universe_id,
        session,
        basis,
        cardinality(null_reason) as n_reasons,
        len(list_filter(map_values(null_reason), lambda reason: reason not in (
            'UNAVAILABLE', 'OTHER_CURRENCY', 'NOT_LISTED', 'NO_DIVIDENDS', 'INSUFFICIENT_HISTORY', 'LOW_COUNT', 'LOW_COVERAGE', 'STALE_INPUT',
            'NONPOSITIVE_DENOMINATOR', 'NOT_POINT_IN_TIME', 'QUARANTINED'
        ))) as n_unknown,
        cast(net_advances is null as integer) + cast(ad_ratio is null as integer) + cast(adv_share is null as integer) +
        cast(adv_share_21 is null as integer) + cast(rana is null as integer) + cast(ad_line is null as integer) +
        cast(ad_line_normalised is null as integer) + cast(volume_ad_line is null as integer) +
        cast(up_volume_share is null as integer) + cast(up_dollar_volume_share is null as integer) + cast(trin is null as integer) +
        cast(trin_10 is null as integer) + cast(pct_above_20 is null as integer) + cast(pct_above_50 is null as integer) +
        cast(pct_above_100 is null as integer) + cast(pct_above_200 is null as integer) + cast(nh_share is null as integer) +
        cast(nl_share is null as integer) + cast(net_new_high_share is null as integer) +
        cast(net_new_high_share_10 is null as integer) + cast(intraday_nh_share is null as integer) +
        cast(intraday_nl_share is null as integer) + cast(intraday_net_new_high_share is null as integer) +
        cast(record_high_percent is null as integer) + cast(high_low_index is null as integer) +
        cast(mcclellan_fast is null as integer) + cast(mcclellan_slow is null as integer) +
        cast(mcclellan_oscillator is null as integer) + cast(summation_index is null as integer) + cast(cw_return is null as integer) +
        cast(ew_return is null as integer) + cast(ew_daily_return is null as integer) + cast(cw_level is null as integer) +
        cast(cw_return_ex_assumed is null as integer) + cast(ew_return_ex_assumed is null as integer) +
        cast(ew_daily_return_ex_assumed is null as integer) + cast(cw_level_ex_assumed is null as integer) +
        cast(ew_level_ex_assumed is null as integer) +
        cast(ew_level is null as integer) + cast(ew_cw_spread_log_21 is null as integer) +
        cast(ew_cw_spread_log_63 is null as integer) + cast(ew_cw_spread_pp_21 is null as integer) +
        cast(ew_cw_spread_pp_63 is null as integer) + cast(hhi is null as integer) + cast(effective_n is null as integer) +
        cast(top7_weight is null as integer) + cast(top10_weight is null as integer) + cast(mag7_weight is null as integer) +
        cast(top7_price_change_20 is null as integer) + cast(dispersion_cw is null as integer) +
        cast(dispersion_ew is null as integer) + cast(max_contribution is null as integer) +
        cast(dispersion_cw_21 is null as integer) + cast(dispersion_ew_21 is null as integer) +
        cast(pct_above_20_percentile_5y is null as integer) + cast(pct_above_20_z_5y is null as integer) +
        cast(pct_above_20_is_5y_high is null as integer) + cast(pct_above_50_percentile_5y is null as integer) +
        cast(pct_above_50_z_5y is null as integer) + cast(pct_above_50_is_5y_high is null as integer) +
        cast(pct_above_100_percentile_5y is null as integer) + cast(pct_above_100_z_5y is null as integer) +
        cast(pct_above_100_is_5y_high is null as integer) + cast(pct_above_200_percentile_5y is null as integer) +
        cast(pct_above_200_z_5y is null as integer) + cast(pct_above_200_is_5y_high is null as integer) +
        cast(nh_share_percentile_5y is null as integer) + cast(nh_share_z_5y is null as integer) +
        cast(nh_share_is_5y_high is null as integer) + cast(net_new_high_share_percentile_5y is null as integer) +
        cast(net_new_high_share_z_5y is null as integer) + cast(net_new_high_share_is_5y_high is null as integer) +
        cast(summation_index_percentile_5y is null as integer) + cast(summation_index_z_5y is null as integer) +
        cast(summation_index_is_5y_high is null as integer) + cast(adv_share_21_percentile_5y is null as integer) +
        cast(adv_share_21_z_5y is null as integer) + cast(adv_share_21_is_5y_high is null as integer) as n_nulls
    from mart.breadth
)
select universe_id, session, basis, n_reasons, n_nulls
from tally
where n_reasons <> n_nulls or n_unknown > 0
