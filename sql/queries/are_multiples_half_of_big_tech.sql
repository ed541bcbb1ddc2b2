-- Were the multiples of the other cohorts "often half" of big tech's? Every pair with MAG7 or TOP7, month by month.
select
    cohort_a,
    cohort_b,
    basis,
    measure,
    date_trunc('month', session) as month,
    count(*) as n_sessions,
    count(ratio) as n_with_ratio,
    median(ratio) as median_ratio,
    avg(case when is_half then 1.0 when not is_half then 0.0 end) as share_of_sessions_half,
    median(share_often_half) as median_share_of_companies_at_half,
    max(null_reason) as one_null_reason,
    max(pit_grade) as worst_grade,
    max_by(label.bias_label, label.badness) as worst_bias_label
from mart.valuation_gap
join core.bias_label as label using (bias_label)
where cohort_b in ('MAG7', 'TOP7') and session > (select max(session) from mart.valuation_gap) - 400
group by cohort_a, cohort_b, basis, measure, date_trunc('month', session)
order by cohort_a, cohort_b, basis desc, measure, month
