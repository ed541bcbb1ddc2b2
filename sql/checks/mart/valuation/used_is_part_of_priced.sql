-- The companies used are among those with a market cap, in number and in cap.
-- fails after:
update core.cohort_fundamental set used_cap_usd = used_cap_usd * 1000 where session = (select max(session) from core.cohort_fundamental);
select used.cohort_id, used.session, used.denominator, used.n_used, cohort.n_priced, used.used_cap_usd, cohort.cap_usd
from core.cohort_fundamental as used
left join core.cohort_cap as cohort on cohort.cohort_id = used.cohort_id and cohort.session = used.session
where used.session >= $first
    and (cohort.session is null or used.n_used > cohort.n_priced or used.used_cap_usd > cohort.cap_usd or used.positive_cap_usd > used.used_cap_usd)
