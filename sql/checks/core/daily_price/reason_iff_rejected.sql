-- A valid row has no reason for quarantine, a stale one has.
-- fails after:
update core.daily_price set quarantine_reason = 'NO_PRICE' where is_valid;
select security_id, session, quarantine_reason
from core.daily_price
where session >= $first and (is_valid and quarantine_reason is not null or is_stale and quarantine_reason is distinct from 'STALE_PRICE')
