-- How far apart are the multiples of each pair of cohorts now, and how unusual is that in their own last five years?
select
    cohort_a,
    cohort_b,
    session,
    measure,
    basis,
    pe_a,
    pe_b,
    ratio,
    log_gap,
    log_gap_percentile_5y,
    log_gap_z_5y,
    percentile_null_reason,
    high_since,
    low_since,
    held_from,
    yield_gap_pp,
    null_reason,
    n_obs_5y,
    pit_grade,
    bias_label,
    history_label
from mart.valuation_gap
where session = (select max(session) from mart.valuation_gap)
order by cohort_a, cohort_b, basis desc, measure
