-- Every multiple of both cohorts of a pair on one session has its row here.
-- fails after:
delete from mart.valuation_gap where session = (select max(session) from mart.valuation_gap);
select pair.cohort_a, pair.cohort_b, a.session, a.measure, a.basis
from raw.cohort_pair as pair
join mart.valuation as a on a.cohort_id = pair.cohort_a
join mart.valuation as b on b.cohort_id = pair.cohort_b and b.session = a.session and b.measure = a.measure and b.basis = a.basis
left join mart.valuation_gap as gap
    on gap.cohort_a = pair.cohort_a and gap.cohort_b = pair.cohort_b and gap.session = a.session
    and gap.measure = a.measure and gap.basis = a.basis
where pair.load_id = (select max(load_id) from raw.cohort_pair)
    and a.session >= $first and b.session >= $first
    and a.measure in ('pe_incl', 'pe_excl', 'pe_median_pos', 'pe_median_yield')
    and gap.session is null
