-- Where both are shown, earnings yield times P/E is one, and leaving losses out never makes a cohort dearer.
-- fails after:
update mart.valuation set value = value * 2 where measure = 'pe_incl' and session = (select max(session) from mart.valuation where measure = 'pe_incl' and value is not null);
select incl.cohort_id, incl.session, incl.basis, incl.value as pe_incl, yield.value as ey_incl, excl.value as pe_excl
from mart.valuation as incl
join mart.valuation as yield on yield.cohort_id = incl.cohort_id and yield.session = incl.session and yield.basis = incl.basis and yield.measure = 'ey_incl'
join mart.valuation as excl on excl.cohort_id = incl.cohort_id and excl.session = incl.session and excl.basis = incl.basis and excl.measure = 'pe_excl'
where incl.session >= $first and yield.session >= $first and excl.session >= $first
    and incl.measure = 'pe_incl'
    and (abs(incl.value * yield.value - 1) > 1e-9 or excl.value > incl.value * (1 + 1e-9))
