-- A cohort is called PIT_FULL or PIT_PARTIAL only when enough of its companies have a market cap (B.7).
-- fails after:
update core.cohort_cap set bias_label = 'PIT_FULL', n_priced = n_members // 2 where session = (select max(session) from core.cohort_cap);
select cohort_id, session, bias_label, n_priced, n_members
from core.cohort_cap
where session >= $first
    and bias_label in ('PIT_FULL', 'PIT_PARTIAL')
    and n_priced < n_members * (select max(value) from raw.method_param where name = case bias_label when 'PIT_FULL' then 'bias.full' else 'bias.partial' end and load_id = (select max(load_id) from raw.method_param))
