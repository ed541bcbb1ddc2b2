-- A valid row without a total return says why; no other row does.
-- fails after:
update core.daily_price set return_reason = null where return_reason is not null;
select security_id, session, total_return, return_reason
from core.daily_price
where session >= $first and (is_valid and total_return is null) <> (return_reason is not null)
