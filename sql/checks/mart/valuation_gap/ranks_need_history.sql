-- Percentiles and shares lie within 0 and 1, and no percentile rests on fewer sessions than history.min_obs_percentile.
-- fails after:
update mart.valuation_gap set log_gap_percentile_5y = 0.5, n_obs_5y = 0 where session = (select max(session) from mart.valuation_gap);
select cohort_a, cohort_b, session, measure, basis, log_gap_percentile_5y, yield_gap_percentile_5y, share_often_half, n_obs_5y
from mart.valuation_gap
where session >= $first
    and (
        log_gap_percentile_5y not between 0 and 1
        or yield_gap_percentile_5y not between 0 and 1
        or share_often_half not between 0 and 1
        or (
            log_gap_percentile_5y is not null
            and n_obs_5y < (
                select max(value) from raw.method_param
                where name = 'history.min_obs_percentile' and load_id = (select max(load_id) from raw.method_param)
            )
        )
    )
