-- A count is in force, or there is a reason why none is; a count in force is positive.
-- fails after:
update core.share_count set shares_fwd = null, quarantine_reason = null;

select security_id, known_from, shares_fwd, quarantine_reason
from core.share_count
where (shares_fwd is null and quarantine_reason is null) or shares_fwd <= 0 or not isfinite(shares_fwd)
