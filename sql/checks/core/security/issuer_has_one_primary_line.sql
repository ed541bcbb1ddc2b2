-- Every company has exactly one primary line.
-- fails after:
update core.security set is_primary = false where security_id = (select min(security_id) from core.security);
select issuer_id, count(*) filter (where is_primary) as n_primary
from core.security
group by issuer_id
having count(*) filter (where is_primary) <> 1
