-- Profitable companies are among the used, and no cap on their P/E makes their earnings less.
-- fails after:
update core.cohort_fundamental set positive_cap_usd = used_cap_usd * 1000 where session = (select max(session) from core.cohort_fundamental where n_positive > 0);

select cohort_id, session, denominator, n_used, n_positive, used_cap_usd, positive_cap_usd, positive_sum_usd, capped_sum_usd
from core.cohort_fundamental
where session >= $first and (n_positive > n_used or positive_cap_usd > used_cap_usd or capped_sum_usd < positive_sum_usd)
