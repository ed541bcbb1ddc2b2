-- Shares, weights and percentiles are between 0 and 1, net measures and oscillators within their bounds.
-- fails after:
update mart.breadth set coverage_n = 1.1 where session = (select max(session) from mart.breadth);
select universe_id, session, basis
from mart.breadth
where greatest(
        coverage_n, coverage_w, adv_share, adv_share_21, up_volume_share, up_dollar_volume_share, pct_above_20, pct_above_50, pct_above_100, pct_above_200,
        nh_share, nl_share, intraday_nh_share, intraday_nl_share, top10_weight, hhi, max_contribution, pct_above_50_percentile_5y, pct_above_200_percentile_5y,
        nh_share_percentile_5y, summation_index_percentile_5y, adv_share_21_percentile_5y, net_new_high_share, record_high_percent / 100, high_low_index / 100,
        rana / 1000
    ) > 1 + 1e-12
    or least(
        coverage_n, coverage_w, adv_share, adv_share_21, up_volume_share, up_dollar_volume_share, pct_above_20, pct_above_50, pct_above_100, pct_above_200,
        nh_share, nl_share, intraday_nh_share, intraday_nl_share, top10_weight, hhi, max_contribution, pct_above_50_percentile_5y, pct_above_200_percentile_5y,
        nh_share_percentile_5y, summation_index_percentile_5y, adv_share_21_percentile_5y, net_new_high_share + 1, record_high_percent, high_low_index, rana + 1000
    ) < -1e-12
