-- A percentile lies between 0 and 1 and rests on the observations that it needs.
-- fails after:
update mart.style_spread set percentile_5y = 1.5;
select session, spread_id, horizon_sessions, percentile_5y, n_obs
from mart.style_spread
where percentile_5y not between 0 and 1
    or (percentile_5y is null) <> (percentile_null_reason is not null)
    or (z_5y is null) <> (z_null_reason is not null)
    or (
        percentile_5y is not null
        and n_obs < (select max(value) filter (where name = 'history.min_obs_percentile') from raw.method_param)
    )
