-- The dearer the yardstick, the more companies cost at most half of it.
-- fails after:
update core.cohort_half_price set n_half = n_profitable - n_half where session = (select max(session) from core.cohort_half_price where n_half * 2 <> n_profitable);
select a.cohort_a, a.cohort_b, a.session, a.basis, a.measure, a.n_half, b.measure as dearer_measure, b.n_half as n_half_of_dearer
from core.cohort_half_price as a
join core.cohort_half_price as b on b.cohort_a = a.cohort_a and b.cohort_b = a.cohort_b and b.session = a.session and b.basis = a.basis
join mart.valuation as price_a
    on price_a.cohort_id = a.cohort_b and price_a.session = a.session and price_a.basis = a.basis and price_a.measure = a.measure
join mart.valuation as price_b
    on price_b.cohort_id = b.cohort_b and price_b.session = b.session and price_b.basis = b.basis and price_b.measure = b.measure
where a.session >= $first and b.session >= $first and price_a.session >= $first and price_b.session >= $first
    and price_a.value < price_b.value and a.n_half > b.n_half
