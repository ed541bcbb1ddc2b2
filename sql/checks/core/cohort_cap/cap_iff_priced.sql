-- A cohort has a cap above zero exactly when one of its companies has a market cap.
-- fails after:
update core.cohort_cap set cap_usd = null where session = (select max(session) from core.cohort_cap where n_priced > 0);
select cohort_id, session, n_priced, cap_usd
from core.cohort_cap
where session >= $first and (n_priced > 0) <> (coalesce(cap_usd, 0) > 0)
